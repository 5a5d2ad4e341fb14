"""Pastes, clears and repeats blocks, fills blanks and reverts these: shows the change first, then stores it in one step.

A script receives JSON with the content of a dialog, a form receives a page with the same content.
"""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from flask import redirect, render_template, request, url_for
from werkzeug import Response

from evaluation import database
from evaluation.answers import save as saving
from evaluation.answers.grid import propose
from evaluation.answers.grid.model import GridRow, Proposal
from evaluation.answers.grid.queries import grid_rows
from evaluation.answers.save import SaveResult, UnknownCell
from evaluation.answers.values import InvalidValue, parse
from evaluation.audit.actions import AuditAction
from evaluation.audit.queries import batch_events, can_undo_batch
from evaluation.clock import today
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.policy import Forbidden
from evaluation.registry import queries as registry
from evaluation.submissions.locks import Locked
from evaluation.web.core.request_context import current_language
from evaluation.web.entry.grid.context import GridContext
from evaluation.web.entry.grid.messages import left_out_message, stored_message
from evaluation.web.entry.grid.presenter import CellPresenter, ProposalSummary
from forms.entry.report import issue_text as value_message

ChangeResponse = Response | tuple[Response, int] | tuple[str, int] | str

REVERTIBLE_ACTIONS = (
    AuditAction.ANSWERS_SAVED,
    AuditAction.BLOCK_PASTED,
    AuditAction.BLANKS_FILLED,
    AuditAction.ANSWERS_REPEATED,
    AuditAction.ANSWERS_CLEARED,
    AuditAction.CHANGE_UNDONE,
)
"""Changes of the grid; reverting a reversal is a redo."""
MAX_REJECTED_CELLS = 2000
"""Rejected cells that a script shows in the grid after a paste."""
FORM_FIELDS = ("text", "rows", "organisation", "code", "erase", "repeat", "typed")
"""Fields that the form of a preview sends again."""
COLUMN_MISSING = N_("Choose the column whose blank cells will be filled.")
VALUE_MISSING = N_("Enter the answer for the blank cells.")
ORGANISATIONS_MOVED = N_("Some of these organisations are no longer under this body. Load the page again.")


class InvalidFill(EvaluationError):
    """The fill has no column or no valid value."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class NothingToUndo(EvaluationError):
    """The batch of a request is not a change of this grid by the viewer, or was reverted already."""

    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__(N_("There is no change of yours in this table to undo or redo."))


class ChangeRequest:
    """The fields of a request, which a script sends as JSON and a form as form data."""

    def __init__(self) -> None:
        self.is_script = request.is_json
        fields = _read_json() if self.is_script else request.form
        self.fields: Mapping[str, Any] = fields if isinstance(fields, Mapping) else {}

    def text(self, name: str) -> str:
        """Return a field's text; empty if it is missing or no text."""
        value = self.fields.get(name, "")
        return value if isinstance(value, str) else ""

    def visible_rows(self, rows: Sequence[GridRow]) -> list[GridRow]:
        """Return the rows that the user saw, in their order on the page; all rows if the request names none."""
        bins = self.text("rows").split()
        by_bin = {row.bin: row for row in rows}
        return [by_bin[bin_] for bin_ in bins if bin_ in by_bin] if bins else list(rows)


def _read_json() -> object:
    try:
        return orjson.loads(request.get_data(cache=False))
    except orjson.JSONDecodeError:
        return None


def paste(grid: GridContext) -> ChangeResponse:
    """Show or store what a pasted block would change."""
    return _respond(grid, _paste)


def fill(grid: GridContext) -> ChangeResponse:
    """Show or store what a fill of a column's blanks would change."""
    return _respond(grid, _fill)


def undo(grid: GridContext) -> ChangeResponse:
    """Revert a change of this grid, or its reversal."""
    return _respond(grid, _undo)


