"""From the counts of a body to the outcomes that its blanks allow, by the conditions of the criteria file.

The first outcome whose condition is true is taken; the last one has no condition. Blanks leave three counts open: the breaches,
the audited organisations, and the count of the year before, which can be any whole number from 0 if it is unknown. The bounds are
exact: the result has every possible outcome, without trying every number. A comparison is linear in each count, so that between
two roots of the comparisons nothing changes, and the integers beside the roots and at the ends of the range represent all others.

Source: data dictionary, "Unanswered values: bounds of points".
"""

import operator
from collections.abc import Mapping
from functools import reduce

import numpy as np

from evaluation.criteria.count_conditions import (
    AUDITED,
    BREACHES,
    LAST_YEAR,
    MAX_CONSTANT,
    MAX_FACTOR,
    CountComparison,
    CountCondition,
)
from evaluation.criteria.criterion import Criterion
from evaluation.criteria.syntax import AllOf
from evaluation.scoring.conditions import COMPARISONS

UNKNOWN_COUNT = -1
"""A prior-year count that is not known."""
MAX_ORGANISATIONS = 10**6
BEYOND_ROOTS = MAX_CONSTANT + 4 * MAX_FACTOR * MAX_ORGANISATIONS
"""A prior-year count above every root of a comparison; times the largest factor it fits in 64 bits."""

Counts = Mapping[str, np.ndarray]
"""Arrays of n counts, one element for each body:

- `organisations`, `in_breach` (certainly), `undecided` (whether in breach), `previous` (the prior-year count, or UNKNOWN_COUNT);
- `audited` (certainly, those in breach among them);
- `audit_open`: not in breach, and undecided whether audited;
- `audit_certain`: of the undecided, those that are audited in any case;
- `audit_by_breach`: of the undecided, those that are audited only if in breach.
"""

States = dict[str, np.ndarray]
"""Arrays of m values that the counts can have together: the counts that conditions read, and `body`, the position of the body."""


def possible_outcomes(criterion: Criterion, counts: Counts) -> np.ndarray:
    """Which outcomes the blanks allow: n × k booleans for n bodies and the k outcomes of the criterion, in the scale's order."""
    bodies = np.arange(len(counts["in_breach"]))
    possible = np.zeros((len(bodies), len(criterion.outcomes)), dtype=bool)
    is_open = counts["undecided"] > 0
    if criterion.reads(AUDITED):
        is_open = is_open | (counts["audit_open"] > 0)
    if criterion.reads(LAST_YEAR):
        is_open = is_open | (counts["previous"] == UNKNOWN_COUNT)
    settled = {"body": bodies[~is_open]} | {name: values[~is_open] for name, values in _base(counts).items()}
    possible[settled["body"], outcome_positions(criterion, settled)] = True
    if is_open.any():
        states = _open_states(criterion, counts, bodies[is_open])
        possible[states["body"], outcome_positions(criterion, states)] = True
    return possible


def outcome_positions(criterion: Criterion, states: Mapping[str, np.ndarray]) -> np.ndarray:
    """The position of the outcome that is taken in each state: an array of m integers."""
    taken = np.full(len(states[BREACHES]), len(criterion.outcomes) - 1)
    for position in range(len(criterion.outcomes) - 2, -1, -1):
        taken[_evaluate(criterion.outcomes[position].when, states)] = position
    return taken


