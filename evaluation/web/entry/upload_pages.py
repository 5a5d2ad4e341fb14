"""Renders the pages of uploads."""

from flask import abort, g, render_template, request

from evaluation.audit.models import AuditEvent
from evaluation.clock import today
from evaluation.language import LANGUAGE_CODES, N_
from evaluation.pagination import Page
from evaluation.registry import queries as registry
from evaluation.web.core.pagination import page_urls, requested_page
from evaluation.web.core.request_context import current_language, current_viewer, megabytes
from evaluation.web.entry.upload_presenter import SHOWN_STATES, ChangeGroup, ChangePresenter, counts_last
from evaluation.web.entry.workbook_issues import WorkbookReport, group_issues
from evaluation.workbooks.models import APPLIED, PREVIEWED, UNDONE, Upload
from evaluation.workbooks.upload import operations, queries
from evaluation.workbooks.upload.model import BLANKS, CLEAR, OVERWRITE, ChangeState, Mode, Plan
from evaluation.workbooks.upload.plan import find_warnings
from forms.entry.workbook import ApplyForm, WorkbookForm

MAX_BODIES = 20
"""Bodies whose prefilled workbooks the page lists; the list of bodies has the others."""
MAX_RECENT_UPLOADS = 5
MODE_LABELS: dict[Mode, str] = {
    OVERWRITE: N_("Overwrite"),
    BLANKS: N_("Fill blanks only"),
    CLEAR: N_("Overwrite and clear where blank"),
}
STATE_LABELS: dict[ChangeState, str] = {
    "cleared": N_("Stored answers that will be cleared because their cell is blank"),
    "changed": N_("Stored answers that will be replaced"),
    "new": N_("Blank cells that will be filled"),
    "preserved": N_("Stored answers that stay although the workbook has other values"),
    "blank": N_("Stored answers that stay although their cell is blank"),
}
STATUS_LABELS = {PREVIEWED: N_("Not applied"), APPLIED: N_("Applied"), UNDONE: N_("Undone")}


def requested_plan(upload: Upload, mode: str = "") -> Plan:
    """Return the plan of an upload in a mode: the given one, that of the address, or that of the upload."""
    modes = (mode, request.args.get("mode"), upload.mode)
    chosen = next((mode for name in modes for mode in MODE_LABELS if mode == name), OVERWRITE)
    return operations.current_plan(current_viewer(), upload, registry.orders(), chosen)


def form_page(form: WorkbookForm, rejected: WorkbookReport | None = None, message: str = "") -> str:
    """Render the form that uploads a workbook, with the links to workbooks to fill in."""
    years = registry.years()
    if years:
        # The page concerns no year; the latest one decides whether it is marked as showing invented data.
        g.setdefault("invented", years[0].invented)
    orders = registry.orders_with_open_years(registry.orders())
    template_years = sorted({year.year for year in years} | {today().year - 1}, reverse=True)
    viewer = current_viewer()
    bodies = registry.all_bodies(viewer, years[0].year)[:MAX_BODIES] if years and viewer.bodies is not None else []
    return render_template(
        "entry/uploads/form.html",
        form=form,
        languages=LANGUAGE_CODES,
        limit=megabytes(),
        template_years=[year for year in template_years if orders.for_year(year)],
        bodies=bodies,
        open_years=[year.year for year in years],
        recent_uploads=queries.uploads(viewer)[:MAX_RECENT_UPLOADS],
        rejected=rejected,
        message=message,
    )


def status_page(upload: Upload, message: str = "") -> str:
    """Render the page of an upload's status: its preview, or what it changed."""
    if upload.status == PREVIEWED:
        return preview_page(upload, requested_plan(upload), message=message)
    return applied_page(upload, message=message)


def preview_page(upload: Upload, plan: Plan, is_stale: bool = False, shown_event_id: int | None = None, message: str = "") -> str:
    """Render what an upload would change.

    Args:
        upload: the upload.
        plan: its current plan.
        is_stale: the request applied a plan that is no longer current.
        shown_event_id: the last audit event when that plan was shown; later changes are listed.
        message: why the request was refused.
    """
    viewer, orders, language = current_viewer(), registry.orders(), current_language()
    presenter = ChangePresenter(viewer, plan.workbook.order, plan.workbook.year, language)
    requested_state, mode = request.args.get("show", ""), plan.mode if plan.mode != upload.mode else None
    warnings = find_warnings(viewer, plan, today())
    changes_since: list[ChangeGroup] = []
    if is_stale and shown_event_id is not None:
        changes_since = presenter.audited_changes(_changes_since(plan, shown_event_id), with_authors=True)
    apply_form = ApplyForm(formdata=None, mode=plan.mode, digest=plan.digest, last_event_id=queries.last_event_id(viewer))
    return render_template(
        "entry/uploads/preview.html",
        upload=upload,
        plan=plan,
        shown_state=requested_state if requested_state in SHOWN_STATES else "",
        state_labels=STATE_LABELS,
        change_sections=presenter.sections(plan, requested_state, requested_page()),
        page_url=page_urls(".upload", id_=upload.id, show=requested_state, mode=mode),
        errors=group_issues(plan.errors, orders, language),
        warnings=group_issues(warnings, orders, language),
        is_stale=is_stale,
        changes_since=changes_since,
        message=message,
        apply_form=apply_form,
    )


def _changes_since(plan: Plan, event_id: int) -> list[AuditEvent]:
    """Return the changes of the workbook's organisations after an audit event."""
    organisation_ids = [id_ for ids in plan.row_organisations.values() for id_ in ids if id_ >= 0]
    return queries.changes_since(current_viewer(), plan.workbook.year, organisation_ids, event_id)


def applied_page(upload: Upload, message: str = "", conflicts: list[ChangeGroup] | None = None) -> str:
    """Render what an applied or undone upload changed; `conflicts` are the values that prevent an undo."""
    viewer, order = current_viewer(), registry.order_of(upload.year or 0)
    if order is None:
        abort(404)
    events = list(counts_last(operations.applied_changes(viewer, upload)))
    page = Page.from_list(events, requested_page())
    presenter = ChangePresenter(viewer, order, int(upload.year or 0), current_language())
    body_ids = {event.body_id for event in events}
    return render_template(
        "entry/uploads/applied.html",
        upload=upload,
        report_count=sum(event.organisation_id is not None for event in events),
        value_count=sum(len(event.data) for event in events),
        groups=presenter.audited_changes(page.items),
        page=page,
        page_url=page_urls(".upload", id_=upload.id),
        bodies=[body for body in registry.all_bodies(viewer) if body.id in body_ids],
        message=message,
        conflicts=conflicts or [],
    )
