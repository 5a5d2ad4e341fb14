"""The parts of a change of points: they sum to it, equal the average over all sequences, and are as expected by hand."""

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from itertools import permutations, product
from math import factorial
from typing import NamedTuple

import numpy as np
import pytest

from evaluation.comparison.changes.shapley import DENOMINATOR, PLAYERS, RowPairs, decompose
from evaluation.comparison.changes.sources import (
    ABSENT,
    MEMBER_SOURCES,
    SOURCES,
    UNCHANGED,
    Source,
    count_members,
    member_sources,
)
from evaluation.criteria import load_order, load_orders
from evaluation.criteria.criterion import Criterion
from evaluation.criteria.expressions import parse
from evaluation.scoring.outcomes import UNKNOWN_COUNT, outcome_positions
from tests.support.paths import SECOND_ORDER

PAIRS = 5_000
COMPARED_WITH_SEQUENCES = 150
LAST_YEARS = range(30)
BREACH, UNDECIDED, COMPLIANT, VIOLATED, NOT_AUDITED, UNDECIDED_AUDITED, UNDECIDED_BY_BREACH = 1, 2, 4, 5, 8, 6, 10
PLAIN_STATES = (0, BREACH, UNDECIDED)
AUDIT_STATES = (0, UNDECIDED, COMPLIANT, VIOLATED, UNDECIDED_AUDITED, NOT_AUDITED, UNDECIDED_BY_BREACH)


class Pair(NamedTuple):
    """One row in both years: the states of the same organisations, and the prior-year counts."""

    before: Sequence[int]
    after: Sequence[int]
    prior_before: int = UNKNOWN_COUNT
    prior_after: int = UNKNOWN_COUNT


def parts_of(before: Criterion, after: Criterion, pairs: Sequence[Pair]) -> np.ndarray:
    rows = np.repeat(np.arange(len(pairs)), [len(pair.before) for pair in pairs])
    first, second = (
        np.array([state for pair in pairs for state in states(pair)], np.int64)
        for states in (lambda pair: pair.before, lambda pair: pair.after)
    )
    sources = member_sources(first, second, before.audited is not None)
    counts = [count_members(rows, states, sources, len(pairs)) for states in (first, second)]
    prior = [np.array([pair[position] for pair in pairs], np.int64) for position in (2, 3)]
    return decompose(RowPairs(before, after, *counts, *prior))


def parts_by_name(criterion: Criterion, pair: Pair, after: Criterion | None = None) -> dict[str, Fraction]:
    (line,) = parts_of(criterion, after or criterion, [pair])
    return {source: Fraction(int(part), DENOMINATOR) for source, part in zip(SOURCES, line, strict=True) if part}


@cache
def options(state: int, is_audited: bool) -> tuple[tuple[int, int], ...]:
    """What an organisation in a state can turn out to be: in breach, audited."""
    if not is_audited:
        return {0: ((0, 0),), BREACH: ((1, 0),), UNDECIDED: ((0, 0), (1, 0))}[state]
    return {
        0: ((0, 0), (0, 1)),
        UNDECIDED: ((0, 0), (0, 1), (1, 1)),
        UNDECIDED_AUDITED: ((0, 1), (1, 1)),
        UNDECIDED_BY_BREACH: ((0, 0), (1, 1)),
        COMPLIANT: ((0, 1),),
        VIOLATED: ((1, 1),),
        NOT_AUDITED: ((0, 0),),
    }[state]


def points_of_counts(criterion: Criterion, breaches: int, organisations: int, audited: int, last_year: int) -> int:
    state = {
        "breaches": np.array([breaches]),
        "organisations": np.array([organisations]),
        "audited": np.array([audited]),
        "last_year": np.array([last_year]),
    }
    return criterion.outcomes[int(outcome_positions(criterion, state)[0])].points or 0


