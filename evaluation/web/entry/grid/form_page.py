"""The grid without JavaScript: a form of a few organisations per page, with a button that saves it."""

from dataclasses import dataclass
from typing import Any

import orjson
from flask import redirect, render_template, request, url_for
from werkzeug import Response

from evaluation import database
from evaluation.answers import save as saving
from evaluation.answers.model import AnswerInput
from evaluation.answers.progress.model import BodyProgress, OrganisationProgress
from evaluation.answers.progress.queries import body_progress
from evaluation.answers.save import SaveResult
from evaluation.answers.values import format_value
from evaluation.audit import queries as audit
from evaluation.audit.actions import AuditAction
from evaluation.clock import today
from evaluation.pagination import Page
from evaluation.registry import queries as registry
from evaluation.registry.queries import SupervisedOrganisation
from evaluation.submissions.locks import Locked
from evaluation.text import parse_search
from evaluation.web.core.pagination import page_urls, requested_page
from evaluation.web.core.request_context import current_language, matches, moment, search_words
from evaluation.web.entry.grid.context import GridContext
from evaluation.web.entry.grid.messages import REJECTED, stored_message
from evaluation.web.entry.grid.rows import columns, marks
from forms.entry import grid as forms
from forms.entry.grid import GridCell, GridForm
from forms.entry.report import options

ROWS_PER_PAGE = 25
MARKS = ("blank", "errors", "warnings")


@dataclass(frozen=True)
class GridFilters:
    """The search text and the mark by which the rows are filtered; empty ones do not filter."""

    search: str
    mark: str

    @classmethod
    def of_request(cls) -> "GridFilters":
        """Read the filters from the address."""
        mark = request.args.get("mark", "")
        return cls(search_words(request.args.get("q")), mark if mark in MARKS else "")

    def matches(self, organisation: SupervisedOrganisation, progress: OrganisationProgress) -> bool:
        """Whether an organisation is shown."""
        return matches(organisation, parse_search(self.search)) and (not self.mark or self.mark in marks(progress).split())


@dataclass(frozen=True)
class LastChange:
    """What the last request stored: its batch in the audit log, whether it reverted a change, and the message about it."""

    batch: str
    is_reversal: bool
    message: str


@dataclass(frozen=True)
class FormRow:
    """An organisation of the form; `expected` is the JSON of its stored answers, which the form sends back with the cells."""

    organisation: SupervisedOrganisation
    progress: OrganisationProgress
    cells: list[GridCell]
    expected: str


def page(grid: GridContext, form: GridForm | None = None, result: SaveResult | None = None, message: str = "") -> str:
    """Show the form; after a submission (`form`) with the same organisations and the cells that were not stored."""
    filters, language = GridFilters.of_request(), current_language()
    progress = body_progress(grid.viewer, grid.order, grid.year.year, grid.body.id, today())
    submitted_bins = forms.submitted_bins(request.form) if form else None
    shown, filtered_bins = _page(grid, filters, progress, submitted_bins)
    last_change = _last_change(grid)
    return render_template(
        "entry/grid/form_page.html",
        grid=grid,
        kinds=[kind for kind in grid.order.kinds if kind.code in progress.totals],
        columns=columns(grid.order, grid.kind, language),
        options={item.code: options(grid.order, item, language) for item in grid.order.indicators_of(grid.kind)},
        rows=[_row(grid, organisation, state, form, result) for organisation, state in shown.items],
        page=shown,
        filtered_bins=filtered_bins,
        page_url=page_urls("grid.page", **grid.address, plain=1, q=filters.search, mark=filters.mark),
        filters=filters,
        field_name=forms.field_name,
        stored_count=None if result is None else len(result.changed),
        message=message or (last_change.message if last_change else ""),
        last_change=last_change,
    )


