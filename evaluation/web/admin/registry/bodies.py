"""The list of bodies, the page of a body, and a new body."""

from datetime import date
from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response as Redirection

from evaluation.clock import today
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.admin import changes, operations, queries
from evaluation.registry.admin.labels import organisation_kinds
from evaluation.registry.admin.queries import BodyFilters, OrganisationFilters
from evaluation.registry.models import LEVELS, Body, ReportingYear
from evaluation.registry.states import BodyState
from evaluation.submissions import queries as submissions
from evaluation.submissions.status import YearStatus
from evaluation.submissions.timeliness import Timeliness, timeliness_by_body
from evaluation.web.admin.registry.blueprint import blueprint
from evaluation.web.admin.registry.change_actions import available_actions, body_facts, set_level_choices
from evaluation.web.admin.registry.presenter import names_of_bodies
from evaluation.web.admin.registry.request_helpers import BODIES, choose_body, filter_value, find_state, region_filter
from evaluation.web.core.access import allow
from evaluation.web.core.errors import errors_shown_in
from evaluation.web.core.pagination import page_urls, requested_page
from evaluation.web.core.request_context import current_language, current_viewer, search_words
from forms.admin.registry import NewBodyForm

STATUSES = ("open", "closed")
"""The values of the status filter."""


@blueprint.get("")
@allow(Action.MANAGE_REGISTRY)
def index() -> Redirection:
    """Redirect to the list of bodies."""
    return redirect(url_for(".bodies"))


@blueprint.get("/bodies")
@allow(Action.MANAGE_REGISTRY)
def bodies() -> str:
    """Show the list of bodies."""
    filters = BodyFilters(
        search_words(request.args.get("q")), filter_value("level", LEVELS), region_filter(), filter_value("status", STATUSES)
    )
    viewer = current_viewer()
    parameters = {"q": filters.search, "level": filters.level, "region": filters.region, "status": filters.status}
    return render_template(
        "admin/registry/bodies.html",
        filters=filters,
        is_filtered=any(parameters.values()),
        regions=registry.regions(viewer),
        page=queries.list_bodies(viewer, filters, today(), requested_page(), current_language().code),
        page_url=page_urls(".bodies", **parameters),
        today=today(),
    )


@blueprint.get("/bodies/<bin_>")
@allow(Action.MANAGE_REGISTRY)
def body(bin_: str) -> str:
    """Show a body: its facts, its years, its organisations today and the available changes."""
    state: BodyState = find_state(BODIES, bin_)
    viewer, language = current_viewer(), current_language().code
    filters = OrganisationFilters(body=bin_)
    row = registry.body(viewer, bin_)
    return render_template(
        "admin/registry/body.html",
        state=state,
        actions=available_actions(BODIES, state),
        body_names=names_of_bodies({state.parent} if state.parent else set()),
        lower_bodies=queries.lower_bodies(viewer, bin_, language),
        page=queries.list_organisations(viewer, filters, today(), requested_page(), language),
        page_url=page_urls(".body", bin_=bin_),
        years=_years(row) if row is not None else [],
        kinds=organisation_kinds(registry.orders()),
        today=today(),
    )


def _years(body: Body) -> list[tuple[ReportingYear, YearStatus, Timeliness]]:
    """Return the reporting years of a body with its status and its timeliness, which includes an extension."""
    viewer, years = current_viewer(), {item.year: item for item in registry.years()}
    return [
        (years[status.year], status, timeliness_by_body(viewer, years[status.year], [body.id], today())[body.id])
        for status in submissions.year_statuses(viewer, [body], years.values())
    ]


@blueprint.route("/bodies/new", methods=["GET", "POST"])
@allow(Action.MANAGE_REGISTRY)
def new_body() -> str | Redirection | tuple[str, int]:
    """Enter a body."""
    years = registry.years()
    form = NewBodyForm(data={"since": date(years[0].year, 1, 1) if years else None})
    set_level_choices(form)
    if request.method == "GET":
        return _new_body_page(form)
    is_valid = form.validate()
    if not choose_body(form.parent, required=False) or not is_valid:
        return _new_body_page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    with errors_shown_in(form, lambda: _new_body_page(form)):
        operations.add_body(current_viewer(), changes.correct_body(BodyState(form.bin.data or ""), *body_facts(form)))
    flash(gettext("The body is entered."))
    return redirect(url_for(".body", bin_=form.bin.data), 303)


def _new_body_page(form: NewBodyForm) -> str:
    return render_template("admin/registry/new.html", group=BODIES, title=gettext("Enter a body"), form=form)