def _respond(grid: GridContext, change: Callable[[GridContext, ChangeRequest], ChangeResponse]) -> ChangeResponse:
    """Call a change and answer its errors with a dialog or page of the grid."""
    change_request, language = ChangeRequest(), current_language()
    try:
        return change(grid, change_request)
    except Forbidden:
        raise
    except UnknownCell:
        return _refuse(grid, change_request, language.gettext(ORGANISATIONS_MOVED), HTTPStatus.CONFLICT)
    except EvaluationError as error:
        return _refuse(grid, change_request, error.message(language), error.status)


def _paste(grid: GridContext, change_request: ChangeRequest) -> ChangeResponse:
    rows = change_request.visible_rows(_all_rows(grid))
    first_bin = change_request.text("organisation")
    first_row = next((position for position, row in enumerate(rows) if row.bin == first_bin), 0)
    start = first_row, change_request.text("code") or None
    erase = change_request.text("erase") == "1"
    proposal = propose.paste(grid.order, grid.kind, grid.year.year, rows, change_request.text("text"), start, erase)
    return _preview_or_store(grid, change_request, rows, proposal, _block_action(change_request, proposal))


def _block_action(change_request: ChangeRequest, proposal: Proposal) -> AuditAction:
    """Return what the audit log calls a change by a block of cells."""
    if proposal.edits and len(proposal.erasures) == len(proposal.edits):
        return AuditAction.ANSWERS_CLEARED
    return AuditAction.ANSWERS_REPEATED if change_request.text("repeat") else AuditAction.BLOCK_PASTED


def _fill(grid: GridContext, change_request: ChangeRequest) -> ChangeResponse:
    code = change_request.text("code")
    item = next((item for item in grid.order.indicators_of(grid.kind) if item.code == code), None)
    if item is None:
        raise InvalidFill(COLUMN_MISSING)
    try:
        value = parse(grid.order, item, grid.year.year, change_request.text("typed"))
    except InvalidValue as error:
        message = value_message(item, error, current_language())
        return _refuse(grid, change_request, message, HTTPStatus.UNPROCESSABLE_ENTITY)
    if value is None:
        raise InvalidFill(VALUE_MISSING)
    rows = change_request.visible_rows(_all_rows(grid))
    proposal = propose.fill(grid.order, grid.kind, rows, item, value)
    return _preview_or_store(grid, change_request, rows, proposal, AuditAction.BLANKS_FILLED)


def _undo(grid: GridContext, change_request: ChangeRequest) -> ChangeResponse:
    year, body_id = grid.year.year, grid.body.id
    batch = change_request.text("batch")
    if not can_undo_batch(grid.viewer, year, body_id, REVERTIBLE_ACTIONS, batch) or not _is_of_grid(grid, batch):
        raise NothingToUndo
    result = saving.undo_batch(grid.viewer, grid.order, year, body_id, batch)
    if result.conflicts:
        return _show_conflicts(grid, change_request, result, is_undo=True)
    if not change_request.is_script:
        return redirect(_form_url(grid, done=result.batch), 303)
    return _stored_response(grid, result)


def _is_of_grid(grid: GridContext, batch: str) -> bool:
    """Whether a batch changed only cells that this grid shows."""
    ids, codes = {row.id for row in _all_rows(grid)}, {item.code for item in grid.order.indicators_of(grid.kind)}
    events = [event for event in batch_events(grid.viewer, batch) if event.organisation_id is not None]
    return all(event.organisation_id in ids and codes.issuperset(event.data) for event in events)


def _all_rows(grid: GridContext) -> list[GridRow]:
    return grid_rows(grid.viewer, grid.year.year, grid.body.id, grid.kind)


def _preview_or_store(
    grid: GridContext, change_request: ChangeRequest, rows: Sequence[GridRow], proposal: Proposal, action: AuditAction
) -> ChangeResponse:
    """Store a proposal if the request names its digest, otherwise show it. Raises Locked."""
    digest = change_request.text("digest")
    if grid.lock:
        raise Locked(grid.lock)
    if digest and digest == proposal.digest:
        return _store(grid, change_request, proposal, action)
    last_order = registry.order_of(grid.year.year - 1)
    presenter = CellPresenter(grid, rows)
    proposal = propose.with_issues(grid.order, grid.kind, grid.year.year, rows, proposal, today(), last_order)
    return _show(
        grid,
        change_request,
        "entry/grid/preview.html",
        HTTPStatus.CONFLICT if digest else HTTPStatus.OK,
        proposal=ProposalSummary.of(proposal),
        is_fill=action == AuditAction.BLANKS_FILLED,
        is_stale=bool(digest),
        replacements=presenter.edits(proposal.replacements),
        erasures=presenter.edits(proposal.erasures),
        rejected_cells=presenter.rejected_cells(proposal),
        issues=presenter.issues(proposal),
        fill=presenter.fill(proposal) if action == AuditAction.BLANKS_FILLED else None,
    )


