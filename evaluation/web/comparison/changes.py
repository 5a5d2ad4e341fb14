"""Why points changed since last year: of the country, a level or a region, and of one body."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, render_template, request, url_for

from evaluation.comparison.access import Access
from evaluation.comparison.changes import queries
from evaluation.comparison.changes.explain import body_changes
from evaluation.comparison.changes.labels import SOURCE_MEANINGS, SOURCE_NAMES, signed_points
from evaluation.comparison.changes.model import GREATEST_LOSS, SORTS
from evaluation.comparison.changes.operations import refresh_changes
from evaluation.comparison.queries import access_of
from evaluation.comparison.ranking.labels import SCOPE_KIND_NAMES, scope_name
from evaluation.comparison.ranking.model import COUNTRY, LEVEL, REGION, Scope
from evaluation.comparison.ranking.queries import region_names
from evaluation.criteria.model import Order
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.admin.labels import LEVEL_NAMES
from evaluation.registry.models import LEVELS
from evaluation.web.comparison import context
from evaluation.web.comparison.change_presenter import in_order_of_the_form, movement_views, row_name, row_views, waterfall
from evaluation.web.core.access import allow
from evaluation.web.core.pagination import page_urls, requested_page
from evaluation.web.core.request_context import YEAR, current_language, current_viewer, find_body, find_year, order_of

blueprint = Blueprint("changes", __name__)
blueprint.app_context_processor(context)
blueprint.app_context_processor(
    lambda: {"source_names": SOURCE_NAMES, "source_meanings": SOURCE_MEANINGS, "signed_points": signed_points}
)

VISIBLE = "visible"
"""The scope of the bodies that the viewer can see, where these are not all."""


@blueprint.get(f"/changes/{YEAR}")
@allow(Action.VIEW)
def page(year: int) -> str:
    """Show why the points of many bodies changed, and the bodies with the greatest changes."""
    reporting_year, order, language = find_year(year), order_of(year), current_language()
    last_year = registry.reporting_year(year - 1)
    if last_year is None:
        return render_template("comparison/changes/page.html", year=reporting_year, last_year=None)
    refresh_changes(year)
    viewer = current_viewer()
    access = access_of(viewer, year)
    scope, is_anonymous = _requested_scope(access, order)
    sort = request.args.get("sort", "")
    sort = sort if sort in SORTS else GREATEST_LOSS
    regions = region_names(viewer)
    last_order = registry.orders().get(last_year.order_code)
    total = queries.change_sum(replace(viewer, bodies=None) if is_anonymous else viewer, year, scope)
    rows = [
        (row_name(order, last_order, kind, number, language), sum(parts.values()), parts)
        for (kind, number), parts in in_order_of_the_form(total.rows, order)
    ]
    parts = {source: of_source.points for source, of_source in total.sources.items()}
    is_visible_part = viewer.bodies is not None and not is_anonymous and scope == Scope()
    title = language.gettext("Your bodies") if is_visible_part else scope_name(scope, order, language, regions)
    query: dict[str, Any] = {"scope": VISIBLE if is_visible_part else str(scope), "sort": sort}
    return render_template(
        "comparison/changes/page.html",
        year=reporting_year,
        last_year=last_year,
        years=_years_with_last_year(),
        total=total,
        rows=rows,
        kinds={**(last_order.kind if last_order else {}), **order.kind},
        chart=waterfall(total.points, parts, year, url_for(".page", year=year, **query), language),
        scope_label=title,
        chosen=query["scope"],
        scope_groups=_scope_groups(access, regions),
        is_anonymous=is_anonymous,
        is_limited=viewer.bodies is not None,
        sort=sort,
        sorts=SORTS,
        page=None if is_anonymous else queries.changed_bodies(viewer, year, scope, sort, language.code, requested_page()),
        page_url=page_urls(".page", year=year, **query),
        year_url=lambda other: url_for(".page", year=other, **query),
    )


@blueprint.get(f"/bodies/<bin_>/{YEAR}/point-changes")
@allow(Action.VIEW)
def body(bin_: str, year: int) -> str:
    """Show why the points of a body changed, row by row, with the organisations behind each part."""
    reporting_year, order, language = find_year(year), order_of(year), current_language()
    current_body, viewer = find_body(bin_), current_viewer()
    last_year = registry.reporting_year(year - 1)
    if last_year is None:
        return render_template("comparison/changes/body.html", body=current_body, year=reporting_year, last_year=None)
    refresh_changes(year)
    changes = body_changes(viewer, year, current_body.id)
    last_order = registry.orders().get(last_year.order_code)
    return render_template(
        "comparison/changes/body.html",
        body=current_body,
        year=reporting_year,
        last_year=last_year,
        changes=changes,
        rows=row_views(changes, bin_, year, (order, last_order), language),
        movements=movement_views(changes, bin_, year, (order, last_order), language),
        kinds={**(last_order.kind if last_order else {}), **order.kind},
        chart=waterfall(changes.points, changes.parts, year, url_for(".body", bin_=bin_, year=year), language),
    )


def _requested_scope(access: Access, order: Order) -> tuple[Scope, bool]:
    """Return the scope of the query string, and whether its sums contain bodies that the viewer cannot see.

    Such sums have neither causes nor rows nor bodies, also while the ranking is open: it shows points of bodies, not of rows.
    """
    is_limited = access.viewer.bodies is not None
    text = request.args.get("scope", VISIBLE if is_limited else COUNTRY)
    scope = Scope.parse(text, order)
    if scope is None or scope.kind not in (COUNTRY, LEVEL, REGION):
        return Scope(), False
    if not is_limited or access.is_open:
        return scope, is_limited
    if scope.kind == REGION:
        return scope, False
    level = scope.value if scope.kind == LEVEL else None
    return scope if access.can_count(level) else Scope(), access.can_count(level)


def _scope_groups(access: Access, regions: dict[str, tuple[str, str]]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the scopes to choose from in groups: the label of the group, and value and name of its scopes."""
    language = current_language()
    groups: list[tuple[str, list[tuple[str, str]]]] = []
    country = [(COUNTRY, language.gettext(SCOPE_KIND_NAMES[COUNTRY]))] if access.can_count() else []
    visible = [] if access.viewer.bodies is None else [(VISIBLE, language.gettext("Your bodies"))]
    groups.append(("", visible + country))
    levels = [(str(Scope(LEVEL, level)), language.gettext(LEVEL_NAMES[level])) for level in LEVELS if access.can_count(level)]
    groups.append((SCOPE_KIND_NAMES[LEVEL], levels))
    if access.is_unlimited:
        names = ((code, (ru or kk) if language.code == "ru" else (kk or ru)) for code, (kk, ru) in regions.items())
        groups.append((SCOPE_KIND_NAMES[REGION], [(str(Scope(REGION, code)), name) for code, name in names]))
    return [(label, scopes) for label, scopes in groups if scopes]


def _years_with_last_year() -> list[int]:
    """Return the open years whose year before is open too, the newest first."""
    opened = {item.year for item in registry.years()}
    return sorted((year for year in opened if year - 1 in opened), reverse=True)
