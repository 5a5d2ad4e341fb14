"""Reads of changes: what they are computed from, which are stale, and their sums."""

import hashlib
from collections.abc import Collection
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import aliased

from evaluation.comparison.changes.compute import RowLine, YearResults
from evaluation.comparison.changes.model import (
    GREATEST_GAIN,
    LOCATION,
    ChangedBody,
    ChangeSum,
    Parts,
    PointChange,
    SourceSum,
)
from evaluation.comparison.changes.models import BodyChange, ChangePart
from evaluation.comparison.changes.shapley import DENOMINATOR
from evaluation.comparison.changes.sources import SOURCES, Source
from evaluation.comparison.queries import access_of, bodies_by_id
from evaluation.comparison.ranking.model import LEVEL, REGION, Scope
from evaluation.database import MAX_IDS_PER_STATEMENT, Statement, batched, db, fetch_rows, from_json
from evaluation.pagination import Page
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.clauses import counts_in_region, exists_in_year, location_order, region_of
from evaluation.registry.models import STATUSES, Body, Organisation, Status, Supervision
from evaluation.results.models import NEVER, BodyResult, RowResult, TableResult
from evaluation.results.queries import fingerprint as results_fingerprint
from evaluation.sheets.model import LegalEntity

Higher = aliased(Body, name="higher")

VERSION = 1
"""Raise it with every change of the method: stored changes are then computed anew."""

CLOSED = STATUSES[-1]
"""The status of an organisation that was struck off the register."""


class BodyState(NamedTuple):
    """A body's results in both years: their scored generations, None where it has no result, and points."""

    body_id: int
    generation: int | None
    previous_generation: int | None
    low: int
    max: int
    previous_low: int
    previous_max: int


def fingerprint(viewer: Viewer, year: int) -> str:
    """Return what names the orders of both years and the method: 64 hexadecimal digits."""
    parts = (str(VERSION), results_fingerprint(year), results_fingerprint(year - 1))
    return hashlib.sha256("/".join(parts).encode()).hexdigest()


def stale_states(viewer: Viewer, year: int) -> list[BodyState]:
    """Return the bodies whose change to last year is stale or missing, by id, with their results of both years."""
    this_year, last_year = aliased(BodyResult), aliased(BodyResult)
    columns = _state_columns(this_year, last_year)
    statement = _only_stale(viewer, select(*columns), this_year, last_year, year)
    return [BodyState(*row) for row in fetch_rows(statement.order_by(Body.id))]


def count_stale(viewer: Viewer, year: int) -> int:
    """Return the number of bodies whose change to last year is stale or missing."""
    statement = _only_stale(viewer, select(func.count()), aliased(BodyResult), aliased(BodyResult), year)
    return db.session.scalar(statement) or 0


def _only_stale(viewer: Viewer, statement: Statement, this_year: Any, last_year: Any, year: int) -> Statement:
    statement = _joined_results(statement, this_year, last_year, year)
    statement = statement.outerjoin(BodyChange, and_(BodyChange.year == year, BodyChange.body_id == Body.id)).where(
        or_(this_year.body_id.is_not(None), last_year.body_id.is_not(None), BodyChange.body_id.is_not(None)),
        or_(
            BodyChange.body_id.is_(None),
            BodyChange.fingerprint != fingerprint(viewer, year),
            BodyChange.generation.is_distinct_from(this_year.scored_generation),
            BodyChange.previous_generation.is_distinct_from(last_year.scored_generation),
        ),
    )
    return registry.visible(statement, viewer)


def states_of(viewer: Viewer, year: int, body_ids: Collection[int]) -> dict[int, BodyState]:
    """Return body id → its results of both years, of these bodies."""
    this_year, last_year = aliased(BodyResult), aliased(BodyResult)
    statement = _joined_results(select(*_state_columns(this_year, last_year)), this_year, last_year, year)
    if len(body_ids) <= MAX_IDS_PER_STATEMENT:
        statement = statement.where(Body.id.in_(body_ids))
    states = (BodyState(*row) for row in fetch_rows(registry.visible(statement, viewer)))
    return {state.body_id: state for state in states}


def _state_columns(this_year: Any, last_year: Any) -> tuple[Any, ...]:
    points = (func.coalesce(column, 0) for column in (this_year.low, this_year.max, last_year.low, last_year.max))
    return Body.id, this_year.scored_generation, last_year.scored_generation, *points


def _joined_results(statement: Statement, this_year: Any, last_year: Any, year: int) -> Statement:
    """Join the scored results of both years, each of the bodies that exist in that year."""
    statement = statement.select_from(Body)
    for result, of_year in ((this_year, year), (last_year, year - 1)):
        is_scored = and_(result.year == of_year, result.scored_generation != NEVER, exists_in_year(of_year))
        statement = statement.outerjoin(result, and_(result.body_id == Body.id, is_scored))
    return statement