def _store(grid: GridContext, change_request: ChangeRequest, proposal: Proposal, action: AuditAction) -> ChangeResponse:
    result = saving.save_answers(
        grid.viewer, grid.order, grid.year.year, grid.body.id, proposal.edits, action, all_or_nothing=True
    )
    if result.conflicts:
        return _show_conflicts(grid, change_request, result, is_undo=False)
    if not change_request.is_script:
        return redirect(_form_url(grid, done=result.batch, rejected=len(proposal.rejected_cells) or None), 303)
    message = f"{stored_message(action, len(result.changed))} {left_out_message(proposal)}".strip()
    return _stored_response(grid, result, message, _rejected_cells(proposal))


def _rejected_cells(proposal: Proposal) -> list[dict[str, str]]:
    """Return the rejected cells that a script shows in the grid."""
    language = current_language()
    return [
        {
            "organisation": cell.grid_row.bin,
            "code": cell.code,
            "typed": cell.text,
            "message": cell.issue.message(language),
        }
        for cell in proposal.rejected_cells[:MAX_REJECTED_CELLS]
        if cell.grid_row is not None and cell.code is not None
    ]


def _stored_response(
    grid: GridContext, result: SaveResult, message: str = "", rejected_cells: Sequence[Mapping[str, str]] = ()
) -> Response:
    """Return to a script the stored cells and the rejected ones."""
    cells = CellPresenter(grid, _all_rows(grid)).stored_cells(result)
    return _json(message=message, cells=cells, rejected_cells=rejected_cells, batch=result.batch)


def _show_conflicts(grid: GridContext, change_request: ChangeRequest, result: SaveResult, is_undo: bool) -> ChangeResponse:
    conflicts = CellPresenter(grid, _all_rows(grid)).conflicts(result)
    template = "entry/grid/conflicts.html"
    return _show(grid, change_request, template, HTTPStatus.CONFLICT, conflicts=conflicts, is_undo=is_undo)


def _refuse(grid: GridContext, change_request: ChangeRequest, message: str, status: int) -> ChangeResponse:
    return _show(grid, change_request, "entry/grid/refused.html", status, message=message)


def _show(grid: GridContext, change_request: ChangeRequest, template: str, status: int, **context: Any) -> ChangeResponse:
    """Return the content of a dialog to a script, a page with the same content to a form; roll back if the change failed."""
    if status >= HTTPStatus.BAD_REQUEST:
        database.db.session.rollback()
    if not change_request.is_script:
        fields = {name: change_request.text(name) for name in FORM_FIELDS}
        return render_template(
            "entry/grid/answer.html", part=template, grid=grid, fields=fields, back_url=_form_url(grid), **context
        ), status
    html = render_template(template, grid=grid, **context)
    proposal: ProposalSummary | None = context.get("proposal")
    if proposal is None:
        return _json(html=html, message=context.get("message")), status
    is_safe = status == HTTPStatus.OK and proposal.is_safe
    counts = {"edit_count": proposal.edit_count, "preserved_count": proposal.preserved_count}
    return _json(html=html, digest=proposal.digest, is_safe=is_safe, **counts), status


def _json(**content: Any) -> Response:
    """Return JSON with letters outside ASCII unescaped; it may hold thousands of cells."""
    return Response(orjson.dumps(content), content_type="application/json")


def _form_url(grid: GridContext, **parameters: Any) -> str:
    return url_for("grid.page", **grid.address, plain=1, **parameters)
