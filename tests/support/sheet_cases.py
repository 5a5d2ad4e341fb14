"""Sheets of invented bodies, for what writes them and for what reads them again."""

from datetime import date
from pathlib import Path

from evaluation.criteria import Order
from evaluation.scoring import score
from evaluation.sheets import LegalEntity, Sheet, compose_sheets
from evaluation.sheets.compose import year_points
from evaluation.sheets.document import LANGUAGES
from evaluation.sheets.stamp import Stamp
from tests.support import factories

LETTERS = "ӘҒҚҢӨҰҮҺІ"
NASTY = '"Ә&Б" <b> =1+1 #set'
BODY = LegalEntity("050140000011", f"{NASTY} ауданының әкімдігі, {LETTERS}", f"Акимат района {NASTY}")
YEAR = 2024
STAMP = Stamp("7ZK4-M2QX-90AB", 2, "3f9a" * 16, date(2025, 3, 31), "https://example.org")
EVERY = [(name, languages) for name in ("full", "provisional", "without") for languages in LANGUAGES]
"""Every case in every language."""

Answers = dict[str, object]
Cases = dict[str, Sheet]
Key = tuple[str, str, str]
"""Case, format and languages."""
Files = dict[Key, Path]


def sheet(order: Order, kinds: dict[str, list[Answers]], years: tuple[int, ...] = (), last_year: int | None = 3) -> Sheet:
    """A sheet of organisations with the answers given; the rest of their answers are in breach of nothing.

    `last_year` is every count of the year before, None for unknown.
    """
    rows: dict[str, list[tuple[str, str, Answers]]] = {}
    names: dict[str, LegalEntity] = {}
    for kind, given in kinds.items():
        for answers in given:
            bin_ = factories.bin_of(100 + len(names))
            names[bin_] = LegalEntity(bin_, f"={NASTY} {LETTERS} №{len(names)}", f"@{NASTY} {len(names)}")
            whole = factories.clean(order, kind) | answers
            stored = {code: value for code, value in whole.items() if value is not None}
            rows.setdefault(kind, []).append((BODY.bin, bin_, stored))
    previous = {(BODY.bin, kind, criterion.code): last_year for kind in kinds for criterion, _ in order.prior_year_counts() if last_year}
    scores = score(order, factories.reports(order, rows), previous)
    history = tuple(share for year in (*years, YEAR) for share in year_points(scores, year)[BODY.bin])
    return next(compose_sheets(scores, YEAR, {BODY.bin: BODY}, names, {BODY.bin: history}))
