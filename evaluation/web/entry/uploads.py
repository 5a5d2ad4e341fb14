"""Pages for who brings a filled workbook: it is sent, looked at, applied all or nothing, undone; and workbooks to fill in."""

from flask import Blueprint, Response, abort, g, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response as Redirection

from evaluation import database
from evaluation import storage as files
from evaluation.answers.issues import WorkbookRejected
from evaluation.audit.models import AuditEvent
from evaluation.clock import today
from evaluation.errors import EvaluationError
from evaluation.language import CODES, N_, Language, language
from evaluation.pagination import Page
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.review.verification.operations import record_answers_export
from evaluation.web.core.access import allow
from evaluation.web.core.pagination import page_urls, requested_page
from evaluation.web.core.request_context import (
    current_language,
    current_viewer,
    find_body,
    find_year,
    megabytes,
    send_bytes,
    show_year,
)
from evaluation.web.entry.upload_presenter import STATES, Group, Teller, of_batch
from evaluation.web.entry.workbook_issues import WorkbookReport, report
from evaluation.workbooks.format.template import write_template
from evaluation.workbooks.models import Upload
from evaluation.workbooks.upload import operations, queries
from evaluation.workbooks.upload.model import BLANKS, OVERWRITE, Mode, Plan
from evaluation.workbooks.upload.operations import UndoConflict, StalePlan
from evaluation.workbooks.upload.plan import warnings
from evaluation.workbooks.upload.prefill import write_prefilled_workbook as write_prefilled
from forms.entry.workbook import ApplyForm, WorkbookForm

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MARKED = N_("marked")
"""Stands in the name of a marked workbook."""
BODIES = 20
"""Bodies whose workbooks are offered; who has more finds them in the list of bodies."""
MODES = {OVERWRITE: N_("Overwrite"), BLANKS: N_("Fill blanks only")}
UPLOAD_STATES = {"seen": N_("Not applied"), "applied": N_("Applied"), "undone": N_("Undone")}
YEAR = "<int(min=1000, max=9999):year>"

blueprint = Blueprint("uploads", __name__)
blueprint.app_context_processor(lambda: {"upload_modes": MODES, "upload_states": UPLOAD_STATES})


@blueprint.get("/workbook")
@allow(Action.EDIT)
def workbook() -> str:
    """The form to send a workbook by, and workbooks to fill in."""
    return _form(WorkbookForm())


@blueprint.post("/workbook")
@allow(Action.EDIT)
def receive() -> tuple[str, int] | Redirection:
    """Keep a workbook and lead to what it would change; what is no workbook is refused at once."""
    form = WorkbookForm()
    if not form.validate():
        return _form(form), 422
    file = form.file.data
    try:
        found = operations.receive(current_viewer(), file.read(), file.filename or "", form.mode.data, registry.orders())
    except WorkbookRejected as refused:
        return _form(form, refused=report(refused.issues, registry.orders(), current_language())), 422
    return redirect(url_for(".upload", id_=found.id), 303)


@blueprint.get("/uploads")
@allow(Action.EDIT)
def uploads() -> str:
    """The workbooks that one sent."""
    viewer = current_viewer()
    found = queries.uploads(viewer)
    stored = queries.stored_reports(viewer, [each.batch for each in found if each.batch])
    return render_template("entry/uploads/list.html", uploads=found, stored=stored)


@blueprint.get("/uploads/<int:id_>")
@allow(Action.EDIT)
def upload(id_: int) -> str:
    """What a workbook would change, or what it changed."""
    found = _find(id_)
    return _preview(found, _plan(found)) if found.status == operations.PREVIEWED else _applied(found)


