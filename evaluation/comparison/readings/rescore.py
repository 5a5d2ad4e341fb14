"""Scores answers by two orders and compares the points: pure functions of frames."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from evaluation.comparison.readings.model import NO_POINTS, Basis, BodyChange, Points, RowKey, ranks
from evaluation.criteria.model import Order
from evaluation.scoring.frames import ReportFrames
from evaluation.scoring.score import PriorYearCounts, score

TablePoints = dict[str, dict[str, Points]]
"""BIN of a body → kind → points of its table."""


def table_points(basis: Basis, frames: ReportFrames, previous: PriorYearCounts, bins: Iterable[str]) -> TablePoints:
    """Score these bodies by a basis; a table that does not apply is left out.

    Args:
        basis: What to score by.
        frames: The answers, as frames of the basis's order.
        previous: The prior-year counts. Last year keeps its own order and readings: they are as on last year's sheet (R13).
        bins: The BINs of the bodies, those without organisations among them.
    """
    order = basis.scored_order
    points: TablePoints = {bin_: {} for bin_ in bins}
    for (body, kind), low, high, max_points in score(order, frames, previous).totals.itertuples():
        if body in points:
            points[body][kind] = Points(int(low), int(high), int(max_points))
    if basis.has_full_empty_tables:
        maxima = {table.kind: _maximum(order, table.kind) for table in order.form.tables}
        for tables in points.values():
            for kind, maximum in maxima.items():
                tables.setdefault(kind, Points(maximum, maximum, maximum))
    return points


def _maximum(order: Order, kind: str) -> int:
    return sum(order.criterion[str(row.criterion)].max for row in order.table[kind].scored_rows)


def body_changes(bodies: Iterable[BodyChange], before: TablePoints, after: TablePoints, *, with_ranks: bool) -> list[BodyChange]:
    """Return these bodies with their points today and otherwise, and their ranks among each other if asked for."""
    changes = [replace(body, before=before[body.bin], after=after[body.bin]) for body in bodies]
    if not with_ranks:
        return changes
    rank_before, rank_after = (ranks({change.id: change.totals[side] for change in changes}) for side in (0, 1))
    return [replace(change, rank_before=rank_before.get(change.id), rank_after=rank_after.get(change.id)) for change in changes]


def changed_rows(
    bases: tuple[Basis, Basis], frames: tuple[ReportFrames, ReportFrames], previous: PriorYearCounts
) -> Mapping[RowKey, tuple[Points, Points]]:
    """Return the rows of one body that differ, in the order of the form; a row that is not scored has no points."""
    rows: list[dict[RowKey, Points]] = []
    for basis, frame in zip(bases, frames, strict=True):
        scored = score(basis.scored_order, frame, previous).rows
        columns = (scored[name] for name in ("kind", "row", "low", "high", "max"))
        rows.append(
            {(kind, row): Points(int(low), int(high), int(top)) for kind, row, low, high, top in zip(*columns, strict=True)}
        )
    pairs = {key: (rows[0].get(key, NO_POINTS), rows[1].get(key, NO_POINTS)) for key in dict.fromkeys((*rows[0], *rows[1]))}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}
