"""The nearest counts with more and with fewer points equal those found by trying all counts, under both orders."""

from random import Random

import numpy as np
import pytest

from evaluation.criteria import Order, load_order
from evaluation.criteria.count_conditions import AUDITED
from evaluation.criteria.criterion import Criterion
from evaluation.scoring.nearest import NearestCounts, RowCounts, nearest_counts
from evaluation.scoring.outcomes import outcome_positions
from tests.support.paths import ROOT, SECOND_ORDER

TRIALS = 400
ORDERS = [load_order(ROOT / "evaluation/criteria/order_47_2022.toml"), load_order(SECOND_ORDER)]
LAST_YEARS = range(40)


def points_of(criterion: Criterion, counts: RowCounts, breaches: int, audited: int) -> int | None:
    """The points of a row with these counts; None if they depend on the unknown count of the year before."""
    last_years = list(LAST_YEARS if counts.previous is None else (counts.previous,))
    states = {
        "breaches": np.full(len(last_years), breaches),
        "audited": np.full(len(last_years), audited),
        "organisations": np.full(len(last_years), counts.organisations),
        "last_year": np.array(last_years),
    }
    points = {criterion.outcomes[position].points for position in outcome_positions(criterion, states).tolist()}
    return points.pop() if len(points) == 1 else None


def random_counts(criterion: Criterion, random: Random) -> RowCounts:
    organisations = random.randint(1, 6)
    breaches = random.randint(0, organisations)
    audited = random.randint(breaches, organisations) if criterion.audited is not None else 0
    previous = random.choice((None, *range(8))) if criterion.compares_with_last_year else None
    return RowCounts(organisations, breaches, 0, audited, previous)


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.code)
def test_nearest_counts_equal_brute_force(order: Order) -> None:
    random, compared = Random(order.code), 0
    for _ in range(TRIALS):
        criterion = random.choice(order.criteria)
        counts = random_counts(criterion, random)
        points = points_of(criterion, counts, counts.breaches, counts.audited)
        if points is None:
            continue
        reachable = {
            (breaches, audited): of_state
            for breaches in range(counts.organisations + 1)
            for audited in (range(breaches, counts.organisations + 1) if criterion.reads(AUDITED) else (counts.audited,))
            if (of_state := points_of(criterion, counts, breaches, audited)) is not None
        }
        more, fewer = nearest_counts(criterion, counts, points)
        for nearest, beyond in (
            (more, {state for state, value in reachable.items() if value > points}),
            (fewer, {state for state, value in reachable.items() if value < points}),
        ):
            assert (nearest is None) == (not beyond)
            if nearest:
                compared += 1
                states = states_of(criterion, counts, nearest)
                assert {points_of(criterion, counts, *state) for state in states} == {nearest.points}
                assert set(states) <= beyond
                assert min(distance(criterion, counts, *state) for state in states) == min(
                    distance(criterion, counts, *state) for state in beyond
                )
                is_complete(criterion, counts, nearest)
    assert compared > TRIALS


def distance(criterion: Criterion, counts: RowCounts, breaches: int, audited: int) -> int:
    """How many organisations change: in or out of breach, and audited or not besides those in breach."""
    return abs(breaches - counts.breaches) + abs(audited - audited_as_now(criterion, counts, breaches))


def audited_as_now(criterion: Criterion, counts: RowCounts, breaches: int) -> int:
    return max(breaches, counts.audited) if criterion.audited is not None else counts.audited


def is_complete(criterion: Criterion, counts: RowCounts, nearest: NearestCounts) -> None:
    """The numbers of breaches just beyond the range do not give the points."""
    if nearest.audited is None:
        for breaches in (nearest.breaches[0] - 1, nearest.breaches[1] + 1):
            if 0 <= breaches <= counts.organisations:
                as_now = audited_as_now(criterion, counts, breaches)
                assert points_of(criterion, counts, breaches, as_now) != nearest.points


def states_of(criterion: Criterion, counts: RowCounts, nearest: NearestCounts) -> list[tuple[int, int]]:
    numbers = range(nearest.breaches[0], nearest.breaches[1] + 1)
    if nearest.audited is not None:
        return [(number, audits) for number in numbers for audits in range(nearest.audited[0], nearest.audited[1] + 1)]
    return [(number, audited_as_now(criterion, counts, number)) for number in numbers]