@blueprint.post("/uploads/<int:id_>/apply")
@allow(Action.EDIT)
def apply(id_: int) -> tuple[str, int] | str | Redirection:
    """Store what was shown; where it would be something else by now, show that and store nothing."""
    found, form = _find(id_), ApplyForm()
    if not form.validate():
        abort(400)
    try:
        operations.apply(current_viewer(), found, registry.orders(), form.mode.data, form.shown.data)
    except (StalePlan, WorkbookRejected) as refused:
        database.db.session.rollback()
        plan = refused.plan if isinstance(refused, StalePlan) else _plan(_find(id_), form.mode.data)
        return _preview(_find(id_), plan, outdated=True, event=form.event.data), 409
    except EvaluationError as error:
        return _settled(id_, error)
    return redirect(url_for(".upload", id_=id_), 303)


@blueprint.post("/uploads/<int:id_>/undo")
@allow(Action.EDIT)
def undo(id_: int) -> tuple[str, int] | Redirection:
    """Put back what a workbook changed; where one of its values was changed again, tell which."""
    found = _find(id_)
    order = registry.order_of(found.year or 0)
    if order is None:
        abort(404)
    try:
        operations.undo(current_viewer(), found, order)
    except UndoConflict as since:
        database.db.session.rollback()
        groups = Teller(current_viewer(), order, int(found.year or 0), current_language()).conflicts(since)
        return _applied(_find(id_), conflicts=groups), 409
    except EvaluationError as error:
        return _settled(id_, error)
    return redirect(url_for(".upload", id_=id_), 303)


@blueprint.post("/uploads/<int:id_>/discard")
@allow(Action.EDIT)
def discard(id_: int) -> tuple[str, int] | Redirection:
    """Forget a workbook that was only looked at."""
    try:
        operations.discard(current_viewer(), _find(id_))
    except EvaluationError as error:
        return _settled(id_, error)
    return redirect(url_for(".workbook"), 303)


@blueprint.get("/uploads/<int:id_>/marked.xlsx")
@allow(Action.EDIT)
def marked(id_: int) -> Response | tuple[str, int]:
    """The workbook with its bad cells coloured and commented."""
    # What it needs takes 13 MB, which commands and most servers' processes never use.
    from evaluation.workbooks.format.annotate import AnnotationError, annotate

    found, viewer = _find(id_), current_viewer()
    plan = _plan(found)
    try:
        odd = warnings(viewer, plan, today())
        content = annotate(files.read(found.sha256), plan.errors, odd, current_language())
    except AnnotationError as reason:
        return _preview(found, plan, unmarkable=reason.message(current_language())), 422
    stem = found.name.removesuffix(".xlsx") or "workbook"
    return send_bytes(content, MEDIA_TYPE, f"{stem} ({gettext(MARKED)}).xlsx")


@blueprint.get(f"/bodies/<bin_>/{YEAR}/workbook.xlsx")
@allow(Action.VIEW)
def prefilled(bin_: str, year: int) -> Response:
    """A body's year as a workbook, with what is stored."""
    find_year(year)
    body, order, spoken = find_body(bin_), registry.order_of(year), _asked_language()
    if order is None:
        abort(404)
    content = write_prefilled(current_viewer(), order, year, body, spoken)
    record_answers_export(current_viewer(), year, body.id, content)
    g.keep = True
    return send_bytes(content, MEDIA_TYPE, f"indicators-{year}-{body.bin}-{spoken.code}.xlsx")


@blueprint.get(f"/template/{YEAR}.xlsx")
@allow(Action.VIEW)
def template(year: int) -> Response:
    """An empty workbook for a reporting year."""
    order, spoken = registry.in_force(registry.orders()).for_year(year), _asked_language()
    if order is None:
        abort(404)
    return send_bytes(write_template(order, year, spoken), MEDIA_TYPE, f"indicators-{year}-{spoken.code}.xlsx")


def _asked_language() -> Language:
    code = request.args.get("lang", current_language().code)
    return language(code) if code in CODES else abort(404)


def _find(id_: int) -> Upload:
    """A workbook that the viewer sent; 404 for anybody else's."""
    found = queries.upload(current_viewer(), id_) if id_ < 2**31 else None
    if found is None:
        abort(404)
    opened = registry.reporting_year(found.year) if found.year else None
    if opened is not None:
        show_year(opened)
    return found


