"""Which organisations cost most: from stored states of rows to the points that each correction gives. Pure.

A correction takes away one breach and leaves everything else as it is: an audit that was made, and the count of the year before.
Missing answers are taken as they would be best, as in the highest points of a sheet.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from evaluation.comparison.changes.sources import COUNT_NAMES, COUNTS_OF_STATES
from evaluation.comparison.regions.model import OrganisationCost, RowCost
from evaluation.criteria.criterion import Criterion
from evaluation.criteria.model import Order
from evaluation.results.models import STATE_DIGITS
from evaluation.scoring.outcomes import UNKNOWN_COUNT, possible_outcomes, worst_and_best
from evaluation.scoring.score import BREACH_BIT

STATE_OF = {digit: state for state, digit in enumerate(STATE_DIGITS)}


class StoredRow(NamedTuple):
    """A row of a body that lacks points, as results store it; `organisation_ids` are those of its table."""

    body_id: int
    kind: str
    row: str
    criterion: str
    high: int
    max: int
    previous: int | None
    states: str
    organisation_ids: list[int]


def organisation_costs(order: Order, rows: Iterable[StoredRow]) -> list[OrganisationCost]:
    """Return the organisations in breach of these rows, the most points by its correction alone first, then the largest part."""
    by_criterion: dict[str, list[StoredRow]] = {}
    for row in rows:
        by_criterion.setdefault(row.criterion, []).append(row)
    costs: dict[tuple[int, int], list[RowCost]] = {}
    for code, stored in by_criterion.items():
        for row, gain in zip(stored, _gains(order.criterion[code], stored), strict=True):
            in_breach = [id_ for id_, digit in zip(row.organisation_ids, row.states, strict=True) if STATE_OF[digit] & BREACH_BIT]
            cost = RowCost((row.kind, row.row), gain, row.max - row.high, len(in_breach))
            for organisation_id in in_breach:
                costs.setdefault((row.body_id, organisation_id), []).append(cost)
    organisations = [OrganisationCost(id_, body_id, tuple(parts)) for (body_id, id_), parts in costs.items()]
    return sorted(organisations, key=lambda item: (-item.gain, -item.part, item.body_id, item.id))


def _gains(criterion: Criterion, rows: list[StoredRow]) -> list[int]:
    """Return for each row the points that one breach less gives."""
    states = [np.array([STATE_OF[digit] for digit in row.states]) for row in rows]
    totals = np.array([COUNTS_OF_STATES[of_row].sum(axis=0) for of_row in states])
    counts = {name: totals[:, position] for position, name in enumerate(COUNT_NAMES)}
    counts["previous"] = np.array([UNKNOWN_COUNT if row.previous is None else row.previous for row in rows])
    fewer = counts | {"in_breach": np.maximum(counts["in_breach"] - 1, 0)}
    points = np.array([entry.points or 0 for entry in criterion.outcomes])
    before, after = (points[worst_and_best(criterion, possible_outcomes(criterion, of_body))[1]] for of_body in (counts, fewer))
    gains: list[int] = (after - before).tolist()
    return gains
