"""Reads of what it would take, from the stored results of one body's year; the caller refreshes them first."""

import orjson
from sqlalchemy import and_, select

from evaluation.comparison.improvement.model import BreachRow, YearTotal
from evaluation.comparison.improvement.points import breach_row
from evaluation.criteria.model import Order
from evaluation.database import Statement, batched, fetch_rows
from evaluation.policy import Viewer
from evaluation.registry.models import Body, Organisation
from evaluation.registry.queries import visible
from evaluation.results.models import BodyResult, RowResult, TableResult


def breach_rows(viewer: Viewer, order: Order, year: int, body_id: int) -> tuple[BreachRow, ...]:
    """Return the scored rows of the tables that apply to a body, in the order of the form; none if the viewer cannot see it."""
    of_table = and_(
        RowResult.year == TableResult.year, RowResult.body_id == TableResult.body_id, RowResult.kind == TableResult.kind
    )
    statement = select(RowResult.kind, RowResult.row, TableResult.organisation_ids, RowResult.states, RowResult.previous)
    statement = statement.join(TableResult, of_table).join(Body, Body.id == RowResult.body_id)
    lines = {
        (kind, row): (organisation_ids, states, previous)
        for kind, row, organisation_ids, states, previous in fetch_rows(_of_body(statement, viewer, year, body_id))
    }
    scored = [(table.kind, row) for table in order.form.tables for row in table.scored_rows]
    rows = []
    for kind, row in scored:
        if line := lines.get((kind, row.number)):
            organisation_ids, states, previous = line
            criterion = order.criterion[str(row.criterion)]
            rows.append(breach_row((kind, row.number), criterion, orjson.loads(organisation_ids), states, previous))
    return tuple(rows)


def stored_points(viewer: Viewer, year: int, body_id: int) -> YearTotal | None:
    """Return the stored points of a body; None without a result or if the viewer cannot see it."""
    statement = select(BodyResult.low, BodyResult.high, BodyResult.max)
    statement = visible(statement.join(Body, Body.id == BodyResult.body_id), viewer)
    rows = fetch_rows(statement.where(BodyResult.year == year, BodyResult.body_id == body_id))
    return YearTotal(*rows[0]) if rows else None


def organisation_bins(viewer: Viewer, year: int, body_id: int, organisation_ids: frozenset[int]) -> dict[int, str]:
    """Return id → BIN of these organisations; empty if the viewer cannot see the body whose result names them."""
    if stored_points(viewer, year, body_id) is None:
        return {}
    statement = select(Organisation.id, Organisation.bin)
    return {
        id_: bin_
        for batch in batched(sorted(organisation_ids))
        for id_, bin_ in fetch_rows(statement.where(Organisation.id.in_(batch)))
    }


def _of_body(statement: Statement, viewer: Viewer, year: int, body_id: int) -> Statement:
    return visible(statement.where(RowResult.year == year, RowResult.body_id == body_id), viewer)
