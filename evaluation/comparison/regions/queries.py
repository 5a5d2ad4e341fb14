"""Reads of regions and districts from stored results, scoped by the viewer. The caller refreshes the year's results first."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import orjson
from sqlalchemy import and_, func, select

from evaluation.comparison.clauses import GROUP, Higher, count_where, from_rows
from evaluation.comparison.pictures.model import CENTRAL, ELSEWHERE, RowKey
from evaluation.comparison.regions.costs import StoredRow, organisation_costs
from evaluation.comparison.regions.model import Area, AreaPoints, AreaSums, OrganisationCost, RowSum, weakest_first
from evaluation.criteria.model import Order
from evaluation.database import Statement, db, fetch_rows
from evaluation.pagination import Page
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.clauses import counts_in_region, exists_in_year, is_region_body, name_order
from evaluation.registry.models import Body, Organisation, ReportingYear
from evaluation.registry.queries import visible
from evaluation.results.models import BodyResult, RowResult, TableResult
from evaluation.submissions.models import DRAFT, STATUSES, Submission

STATUS = func.coalesce(Submission.status, DRAFT)
SUMMED = (
    BodyResult.low,
    BodyResult.high,
    BodyResult.max,
    BodyResult.organisations,
    BodyResult.begun,
    BodyResult.breaches,
    BodyResult.undecided,
)
SORTS = ("share", "name")
"""By the lowest share, bodies without a table last; or by name."""


def area_of_group(viewer: Viewer, year: int, group: str) -> Area:
    """Return the area of a group, with the body of the region if the viewer can see it."""
    statement = select(Body).where(is_region_body(), Body.kato.startswith(group, autoescape=True), exists_in_year(year))
    body = None if group in (CENTRAL, ELSEWHERE) else db.session.scalar(visible(statement.order_by(Body.kato), viewer).limit(1))
    return Area(group, body and registry.bodies_as_named_in(viewer, [body], year)[0])


def area_of_district(viewer: Viewer, year: int, body: Body) -> Area:
    """Return the area of the bodies whose higher body is this one."""
    statement = select(GROUP).outerjoin(Higher, Higher.id == Body.parent_id).where(Body.id == body.id)
    return Area(db.session.scalar(visible(statement, viewer)) or ELSEWHERE, body, is_district=True)


def group_sums(viewer: Viewer, year: ReportingYear, today: date) -> dict[str, AreaSums]:
    """Return group → sums of its bodies, without the bodies of regions themselves: their own sheets are beside them."""
    statement = _joined(select(GROUP, *_sum_columns(year, today)), year.year)
    statement = statement.where(counts_in_region())
    return {group: _area_sums(row) for group, *row in fetch_rows(visible(statement, viewer).group_by(GROUP.name))}


def area_sums(viewer: Viewer, year: ReportingYear, area: Area, today: date) -> AreaSums:
    """Return the sums of an area's bodies."""
    statement = _in_area(_joined(select(*_sum_columns(year, today)), year.year), area)
    return _area_sums(fetch_rows(visible(statement, viewer))[0])


def akimat_points(viewer: Viewer, year: int) -> dict[str, tuple[Body, AreaPoints]]:
    """Return group → the body of the region and the points of its own sheet."""
    columns: tuple[Any, ...] = (GROUP, Body, BodyResult.low, BodyResult.high, BodyResult.max)
    statement = _joined(select(*columns), year).where(is_region_body())
    rows = db.session.execute(visible(statement, viewer).order_by(Body.kato)).all()
    named = {body.id: body for body in registry.bodies_as_named_in(viewer, [row[1] for row in rows], year)}
    return {group: (named[body.id], AreaPoints(*(value or 0 for value in points))) for group, body, *points in rows}


def body_points(viewer: Viewer, year: int, body: Body) -> AreaPoints:
    """Return the points of a body's own sheet."""
    statement = _joined(select(BodyResult.low, BodyResult.high, BodyResult.max), year).where(Body.id == body.id)
    rows = fetch_rows(visible(statement, viewer))
    return AreaPoints(*(value or 0 for value in rows[0])) if rows else AreaPoints()