def worst_and_best(criterion: Criterion, possible: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The possible outcomes with the fewest and with the most points, as two arrays of n positions."""
    points = [entry.points or 0 for entry in criterion.outcomes]
    ranking = np.array(sorted(range(len(points)), key=lambda position: (points[position], -position)))
    ranked = possible[:, ranking]
    return ranking[ranked.argmax(axis=1)], ranking[::-1][ranked[:, ::-1].argmax(axis=1)]


def audited_candidates(
    criterion: Criterion, breaches: np.ndarray, organisations: int, audited: int, previous: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of audited organisations that represent all possible ones, for each number of breaches.

    Args:
        criterion: The criterion.
        breaches: n numbers of organisations in breach; they count as audited.
        organisations: The number of organisations.
        audited: A number of audited organisations that is one of the candidates, where it is possible.
        previous: The prior-year count; None if it is unknown.

    Returns:
        Two arrays of m: the number of breaches, and a number of audited organisations.
    """
    highest = np.full(len(breaches), organisations)
    states = {BREACHES: breaches, "organisations": highest, LAST_YEAR: np.full(len(breaches), previous or 0)}
    states = _decisive_integers(criterion, states, AUDITED, breaches, highest)
    present = np.maximum(breaches, audited)
    return np.concatenate([states[BREACHES], breaches]), np.concatenate([states[AUDITED], present])


def _base(counts: Counts) -> States:
    """The counts of conditions before anything undecided is added."""
    names = {"organisations": "organisations", BREACHES: "in_breach", AUDITED: "audited", LAST_YEAR: "previous"}
    return {name: counts[source] for name, source in names.items()}


def _open_states(criterion: Criterion, counts: Counts, bodies: np.ndarray) -> States:
    """Every combination of open counts that can decide the outcome of these bodies.

    Every number of breaches is tried. The last of the other open counts is tried beside the roots only.
    """
    states = {"body": bodies} | {name: values[bodies] for name, values in _base(counts).items()}
    states = _every_integer(states, BREACHES, states[BREACHES], states[BREACHES] + counts["undecided"][bodies])
    if criterion.reads(AUDITED):
        lowest, highest = _audited_range(counts, states)
        if criterion.reads(LAST_YEAR):
            states = _every_integer(states, AUDITED, lowest, highest)
        else:
            states = _decisive_integers(criterion, states, AUDITED, lowest, highest)
    if criterion.reads(LAST_YEAR):
        is_unknown = states[LAST_YEAR] == UNKNOWN_COUNT
        lowest = np.where(is_unknown, 0, np.minimum(states[LAST_YEAR], BEYOND_ROOTS))
        states = _decisive_integers(criterion, states, LAST_YEAR, lowest, np.where(is_unknown, BEYOND_ROOTS, lowest))
    return states


def _audited_range(counts: Counts, states: States) -> tuple[np.ndarray, np.ndarray]:
    """The fewest and the most audited organisations for the breaches of each state; every number between them is possible.

    An organisation in breach counts as audited. To keep the count low, the breaches are those that are audited in any case; to
    make it high, they are those that are audited only if in breach.
    """
    of_state = {name: counts[name][states["body"]] for name in ("audited", "in_breach", "undecided", "audit_open")}
    certain, by_breach = (counts[name][states["body"]] for name in ("audit_certain", "audit_by_breach"))
    added = states[BREACHES] - of_state["in_breach"]
    free = of_state["undecided"] - certain - by_breach
    lowest = of_state["audited"] + np.maximum(added - certain, 0)
    highest = of_state["audited"] + of_state["audit_open"] + free + np.minimum(by_breach, added)
    return lowest, highest


def _every_integer(states: States, name: str, lowest: np.ndarray, highest: np.ndarray) -> States:
    """Repeat each state with every integer from lowest to highest for a count."""
    sizes = highest - lowest + 1
    origin = np.repeat(np.arange(len(sizes)), sizes)
    offset = np.arange(len(origin)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return {key: values[origin] for key, values in states.items()} | {name: lowest[origin] + offset}


def _decisive_integers(criterion: Criterion, states: States, name: str, lowest: np.ndarray, highest: np.ndarray) -> States:
    """Repeat each state with the integers for a count that represent all from lowest to highest: its ends, and beside roots."""
    candidates = [lowest, highest]
    zero = states | {name: np.zeros_like(lowest)}
    for comparison in criterion.comparisons:
        if factor := comparison.factor(name):
            root = np.floor_divide(-_value(comparison, zero), factor)
            candidates += [np.clip(root, lowest, highest), np.clip(root + 1, lowest, highest)]
    repeated = {key: np.tile(values, len(candidates)) for key, values in states.items()}
    return repeated | {name: np.concatenate(candidates)}


def _evaluate(condition: CountCondition, states: Mapping[str, np.ndarray]) -> np.ndarray:
    if isinstance(condition, CountComparison):
        result: np.ndarray = COMPARISONS[condition.operator](_value(condition, states), 0)
        return result
    join = operator.and_ if isinstance(condition, AllOf) else operator.or_
    return reduce(join, (_evaluate(operand, states) for operand in condition.operands))


def _value(comparison: CountComparison, states: Mapping[str, np.ndarray]) -> np.ndarray:
    total = np.full(len(states[BREACHES]), comparison.constant)
    for count, factor in comparison.factors:
        total = total + factor * states[count]
    return total
