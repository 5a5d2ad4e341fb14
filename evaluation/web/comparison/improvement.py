"""What it would take: the smallest sets of organisations whose correction gives a body more points."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request

from evaluation.answers.year_data import YearData, read_year_data
from evaluation.clock import today
from evaluation.comparison.improvement import queries
from evaluation.comparison.improvement.limits import limit_text
from evaluation.comparison.improvement.model import BreachRow, Step, YearTotal
from evaluation.comparison.improvement.solver import improvement_steps
from evaluation.language import Language, heading
from evaluation.pagination import Page
from evaluation.policy import Action
from evaluation.results.operations import refresh
from evaluation.sheets import Sheet, SheetRow
from evaluation.sheets.losses import losses_of
from evaluation.sheets.reasons import outcome_text
from evaluation.web.comparison.trial import MAX_ORGANISATIONS
from evaluation.web.core.access import allow
from evaluation.web.core.pagination import page_urls, requested_page
from evaluation.web.core.request_context import YEAR, current_language, current_viewer, find_body, order_of
from evaluation.web.review.year_summary import LossRow, loss_row, row_name
from evaluation.web.sheets.sheets import sheet_in_force

blueprint = Blueprint("improvement", __name__)


@dataclass(frozen=True)
class GainedRows:
    """The rows of the table of a kind that gain by a step, each with its number, points before and after."""

    kind: str
    table: str
    rows: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class UnreachableRow:
    """A row that no correction brings to its maximum: its name, points that can be reached, and the line that gives them."""

    name: str
    points: int
    max: int
    reason: str


@blueprint.get(f"/bodies/<bin_>/{YEAR}/improvement")
@allow(Action.VIEW)
def page(bin_: str, year: int) -> str:
    """Show the steps to more points, and the organisations of one step: `points` is the gain that is wanted."""
    order = order_of(year)
    refresh([year])
    body, viewer, language = find_body(bin_), current_viewer(), current_language()
    rows = queries.breach_rows(viewer, order, year, body.id)
    steps = improvement_steps(rows)
    data = read_year_data(viewer, order, year, body.id)
    sheet = sheet_in_force(body, data)
    total = queries.stored_points(viewer, year, body.id) or YearTotal(0, 0, 0)
    wanted = request.args.get("points", 1, type=int)
    chosen = next((step for step in steps if step.gain >= wanted), steps[-1] if steps else None)
    organisations = _organisations(sheet, data, chosen, language) if chosen else []
    return render_template(
        "comparison/improvement/page.html",
        body=body,
        year=year,
        sheet=sheet,
        total=total,
        lock=data.lock(today()),
        steps=[(step, YearTotal(total.high + step.gain, total.high + step.gain, total.max)) for step in steps],
        chosen=chosen,
        gained=list(_gained(sheet, rows, chosen, language)) if chosen else (),
        page=Page.from_list(organisations, requested_page()),
        page_url=page_urls(".page", bin_=bin_, year=year, points=chosen.gain if chosen else None),
        trial_bins=[loss.organisation.bin for loss, _ in organisations[:MAX_ORGANISATIONS]],
        unreachable=list(_unreachable_rows(sheet, rows, language)),
        has_last_year=any(row.criterion and row.criterion.compares_with_last_year for row in _scored(sheet)),
        has_audits=any(row.criterion and row.criterion.audited is not None for row in _scored(sheet)),
    )


def _scored(sheet: Sheet) -> Iterable[SheetRow]:
    return (row for table in sheet.tables if table.applicable for row in table.scored_rows)


def _gained(sheet: Sheet, rows: Sequence[BreachRow], step: Step, language: Language) -> Iterable[GainedRows]:
    for kind in sheet.order.table:
        changes = tuple(
            (row.key[1], row.current, after)
            for row in rows
            if row.key[0] == kind and (after := row.points_without(step.organisations)) != row.current
        )
        if changes:
            yield GainedRows(kind, heading(sheet.order.kind[kind].plural[language.code]), changes)


def _organisations(sheet: Sheet, data: YearData, step: Step, language: Language) -> list[tuple[LossRow, list[str]]]:
    """The organisations of a step with the rows that they are in breach of; beside each row why it can no longer be changed."""
    bins = set(queries.organisation_bins(current_viewer(), data.year, data.body_id, step.organisations).values())
    organisations = []
    for loss in losses_of(sheet).organisations:
        if loss.breaches[0][1].bin in bins:
            limits = [
                limit_text(sheet.order, row_loss.row.criterion, organisation, today(), language) if row_loss.row.criterion else ""
                for row_loss, organisation in loss.breaches
            ]
            organisations.append((loss_row(sheet, loss, language), limits))
    return organisations


def _unreachable_rows(sheet: Sheet, rows: Sequence[BreachRow], language: Language) -> Iterable[UnreachableRow]:
    points = {row.key: row.points[0] for row in rows}
    for table in sheet.tables:
        for row in table.scored_rows if table.applicable else ():
            highest = points.get((table.table.kind, row.row.number), row.max)
            if highest < row.max:
                name = f"{heading(sheet.order.kind[table.table.kind].plural[language.code])}: {row_name(row, language)}"
                yield UnreachableRow(name, highest, row.max, "" if row.in_breach else outcome_text(row, language))