def lowest(criterion: Criterion, states: Sequence[int], prior: int) -> int:
    """The lowest points over every way to fill the blanks."""
    is_audited = criterion.audited is not None
    sums = {
        (sum(breach for breach, _ in filling), sum(audited for _, audited in filling))
        for filling in product(*(options(state, is_audited) for state in states))
    }
    priors: Sequence[int] = (prior,) if prior != UNKNOWN_COUNT or not criterion.compares_with_last_year else LAST_YEARS
    return min(points_of_counts(criterion, breaches, len(states), audited, last) for breaches, audited in sums for last in priors)


def average_over_sequences(before: Criterion, after: Criterion, pair: Pair) -> dict[str, Fraction]:
    """Shapley's definition: what each source adds, over all sequences in which the sources can change."""
    is_audited = before.audited is not None
    positions = member_sources(np.array(pair.before, np.int64), np.array(pair.after, np.int64), is_audited)
    sources = [MEMBER_SOURCES[position] if position != UNCHANGED else None for position in positions]
    players = sorted({source for source in sources if source} | {Source.PRIOR_COUNT, Source.ORDER}, key=PLAYERS.index)

    @cache
    def value(changed: frozenset[Source]) -> int:
        states = [new if source in changed else old for old, new, source in zip(pair.before, pair.after, sources, strict=True)]
        prior = pair.prior_after if Source.PRIOR_COUNT in changed else pair.prior_before
        return lowest(after if Source.ORDER in changed else before, [state for state in states if state != ABSENT], prior)

    parts = dict.fromkeys(players, 0)
    for sequence in permutations(players):
        for position, source in enumerate(sequence):
            parts[source] += value(frozenset(sequence[: position + 1])) - value(frozenset(sequence[:position]))
    return {source: Fraction(part, factorial(len(players))) for source, part in parts.items() if part}


def draw_pair(rng: np.random.Generator, criterion: Criterion) -> Pair:
    states = AUDIT_STATES if criterion.audited is not None else PLAIN_STATES
    both = rng.choice((*states, ABSENT), (rng.integers(0, 6), 2))
    both = both[(both != ABSENT).any(axis=1)]
    prior = rng.choice((UNKNOWN_COUNT, 0, 1, 2, 3), 2)
    return Pair(both[:, 0].tolist(), both[:, 1].tolist(), int(prior[0]), int(prior[1]))


def another_scale(criterion: Criterion) -> Criterion:
    """The criterion with the points of another order: the outcomes give them in reverse."""
    scale = [
        entry.model_copy(update={"points": criterion.max - entry.points} if entry.outcome else {}) for entry in criterion.scale
    ]
    copy = criterion.model_copy(update={"scale": tuple(scale)})
    for name in ("outcomes", "comparisons", "points"):
        copy.__dict__.pop(name, None)  # computed from the old scale
    return copy


@pytest.fixture(scope="module")
def criteria() -> list[Criterion]:
    return [criterion for order in (load_orders().latest, load_order(SECOND_ORDER)) for criterion in order.criteria]


