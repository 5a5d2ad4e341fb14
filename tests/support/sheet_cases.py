"""Sheets of invented bodies for tests that write sheets and read them again."""

from datetime import date
from pathlib import Path

from evaluation.criteria import Order
from evaluation.scoring import score
from evaluation.sheets import LegalEntity, ScoredYear, Sheet, build_sheets
from evaluation.sheets.document import LANGUAGES
from evaluation.sheets.stamp import Stamp
from tests.support import factories

LETTERS = "ӘҒҚҢӨҰҮҺІ"
SPECIAL_TEXT = '"Ә&Б" <b> =1+1 #set'
BODY = LegalEntity("050140000011", f"{SPECIAL_TEXT} ауданының әкімдігі, {LETTERS}", f"Акимат района {SPECIAL_TEXT}")
YEAR = 2024
STAMP = Stamp("7ZK4-M2QX-90AB", 2, "3f9a" * 16, date(2025, 3, 31), "https://example.org/verify")
CASES_AND_LANGUAGES = [(name, languages) for name in ("full", "provisional", "without") for languages in LANGUAGES]
"""Every case in every choice of languages."""

Answers = dict[str, object]
Cases = dict[str, Sheet]
Key = tuple[str, str, str]
"""Case, format and languages."""
Files = dict[Key, Path]


def make_sheet(order: Order, kinds: dict[str, list[Answers]], years: tuple[int, ...] = (), last_year: int | None = 3) -> Sheet:
    """A sheet of organisations with these answers; their other answers are compliant.

    Args:
        order: The order to score by.
        kinds: By kind, the answers of each organisation; None for a blank.
        years: Earlier years of the history, with the points of this year.
        last_year: Every prior-year count; None for unknown.
    """
    rows: dict[str, list[tuple[str, str, Answers]]] = {}
    names: dict[str, LegalEntity] = {}
    for kind, organisations in kinds.items():
        for answers in organisations:
            bin_ = factories.bin_of(100 + len(names))
            names[bin_] = LegalEntity(bin_, f"={SPECIAL_TEXT} {LETTERS} №{len(names)}", f"@{SPECIAL_TEXT} {len(names)}")
            complete = factories.clean(order, kind) | answers
            stored = {code: value for code, value in complete.items() if value is not None}
            rows.setdefault(kind, []).append((BODY.bin, bin_, stored))
    counts = [criterion.code for criterion, _ in order.prior_year_counts()]
    previous = {(BODY.bin, kind, code): last_year for kind in kinds for code in counts if last_year}
    frames = factories.reports(order, rows)
    scores = score(order, frames, previous)
    return build_sheets({BODY.bin: BODY}, names, [ScoredYear(year, frames, scores) for year in (*years, YEAR)])[0]
