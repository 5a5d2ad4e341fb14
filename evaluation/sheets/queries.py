"""Reads of scores and of assessment sheets, each scoped by its viewer."""

from collections.abc import Iterable

from evaluation.answers import queries as answers
from evaluation.answers.model import ReportSnapshot
from evaluation.answers.year_data import YearData, read_year_data
from evaluation.criteria.model import Order
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Body
from evaluation.scoring.score import Scores, score
from evaluation.sheets.input import (
    JustificationInput,
    OrganisationInput,
    ScoredYear,
    SheetInput,
    YearInput,
    build_sheet,
    build_sheets,
    split_values,
)
from evaluation.sheets.model import LegalEntity, Sheet


def year_scores(viewer: Viewer, year: int, body_ids: Iterable[int] | None = None) -> Scores | None:
    """Return the year's scores of these bodies or of all that the viewer can see; None for a year that is not open."""
    scored_year = _scored_year(viewer, year, None if body_ids is None else list(body_ids))
    return None if scored_year is None else scored_year.scores


def _scored_year(viewer: Viewer, year: int, body_ids: list[int] | None) -> ScoredYear | None:
    """Score a year of many bodies from frames, without a snapshot of every report."""
    order = registry.order_of(year)
    if order is None:
        return None
    frames = answers.report_frames(viewer, order, year, body_ids)
    return ScoredYear(year, frames, score(order, frames, answers.prior_year_counts(viewer, year, body_ids)))


def body_sheets(viewer: Viewer, year: int, bodies: Iterable[Body]) -> list[Sheet]:
    """Return the sheets of these bodies, in their order, with the points of earlier years; none for a year that is not open.

    Bodies and organisations have their names of 31 December of the year, so that a later renaming does not change a sheet.
    """
    bodies = [body for body in bodies if viewer.can_see(body.id)]
    ids = [body.id for body in bodies]
    current = registry.reporting_year(year)
    if current is None:
        return []
    opened = sorted(opened.year for opened in registry.years() if opened.year <= year)
    years = [scored_year for opened_year in opened if (scored_year := _scored_year(viewer, opened_year, ids)) is not None]
    organisations = {bin_: LegalEntity(bin_, *names) for bin_, names in registry.organisation_names(viewer, ids, year).items()}
    named = {
        body.bin: LegalEntity(body.bin, body.name_kk, body.name_ru) for body in registry.bodies_as_named_in(viewer, bodies, year)
    }
    return build_sheets(named, organisations, years, current.invented)


def body_sheet(viewer: Viewer, bin_: str, year: int) -> Sheet | None:
    """Return the draft sheet of the body with this BIN; None when the viewer cannot see the body or the year is not open."""
    body = registry.body(viewer, bin_, year)
    return None if body is None else draft_sheet(viewer, body, year)


def draft_sheet(viewer: Viewer, body: Body, year: int) -> Sheet | None:
    """Return a body's draft sheet with the points of earlier years; None when the viewer cannot see the body or year."""
    order = registry.order_of(year)
    return None if order is None else sheet_of_data(viewer, body, read_year_data(viewer, order, year, body.id))


def sheet_of_data(viewer: Viewer, body: Body, data: YearData) -> Sheet | None:
    """Return the draft sheet of a body and year that was read already; the year is scored once with its other uses."""
    sheet_input = sheet_input_of(viewer, body, data)
    return None if sheet_input is None else build_sheet(sheet_input, scored_year_of(data))


def scored_year_of(data: YearData) -> ScoredYear:
    """Return the scored year of what was read already."""
    return ScoredYear(data.year, data.frames, data.scores)


def read_sheet_input(viewer: Viewer, body: Body, year: int) -> SheetInput | None:
    """Read what a body's sheet is built from; None when the viewer cannot see the body or the year is not open."""
    order = registry.order_of(year)
    return None if order is None else sheet_input_of(viewer, body, read_year_data(viewer, order, year, body.id))


def sheet_input_of(viewer: Viewer, body: Body, data: YearData) -> SheetInput | None:
    """Return what a body's sheet is built from: the year that was read already, and the years before it.

    Last year's reports are those of `data`; older years are read here, each once.
    """
    named = next(iter(registry.bodies_as_named_in(viewer, [body], data.year)), None)
    if data.reporting_year is None or named is None:
        return None
    earlier = sorted(opened.year for opened in registry.years() if opened.year < data.year)
    years = [*((year, _order_of(data, year)) for year in earlier), (data.year, data.order)]
    names = registry.organisation_names_by_year(viewer, [body.id], [year for year, _ in years])
    declared = answers.declared_counts_of_body(viewer, earlier, body.id) | {data.year: data.declared_counts}
    # Only the sheet's own year has justifications, because earlier years only give points.
    justifications = _justifications(data)
    return SheetInput(
        LegalEntity(named.bin, named.name_kk, named.name_ru),
        data.reporting_year.invented,
        tuple(
            YearInput(
                year,
                order,
                tuple(
                    _organisation_input(order, report, names[year], justifications if year == data.year else {})
                    for report in _reports(viewer, data, year)
                ),
                declared[year],
            )
            for year, order in years
            if order is not None
        ),
    )


def _order_of(data: YearData, year: int) -> Order | None:
    return data.last_order if year == data.year - 1 else registry.order_of(year)


def _reports(viewer: Viewer, data: YearData, year: int) -> tuple[ReportSnapshot, ...]:
    if year == data.year:
        return data.reports
    return data.supervised_last_year_reports if year == data.year - 1 else answers.body_reports(viewer, year, data.body_id)


def _organisation_input(
    order: Order,
    report: ReportSnapshot,
    names: dict[str, tuple[str, str]],
    justifications: dict[int, tuple[JustificationInput, ...]],
) -> OrganisationInput:
    entity = LegalEntity(report.organisation_bin, *names[report.organisation_bin])
    reasons = justifications.get(report.organisation_id, ())
    values = split_values(order, report.kind, {**report.answers, **report.evidence})
    return OrganisationInput(entity, report.kind, *values, reasons)


def _justifications(data: YearData) -> dict[int, tuple[JustificationInput, ...]]:
    """Return organisation id → its justifications by rule and code."""
    by_organisation: dict[int, tuple[JustificationInput, ...]] = {}
    for organisation_id, rule, code in sorted(data.reasons):
        _, reason = data.reasons[organisation_id, rule, code]
        item = JustificationInput(rule, code, reason.reason, reason.author)
        by_organisation[organisation_id] = (*by_organisation.get(organisation_id, ()), item)
    return by_organisation
