"""Pages of workbooks: upload, preview, apply all or nothing, undo, and workbooks to fill in."""

from flask import Blueprint, Response, abort, g, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response as Redirection

from evaluation import database, storage
from evaluation.answers.issues import WorkbookRejected
from evaluation.clock import today
from evaluation.errors import EvaluationError
from evaluation.language import LANGUAGE_CODES, N_, Language, language
from evaluation.policy import Action, Forbidden
from evaluation.registry import queries as registry
from evaluation.review.verification.operations import record_answers_export
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import (
    current_language,
    current_viewer,
    find_body,
    find_year,
    send_bytes,
    show_year,
)
from evaluation.web.entry.upload_pages import (
    MODE_LABELS,
    STATUS_LABELS,
    applied_page,
    form_page,
    preview_page,
    requested_plan,
    status_page,
)
from evaluation.web.entry.upload_presenter import ChangePresenter
from evaluation.web.entry.workbook_issues import group_issues
from evaluation.workbooks.format.template import write_template
from evaluation.workbooks.models import Upload
from evaluation.workbooks.upload import operations, queries
from evaluation.workbooks.upload.model import CLEAR
from evaluation.workbooks.upload.operations import StalePlan, UndoConflict
from evaluation.workbooks.upload.plan import find_warnings
from evaluation.workbooks.upload.prefill import write_prefilled_workbook
from forms.entry.workbook import ApplyForm, WorkbookForm

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ANNOTATED_SUFFIX = N_("marked")
"""Part of the file name of an annotated workbook."""
DEFAULT_STEM = "workbook"
MAX_ID = 2**31 - 1
YEAR = "<int(min=1000, max=9999):year>"

blueprint = Blueprint("uploads", __name__)
blueprint.app_context_processor(lambda: {"upload_mode_labels": MODE_LABELS, "upload_status_labels": STATUS_LABELS})


@blueprint.get("/workbook")
@allow(Action.EDIT)
def workbook() -> str:
    """Show the form that uploads a workbook, and the workbooks to fill in."""
    return form_page(WorkbookForm())


@blueprint.post("/workbook")
@allow(Action.EDIT)
def receive() -> tuple[str, int] | Redirection:
    """Store an uploaded workbook and redirect to its preview; a file that cannot be read is rejected."""
    form = WorkbookForm()
    if not form.validate():
        return form_page(form), 422
    file, orders = form.file.data, registry.orders()
    try:
        new_upload = operations.receive(current_viewer(), file.read(), file.filename or "", form.mode.data, orders)
    except WorkbookRejected as error:
        return form_page(form, rejected=group_issues(error.issues, orders, current_language())), 422
    return redirect(url_for(".upload", id_=new_upload.id), 303)


@blueprint.get("/uploads")
@allow(Action.EDIT)
def uploads() -> str:
    """List the viewer's uploads."""
    viewer = current_viewer()
    listed = queries.uploads(viewer)
    report_counts = queries.changed_report_counts(viewer, [item.batch for item in listed if item.batch])
    return render_template("entry/uploads/list.html", uploads=listed, report_counts=report_counts)


@blueprint.get("/uploads/<int:id_>")
@allow(Action.EDIT)
def upload(id_: int) -> str | tuple[str, int]:
    """Show what an upload would change, or what it changed; where its file is missing, the form to send it again."""
    current_upload = _find(id_)
    try:
        return status_page(current_upload)
    except storage.MissingFile as error:
        return form_page(WorkbookForm(formdata=None), message=error.message(current_language())), error.status


@blueprint.post("/uploads/<int:id_>/apply")
@allow(Action.EDIT)
def apply(id_: int) -> tuple[str, int] | str | Redirection:
    """Apply the plan that was shown; if it is no longer current, show the current plan and store nothing."""
    form = ApplyForm()
    current_upload = _find(id_)
    if not form.validate():
        abort(400)
    if form.mode.data == CLEAR and not form.clear.data:
        plan = requested_plan(current_upload, CLEAR)
        if plan.count("cleared"):
            message = gettext("Confirm first that stored answers are to be cleared.")
            return preview_page(current_upload, plan, message=message), 422
    try:
        operations.apply(current_viewer(), current_upload, registry.orders(), form.mode.data, form.digest.data)
    except (StalePlan, WorkbookRejected) as error:
        database.db.session.rollback()
        plan = error.plan if isinstance(error, StalePlan) else requested_plan(_find(id_), form.mode.data)
        return preview_page(_find(id_), plan, is_stale=True, shown_event_id=form.last_event_id.data), 409
    except EvaluationError as error:
        return _refuse(id_, error)
    return redirect(url_for(".upload", id_=id_), 303)