def test_parts_sum_to_the_difference_and_equal_the_average_over_sequences(criteria: list[Criterion]) -> None:
    rng = np.random.default_rng(10)
    share = -(-PAIRS // (2 * len(criteria)))
    samples = -(-COMPARED_WITH_SEQUENCES // (2 * len(criteria)))
    for criterion in criteria:
        for after in (criterion, another_scale(criterion)):
            pairs = [draw_pair(rng, criterion) for _ in range(share)]
            parts = parts_of(criterion, after, pairs)
            for pair, line in zip(pairs, parts, strict=True):
                last = lowest(criterion, [state for state in pair.before if state != ABSENT], pair.prior_before)
                this = lowest(after, [state for state in pair.after if state != ABSENT], pair.prior_after)
                assert line.sum() == (this - last) * DENOMINATOR, (criterion.code, pair)
            for pair, line in zip(pairs[:samples], parts[:samples], strict=True):
                parts_of_pair = {
                    source: Fraction(int(part), DENOMINATOR) for source, part in zip(SOURCES, line, strict=True) if part
                }
                assert parts_of_pair == average_over_sequences(criterion, after, pair), (criterion.code, pair)


@pytest.fixture
def absence(criteria: list[Criterion]) -> Criterion:
    """A criterion that gives its points while no organisation is in breach, and has no audits."""
    return next(
        item for item in criteria if item.audited is None and not item.compares_with_last_year and len(item.outcomes) == 2
    )


@pytest.fixture
def decrease(criteria: list[Criterion]) -> Criterion:
    """A criterion that compares with last year's count."""
    return next(item for item in criteria if item.compares_with_last_year and item.audited is None)


@pytest.fixture
def audit(criteria: list[Criterion]) -> Criterion:
    return next(item for item in criteria if item.audited is not None)


def test_one_source_has_the_whole_difference(absence: Criterion) -> None:
    whole = Fraction(absence.max)
    assert parts_by_name(absence, Pair([BREACH, 0], [0, 0])) == {"fixed": whole}
    assert parts_by_name(absence, Pair([0, 0], [0, BREACH])) == {"worse": -whole}
    assert parts_by_name(absence, Pair([BREACH, 0], [ABSENT, 0])) == {"left": whole}
    assert parts_by_name(absence, Pair([ABSENT, 0], [BREACH, 0])) == {"joined": -whole}
    assert parts_by_name(absence, Pair([UNDECIDED, 0], [0, 0])) == {"blanks": whole}


def test_sources_that_are_needed_together_share_alike(absence: Criterion) -> None:
    half = Fraction(absence.max, 2)
    assert parts_by_name(absence, Pair([BREACH, BREACH], [0, ABSENT])) == {"fixed": half, "left": half}


def test_a_change_of_nothing_has_opposite_parts(absence: Criterion) -> None:
    """One breach is gone and another is new: the row has no points in either year, and neither source is to blame alone."""
    assert parts_by_name(absence, Pair([BREACH, 0], [0, BREACH])) == {
        "fixed": Fraction(absence.max, 2),
        "worse": Fraction(-absence.max, 2),
    }


def test_a_departure_that_makes_a_decrease_is_no_fix(decrease: Criterion) -> None:
    """Two loss-makers last year; one moved away. The point for the decrease belongs to the departure and to last year's count."""
    parts = parts_by_name(decrease, Pair([BREACH, BREACH], [BREACH, ABSENT], 2, 2))
    assert set(parts) == {"left"} and parts["left"] > 0


def test_audits(audit: Criterion) -> None:
    gained = parts_by_name(audit, Pair([NOT_AUDITED], [COMPLIANT]))
    assert set(gained) == {"audits"}
    assert set(parts_by_name(audit, Pair([VIOLATED], [NOT_AUDITED]))) == {"audits"}
    assert parts_by_name(audit, Pair([VIOLATED], [COMPLIANT])) == {"fixed": Fraction(audit.max)}


def test_another_scale_and_another_condition(absence: Criterion) -> None:
    assert parts_by_name(absence, Pair([0], [0]), another_scale(absence)) == {"order": Fraction(-absence.max)}
    other = absence.model_copy(update={"breach": parse("a == no")})
    assert parts_by_name(absence, Pair([BREACH], [0]), other) == {"order": Fraction(absence.max)}


def test_many_sources_are_exact(decrease: Criterion) -> None:
    states: list[tuple[int, int]] = [
        (BREACH, 0),
        (0, BREACH),
        (BREACH, ABSENT),
        (ABSENT, BREACH),
        (UNDECIDED, 0),
        (BREACH, BREACH),
    ]
    pair = Pair([old for old, _ in states], [new for _, new in states], 2, 4)
    parts = parts_by_name(decrease, pair)
    assert parts == average_over_sequences(decrease, decrease, pair)