def save(grid: GridContext) -> tuple[str, int] | Response:
    """Store the valid cells; show the page again if cells are invalid or in conflict, otherwise redirect to the same page."""
    language = current_language()
    _, members = registry.members(grid.viewer, grid.year.year, grid.body.bin, forms.submitted_bins(request.form))
    bins = [bin_ for bin_, (_, kind) in members.items() if kind == grid.kind]
    form = forms.read_form(grid.order, grid.kind, grid.year.year, request.form, bins, language)
    year_state = request.form.get("year_state")
    edits = [AnswerInput(members[cell.bin][0], cell.code, cell.value, cell.expected, year_state) for cell in form.changed]
    try:
        result = saving.save_answers(grid.viewer, grid.order, grid.year.year, grid.body.id, edits)
    except (Locked, saving.ConcurrentChange) as error:
        database.db.session.rollback()
        return page(grid, form, message=error.message(language)), error.status
    if form.invalid or result.conflicts:
        # The valid cells are stored, therefore the status is no error.
        return page(grid, form, result), 200
    return redirect(_next_url(grid, result), 303)


def _next_url(grid: GridContext, result: SaveResult) -> str:
    filters: dict[str, Any] = {key: request.args[key] for key in ("q", "mark", "page") if key in request.args}
    return url_for("grid.page", **grid.address, plain=1, done=result.batch if result.changed else None, **filters)


def _page(
    grid: GridContext, filters: GridFilters, progress: BodyProgress, submitted_bins: list[str] | None
) -> tuple[Page[tuple[SupervisedOrganisation, OrganisationProgress]], str]:
    """Return one page of organisations with their progress, and the BINs of the organisations on all pages."""
    listed = registry.organisations(grid.viewer, grid.body.id, grid.year.year, current_language().code)
    all_rows = [
        (organisation, progress.organisations[organisation.id]) for organisation in listed if organisation.kind == grid.kind
    ]
    if submitted_bins is not None:
        submitted = set(submitted_bins)
        rows = [row for row in all_rows if row[0].bin in submitted][:ROWS_PER_PAGE]
        return Page(rows, len(all_rows), 1, ROWS_PER_PAGE), ""
    filtered = [row for row in all_rows if filters.matches(*row)]
    filtered_bins = " ".join(organisation.bin for organisation, _ in filtered)
    return Page.from_list(filtered, requested_page(), ROWS_PER_PAGE), filtered_bins


def _row(
    grid: GridContext,
    organisation: SupervisedOrganisation,
    progress: OrganisationProgress,
    form: GridForm | None,
    result: SaveResult | None,
) -> FormRow:
    language, order = current_language(), grid.order
    cells = list(forms.stored_cells(order, grid.kind, progress.answers, language))
    all_conflicts = result.conflicts if result else ()
    conflicts = {
        conflict.answer_input.code: conflict
        for conflict in all_conflicts
        if conflict.answer_input.organisation_id == organisation.id
    }
    for number, cell in enumerate(cells):
        code = cell.item.code
        conflict = conflicts.get(code)
        if form is not None and (organisation.bin, code) in form.invalid:
            cells[number] = form.invalid[organisation.bin, code]
        elif form is not None and (result is None or conflict is not None):
            cell.text = form.texts.get((organisation.bin, code), cell.text)
        if conflict is not None:
            cell.has_conflict = True
            cell.stored_value = orjson.dumps(conflict.stored_value).decode()
            cell.stored_text = format_value(order, cell.item, conflict.stored_value, language)
            cell.author, cell.changed_at = conflict.author, moment(conflict.changed_at)
            cell.is_outdated = conflict.is_outdated
    answers = progress.answers
    expected = {item.code: answers[item.code] for item in order.indicators_of(grid.kind) if item.code in answers}
    return FormRow(organisation, progress, cells, orjson.dumps(expected).decode())


def _last_change(grid: GridContext) -> LastChange | None:
    """Return what the last request stored: its batch is in the address; None if the viewer may not see the batch."""
    batch = request.args.get("done", "")
    events = audit.batch_events(grid.viewer, batch) if batch else []
    count = sum(len(event.data) for event in events if event.organisation_id is not None)
    if not count:
        return None
    language, rejected_count = current_language(), request.args.get("rejected", 0, int)
    message = stored_message(events[0].action, count)
    if rejected_count:
        message += " " + language.gettext(REJECTED, count=language.number(rejected_count))
    return LastChange(batch, events[0].action == AuditAction.CHANGE_UNDONE, message)
