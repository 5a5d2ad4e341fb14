"""What the assessment sheet of one body and year is built from, and the one builder of sheets.

The input comes from the tables (a draft, an acceptance) or from the audit log (a past day). Every sheet, of one body or of the
country, is built from scored years by :func:`build_sheets`, so that sheets cannot differ by the way in which they were built.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from evaluation.criteria.model import Order
from evaluation.scoring.facts import breach_facts
from evaluation.scoring.frames import ReportFrames, report_frame
from evaluation.scoring.score import PriorYearCounts, Scores, prior_year_counts, score
from evaluation.sheets.compose import compose_sheets, year_points
from evaluation.sheets.model import LegalEntity, Sheet, YearPoints


@dataclass(frozen=True)
class JustificationInput:
    """The reason for keeping an answer that causes a warning; `code` is empty for a warning of the whole report."""

    rule: str
    code: str
    reason: str
    author: str


@dataclass(frozen=True)
class OrganisationInput:
    """An organisation of the body on 31 December with its answers and evidence in stored form."""

    entity: LegalEntity
    kind: str
    answers: Mapping[str, Any]
    evidence: Mapping[str, Any]
    justifications: tuple[JustificationInput, ...] = ()


def split_values(order: Order, kind: str, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split stored values into the answers of a kind and the evidence.

    Values of codes that the order does not have are left out: a year that was moved to another order keeps them stored.
    """
    answer_codes = {item.code for item in order.indicators_of(kind)}
    of_order = {code: value for code, value in values.items() if code in order.by_code}
    return (
        {code: value for code, value in of_order.items() if code in answer_codes},
        {code: value for code, value in of_order.items() if code not in answer_codes},
    )


@dataclass(frozen=True)
class YearInput:
    """One reporting year of the body.

    `organisations` are sorted by BIN. `declared_counts` maps (kind, criterion) to the count that the body declares for the year
    before.
    """

    year: int
    order: Order
    organisations: tuple[OrganisationInput, ...]
    declared_counts: Mapping[tuple[str, str], int]

    @cached_property
    def organisations_by_kind(self) -> Mapping[str, list[OrganisationInput]]:
        """Kind → its organisations by BIN, of the kinds of the order that have any."""
        by_kind: dict[str, list[OrganisationInput]] = {kind: [] for kind in self.order.kind}
        for organisation in sorted(self.organisations, key=lambda organisation: organisation.entity.bin):
            if organisation.kind in by_kind:
                by_kind[organisation.kind].append(organisation)
        return {kind: organisations for kind, organisations in by_kind.items() if organisations}


@dataclass(frozen=True)
class SheetInput:
    """Everything that a sheet is built from. `years` are the years opened up to the sheet's own, which is the last of them."""

    body: LegalEntity
    invented: bool
    years: tuple[YearInput, ...]

    @property
    def current(self) -> YearInput:
        """The sheet's own year."""
        return self.years[-1]


@dataclass(frozen=True)
class ScoredYear:
    """The scores of one reporting year, of one body or many, with the frames that were scored."""

    year: int
    frames: ReportFrames
    scores: Scores


def build_sheet(sheet_input: SheetInput, current: ScoredYear | None = None) -> Sheet:
    """Build a body's sheet with the points of earlier years.

    Args:
        sheet_input: What the sheet is built from.
        current: The scored current year of the same data, when the caller has scored it already.
    """
    years: list[ScoredYear] = []
    previous: YearInput | None = None
    for year_input in sheet_input.years:
        is_scored = current is not None and year_input is sheet_input.current
        years.append(current if is_scored and current else _score_year(year_input, previous, sheet_input.body.bin))
        previous = year_input
    names = {organisation.entity.bin: organisation.entity for organisation in sheet_input.current.organisations}
    return build_sheets({sheet_input.body.bin: sheet_input.body}, names, years, sheet_input.invented)[0]


def build_sheets(
    bodies: Mapping[str, LegalEntity],
    organisations: Mapping[str, LegalEntity],
    years: Sequence[ScoredYear],
    invented: bool = False,
) -> list[Sheet]:
    """Build the sheets of bodies, in their order.

    Args:
        bodies: The bodies by BIN.
        organisations: The organisations by BIN; an organisation that is missing is named by its BIN.
        years: The scored years, the oldest first; the last one is the sheets' year, the others are their history.
        invented: Whether the data are demonstration data.
    """
    history: dict[str, tuple[YearPoints, ...]] = {}
    for scored_year in years:
        for bin_, points in year_points(scored_year.scores, scored_year.year).items():
            history[bin_] = (*history.get(bin_, ()), *points)
    last = years[-1]
    facts = breach_facts(last.scores, last.frames)
    return list(compose_sheets(last.scores, last.year, bodies, organisations, history, facts, invented))


def _score_year(year_input: YearInput, previous: YearInput | None, body_bin: str) -> ScoredYear:
    frames = _frames(year_input, body_bin)
    counts = _prior_year_counts(year_input, previous, body_bin)
    return ScoredYear(year_input.year, frames, score(year_input.order, frames, counts))


def _frames(year_input: YearInput, body_bin: str) -> ReportFrames:
    return {
        kind: report_frame(
            year_input.order,
            kind,
            [body_bin] * len(organisations),
            [organisation.entity.bin for organisation in organisations],
            [organisation.answers for organisation in organisations],
        )
        for kind, organisations in year_input.organisations_by_kind.items()
    }


def _prior_year_counts(year_input: YearInput, previous: YearInput | None, body_bin: str) -> PriorYearCounts:
    """Return the counts of the year before: from its reports when all organisations answered, else the declared counts.

    Source: Order 47, Annex 1, criterion 1 (readings R1 and R13).
    """
    declared = {(body_bin, kind, criterion): count for (kind, criterion), count in year_input.declared_counts.items()}
    if previous is None or previous.year != year_input.year - 1:
        return declared
    return declared | prior_year_counts(previous.order, _frames(previous, body_bin), year_input.order.compared_criteria)
