"""Adds people from a table, pasted or in a workbook: a preview with the errors of each row, then all of them or nobody."""

from collections.abc import Sequence
from http import HTTPStatus

from flask import Blueprint, render_template
from flask_babel import gettext

from evaluation.accounts import queries
from evaluation.accounts.roles import ROLE_NAMES
from evaluation.accounts.table import COLUMNS, MAX_ROWS, InvalidTable, PersonRow, add_people, read_table
from evaluation.answers.grid.block import parse_block
from evaluation.answers.invalid_value import display_text
from evaluation.answers.issues import WorkbookRejected
from evaluation.policy import Action
from evaluation.web.account.confirmation import require_confirmation
from evaluation.web.admin.people import link_until, send_link
from evaluation.web.core.access import allow
from evaluation.web.core.errors import errors_shown_in
from evaluation.web.core.request_context import current_language, current_viewer
from evaluation.workbooks.format.opening import rejecting_unreadable
from evaluation.xlsx.model import CellError
from evaluation.xlsx.safe_open import SafeWorkbook
from forms.admin.people import PeopleTableForm

QUOTED = ("\t", "\n", "\r", '"')
"""Characters of a cell that stand in quotation marks in copied text."""

blueprint = Blueprint("people_table", __name__, url_prefix="/people")
blueprint.before_request(require_confirmation)


@blueprint.route("/table", methods=["GET", "POST"])
@allow(Action.MANAGE_ACCOUNTS)
def table() -> str | tuple[str, int]:
    """Check a table of people and, once it has no errors and the administrator says so, add them and show their links."""
    form, viewer = PeopleTableForm(), current_viewer()
    if not form.is_submitted():
        return _page(form, [])
    if not form.validate():
        return _page(form, []), HTTPStatus.UNPROCESSABLE_ENTITY
    rows: list[PersonRow] = []
    with errors_shown_in(form, lambda: _page(form, rows)):
        if form.file.data:
            form.text.data = _text_of_workbook(form.file.data.read())
        rows += read_table(viewer, parse_block(form.text.data or ""))
        if not rows:
            form.text.errors = [gettext("Paste the table, or choose a workbook.")]
        if not rows or not form.save.data or form.file.data:
            has_errors = not rows or any(row.errors for row in rows)
            return _page(form, rows), HTTPStatus.UNPROCESSABLE_ENTITY if has_errors else HTTPStatus.OK
        accounts = add_people(viewer, rows)
    links = [(account, send_link(account, is_new=True)) for account in accounts]
    return render_template("admin/people/links.html", links=links, until=link_until())


def _text_of_workbook(data: bytes) -> str:
    """Return the first worksheet as Excel copies it. Raises InvalidTable."""
    try:
        with rejecting_unreadable():
            workbook = SafeWorkbook(data)
            name = workbook.sheet_names[0]
            workbook.parse(name)
            rows = workbook.rows(name)
    except WorkbookRejected as error:
        issue = error.issues[0]
        raise InvalidTable(issue.message(current_language()).replace("%", "%%"), field="file") from error
    return "\n".join("\t".join(map(_copied_cell, row)) for row in rows)


def _copied_cell(cell: object) -> str:
    text = cell.value if isinstance(cell, CellError) else display_text(cell)
    return '"' + text.replace('"', '""') + '"' if any(character in text for character in QUOTED) else text


def _page(form: PeopleTableForm, rows: Sequence[PersonRow]) -> str:
    bodies = queries.bodies_by_bin(current_viewer(), {bin_ for row in rows for bin_ in row.bins})
    return render_template(
        "admin/people/table.html",
        form=form,
        rows=rows,
        error_count=sum(bool(row.errors) for row in rows),
        bodies={body.bin: body for body in bodies},
        columns=COLUMNS,
        roles=ROLE_NAMES,
        limit=MAX_ROWS,
    )
