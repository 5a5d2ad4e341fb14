"""The registry workbook: its export, the preview of an upload, and the storing of a previewed upload."""

from http import HTTPStatus
from typing import Any

from flask import Response, abort, flash, g, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug import Response as Redirection

from evaluation import storage
from evaluation.answers.issues import WorkbookRejected
from evaluation.clock import today
from evaluation.database import db
from evaluation.errors import EvaluationError
from evaluation.policy import Action, Forbidden
from evaluation.quotas.operations import read_file_of_sender, store_file
from evaluation.registry import queries as registry
from evaluation.registry.operations import record_registry_export
from evaluation.sheets.writers import FORMATS
from evaluation.web.admin.registry.blueprint import blueprint
from evaluation.web.admin.registry.workbook_presenter import preview_worksheets, report_issues
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import current_language, current_viewer, megabytes, send_bytes
from evaluation.workbooks.registry.plan import RegistryPlan, apply_plan, plan_changes
from evaluation.workbooks.registry.queries import loads
from evaluation.workbooks.registry.row_states import WorkbookOptions
from evaluation.workbooks.registry.undo import undo_load
from evaluation.workbooks.registry.writer import write_registry
from forms.admin.registry import ApplyForm, RegistryWorkbookForm, UndoLoadForm

YEARS = range(1992, 2100)
"""Years in which moves can take effect."""
Answer = str | Redirection | tuple[str, int]


@blueprint.get("/workbook.xlsx")
@allow(Action.MANAGE_REGISTRY)
def workbook_file() -> Response:
    """Download the registry as a workbook; the export is written to the audit log."""
    language = current_language()
    content = write_registry(current_viewer(), registry.orders(), language)
    record_registry_export(current_viewer(), content)
    g.commit_get = True
    return send_bytes(content, FORMATS["xlsx"].media_type, f"registry-{today():%Y-%m-%d}-{language.code}.xlsx")


@blueprint.get("/workbook")
@allow(Action.MANAGE_REGISTRY)
def workbook() -> str:
    """Show the form that uploads a registry workbook."""
    return _page(_blank_form())


@blueprint.post("/workbook")
@allow(Action.MANAGE_REGISTRY)
def receive_workbook() -> Answer:
    """Preview an uploaded workbook: its changes and its issues. Stores only the file."""
    form = RegistryWorkbookForm()
    if not form.validate() or not _has_plausible_year(form):
        return _page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    data = form.file.data.read()
    options = WorkbookOptions(form.year.data, form.names.data == "new")
    try:
        plan = plan_changes(current_viewer(), data, registry.orders(), options)
    except WorkbookRejected as error:
        return _page(form, issues=report_issues(error.issues)), HTTPStatus.UNPROCESSABLE_ENTITY
    if plan.issues:
        return _preview_page(form, plan, options, None), HTTPStatus.UNPROCESSABLE_ENTITY
    return _preview_page(form, plan, options, store_file(current_viewer(), data))


@blueprint.post("/workbook/store")
@allow(Action.MANAGE_REGISTRY)
def store_workbook() -> Answer:
    """Store a previewed workbook; where the registry has changed since the preview, show a new preview instead."""
    preview = ApplyForm()
    if not preview.validate() or preview.year.data not in YEARS or not storage.SHA256.fullmatch(preview.sha256.data or ""):
        abort(HTTPStatus.BAD_REQUEST)
    options = WorkbookOptions(preview.year.data, preview.names.data == "new")
    form = RegistryWorkbookForm(formdata=None, data={"year": options.year, "names": "new" if options.renames else "corrected"})
    try:
        data = read_file_of_sender(current_viewer(), preview.sha256.data)
    except storage.MissingFile as error:
        form.file.errors = [error.message(current_language())]
        return _page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        plan = plan_changes(current_viewer(), data, registry.orders(), options)
        if plan.digest != preview.digest.data or plan.issues:
            sha256 = None if plan.issues else preview.sha256.data
            return _preview_page(form, plan, options, sha256, registry_has_changed=True), HTTPStatus.CONFLICT
        apply_plan(current_viewer(), plan)
    except WorkbookRejected as error:
        db.session.rollback()
        return _page(form, issues=report_issues(error.issues)), HTTPStatus.CONFLICT
    flash(gettext("The registry workbook is stored: %(new)s new, %(changed)s changed.", **plan.row_counts))
    return redirect(url_for(".workbook"), 303)


@blueprint.post("/workbook/undo")
@allow(Action.MANAGE_REGISTRY)
def undo_workbook() -> Answer:
    """Undo a stored registry workbook; where something stands in the way, say what and change nothing."""
    form = UndoLoadForm()
    if not form.validate():
        abort(HTTPStatus.BAD_REQUEST)
    try:
        undo_load(current_viewer(), form.batch.data)
    except EvaluationError as error:
        if isinstance(error, Forbidden):
            raise
        db.session.rollback()
        return _page(_blank_form(), message=error.message(current_language())), error.status
    flash(gettext("The load of the registry is undone."))
    return redirect(url_for(".workbook"), 303)


def _has_plausible_year(form: RegistryWorkbookForm) -> bool:
    if form.year.data in YEARS:
        return True
    form.year.errors = [*form.year.errors, gettext("Enter the year.")]
    return False


def _blank_form() -> RegistryWorkbookForm:
    return RegistryWorkbookForm(formdata=None, data={"year": today().year, "names": "new"})


def _page(form: RegistryWorkbookForm, **values: Any) -> str:
    defaults: dict[str, Any] = dict.fromkeys(("issues", "worksheets", "warnings", "sha256", "message"))
    defaults["registry_has_changed"] = False
    undo_forms = [(load, UndoLoadForm(formdata=None, batch=load.batch)) for load in loads(current_viewer())]
    return render_template(
        "admin/registry/workbook.html", form=form, limit=megabytes(), undo_forms=undo_forms, **(defaults | values)
    )


def _preview_page(
    form: RegistryWorkbookForm,
    plan: RegistryPlan,
    options: WorkbookOptions,
    sha256: str | None,
    registry_has_changed: bool = False,
) -> str:
    return _page(
        form,
        issues=report_issues(plan.issues) if plan.issues else None,
        warnings=report_issues(plan.warnings) if plan.warnings else None,
        worksheets=preview_worksheets(plan),
        has_changes=plan.has_changes,
        sha256=sha256 if plan.has_changes else None,
        digest=plan.digest,
        options=options,
        registry_has_changed=registry_has_changed,
    )