def row_sums(viewer: Viewer, order: Order, year: int, area: Area) -> list[RowSum]:
    """Return the rows of an area's bodies, the weakest first."""
    statement = _in_area(from_rows(select(RowResult.kind, RowResult.row, *_row_columns()), year), area)
    rows = fetch_rows(visible(statement, viewer).group_by(RowResult.kind, RowResult.row))
    return _in_form_order(order, [_row_sum((kind, row), sums) for kind, row, *sums in rows])


def weakest_rows(viewer: Viewer, order: Order, year: int) -> list[tuple[RowSum, str, RowSum]]:
    """Return the rows of all bodies of all regions, the weakest first, each with the region that is worst in it.

    The bodies of regions themselves are left out, like in the sums of their regions.
    """
    key = (RowResult.kind, RowResult.row, GROUP)
    statement = from_rows(select(*key, *_row_columns()), year).where(counts_in_region())
    grouped = visible(statement, viewer).group_by(RowResult.kind, RowResult.row, GROUP.name)
    by_key: dict[RowKey, list[tuple[str, RowSum]]] = {}
    for kind, row, group, *sums in fetch_rows(grouped):
        by_key.setdefault((kind, row), []).append((group, _row_sum((kind, row), sums)))
    worst = {
        row_key: min(groups, key=lambda item: (-item[1].loss, -item[1].open_loss, item[0])) for row_key, groups in by_key.items()
    }
    totals = _in_form_order(order, [_total([row for _, row in groups]) for groups in by_key.values()])
    return [(total, *worst[total.key]) for total in totals]


def area_bodies(viewer: Viewer, year: int, area: Area, language: str, sort: str = SORTS[0], page: int = 1) -> Page[Any]:
    """Return a page of an area's bodies as tuples of body, points, status and breaches."""
    columns: tuple[Any, ...] = (Body, BodyResult.low, BodyResult.high, BodyResult.max, STATUS, BodyResult.breaches)
    statement = _in_area(_joined(select(*columns), year), area)
    names = name_order(Body, language)
    by_share = (BodyResult.share_low.is_(None), BodyResult.share_low, BodyResult.share_high)
    ordered = statement.order_by(*(by_share if sort == SORTS[0] else ()), names, Body.bin)
    result = Page.from_rows(visible(ordered, viewer), page)
    named = {body.id: body for body in registry.bodies_as_named_in(viewer, [row[0] for row in result.items], year)}
    return result.map(lambda row: (named[row[0].id], AreaPoints(*(value or 0 for value in row[1:4])), row[4], row[5] or 0))


def higher_body_ids(viewer: Viewer, year: int, body_ids: Collection[int]) -> set[int]:
    """Return those of these bodies that are the higher body of others in the year."""
    statement = select(Body.parent_id).where(Body.parent_id.in_(list(body_ids)), exists_in_year(year)).distinct()
    return {body_id for (body_id,) in fetch_rows(visible(statement, viewer))}


def costs(viewer: Viewer, order: Order, year: int, area: Area, row: RowKey | None = None) -> list[OrganisationCost]:
    """Return the organisations that cost an area's bodies points in a row or in all rows, the most costly first."""
    columns = (
        RowResult.body_id,
        RowResult.kind,
        RowResult.row,
        RowResult.criterion,
        RowResult.high,
        RowResult.max,
        RowResult.previous,
        RowResult.states,
        TableResult.organisation_ids,
    )
    of_table = and_(
        TableResult.year == RowResult.year, TableResult.body_id == RowResult.body_id, TableResult.kind == RowResult.kind
    )
    statement = _in_area(from_rows(select(*columns), year).join(TableResult, of_table), area)
    statement = statement.where(RowResult.in_breach > 0, RowResult.high < RowResult.max)
    if row is not None:
        statement = statement.where(RowResult.kind == row[0], RowResult.row == row[1])
    rows = [StoredRow._make((*values, orjson.loads(ids))) for *values, ids in fetch_rows(visible(statement, viewer))]
    return organisation_costs(order, [line for line in rows if line.criterion in order.criterion])


