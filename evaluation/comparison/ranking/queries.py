"""Reads of the ranking, from stored results: the caller refreshes those of the year and of the year before first.

A page is read by a statement that filters, sorts and cuts out the ids, and another one that reads the columns of these bodies.
Statements are built once: building one takes as long as executing it.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import and_, bindparam, case, func, select
from sqlalchemy.orm import aliased

from evaluation.comparison.ranking.members import Members
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
    TABLES,
    Distribution,
    Rank,
    RankingQuery,
    RankingRow,
    Scope,
    ScopedRank,
)
from evaluation.database import Statement, batched, db, fetch_rows
from evaluation.pagination import PAGE_SIZE, Page, nearest_page
from evaluation.policy import Viewer
from evaluation.registry.clauses import exists_in_year, filter_by_name, location_order, name_order, region_of
from evaluation.registry.models import Body, FormerName
from evaluation.registry.queries import former_name_id, visible
from evaluation.results.models import NEVER, BodyResult, TableResult
from evaluation.review.body_list.model import ListedBody, TotalPoints

Higher, Previous = aliased(Body, name="higher"), aliased(BodyResult, name="previous_result")
Former, HigherFormer = aliased(FormerName, name="former"), aliased(FormerName, name="higher_former")


def members(viewer: Viewer, year: int) -> Members:
    """Return all bodies of the year without names, in one pass, to count ranks and shares from.

    They are not restricted to the viewer's bodies, because a rank is counted among all of them. Whether the viewer may see the
    counts is decided by :class:`evaluation.comparison.access.Access`.
    """
    return Members(fetch_rows(_member_statement(year)))


@lru_cache(maxsize=32)
def _member_statement(year: int) -> Statement:
    columns = (BodyResult.kinds, BodyResult.share_low, BodyResult.share_high)
    return _in_scope(select(Body.id, Body.level, region_of(Higher), *columns), year, Scope())


def distribution(viewer: Viewer, year: int, scope: Scope) -> Distribution:
    """Return the shares of all ranked bodies of the scope, which name no body; see :func:`members`."""
    return members(viewer, year).distribution(scope)


def ranking(
    viewer: Viewer, year: int, query: RankingQuery, language: str, everyone: Members, page: int | None = 1
) -> Page[RankingRow]:
    """Return a page of the ranking, or all of it on one page without a page number.

    Args:
        viewer: The reader of :class:`evaluation.comparison.access.Access`, who sees the bodies to list.
        year: The reporting year.
        query: The scope, the search, which leaves the ranks as they are, and the sort order.
        language: The language of the names that order bodies.
        everyone: All bodies of the year, among which the ranks are counted.
        page: The number of the page, from 1.
    """
    statement = _id_statement(viewer.bodies, year, query, language)
    if page is None or query.search:
        ids = [row[0] for row in fetch_rows(statement)]
        result = Page.single(ids) if page is None else Page.from_list(ids, page)
    else:
        total = everyone.count(viewer, query.scope, query.without_tables)
        number = nearest_page(page, total, PAGE_SIZE)
        rows = fetch_rows(statement.limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE))
        result = Page([row[0] for row in rows], total, number)
    shares = Distribution() if query.without_tables else everyone.distribution(query.scope)
    return result.with_items(_ranking_rows(viewer, year, result.items, shares))


@lru_cache(maxsize=256)
def _id_statement(visible_ids: frozenset[int] | None, year: int, query: RankingQuery, language: str) -> Statement:
    """Return the SELECT of the ids of the ranking in its order."""
    # Narrow rows are sorted: with names in them, sorting the country would take several times as long.
    statement = _in_scope(select(Body.id), year, query.scope)
    statement = statement.where(BodyResult.max == 0 if query.without_tables else BodyResult.max > 0)
    statement = statement if visible_ids is None else statement.where(Body.id.in_(visible_ids))
    return _ordered(filter_by_name(statement, query.search, Body), year, query, language)


def body_ranks(viewer: Viewer, year: int, body_id: int) -> list[ScopedRank]:
    """Return the ranks of a body that the viewer can see in every scope that it belongs to; none if no table applies to it."""
    shares = (BodyResult.share_low, BodyResult.share_high)
    statement = _in_scope(select(*shares, Body.level, region_of(Higher), BodyResult.kinds), year, Scope())
    row = db.session.execute(visible(statement, viewer).where(Body.id == body_id, BodyResult.max > 0)).first()
    if row is None:
        return []
    low, high, level, region, kinds = row
    conditions = {Scope(): BodyResult.max > 0}
    conditions |= {Scope(LEVEL, level): Body.level == level} if level else {}
    conditions |= {Scope(REGION, region): region_of(Higher) == region} if region else {}
    conditions[Scope(TABLES, kinds)] = BodyResult.kinds == kinds
    # All scopes in one pass: their bodies, those that are certainly better, and those that may be better, itself included.
    better = (BodyResult.max > 0, BodyResult.share_low > high, BodyResult.share_high > low)
    sums = [func.sum(case((and_(condition, is_better), 1), else_=0)) for condition in conditions.values() for is_better in better]
    counts = db.session.execute(_in_scope(select(*sums), year, Scope()).where(BodyResult.max > 0)).one()
    itself = int(high > low)
    return [
        ScopedRank(scope, Rank(1 + counts[3 * position + 1], 1 + counts[3 * position + 2] - itself), counts[3 * position])
        for position, scope in enumerate(conditions)
    ]


def region_names(viewer: Viewer) -> dict[str, tuple[str, str]]:
    """Return code of a region → (Kazakh name, Russian name), by code. The name of a region is known to everyone."""
    return {kato[:2]: (name_kk, name_ru) for kato, name_kk, name_ru in fetch_rows(_region_statement())}


@lru_cache(maxsize=1)
def _region_statement() -> Statement:
    regions = select(Body.kato, Body.name_kk, Body.name_ru).where(Body.level == "region", Body.kato.is_not(None))
    return regions.order_by(Body.kato)


def _in_scope(statement: Statement, year: int, scope: Scope) -> Statement:
    """Join the year's results to bodies and restrict them to the scope's bodies, ranked or not; joins the higher body."""
    statement = statement.select_from(Body).join(BodyResult, and_(BodyResult.body_id == Body.id, BodyResult.year == year))
    statement = statement.outerjoin(Higher, Higher.id == Body.parent_id).where(exists_in_year(year))
    if scope.kind == LEVEL:
        return statement.where(Body.level == scope.value)
    if scope.kind == REGION:
        return statement.where(region_of(Higher) == scope.value)
    return statement if scope.kind == COUNTRY else statement.where(BodyResult.kinds == scope.value)


def _with_previous(statement: Statement, year: int) -> Statement:
    """Join the scored results of the year before, of the bodies that existed in it."""
    is_previous = (Previous.year == year - 1, Previous.scored_generation != NEVER, exists_in_year(year - 1))
    return statement.outerjoin(Previous, and_(Previous.body_id == Body.id, *is_previous))


def _ordered(statement: Statement, year: int, query: RankingQuery, language: str) -> Statement:
    """Sort by the query's key; equal rows by location. Rows without a value come last in both directions."""
    statement = _with_previous(statement, year)
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


