"""Regions and districts: the sums of their bodies, their weakest rows and why, and how far the year has come."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for

from evaluation.clock import today
from evaluation.comparison.pictures.links import GroupNames
from evaluation.comparison.pictures.model import CENTRAL, ELSEWHERE, RowKey
from evaluation.comparison.queries import bodies_by_id
from evaluation.comparison.regions import queries
from evaluation.comparison.regions.model import Area, AreaSums, OrganisationCost, RowSum
from evaluation.criteria.expressions import Compare, leaves
from evaluation.criteria.model import Criterion, Indicator, Order, ScaleEntry
from evaluation.pagination import Page
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.models import Body, ReportingYear
from evaluation.results.operations import refresh
from evaluation.review.body_list.model import region_filters
from evaluation.sheets.model import LegalEntity
from evaluation.sheets.reasons import scale_text
from evaluation.submissions.status import STATUS_LABELS
from evaluation.web.comparison import context
from evaluation.web.core.access import allow
from evaluation.web.core.pagination import requested_page
from evaluation.web.core.request_context import YEAR, current_language, current_viewer, find_body, find_year, named, order_of

ELSEWHERE_CODE = "elsewhere"
"""In addresses, where the group has an empty code."""
ALL_ROWS, ALL_ORGANISATIONS = "all", "organisations"
"""Values of the parameters `row` and `show`."""
FIRST_ORGANISATIONS, FIRST_ROWS = 5, 8
"""The organisations and rows that a page begins with."""

blueprint = Blueprint("regions", __name__)
blueprint.app_context_processor(context)


@dataclass(frozen=True)
class RegionLine:
    """A region in the list: its code in addresses, its name, the sums of its bodies, and its own body with its points."""

    code: str
    name: str
    sums: AreaSums
    akimat: Any = None


@dataclass(frozen=True)
class CostLine:
    """An organisation that costs points: its names, its body, and the address of the answer that puts it in breach."""

    cost: OrganisationCost
    organisation: LegalEntity
    body: Body
    url: str


@dataclass(frozen=True)
class Row:
    """A row with the words that explain it: its kind, its criterion, and the indicator that its condition names first."""

    key: RowKey
    criterion: Criterion
    indicator: Indicator

    @property
    def code(self) -> str:
        """The row in addresses."""
        return f"{self.key[0]}:{self.key[1]}"


@blueprint.get(f"/regions/{YEAR}")
@allow(Action.VIEW)
def page(year: int) -> str:
    """Show the regions with the sums of their bodies, and the weakest rows with the region that is worst in each."""
    reporting_year, order = find_year(year), order_of(year)
    refresh([year])
    viewer, names = current_viewer(), GroupNames.read(current_viewer(), current_language())
    sums, akimats = queries.group_sums(viewer, reporting_year, today()), queries.akimat_points(viewer, year)
    lines = [
        RegionLine(group_code(group), names.of(group), sums.get(group, AreaSums()), akimats.get(group))
        for group in names.ordered({*sums, *akimats})
    ]
    return render_template(
        "comparison/regions/page.html",
        year=reporting_year,
        years=registry.years(),
        lines=sorted(lines, key=_weakest_first),
        rows=[
            (total, names.of(group), group_code(group), worst)
            for total, group, worst in queries.weakest_rows(viewer, order, year)
        ],
        first_rows=FIRST_ROWS,
        method_order=order,
        row_of=partial(row_of, order),
        statuses=STATUS_LABELS,
    )


@blueprint.get(f"/regions/{YEAR}/<code>")
@allow(Action.VIEW)
def area(year: int, code: str) -> str:
    """Show the bodies of a region; 404 if the viewer sees none of them."""
    reporting_year = find_year(year)
    group = ELSEWHERE if code == ELSEWHERE_CODE else code
    if group not in (CENTRAL, ELSEWHERE) and not (len(code) == len("00") and code.isascii() and code.isdecimal()):
        abort(404)
    refresh([year])
    viewer = current_viewer()
    shown = queries.area_of_group(viewer, year, group)
    name = GroupNames.read(viewer, current_language()).of(group)
    filters = {"level": CENTRAL} if group == CENTRAL else region_filters(group) if group else None
    return _area_page(reporting_year, shown, name, partial(url_for, ".area", year=year, code=code), filters)


@blueprint.get(f"/regions/{YEAR}/districts/<bin_>")
@allow(Action.VIEW)
def district(year: int, bin_: str) -> str:
    """Show the bodies whose higher body is this one."""
    reporting_year, body = find_year(year), find_body(bin_)
    refresh([year])
    shown = queries.area_of_district(current_viewer(), year, body)
    name = named(body).name(current_language().code)
    return _area_page(reporting_year, shown, name, partial(url_for, ".district", year=year, bin_=bin_), None)


def row_of(order: Order, key: RowKey) -> Row:
    """Return a row of the form with its words."""
    criterion = next(order.criterion[str(row.criterion)] for row in order.table[key[0]].scored_rows if row.number == key[1])
    return Row(key, criterion, order.by_code[_first_compared(order, criterion)])


def _first_compared(order: Order, criterion: Criterion) -> str:
    """The indicator that the condition of a breach compares first: what is asked, not what it is compared with."""
    compared = (leaf.left for leaf in leaves(criterion.breach) if isinstance(leaf, Compare))
    return next(compared, order.first_code_of(criterion))


def _area_page(
    year: ReportingYear, area_: Area, name: str, address: Callable[..., str], filters: Mapping[str, str] | None
) -> str:
    """Render an area; `address` builds its own address, `filters` are those of the list of bodies for the same bodies."""
    viewer, order, language = current_viewer(), order_of(year.year), current_language()
    sums = queries.area_sums(viewer, year, area_, today())
    if not sums.bodies and area_.body is None:
        abort(404)
    rows = queries.row_sums(viewer, order, year.year, area_)
    chosen = _chosen_row(rows)
    shows_organisations = request.args.get("show") == ALL_ORGANISATIONS
    costs = queries.costs(viewer, order, year.year, area_, chosen)
    cost_page = Page.from_list(costs, requested_page()) if shows_organisations else Page.from_list(costs, 1, FIRST_ORGANISATIONS)
    row_code = f"{chosen[0]}:{chosen[1]}" if chosen else ALL_ROWS
    sort = request.args.get("sort", queries.SORTS[0])
    bodies = queries.area_bodies(viewer, year.year, area_, language.code, sort, 1 if shows_organisations else requested_page())
    return render_template(
        "comparison/regions/organisations.html" if shows_organisations else "comparison/regions/area.html",
        year=year,
        area=area_,
        area_name=name,
        address=address,
        filters=filters,
        region_url=url_for(".area", year=year.year, code=group_code(area_.group)) if area_.is_district else None,
        region_name=GroupNames.read(viewer, language).of(area_.group),
        sums=sums,
        area_body_points=queries.body_points(viewer, year.year, area_.body) if area_.body else None,
        rows=rows,
        first_rows=FIRST_ROWS,
        chosen=row_of(order, chosen) if chosen else None,
        row_code=row_code,
        outcomes=_outcomes(area_, year.year, row_of(order, chosen).criterion, chosen) if chosen else (),
        costs=cost_page.with_items(_cost_lines(order, year.year, cost_page.items)),
        costs_url=lambda number: address(row=row_code, show=ALL_ORGANISATIONS, page=number),
        bodies=bodies,
        lower=queries.higher_body_ids(viewer, year.year, [item.id for item, *_ in bodies.items]),
        bodies_url=lambda number: address(row=row_code, sort=sort, page=number, _anchor="bodies"),
        sort=sort,
        row_of=partial(row_of, order),
        scale_text=scale_text,
        method_order=order,
        statuses=STATUS_LABELS,
    )


def _chosen_row(rows: list[RowSum]) -> RowKey | None:
    """Return the row of the query string, None for all rows; by default the weakest one."""
    requested = request.args.get("row", "")
    if requested == ALL_ROWS or not rows:
        return None
    keys = {":".join(row.key): row.key for row in rows}
    return keys.get(requested, rows[0].key)


def _outcomes(area_: Area, year: int, criterion: Criterion, row: RowKey) -> list[tuple[ScaleEntry, ScaleEntry, int]]:
    """Return the worst and the best outcome of a row with the number of bodies, the fewest points first."""
    counts = queries.outcomes(current_viewer(), year, area_, row)
    entries = {entry.outcome: entry for entry in criterion.outcomes}
    pairs = [(entries[worst], entries[best], count) for (worst, best), count in counts.items() if {worst, best} <= entries.keys()]
    return sorted(pairs, key=lambda item: (item[0].points or 0, item[1].points or 0))


def _cost_lines(order: Order, year: int, costs: Any) -> list[CostLine]:
    viewer = current_viewer()
    bodies = bodies_by_id(viewer, year, {cost.body_id for cost in costs})
    organisations = queries.organisations_by_id(viewer, bodies, [cost.id for cost in costs], year)
    lines = []
    for cost in costs:
        if cost.id in organisations and cost.body_id in bodies:
            bin_, names = organisations[cost.id]
            body, code = bodies[cost.body_id], row_of(order, cost.rows[0].key).indicator.code
            url = url_for("report.page", bin_=body.bin, year=year, organisation_bin=bin_, field=code, _anchor=f"field-{code}")
            lines.append(CostLine(cost, LegalEntity(bin_, *names), body, url))
    return lines


def _weakest_first(line: RegionLine) -> tuple[bool, float, float]:
    points = line.sums.points
    if not points.max:
        return True, 0, 0
    return False, points.low / points.max, points.high / points.max


def group_code(group: str) -> str:
    """Return the code of a group in addresses."""
    return group or ELSEWHERE_CODE