def year_results(viewer: Viewer, year: int, body_ids: Collection[int]) -> YearResults:
    """Read the stored rows of a year that the changes of these bodies are computed from."""
    columns = (RowResult.body_id, RowResult.kind, RowResult.row, RowResult.criterion, RowResult.low, RowResult.previous)
    rows = _of_bodies(viewer, select(*columns, RowResult.states), RowResult, year, body_ids)
    tables = _of_bodies(
        viewer, select(TableResult.body_id, TableResult.kind, TableResult.organisation_ids), TableResult, year, body_ids
    )
    return YearResults(
        registry.order_of(year),
        {(body_id, kind, row): RowLine(*values) for body_id, kind, row, *values in rows},
        {(body_id, kind): np.array(from_json(ids), np.int64) for body_id, kind, ids in tables},
    )


def _of_bodies(viewer: Viewer, statement: Statement, model: Any, year: int, body_ids: Collection[int]) -> list[Any]:
    """Read the lines of these bodies in a year in which they exist."""
    statement = statement.join(Body, Body.id == model.body_id).where(model.year == year, exists_in_year(year))
    if len(body_ids) <= MAX_IDS_PER_STATEMENT:
        statement = statement.where(Body.id.in_(body_ids))
    wanted = set(body_ids)
    return [row for row in fetch_rows(registry.visible(statement, viewer)) if row[0] in wanted]


def change_sum(viewer: Viewer, year: int, scope: Scope) -> ChangeSum:
    """Return the sums of the changes of the scope's bodies that the viewer can see.

    For sums without names pass the viewer that :class:`evaluation.comparison.access.Access` allows them to.
    """
    difference = BodyChange.low - BodyChange.previous_low
    points = (BodyChange.low, BodyChange.max, BodyChange.previous_low, BodyChange.previous_max)
    has_both = and_(BodyChange.generation.is_not(None), BodyChange.previous_generation.is_not(None))
    conditions = (
        and_(has_both, difference > 0),
        and_(has_both, difference < 0),
        and_(BodyChange.generation.is_not(None), BodyChange.previous_generation.is_(None)),
        and_(BodyChange.generation.is_(None), BodyChange.previous_generation.is_not(None)),
    )
    sums = [func.coalesce(func.sum(column), 0) for column in points]
    counts = [func.coalesce(func.sum(case((condition, 1), else_=0)), 0) for condition in conditions]
    (row,) = fetch_rows(_in_scope(viewer, select(*sums, func.count(), *counts), year, scope))
    low, max_, previous_low, previous_max, bodies, risen, fallen, begun, ended = map(int, row)
    return ChangeSum(
        PointChange(low, max_, previous_low, previous_max),
        bodies,
        risen,
        fallen,
        begun,
        ended,
        _sums_by_source(viewer, year, scope),
        _sums_by_row(viewer, year, scope),
    )


def _sums_by_source(viewer: Viewer, year: int, scope: Scope) -> dict[Source, SourceSum]:
    by_body = _in_scope(viewer, select(ChangePart.source, func.sum(ChangePart.numerator).label("numerator")), year, scope)
    sums = _with_parts(by_body, year).group_by(ChangePart.source, ChangePart.body_id).subquery().c
    counts = [func.sum(case((condition, 1), else_=0)) for condition in (sums.numerator > 0, sums.numerator < 0)]
    rows = fetch_rows(select(sums.source, func.sum(sums.numerator), *counts).group_by(sums.source))
    by_source = {Source(source): SourceSum(_points(numerator), int(up), int(down)) for source, numerator, up, down in rows}
    return {source: by_source[source] for source in SOURCES if source in by_source}


def _sums_by_row(viewer: Viewer, year: int, scope: Scope) -> dict[tuple[str, str], Parts]:
    columns = (ChangePart.kind, ChangePart.row, ChangePart.source)
    statement = _with_parts(_in_scope(viewer, select(*columns, func.sum(ChangePart.numerator)), year, scope), year)
    rows: dict[tuple[str, str], dict[Source, Fraction]] = {}
    for kind, row, source, numerator in sorted(fetch_rows(statement.group_by(*columns)), key=_in_order_of_sources):
        rows.setdefault((kind, row), {})[Source(source)] = _points(numerator)
    return dict(rows)


def _in_order_of_sources(part: Any) -> int:
    """Return the position of the source of (kind, row, source, numerator)."""
    return SOURCES.index(Source(part[2]))


def _points(numerator: Any) -> Fraction:
    return Fraction(int(numerator), DENOMINATOR)


def _with_parts(statement: Statement, year: int) -> Statement:
    return statement.join(ChangePart, and_(ChangePart.year == year, ChangePart.body_id == BodyChange.body_id))


def _in_scope(viewer: Viewer, statement: Statement, year: int, scope: Scope) -> Statement:
    """Read the year's changes of the scope's bodies that the viewer can see; joins the body and its higher body.

    A body without a result in either year is none of them.
    """
    statement = statement.select_from(BodyChange).join(Body, Body.id == BodyChange.body_id)
    statement = statement.outerjoin(Higher, Higher.id == Body.parent_id)
    has_result = or_(BodyChange.generation.is_not(None), BodyChange.previous_generation.is_not(None))
    statement = registry.visible(statement.where(BodyChange.year == year, has_result), viewer)
    if scope.kind == LEVEL:
        return statement.where(Body.level == scope.value)
    return statement.where(region_of(Higher) == scope.value, counts_in_region()) if scope.kind == REGION else statement


