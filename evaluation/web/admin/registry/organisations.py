"""The list of organisations, the page of an organisation, and a new organisation."""

from datetime import date
from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response as Redirection

from evaluation.clock import today
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.admin import operations, queries
from evaluation.registry.admin.labels import organisation_kinds
from evaluation.registry.admin.queries import UNSUPERVISED, OrganisationFilters
from evaluation.registry.admin.rules import check_day
from evaluation.registry.models import STATUSES
from evaluation.registry.states import OrganisationState, SupervisionPeriod
from evaluation.web.admin.registry.blueprint import blueprint
from evaluation.web.admin.registry.change_actions import available_actions, set_kind_choices
from evaluation.web.admin.registry.presenter import names_of_bodies, referenced_bodies
from evaluation.web.admin.registry.request_helpers import ORGANISATIONS, choose_body, filter_value, find_state, region_filter
from evaluation.web.core.access import allow
from evaluation.web.core.errors import errors_shown_in
from evaluation.web.core.pagination import page_urls, requested_page
from evaluation.web.core.request_context import current_language, current_viewer, search_words
from forms.admin.registry import NewOrganisationForm


@blueprint.get("/organisations")
@allow(Action.MANAGE_REGISTRY)
def organisations() -> str:
    """Show the list of organisations as they are today."""
    kinds = organisation_kinds(registry.orders())
    filters = OrganisationFilters(
        search_words(request.args.get("q")),
        filter_value("kind", kinds),
        filter_value("status", STATUSES),
        region_filter(),
        filter_value("body", (UNSUPERVISED,)),
    )
    viewer = current_viewer()
    parameters = {
        "q": filters.search,
        "kind": filters.kind,
        "status": filters.status,
        "region": filters.region,
        "body": filters.body,
    }
    return render_template(
        "admin/registry/organisations.html",
        filters=filters,
        is_filtered=any(parameters.values()),
        unsupervised=UNSUPERVISED,
        kinds=kinds,
        regions=registry.regions(viewer),
        page=queries.list_organisations(viewer, filters, today(), requested_page(), current_language().code),
        page_url=page_urls(".organisations", **parameters),
        today=today(),
    )


@blueprint.get("/organisations/<bin_>")
@allow(Action.MANAGE_REGISTRY)
def organisation(bin_: str) -> str:
    """Show an organisation: its facts, its history and the available changes."""
    state: OrganisationState = find_state(ORGANISATIONS, bin_)
    return render_template(
        "admin/registry/organisation.html",
        state=state,
        actions=available_actions(ORGANISATIONS, state),
        body_names=names_of_bodies(referenced_bodies(state)),
        kinds=organisation_kinds(registry.orders()),
        years=[(item.year, state.body_in(item.year)) for item in registry.years()],
        today=today(),
    )


@blueprint.route("/organisations/new", methods=["GET", "POST"])
@allow(Action.MANAGE_REGISTRY)
def new_organisation() -> str | Redirection | tuple[str, int]:
    """Enter an organisation, under a body from a day on."""
    form = NewOrganisationForm(data={"body": request.args.get("body", ""), "since": _proposed_first_day()})
    set_kind_choices(form)
    if request.method == "GET":
        return _new_organisation_page(form)
    is_valid = form.validate()
    if not choose_body(form.body, required=False) or not is_valid:
        return _new_organisation_page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    with errors_shown_in(form, lambda: _new_organisation_page(form)):
        operations.add_organisation(current_viewer(), _new_state(form), form.confirmed.data or "")
    flash(gettext("The organisation is entered."))
    return redirect(url_for(".organisation", bin_=form.bin.data), 303)


def _proposed_first_day() -> date:
    """Return 1 January of the latest open year, which is usually the year before: an organisation that exists counts in it."""
    years = registry.years()
    return date(years[0].year if years else today().year, 1, 1)


def _new_organisation_page(form: NewOrganisationForm) -> str:
    return render_template("admin/registry/new.html", group=ORGANISATIONS, title=gettext("Enter an organisation"), form=form)


def _new_state(form: NewOrganisationForm) -> OrganisationState:
    """Return the state that the form describes. Raises RegistryError for an implausible first day."""
    periods: tuple[SupervisionPeriod, ...] = ()
    if form.body.body is not None:
        since = form.since.data or _proposed_first_day()
        periods = (SupervisionPeriod(form.body.body.bin, check_day(since, "since")),)
    return OrganisationState(
        form.bin.data or "",
        form.kind.data,
        form.name_kk.data,
        form.name_ru.data,
        form.state_share.data,
        form.state_body.data,
        form.national_company.data,
        periods=periods,
    )
