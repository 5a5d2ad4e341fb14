"""The list of organisations, an organisation's page, and a new organisation."""

from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response as Redirection

from evaluation.clock import today
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.admin import operations, queries
from evaluation.registry.admin.queries import LOOSE, OrganisationFilters
from evaluation.registry.admin.rules import Refusal, sensible
from evaluation.registry.admin.states import OrganisationState, Period
from evaluation.registry.models import STATUSES
from evaluation.web.admin.registry.change_actions import ORGANISATIONS, offered, prepare_kinds
from evaluation.web.admin.registry.request_helpers import (
    blueprint,
    bodies_in,
    choose_body,
    names_of,
    one_of,
    say,
    state_of,
)
from evaluation.web.core.access import allow
from evaluation.web.core.pagination import page_urls, requested_page
from evaluation.web.core.request_context import current_language, current_viewer, search_words
from forms.admin.registry import NewOrganisationForm


@blueprint.get("/organisations")
@allow(Action.MANAGE_REGISTRY)
def organisations() -> str:
    """The list of organisations as they are today."""
    region, kinds = request.args.get("region", ""), operations.kinds(registry.orders())
    filters = OrganisationFilters(
        search_words(request.args.get("q")),
        one_of(request.args, "kind", kinds),
        one_of(request.args, "status", STATUSES),
        region if region.isdigit() and region.isascii() else "",
        one_of(request.args, "body", (LOOSE,)),
    )
    viewer = current_viewer()
    given = {
        "q": filters.search,
        "kind": filters.kind,
        "status": filters.status,
        "region": filters.region,
        "body": filters.body,
    }
    return render_template(
        "admin/registry/organisations.html",
        filters=filters,
        filtered=any(given.values()),
        loose=LOOSE,
        kinds=kinds,
        regions=registry.regions(viewer),
        page=queries.organisations_listed(viewer, filters, today(), requested_page(), current_language().code),
        page_url=page_urls(".organisations", **given),
        today=today(),
    )


@blueprint.get("/organisations/<bin_>")
@allow(Action.MANAGE_REGISTRY)
def organisation(bin_: str) -> str:
    """An organisation: what is entered of it, its history, and how it can be changed."""
    state = state_of("organisations", bin_)
    return render_template(
        "admin/registry/organisation.html",
        item=state,
        deeds=offered(ORGANISATIONS, state),
        bodies=names_of(bodies_in(state)),
        kinds=operations.kinds(registry.orders()),
        years=[(each.year, state.body_in(each.year)) for each in registry.years()],
        today=today(),
    )


@blueprint.route("/organisations/new", methods=["GET", "POST"])
@allow(Action.MANAGE_REGISTRY)
def new_organisation() -> str | Redirection | tuple[str, int]:
    """Enter an organisation, under a body from a day on."""
    form = NewOrganisationForm(data={"body": request.args.get("body", ""), "since": date(today().year, 1, 1)})
    prepare_kinds(form)
    if request.method == "GET":
        return render_template(
            "admin/registry/new.html", group="organisations", title=gettext("Enter an organisation"), form=form
        )
    good = form.validate()
    if choose_body(form.body, required=False) and good:
        try:
            operations.add_organisation(current_viewer(), _entered(form))
        except Refusal as refusal:
            say(form, refusal)
        else:
            flash(gettext("The organisation is entered."))
            return redirect(url_for(".organisation", bin_=form.bin.data), 303)
    return render_template(
        "admin/registry/new.html", group="organisations", title=gettext("Enter an organisation"), form=form
    ), 422


def _entered(form: NewOrganisationForm) -> OrganisationState:
    periods: tuple[Period, ...] = ()
    if form.body.found is not None:
        since = form.since.data or date(today().year, 1, 1)
        periods = (Period(form.body.found.bin, sensible(since, "since")),)
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
