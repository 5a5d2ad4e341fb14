"""Reads of the ranking, from stored results: the caller refreshes those of the year and of the year before first."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import aliased

from evaluation.comparison.ranking.model import (
    CHANGE,
    COUNTRY,
    LEVEL,
    NAME,
    POINTS,
    PREVIOUS,
    RANK,
    REGION,
    TABLE_PREFIX,
    Distribution,
    Rank,
    RankingQuery,
    RankingRow,
    Scope,
    ScopeChoices,
    ScopedRank,
)
from evaluation.criteria.model import Order
from evaluation.database import MAX_IDS_PER_STATEMENT, Statement, db, fetch_rows
from evaluation.pagination import Page
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.clauses import exists_in_year, filter_by_name, location_order, name_order, region_of
from evaluation.registry.models import LEVELS, Body
from evaluation.registry.queries import visible
from evaluation.results.models import BodyResult, TableResult
from evaluation.review.body_list.model import TotalPoints

Higher, Previous = aliased(Body, name="higher"), aliased(BodyResult, name="previous_result")


def distribution(viewer: Viewer, year: int, scope: Scope) -> Distribution:
    """Return the shares of all ranked bodies of the scope, which name no body.

    They are not restricted to the viewer's bodies, because a rank is counted among all of them. Whether the viewer may see the
    counts is decided by :class:`evaluation.comparison.access.Access`.
    """
    shares = (BodyResult.share_low, BodyResult.share_high)
    statement = _in_scope(select(*shares, func.count()), year, scope).where(BodyResult.max > 0)
    return Distribution.from_counts(fetch_rows(statement.group_by(*shares)))


def ranking(
    viewer: Viewer, year: int, query: RankingQuery, language: str, shares: Distribution, page: int | None = 1
) -> Page[RankingRow]:
    """Return a page of the ranking, or all of it on one page without a page number.

    Args:
        viewer: The reader of :class:`evaluation.comparison.access.Access`, who sees the bodies to list.
        year: The reporting year.
        query: The scope, the search, which leaves the ranks as they are, and the sort order.
        language: The language of the names that order bodies.
        shares: The distribution of the query's scope, from which the ranks come.
        page: The number of the page, from 1.
    """
    statement = _in_scope(_columns(), year, query.scope).where(
        BodyResult.max == 0 if query.without_tables else BodyResult.max > 0
    )
    statement = statement.outerjoin(Previous, and_(Previous.body_id == Body.id, Previous.year == year - 1))
    statement = filter_by_name(visible(statement, viewer), query.search, Body)
    statement = _ordered(statement, year, query, language)
    result = Page.single(db.session.execute(statement).all()) if page is None else Page.from_rows(statement, page)
    return result.with_items(_ranking_rows(viewer, year, result.items, shares))


def count_without_tables(viewer: Viewer, year: int, scope: Scope) -> int:
    """Return the number of the scope's bodies that the viewer can see and to which no table applies."""
    statement = _in_scope(visible(select(func.count()).select_from(Body), viewer), year, scope)
    return db.session.scalar(statement.where(BodyResult.max == 0)) or 0


def body_ranks(viewer: Viewer, order: Order, year: int, body_id: int) -> list[ScopedRank]:
    """Return the ranks of a body that the viewer can see in every scope that it belongs to; none if no table applies to it."""
    shares = (BodyResult.share_low, BodyResult.share_high)
    statement = _in_scope(select(*shares, Body.level, region_of(Higher)), year, Scope())
    row = db.session.execute(visible(statement, viewer).where(Body.id == body_id, BodyResult.max > 0)).first()
    if row is None:
        return []
    low, high, level, region = row
    tables = Scope.of_tables(_table_points(year, [body_id])[body_id], order)
    conditions = {Scope(): BodyResult.max > 0}
    conditions |= {Scope(LEVEL, level): Body.level == level} if level else {}
    conditions |= {Scope(REGION, region): region_of(Higher) == region} if region else {}
    conditions[tables] = Body.id.in_(_bodies_with_tables(year, tables))
    # All scopes in one pass: their bodies, those that are certainly better, and those that may be better, itself included.
    better = (BodyResult.max > 0, BodyResult.share_low > high, BodyResult.share_high > low)
    sums = [func.sum(case((and_(condition, is_better), 1), else_=0)) for condition in conditions.values() for is_better in better]
    counts = db.session.execute(_in_scope(select(*sums), year, Scope()).where(BodyResult.max > 0)).one()
    itself = int(high > low)
    return [
        ScopedRank(scope, Rank(1 + counts[3 * position + 1], 1 + counts[3 * position + 2] - itself), counts[3 * position])
        for position, scope in enumerate(conditions)
    ]


def scope_choices(viewer: Viewer, order: Order, year: int) -> ScopeChoices:
    """Return the scopes of the ranked bodies that the viewer can see; regions by code, sets of tables from the largest."""
    ranked = visible(_in_scope(select(Body.level, region_of(Higher)).distinct(), year, Scope()), viewer)
    rows = fetch_rows(ranked.where(BodyResult.max > 0))
    levels, regions = {level for level, _ in rows}, {region for _, region in rows if region}
    return ScopeChoices(
        [level for level in LEVELS if level in levels],
        [(code, *names) for code, names in region_names(viewer).items() if code in regions],
        _table_scopes(viewer, order, year),
    )


