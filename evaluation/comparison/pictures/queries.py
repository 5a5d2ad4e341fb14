"""Sums of results for the pictures, computed by the database. The caller refreshes the results of the years first.

A query counts the bodies that the viewer may see by name (:class:`evaluation.comparison.access.Access`), and beside them the
country or a level without names, where the viewer may know that. A query of rows counts those that the viewer can see. The
akimat of a region is one of the country's bodies and of its level's, but the figures of its region leave it out, as everywhere.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import and_, case, false, func, or_, select

from evaluation.charts.shares import Share
from evaluation.comparison.access import MIN_OTHERS
from evaluation.comparison.clauses import GROUP, Higher, count_where, from_rows
from evaluation.comparison.pictures.model import BINS, GroupShare, LevelBins, RegionShares, RowKey, RowShares
from evaluation.comparison.queries import access_of
from evaluation.database import Statement, fetch_rows
from evaluation.policy import Viewer
from evaluation.registry.clauses import counts_in_region, exists_in_year, is_region_body, region_of
from evaluation.registry.models import LEVELS, Body
from evaluation.registry.queries import visible
from evaluation.results.models import BodyResult, RowResult

SUMS = (func.sum(BodyResult.low), func.sum(BodyResult.high), func.sum(BodyResult.max))


def region_shares(viewer: Viewer, year: int) -> RegionShares:
    """Return the shares of the regions and of the country."""
    access = access_of(viewer, year)
    columns = (func.count(), *SUMS)
    statement = _assessed(select(GROUP, *columns), year).where(counts_in_region())
    groups = {group: _group_share(row) for group, *row in fetch_rows(visible(statement, access.reader).group_by(GROUP.name))}
    country = None
    if access.can_count():
        ((*row,),) = fetch_rows(_assessed(select(*columns), year))
        country = _group_share(row) if row[0] else None
    return RegionShares(groups, country)


def row_shares(viewer: Viewer, year: int) -> RowShares:
    """Return by row how many bodies have full points, in the regions and in the country.

    An open ranking does not open the rows of bodies. The country is left out in rows that few bodies have besides the viewer's.
    """
    access = access_of(viewer, year)
    key = (RowResult.kind, RowResult.row)
    full = (count_where(RowResult.low == RowResult.max), count_where(RowResult.high == RowResult.max), func.count())
    groups: dict[RowKey, dict[str, Share]] = defaultdict(dict)
    parts: dict[RowKey, list[Share]] = defaultdict(list)
    of_region = case((is_region_body(), 1), else_=0).label("of_region")
    statement = from_rows(select(*key, GROUP, of_region, *full), year)
    grouped = visible(statement, viewer).group_by(*key, GROUP.name, of_region.name)
    for kind, row, group, is_of_region, *counts in fetch_rows(grouped):
        parts[kind, row].append(Share(*counts))
        if not is_of_region:
            groups[kind, row][group] = parts[kind, row][-1]
    country: dict[RowKey, Share] = {}
    if viewer.bodies is None:
        country = {row_key: _sum(shares) for row_key, shares in parts.items()}
    elif access.unopened.can_count():
        statement = from_rows(select(*key, *full), year).group_by(*key)
        everyone = {(kind, row): Share(*counts) for kind, row, *counts in fetch_rows(statement)}
        seen = {row_key: _sum(shares).total for row_key, shares in parts.items()}
        country = {row_key: item for row_key, item in everyone.items() if item.total - seen.get(row_key, 0) >= MIN_OTHERS}
    return RowShares(groups, country)


def level_bins(viewer: Viewer, year: int) -> list[LevelBins]:
    """Return the distribution of the lowest shares by level, of the levels that the viewer may count."""
    access = access_of(viewer, year)
    last = BodyResult.low == BodyResult.max
    # Whole numbers divide exactly: a share of 70 percent is in the class that begins at 70.
    bin_ = case((last, BINS - 1), else_=BodyResult.low * BINS // BodyResult.max).label("share_bin")
    seen = func.count() if viewer.bodies is None else count_where(Body.id.in_(viewer.bodies))
    statement = _assessed(select(Body.level, bin_, func.count(), seen), year).where(Body.level.is_not(None))
    counts: dict[str, dict[int, tuple[int, int]]] = defaultdict(dict)
    for level, position, count, visible_count in fetch_rows(statement.group_by(Body.level, bin_.name)):
        counts[level][int(position)] = (count, int(visible_count or 0))
    return [
        LevelBins(
            level,
            tuple(counts[level].get(position, (0, 0))[0] for position in range(BINS)),
            tuple(counts[level].get(position, (0, 0))[1] for position in range(BINS)),
        )
        for level in LEVELS
        if level in counts and access.can_count(level)
    ]


def body_share(viewer: Viewer, year: int, body_id: int) -> Share | None:
    """Return the share of a body; None where no table applies or the viewer may not know it."""
    statement = _assessed(select(BodyResult.low, BodyResult.high, BodyResult.max), year).where(Body.id == body_id)
    rows = fetch_rows(visible(statement, access_of(viewer).reader))
    return Share(*rows[0]) if rows else None


def yearly_shares(
    viewer: Viewer, years: Sequence[int], *, level: str = "", region: str = "", body_id: int | None = None
) -> list[tuple[int, Share]]:
    """Return the shares of one series by year, oldest first.

    The series is the country without names, a level without names, the bodies of a region, or a body. It is empty where the
    viewer may not know it.
    """
    access = access_of(viewer)
    statement = select(BodyResult.year, *SUMS).select_from(BodyResult).join(Body, Body.id == BodyResult.body_id)
    existing = or_(false(), *(and_(BodyResult.year == year, exists_in_year(year)) for year in years))
    statement = statement.outerjoin(Higher, Higher.id == Body.parent_id).where(BodyResult.max > 0, existing)
    if body_id is not None:
        statement = visible(statement, access.reader).where(Body.id == body_id)
    elif region:
        statement = visible(statement, access.reader).where(region_of(Higher) == region, counts_in_region())
    else:
        countable = [year for year in years if access_of(viewer, year).can_count(level or None)]
        statement = statement.where(BodyResult.year.in_(countable))
        statement = statement.where(Body.level == level) if level else statement
    rows = fetch_rows(statement.group_by(BodyResult.year).order_by(BodyResult.year))
    return [(year, Share(int(low), int(high), int(total))) for year, low, high, total in rows]


def rows_of_bodies(viewer: Viewer, year: int, body_ids: Iterable[int]) -> dict[int, dict[RowKey, Share]]:
    """Return body id → row → points, of those of the bodies that the viewer can see: an open ranking does not open rows."""
    columns = (RowResult.body_id, RowResult.kind, RowResult.row, RowResult.low, RowResult.high, RowResult.max)
    statement = from_rows(select(*columns), year).where(Body.id.in_(list(body_ids)))
    points: dict[int, dict[RowKey, Share]] = defaultdict(dict)
    for body_id, kind, row, *bounds in fetch_rows(visible(statement, viewer)):
        points[body_id][kind, row] = Share(*bounds)
    return dict(points)


def _assessed(statement: Statement, year: int) -> Statement:
    """Join the year's bodies to which a table applies, and their higher bodies."""
    statement = statement.select_from(BodyResult).join(Body, Body.id == BodyResult.body_id)
    statement = statement.outerjoin(Higher, Higher.id == Body.parent_id)
    return statement.where(BodyResult.year == year, BodyResult.max > 0, exists_in_year(year))


def _group_share(row: Sequence[Any]) -> GroupShare:
    bodies, *sums = row
    # PostgreSQL sums whole numbers as numeric.
    return GroupShare(bodies, Share(*(int(value or 0) for value in sums)))


def _sum(shares: Iterable[Share]) -> Share:
    items = list(shares)
    return Share(sum(item.low for item in items), sum(item.high for item in items), sum(item.total for item in items))