def _ranking_rows(viewer: Viewer, year: int, body_ids: Sequence[int], shares: Distribution) -> list[RankingRow]:
    """Read these bodies, in their order."""
    statement = _row_statement(year)
    rows: dict[int, RankingRow] = {}
    for part in batched(body_ids):
        tables = _table_points(year, part)
        for row in fetch_rows(statement, {"ids": part}):
            body_id, (low, high, maximum, accepted, *previous) = row[0], row[12:]
            rows[body_id] = RankingRow(
                ListedBody(*row[:6]),
                ListedBody(*row[6:12]) if row[6] is not None and viewer.can_see(row[6]) else None,
                shares.rank(low / maximum, high / maximum) if maximum else None,
                TotalPoints(low, high, maximum),
                TotalPoints(*(points or 0 for points in previous)),
                tables.get(body_id, {}),
                bool(accepted),
            )
    return [rows[body_id] for body_id in body_ids]


@lru_cache(maxsize=32)
def _row_statement(year: int) -> Statement:
    """Return the SELECT of the columns of some bodies, with their names of the year's 31 December."""
    names = [
        column
        for body, former in ((Body, Former), (Higher, HigherFormer))
        for column in (
            *(body.id, body.bin, func.coalesce(former.name_kk, body.name_kk), func.coalesce(former.name_ru, body.name_ru)),
            *(body.level, body.kato),
        )
    ]
    results = (BodyResult.low, BodyResult.high, BodyResult.max, BodyResult.accepted)
    statement = _in_scope(select(*names, *results, Previous.low, Previous.high, Previous.max), year, Scope())
    statement = _with_previous(statement, year)
    statement = statement.outerjoin(Former, Former.id == former_name_id(Body, year))
    statement = statement.outerjoin(HigherFormer, HigherFormer.id == former_name_id(Higher, year))
    return statement.where(Body.id.in_(bindparam("ids", expanding=True)))


def _table_points(year: int, body_ids: Collection[int]) -> Mapping[int, Mapping[str, TotalPoints]]:
    """Return body id → kind → points of the tables that apply."""
    points: dict[int, dict[str, TotalPoints]] = {}
    for body_id, kind, *bounds in fetch_rows(_table_statement(), {"year": year, "ids": body_ids}):
        points.setdefault(body_id, {})[kind] = TotalPoints(*bounds)
    return points


@lru_cache(maxsize=1)
def _table_statement() -> Statement:
    columns = (TableResult.body_id, TableResult.kind, TableResult.low, TableResult.high, TableResult.max)
    of_bodies = (TableResult.year == bindparam("year"), TableResult.body_id.in_(bindparam("ids", expanding=True)))
    return select(*columns).where(*of_bodies)