def region_names(viewer: Viewer) -> dict[str, tuple[str, str]]:
    """Return code of a region → (Kazakh name, Russian name), by code. The name of a region is known to everyone."""
    statement = select(Body.kato, Body.name_kk, Body.name_ru).where(Body.level == "region", Body.kato.is_not(None))
    return {kato[:2]: (name_kk, name_ru) for kato, name_kk, name_ru in fetch_rows(statement.order_by(Body.kato))}


def _table_scopes(viewer: Viewer, order: Order, year: int) -> list[Scope]:
    """Return the sets of tables of the bodies that the viewer can see, the most frequent first."""
    kinds = [table.kind for table in order.form.tables]
    # A set of tables is the sum of one power of two for each.
    powers = case({kind: 2**position for position, kind in enumerate(kinds)}, value=TableResult.kind, else_=0)
    sets = select(func.sum(powers).label("tables")).select_from(TableResult).join(Body, Body.id == TableResult.body_id)
    sets = visible(sets.where(TableResult.year == year, exists_in_year(year)), viewer).group_by(TableResult.body_id)
    tables = sets.subquery().c.tables
    rows = fetch_rows(select(tables, func.count()).group_by(tables).order_by(func.count().desc(), tables))
    return [
        Scope.of_tables((kind for position, kind in enumerate(kinds) if int(total) & 2**position), order) for total, _ in rows
    ]


def _in_scope(statement: Statement, year: int, scope: Scope) -> Statement:
    """Join the year's results to bodies and restrict them to the scope's bodies, ranked or not; joins the higher body."""
    statement = statement.select_from(Body).join(BodyResult, and_(BodyResult.body_id == Body.id, BodyResult.year == year))
    statement = statement.outerjoin(Higher, Higher.id == Body.parent_id).where(exists_in_year(year))
    if scope.kind == LEVEL:
        return statement.where(Body.level == scope.value)
    if scope.kind == REGION:
        return statement.where(region_of(Higher) == scope.value)
    return statement if scope.kind == COUNTRY else statement.where(Body.id.in_(_bodies_with_tables(year, scope)))


def _bodies_with_tables(year: int, scope: Scope) -> Any:
    """Return the ids of the bodies to which exactly the scope's tables apply."""
    in_scope = func.sum(case((TableResult.kind.in_(scope.kinds), 1), else_=0))
    counts = (func.count() == len(scope.kinds), in_scope == len(scope.kinds))
    return select(TableResult.body_id).where(TableResult.year == year).group_by(TableResult.body_id).having(and_(*counts))


def _columns() -> Any:
    results = (BodyResult.low, BodyResult.high, BodyResult.max, BodyResult.accepted)
    return select(Body, *results, Previous.low, Previous.high, Previous.max)


def _ordered(statement: Statement, year: int, query: RankingQuery, language: str) -> Statement:
    """Sort by the query's key; equal rows by location. Rows without a value come last in both directions."""
    columns: Sequence[Any]
    # The best rank has the largest share. The share that is certain decides before the share that is possible.
    is_descending = query.is_descending != (query.sort == RANK)
    if query.sort.startswith(TABLE_PREFIX):
        kind = query.sort.removeprefix(TABLE_PREFIX)
        on = and_(TableResult.body_id == Body.id, TableResult.year == year, TableResult.kind == kind)
        statement, columns = statement.outerjoin(TableResult, on), (TableResult.low, TableResult.high)
    else:
        by_key: dict[str, Sequence[Any]] = {
            RANK: (BodyResult.share_low, BodyResult.share_high),
            NAME: (name_order(Body, language),),
            POINTS: (BodyResult.low, BodyResult.high),
            CHANGE: (BodyResult.share_low - Previous.share_high, BodyResult.share_high - Previous.share_low),
            PREVIOUS: (Previous.share_low, Previous.share_high),
        }
        columns = by_key[query.sort]
    directed = [(column.desc() if is_descending else column.asc()).nulls_last() for column in columns]
    return statement.order_by(*directed, *location_order(Higher, language))


def _ranking_rows(viewer: Viewer, year: int, rows: Sequence[Any], shares: Distribution) -> list[RankingRow]:
    bodies = {row[0].id: row[0] for row in rows}
    parents = registry.parents(viewer, bodies.values())
    listed = {body.id: body for body in (*bodies.values(), *parents.values())}
    named = {body.id: body for body in registry.bodies_as_named_in(viewer, listed.values(), year)}
    tables = _table_points(year, list(bodies))
    ranking_rows = []
    for body, low, high, maximum, accepted, *previous in rows:
        parent = parents.get(body.id)
        ranking_rows.append(
            RankingRow(
                named[body.id],
                named[parent.id] if parent else None,
                shares.rank(low / maximum, high / maximum) if maximum else None,
                TotalPoints(low, high, maximum),
                TotalPoints(*(points or 0 for points in previous)),
                tables.get(body.id, {}),
                accepted,
            )
        )
    return ranking_rows


def _table_points(year: int, body_ids: Collection[int]) -> dict[int, Mapping[str, TotalPoints]]:
    """Return body id → kind → points of the tables that apply."""
    statement = select(TableResult.body_id, TableResult.kind, TableResult.low, TableResult.high, TableResult.max)
    statement = statement.where(TableResult.year == year)
    if len(body_ids) <= MAX_IDS_PER_STATEMENT:
        statement = statement.where(TableResult.body_id.in_(body_ids))
    points: dict[int, dict[str, TotalPoints]] = {}
    for body_id, kind, *bounds in fetch_rows(statement):
        points.setdefault(body_id, {})[kind] = TotalPoints(*bounds)
    return dict(points)