def changed_bodies(viewer: Viewer, year: int, scope: Scope, sort: str, language: str, page: int) -> Page[ChangedBody]:
    """Return a page of the scope's bodies that the viewer can see, with their changes, sorted by a key of `SORTS`."""
    points = (BodyChange.low, BodyChange.max, BodyChange.previous_low, BodyChange.previous_max)
    difference = BodyChange.low - BodyChange.previous_low
    statement = _in_scope(viewer, select(Body, *points), year, scope)
    if sort != LOCATION:
        statement = statement.order_by(difference.desc() if sort == GREATEST_GAIN else difference.asc())
    result = Page.from_rows(statement.order_by(*location_order(Higher, language)), page)
    ids = [body.id for body, *_ in result.items]
    bodies = {body.id: body for body in registry.bodies_as_named_in(viewer, [body for body, *_ in result.items], year)}
    parts = parts_by_source(viewer, year, ids)
    return result.map(lambda row: ChangedBody(bodies[row[0].id], PointChange(*row[1:]), parts.get(row[0].id, {})))


def parts_by_source(viewer: Viewer, year: int, body_ids: Collection[int]) -> dict[int, Parts]:
    """Return body id → points by source, largest first, of those of a few bodies that the viewer can see."""
    statement = select(ChangePart.body_id, ChangePart.source, func.sum(ChangePart.numerator))
    statement = statement.join(Body, Body.id == ChangePart.body_id).where(ChangePart.year == year, Body.id.in_(body_ids))
    rows = fetch_rows(registry.visible(statement, viewer).group_by(ChangePart.body_id, ChangePart.source))
    parts: dict[int, dict[Source, Fraction]] = {}
    for body_id, source, numerator in sorted(rows, key=lambda row: -abs(int(row[2]))):
        parts.setdefault(body_id, {})[Source(source)] = _points(numerator)
    return dict(parts)


def parts_by_row(viewer: Viewer, year: int, body_id: int) -> dict[tuple[str, str], Parts]:
    """Return (kind, row) → points by source of a body that the viewer can see."""
    columns = (ChangePart.kind, ChangePart.row, ChangePart.source, ChangePart.numerator)
    statement = select(*columns).join(Body, Body.id == ChangePart.body_id).where(ChangePart.year == year, Body.id == body_id)
    parts: dict[tuple[str, str], dict[Source, Fraction]] = {}
    for kind, row, source, numerator in fetch_rows(registry.visible(statement, viewer)):
        parts.setdefault((kind, row), {})[Source(source)] = _points(numerator)
    return dict(parts)


def body_points(viewer: Viewer, year: int, body_id: int) -> PointChange:
    """Return the points of a body that the viewer can see in both years; zeros without a stored change."""
    statement = select(BodyChange.low, BodyChange.max, BodyChange.previous_low, BodyChange.previous_max)
    statement = statement.join(Body, Body.id == BodyChange.body_id).where(BodyChange.year == year, Body.id == body_id)
    row = db.session.execute(registry.visible(statement, viewer)).first()
    return PointChange(*row) if row else PointChange()


HIDDEN_BODY = LegalEntity("", "")
"""Stands for a body that the viewer may not learn."""


class Registration(NamedTuple):
    """An organisation's BIN and names, the body that has it on 31 December of a year, and whether it is closed by then."""

    organisation: LegalEntity
    body: LegalEntity | None
    is_closed: bool


def registrations(viewer: Viewer, year: int, body_id: int, organisation_ids: Collection[int]) -> dict[int, Registration]:
    """Return id → registration of these organisations, which the viewer sees by the results of a body, with names of the year.

    The body that has one is `HIDDEN_BODY` unless :class:`evaluation.comparison.access.Access` opens its name to the viewer.
    """
    reader = access_of(viewer).reader
    names = registry.organisation_names(viewer, [body_id], year)
    statement = select(
        Organisation.id, Organisation.bin, Organisation.name_kk, Organisation.name_ru, Supervision.body_id
    ).outerjoin(Supervision, and_(Supervision.organisation_id == Organisation.id, registry.in_force_at_year_end(year)))
    closed = select(Status.organisation_id, Status.status).where(Status.since <= date(year, 12, 31)).order_by(Status.since)
    result: dict[int, Registration] = {}
    for batch in batched(sorted(organisation_ids)):
        statuses = dict(fetch_rows(closed.where(Status.organisation_id.in_(batch))))
        rows = fetch_rows(statement.where(Organisation.id.in_(batch)))
        bodies = bodies_by_id(reader, year, {row[-1] for row in rows} - {None})
        for id_, bin_, name_kk, name_ru, of_body in rows:
            body = bodies.get(of_body)
            other = LegalEntity(body.bin, body.name_kk, body.name_ru) if body else HIDDEN_BODY if of_body else None
            entity = LegalEntity(bin_, *names.get(bin_, (name_kk, name_ru)))
            result[id_] = Registration(entity, other, statuses.get(id_) == CLOSED)
    return result
