"""Reads of changes: what they are computed from, which are stale, and their sums."""

import hashlib
from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from evaluation.comparison.changes.compute import RowLine, YearResults
from evaluation.comparison.changes.models import BodyChange
from evaluation.database import MAX_IDS_PER_STATEMENT, Statement, fetch_rows
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.clauses import exists_in_year
from evaluation.registry.models import Body
from evaluation.results.models import BodyResult, RowResult, TableResult
from evaluation.results.queries import fingerprint as results_fingerprint

VERSION = 1
"""Raise it with every change of the method: stored changes are then computed anew."""


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
    statement = _joined_results(select(*_state_columns(this_year, last_year)), this_year, last_year, year)
    statement = statement.outerjoin(BodyChange, and_(BodyChange.year == year, BodyChange.body_id == Body.id)).where(
        or_(this_year.body_id.is_not(None), last_year.body_id.is_not(None), BodyChange.body_id.is_not(None)),
        or_(
            BodyChange.body_id.is_(None),
            BodyChange.fingerprint != fingerprint(viewer, year),
            BodyChange.generation.is_distinct_from(this_year.scored_generation),
            BodyChange.previous_generation.is_distinct_from(last_year.scored_generation),
        ),
    )
    return [BodyState(*row) for row in fetch_rows(registry.visible(statement, viewer).order_by(Body.id))]


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
        is_scored = and_(result.year == of_year, result.scored_generation.is_not(None), exists_in_year(of_year))
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
        {(body_id, kind): ids for body_id, kind, ids in tables},
    )


def _of_bodies(viewer: Viewer, statement: Statement, model: Any, year: int, body_ids: Collection[int]) -> list[Any]:
    """Read the lines of these bodies in a year in which they exist."""
    statement = statement.join(Body, Body.id == model.body_id).where(model.year == year, exists_in_year(year))
    if len(body_ids) <= MAX_IDS_PER_STATEMENT:
        statement = statement.where(Body.id.in_(body_ids))
    wanted = set(body_ids)
    return [row for row in fetch_rows(registry.visible(statement, viewer)) if row[0] in wanted]
