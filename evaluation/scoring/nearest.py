"""What would give a row other points: the nearest counts with more and with fewer points."""

from dataclasses import dataclass

import numpy as np

from evaluation.criteria.count_conditions import AUDITED
from evaluation.criteria.criterion import Criterion
from evaluation.scoring.outcomes import UNKNOWN_COUNT, Counts, audited_candidates, possible_outcomes, worst_and_best

Range = tuple[int, int]
"""The lowest and the highest number, both included."""


@dataclass(frozen=True)
class RowCounts:
    """The counts of one body that give a row its points; `previous` is None if it is unknown or not needed.

    `breaches` are certain; `undecided` organisations have not answered.
    """

    organisations: int
    breaches: int
    undecided: int = 0
    audited: int = 0
    previous: int | None = None


@dataclass(frozen=True)
class NearestCounts:
    """Counts that give other points, once everything is answered and with the count of the year before as it is.

    `breaches` is the range of organisations in breach; `audited` the range of audited organisations, None where no other ones are
    audited than now or in breach. Every combination of numbers in the ranges gives the points.
    """

    points: int
    breaches: Range
    audited: Range | None = None


def nearest_counts(criterion: Criterion, counts: RowCounts, points: int) -> tuple[NearestCounts | None, NearestCounts | None]:
    """Return the nearest counts that give more and those that give fewer points; None if no counts do.

    The nearest are those with the smallest number of organisations in or out of breach and of other audits; of several such,
    those without other audits, then those with the nearest points.

    Args:
        criterion: The criterion that scores the row.
        counts: The counts of the row, whose points are settled.
        points: The points of the row.
    """
    breaches, audited = _grid(criterion, counts)
    low, high = _points(criterion, counts, breaches, audited)
    settled = np.where(low == high, low, points)
    more, fewer = (_nearest(criterion, counts, breaches, audited, settled, points, sign) for sign in (1, -1))
    return more, fewer


def _grid(criterion: Criterion, counts: RowCounts) -> tuple[np.ndarray, np.ndarray]:
    """Every number of breaches, with the numbers of audited organisations that represent all others: two arrays of m counts."""
    breaches = np.arange(counts.organisations + 1)
    if not criterion.reads(AUDITED):
        return breaches, np.full(len(breaches), counts.audited)
    return audited_candidates(criterion, breaches, counts.organisations, counts.audited, counts.previous)


def _points(criterion: Criterion, counts: RowCounts, breaches: np.ndarray, audited: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The fewest and the most points of m states, which differ only if the unknown count of the year before decides."""
    zeros = np.zeros_like(breaches)
    states: Counts = {
        "organisations": zeros + counts.organisations,
        "in_breach": breaches,
        "audited": audited,
        **dict.fromkeys(("undecided", "audit_open", "audit_certain", "audit_by_breach"), zeros),
        "previous": zeros + (UNKNOWN_COUNT if counts.previous is None else counts.previous),
    }
    of_outcome = np.array([entry.points for entry in criterion.outcomes])
    worst, best = worst_and_best(criterion, possible_outcomes(criterion, states))
    return of_outcome[worst], of_outcome[best]


def _nearest(
    criterion: Criterion,
    counts: RowCounts,
    breaches: np.ndarray,
    audited: np.ndarray,
    settled: np.ndarray,
    points: int,
    sign: int,
) -> NearestCounts | None:
    """The nearest of m states whose settled points are above (`sign` 1) or below (-1) the row's own."""
    beyond = sign * (settled - points)
    if not (beyond > 0).any():
        return None
    # Fewer breaches are counted from those that are certain, more of them also from the undecided ones.
    moved = np.maximum(counts.breaches - breaches, 0) + np.maximum(breaches - counts.breaches - counts.undecided, 0)
    more_audits = np.abs(audited - _audited_as_now(criterion, counts, breaches))
    order = np.lexsort((beyond, more_audits > 0, moved + more_audits, beyond <= 0))
    position = int(order[0])
    target = int(settled[position])
    number, audits = int(breaches[position]), int(audited[position])
    numbers = np.arange(counts.organisations + 1)
    if not more_audits[position]:
        as_now = _settled(criterion, counts, numbers, _audited_as_now(criterion, counts, numbers))
        return NearestCounts(target, _range(as_now == target, number))
    of_breaches = _range(_settled(criterion, counts, numbers[: audits + 1], np.full(audits + 1, audits)) == target, number)
    if of_breaches[0] < of_breaches[1]:
        return NearestCounts(target, of_breaches, (audits, audits))
    of_audits = _settled(criterion, counts, np.full(len(numbers) - number, number), numbers[number:])
    first, last = _range(of_audits == target, audits - number)
    return NearestCounts(target, of_breaches, (number + first, number + last))


def _audited_as_now(criterion: Criterion, counts: RowCounts, breaches: np.ndarray) -> np.ndarray:
    """How many organisations are audited with m numbers of breaches if no other one is: an organisation in breach counts."""
    return np.full(len(breaches), counts.audited) if criterion.audited is None else np.maximum(breaches, counts.audited)


def _settled(criterion: Criterion, counts: RowCounts, breaches: np.ndarray, audited: np.ndarray) -> np.ndarray:
    """The points of m states, -1 where the unknown count of the year before decides."""
    low, high = _points(criterion, counts, breaches, audited)
    return np.where(low == high, low, -1)


def _range(is_true: np.ndarray, position: int) -> Range:
    """The ends of the longest run of true values around a position."""
    first = last = position
    while first > 0 and is_true[first - 1]:
        first -= 1
    while last + 1 < len(is_true) and is_true[last + 1]:
        last += 1
    return first, last
