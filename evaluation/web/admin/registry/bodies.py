"""The list of bodies, a body's page, and a new body."""

from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response as Redirection

from evaluation.submissions import queries as submissions
from evaluation.clock import today
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.admin import changes, operations, queries
from evaluation.registry.admin.queries import BodyFilters, OrganisationFilters
from evaluation.registry.admin.rules import Refusal
from evaluation.registry.admin.states import BodyState
from evaluation.registry.models import LEVELS, Body, ReportingYear
from evaluation.submissions.status import YearStatus
from evaluation.submissions.timeliness import Timeliness, timeliness_by_body
from evaluation.web.admin.registry.change_actions import BODIES, offered, prepare_levels
from evaluation.web.admin.registry.request_helpers import blueprint, choose_body, names_of, one_of, say, state_of
from evaluation.web.core.access import allow
from evaluation.web.core.pagination import page_urls, requested_page
from evaluation.web.core.request_context import current_language, current_viewer, search_words
from forms.admin.registry import NewBodyForm

STATES = ("open", "closed")


@blueprint.get("")
@allow(Action.MANAGE_REGISTRY)
def index() -> Redirection:
    """The registry begins with its bodies."""
    return redirect(url_for(".bodies"))


@blueprint.get("/bodies")
@allow(Action.MANAGE_REGISTRY)
def bodies() -> str:
    """The list of bodies."""
    region = request.args.get("region", "")
    filters = BodyFilters(
        search_words(request.args.get("q")),
        one_of(request.args, "level", LEVELS),
        region if region.isdigit() and region.isascii() else "",
        one_of(request.args, "state", STATES),
    )
    viewer = current_viewer()
    given = {"q": filters.search, "level": filters.level, "region": filters.region, "state": filters.state}
    return render_template(
        "admin/registry/bodies.html",
        filters=filters,
        filtered=any(given.values()),
        regions=registry.regions(viewer),
        page=queries.bodies_listed(viewer, filters, today(), requested_page(), current_language().code),
        page_url=page_urls(".bodies", **given),
        today=today(),
    )


@blueprint.get("/bodies/<bin_>")
@allow(Action.MANAGE_REGISTRY)
def body(bin_: str) -> str:
    """A body: what is entered of it, its organisations today, and how it can be changed."""
    state = state_of("bodies", bin_)
    viewer, code = current_viewer(), current_language().code
    found = registry.body(viewer, bin_)
    return render_template(
        "admin/registry/body.html",
        item=state,
        deeds=offered(BODIES, state),
        bodies=names_of({state.parent} if state.parent else set()),
        lower=queries.lower_bodies(viewer, bin_, code),
        page=queries.organisations_listed(viewer, OrganisationFilters(body=bin_), today(), requested_page(), code),
        page_url=page_urls(".body", bin_=bin_),
        years=_years(found) if found is not None else [],
        kinds=operations.kinds(registry.orders()),
        today=today(),
    )


def _years(found: Body) -> list[tuple[ReportingYear, YearStatus, Timeliness]]:
    """The years that the body is assessed for: where each stands, whether it was in time, and its extension."""
    viewer, years = current_viewer(), {each.year: each for each in registry.years()}
    return [
        (years[each.year], each, timeliness_by_body(viewer, years[each.year], [found.id], today())[found.id])
        for each in submissions.year_statuses(viewer, [found], years.values())
    ]


@blueprint.route("/bodies/new", methods=["GET", "POST"])
@allow(Action.MANAGE_REGISTRY)
def new_body() -> str | Redirection | tuple[str, int]:
    """Enter a body."""
    years = registry.years()
    form = NewBodyForm(data={"since": date(years[0].year, 1, 1) if years else None})
    prepare_levels(form)
    if request.method == "GET":
        return render_template("admin/registry/new.html", group="bodies", title=gettext("Enter a body"), form=form)
    good = form.validate()
    if choose_body(form.parent, required=False) and good:
        try:
            parent = form.parent.found.bin if form.parent.found else None
            state = changes.described(
                BodyState(form.bin.data or ""),
                form.name_kk.data,
                form.name_ru.data,
                form.level.data,
                parent,
                form.kato.data,
                form.since.data,
            )
            operations.add_body(current_viewer(), state)
        except Refusal as refusal:
            say(form, refusal)
        else:
            flash(gettext("The body is entered."))
            return redirect(url_for(".body", bin_=form.bin.data), 303)
    return render_template("admin/registry/new.html", group="bodies", title=gettext("Enter a body"), form=form), 422