def outcomes(viewer: Viewer, year: int, area: Area, row: RowKey) -> Mapping[tuple[str, str], int]:
    """Return (worst, best outcome) of a row → number of an area's bodies."""
    statement = _in_area(from_rows(select(RowResult.worst, RowResult.best, func.count()), year), area)
    statement = statement.where(RowResult.kind == row[0], RowResult.row == row[1])
    rows = fetch_rows(visible(statement, viewer).group_by(RowResult.worst, RowResult.best))
    return {(worst, best): count for worst, best, count in rows}


def organisations_by_id(
    viewer: Viewer, body_ids: Collection[int], ids: Collection[int], year: int
) -> dict[int, tuple[str, tuple[str, str]]]:
    """Return id → BIN and names of these organisations of the bodies in the year."""
    names = registry.organisation_names(viewer, list(body_ids), year)
    bins = dict(fetch_rows(select(Organisation.id, Organisation.bin).where(Organisation.id.in_(list(ids)))))
    return {id_: (bin_, names[bin_]) for id_, bin_ in bins.items() if bin_ in names}


# ---- parts of statements ----


def _joined(statement: Statement, year: int) -> Statement:
    """Join the year's bodies with their higher bodies, results and submissions."""
    statement = statement.select_from(Body).outerjoin(Higher, Higher.id == Body.parent_id)
    statement = statement.outerjoin(BodyResult, and_(BodyResult.body_id == Body.id, BodyResult.year == year))
    statement = statement.outerjoin(Submission, and_(Submission.body_id == Body.id, Submission.year == year))
    return statement.where(exists_in_year(year))


def _in_area(statement: Statement, area: Area) -> Statement:
    if area.is_district and area.body is not None:
        return statement.where(Body.parent_id == area.body.id)
    return statement.where(GROUP.element == area.group, counts_in_region())


def _sum_columns(year: ReportingYear, today: date) -> tuple[Any, ...]:
    late = Submission.first_submitted_on > year.deadline if year.deadline else None
    overdue = Submission.first_submitted_on.is_(None) if year.deadline and today > year.deadline else None
    return (
        func.count(),
        count_where(BodyResult.max > 0),
        *(func.coalesce(func.sum(column), 0) for column in SUMMED),
        *(count_where(status == STATUS) for status in STATUSES),
        *(func.coalesce(func.sum(0), 0) if condition is None else count_where(condition) for condition in (late, overdue)),
    )


def _area_sums(row: Any) -> AreaSums:
    bodies, assessed, low, high, max_points, organisations, begun, breaches, undecided, *counts = map(int, row)
    *by_status, late, overdue = counts
    statuses = {status: count for status, count in zip(STATUSES, by_status, strict=True) if count}
    points = AreaPoints(low, high, max_points)
    return AreaSums(bodies, assessed, points, organisations, begun, breaches, undecided, statuses, late, overdue)


def _row_columns() -> tuple[Any, ...]:
    sums = (RowResult.low, RowResult.high, RowResult.max, RowResult.in_breach, RowResult.undecided)
    return (func.max(RowResult.criterion), func.count(), count_where(RowResult.low < RowResult.max), *map(func.sum, sums))


def _row_sum(key: RowKey, sums: Any) -> RowSum:
    criterion, *counts = sums
    bodies, without_full, low, high, max_points, in_breach, undecided = map(int, counts)
    return RowSum(key, criterion, low, high, max_points, bodies, without_full, in_breach, undecided)


def _total(rows: list[RowSum]) -> RowSum:
    names = ("low", "high", "max", "bodies", "without_full", "in_breach", "undecided")
    return RowSum(rows[0].key, rows[0].criterion, *(sum(getattr(row, name) for row in rows) for name in names))


def _in_form_order(order: Order, rows: list[RowSum]) -> list[RowSum]:
    """Sort by the order of the form, then the weakest first; rows that the order does not have are left out."""
    form = {
        (table.kind, row.number): number
        for number, (table, row) in enumerate((table, row) for table in order.form.tables for row in table.scored_rows)
    }
    return weakest_first(sorted((row for row in rows if row.key in form and row.max), key=lambda row: form[row.key]))