def _plan(found: Upload, mode: str = "") -> Plan:
    asked = mode or request.args.get("mode", "")
    chosen: Mode = BLANKS if (asked if asked in MODES else found.mode) == BLANKS else OVERWRITE
    return operations.current_plan(current_viewer(), found, registry.orders(), chosen)


def _settled(id_: int, error: EvaluationError) -> tuple[str, int]:
    """The upload as it is, with the reason why nothing was done."""
    database.db.session.rollback()
    found = queries.upload(current_viewer(), id_)
    said = error.message(current_language())
    if found is None:
        return _form(WorkbookForm(formdata=None), said=said), 409
    return (_preview(found, _plan(found), said=said) if found.status == operations.PREVIEWED else _applied(found, said=said)), 409


def _form(form: WorkbookForm, refused: WorkbookReport | None = None, said: str = "") -> str:
    years = registry.years()
    if years:
        # A page that shows no year of its own is marked by the latest.
        g.setdefault("invented", years[0].invented)
    orders = registry.in_force(registry.orders())
    offered = sorted({each.year for each in years} | {today().year - 1}, reverse=True)
    viewer = current_viewer()
    own = registry.all_bodies(viewer, years[0].year)[: BODIES + 1] if years and viewer.bodies is not None else []
    return render_template(
        "entry/uploads/form.html",
        form=form,
        languages=CODES,
        limit=megabytes(),
        years=[year for year in offered if orders.for_year(year)],
        bodies=own[:BODIES],
        opened=[each.year for each in years],
        sent=queries.uploads(viewer)[:5],
        refused=refused,
        said=said,
    )


def _preview(
    found: Upload, plan: Plan, outdated: bool = False, event: int | None = None, said: str = "", unmarkable: str = ""
) -> str:
    viewer, orders, spoken = current_viewer(), registry.orders(), current_language()
    teller = Teller(viewer, plan.workbook.order, plan.workbook.year, spoken)
    show, mode = request.args.get("show", ""), plan.mode if plan.mode != found.mode else None
    odd = warnings(viewer, plan, today())
    latest = queries.last_event(viewer)
    return render_template(
        "entry/uploads/preview.html",
        upload=found,
        plan=plan,
        show=show if show in STATES else "",
        parts=teller.sections(plan, show, requested_page()),
        page_url=page_urls(".upload", id_=found.id, show=show, mode=mode),
        errors=report(plan.errors, orders, spoken),
        odd=report(odd, orders, spoken),
        odd_count=len(odd),
        outdated=outdated,
        since=teller.recorded(_others(plan, event), who=True) if outdated and event is not None else [],
        said=said,
        unmarkable=unmarkable,
        apply=ApplyForm(formdata=None, mode=plan.mode, shown=plan.digest, event=latest),
    )


def _others(plan: Plan, event: int) -> list[AuditEvent]:
    """What others changed, in the workbook's organisations, since it was shown."""
    owners = [own for places in plan.row_organisations.values() for own in places if own >= 0]
    return queries.changed_since(current_viewer(), plan.workbook.year, owners, event)


def _applied(found: Upload, said: str = "", conflicts: list[Group] | None = None) -> str:
    viewer, order = current_viewer(), registry.order_of(found.year or 0)
    if order is None:
        abort(404)
    events = list(of_batch(operations.changes(viewer, found)))
    page = Page.from_list(events, requested_page())
    teller = Teller(viewer, order, int(found.year or 0), current_language())
    return render_template(
        "entry/uploads/applied.html",
        upload=found,
        reports=sum(event.organisation_id is not None for event in events),
        values=sum(len(event.data) for event in events),
        groups=teller.recorded(page.items),
        page=page,
        page_url=page_urls(".upload", id_=found.id),
        bodies=[each for each in registry.all_bodies(viewer) if each.id in {event.body_id for event in events}],
        said=said,
        conflicts=conflicts or [],
    )