@blueprint.post("/uploads/<int:id_>/undo")
@allow(Action.EDIT)
def undo(id_: int) -> tuple[str, int] | Redirection:
    """Undo an upload; if one of its values was changed afterwards, show these values and undo nothing."""
    current_upload = _find(id_)
    order = registry.order_of(current_upload.year or 0)
    if order is None:
        abort(404)
    try:
        operations.undo(current_viewer(), current_upload, order)
    except UndoConflict as conflict:
        database.db.session.rollback()
        presenter = ChangePresenter(current_viewer(), order, int(current_upload.year or 0), current_language())
        return applied_page(_find(id_), conflicts=presenter.undo_conflicts(conflict)), 409
    except EvaluationError as error:
        return _refuse(id_, error)
    return redirect(url_for(".upload", id_=id_), 303)


@blueprint.post("/uploads/<int:id_>/discard")
@allow(Action.EDIT)
def discard(id_: int) -> tuple[str, int] | Redirection:
    """Delete an upload that was only previewed."""
    try:
        operations.discard(current_viewer(), _find(id_))
    except EvaluationError as error:
        return _refuse(id_, error)
    return redirect(url_for(".workbook"), 303)


@blueprint.get("/uploads/<int:id_>/annotated.xlsx")
@allow(Action.EDIT)
def annotated(id_: int) -> Response | tuple[str, int]:
    """Download an upload with its issues marked in the cells."""
    # Imported here: the library takes 13 MB, which commands and most server processes never need.
    from evaluation.workbooks.format.annotate import AnnotationError, annotate

    current_upload = _find(id_)
    plan = requested_plan(current_upload)
    try:
        warnings = find_warnings(current_viewer(), plan, today())
        content = annotate(storage.read(current_upload.sha256), plan.errors, warnings, plan.workbook.order, current_language())
    except AnnotationError as error:
        return preview_page(current_upload, plan, message=error.message(current_language())), error.status
    stem = current_upload.name.removesuffix(".xlsx") or DEFAULT_STEM
    return send_bytes(content, MEDIA_TYPE, f"{stem} ({gettext(ANNOTATED_SUFFIX)}).xlsx")


@blueprint.get(f"/bodies/<bin_>/{YEAR}/workbook.xlsx")
@allow(Action.VIEW)
def prefilled(bin_: str, year: int) -> Response:
    """Download a body's year as a workbook with the stored answers."""
    find_year(year)
    body, order, in_language = find_body(bin_), registry.order_of(year), _requested_language()
    if order is None:
        abort(404)
    content = write_prefilled_workbook(current_viewer(), order, year, body, in_language)
    record_answers_export(current_viewer(), year, body.id, content)
    g.commit_get = True
    return send_bytes(content, MEDIA_TYPE, f"indicators-{year}-{body.bin}-{in_language.code}.xlsx")


@blueprint.get(f"/template/{YEAR}.xlsx")
@allow(Action.VIEW)
def template(year: int) -> Response:
    """Download a blank workbook of a year."""
    order, in_language = registry.orders_with_open_years(registry.orders()).for_year(year), _requested_language()
    if order is None:
        abort(404)
    return send_bytes(write_template(order, year, in_language), MEDIA_TYPE, f"indicators-{year}-{in_language.code}.xlsx")


def _requested_language() -> Language:
    """Return the language of the address, by default the page's; 404 for an unknown one."""
    code = request.args.get("lang", current_language().code)
    return language(code) if code in LANGUAGE_CODES else abort(404)


def _find(id_: int) -> Upload:
    """Return an upload of the viewer and show its year in the page's head; 404 for another person's upload."""
    current_upload = queries.find_upload(current_viewer(), id_) if id_ <= MAX_ID else None
    if current_upload is None:
        abort(404)
    reporting_year = registry.reporting_year(current_upload.year) if current_upload.year else None
    if reporting_year is not None:
        show_year(reporting_year)
    return current_upload


def _refuse(id_: int, error: EvaluationError) -> tuple[str, int]:
    """Roll back and show the upload with the error's message; Forbidden is answered by the general page."""
    if isinstance(error, Forbidden):
        raise error
    database.db.session.rollback()
    current_upload, message = queries.find_upload(current_viewer(), id_), error.message(current_language())
    if current_upload is None:
        return form_page(WorkbookForm(formdata=None), message=message), 409
    return status_page(current_upload, message=message), 409
