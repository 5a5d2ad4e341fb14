"""The exact parts of a change of points: Shapley values over its sources.

The value of a set of sources is the row's lowest points if just these sources had changed since last year, and the others were
as last year. The part of a source is its marginal value, averaged over all sequences in which the sources can change. The parts
sum to the difference, a source that changes nothing has no part, and sources with the same effect have the same part.
`docs/changes.md` explains the method on examples.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import comb, lcm

import numpy as np

from evaluation.comparison.changes.sources import COUNT_NAMES, MEMBER_SOURCES, SOURCES, UNCHANGED, Source
from evaluation.criteria.count_conditions import LAST_YEAR
from evaluation.criteria.criterion import Criterion
from evaluation.scoring.outcomes import UNKNOWN_COUNT, Counts, possible_outcomes, worst_and_best

PLAYERS = (*MEMBER_SOURCES, Source.PRIOR_COUNT, Source.ORDER)
"""The sources that share a change among them; a table that begins or ceases to apply is the only source of its change."""
DENOMINATOR = lcm(*range(1, len(PLAYERS) + 1))
"""The common denominator of all parts. A weight of n sources is 1 / (n · C(n - 1, s)), and lcm(n · C(n - 1, s)) = lcm(1 … n)."""
MAX_STATES = 20_000
"""Rows times sets of sources that are scored at once: it bounds the memory."""


@dataclass(frozen=True)
class RowPairs:
    """n rows of both years that are scored by the same two criteria.

    `before` and `after` are the counts of organisations by source as :func:`evaluation.comparison.changes.sources.count_members`
    returns them, n × 7 × 7; `prior_before` and `prior_after` the prior-year counts of last year's and of this year's sheet, n
    integers, or UNKNOWN_COUNT.
    """

    criterion_before: Criterion
    criterion_after: Criterion
    before: np.ndarray
    after: np.ndarray
    prior_before: np.ndarray
    prior_after: np.ndarray

    @property
    def is_comparable(self) -> bool:
        """Whether both criteria judge an organisation alike, so that its states of both years can be combined."""
        return is_comparable(self.criterion_before, self.criterion_after)


def is_comparable(before: Criterion, after: Criterion) -> bool:
    """Return whether two criteria judge an organisation alike: by the same conditions of a breach and of an audit."""
    return (before.code, before.breach, before.audited) == (after.code, after.breach, after.audited)


def decompose(pairs: RowPairs) -> np.ndarray:
    """Return the parts of the change of each row's lowest points.

    Returns:
        n × 9 integers, in units of 1 / DENOMINATOR points: by row and source of :data:`SOURCES`. Each line sums to the
        difference of the lowest points times DENOMINATOR.
    """
    parts = np.zeros((len(pairs.before), len(SOURCES)), np.int64)
    if not pairs.is_comparable:
        last, this = end_points(pairs)
        parts[:, SOURCES.index(Source.ORDER)] = (this - last) * DENOMINATOR
        return parts
    masks = _active_masks(pairs)
    for mask in np.unique(masks[masks > 0]).tolist():
        rows = np.flatnonzero(masks == mask)
        players = [position for position in range(len(PLAYERS)) if mask >> position & 1]
        columns = np.array([SOURCES.index(PLAYERS[position]) for position in players])
        parts[np.ix_(rows, columns)] = _values(pairs, rows, players) @ _weights(len(players))
    return parts


def end_points(pairs: RowPairs) -> tuple[np.ndarray, np.ndarray]:
    """Return the lowest points of the n rows last year and this year, by their counts."""
    rows = np.arange(len(pairs.before))
    nothing, everything = np.zeros(len(rows), np.int64), np.full(len(rows), 2 ** len(PLAYERS) - 1)
    return _points(pairs, rows, nothing), _points(pairs, rows, everything)


def _active_masks(pairs: RowPairs) -> np.ndarray:
    """Return the players that change anything in each row: n integers, bit k for player k."""
    masks = np.zeros(len(pairs.before), np.int64)
    for position in range(len(MEMBER_SOURCES)):
        masks |= (pairs.before[:, position] != pairs.after[:, position]).any(axis=1).astype(np.int64) << position
    first, second = pairs.criterion_before, pairs.criterion_after
    if first.compares_with_last_year or second.compares_with_last_year:
        masks |= (pairs.prior_before != pairs.prior_after).astype(np.int64) << PLAYERS.index(Source.PRIOR_COUNT)
    if [(entry.when, entry.points) for entry in first.outcomes] != [(entry.when, entry.points) for entry in second.outcomes]:
        masks |= 1 << PLAYERS.index(Source.ORDER)
    return masks


def _values(pairs: RowPairs, rows: np.ndarray, players: Sequence[int]) -> np.ndarray:
    """Return the points of every set of the players: rows × 2ᵏ; bit j of a column is player j of `players`."""
    sets = np.zeros(2 ** len(players), np.int64)
    for bit, player in enumerate(players):
        sets |= (np.arange(len(sets)) >> bit & 1) << player
    size = max(1, MAX_STATES // len(sets))
    parts = [
        _points(pairs, np.repeat(chunk, len(sets)), np.tile(sets, len(chunk))).reshape(len(chunk), len(sets))
        for chunk in _chunks(rows, size)
    ]
    return np.concatenate(parts)


def _chunks(rows: np.ndarray, size: int) -> Iterator[np.ndarray]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _points(pairs: RowPairs, rows: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Return the lowest points of m pairs of a row and a set of players that are as this year; the others are as last year."""
    # The counts of what did not change are the same in both years, so that any bit may select them.
    is_changed = (masks[:, None] >> np.arange(UNCHANGED + 1) & 1).astype(bool)
    totals = np.where(is_changed[:, :, None], pairs.after[rows], pairs.before[rows]).sum(axis=1)
    prior_changed = masks >> PLAYERS.index(Source.PRIOR_COUNT) & 1
    previous = np.where(prior_changed, pairs.prior_after[rows], pairs.prior_before[rows])
    counts = dict(zip(COUNT_NAMES, totals.T, strict=True)) | {"previous": previous}
    is_new = (masks >> PLAYERS.index(Source.ORDER) & 1).astype(bool)
    points = np.zeros(len(rows), np.int64)
    for criterion, selected in ((pairs.criterion_before, ~is_new), (pairs.criterion_after, is_new)):
        if selected.any():
            points[selected] = lowest_points(criterion, {name: values[selected] for name, values in counts.items()})
    return points


def lowest_points(criterion: Criterion, counts: Counts) -> np.ndarray:
    """Return the lowest points that the counts of n rows allow: n integers."""
    if not criterion.reads(LAST_YEAR):
        counts = {**counts, "previous": np.full(len(counts["in_breach"]), UNKNOWN_COUNT)}
    worst, _ = worst_and_best(criterion, possible_outcomes(criterion, counts))
    points = np.array([entry.points or 0 for entry in criterion.outcomes], np.int64)
    lowest: np.ndarray = points[worst]
    return lowest


@cache
def _weights(players: int) -> np.ndarray:
    """Return the weight of each set's points in each player's part, times DENOMINATOR: 2ᵏ × k integers."""
    weights = np.zeros((2**players, players), np.int64)
    for chosen in range(2**players):
        for player in range(players):
            others = (chosen & ~(1 << player)).bit_count()
            weight = DENOMINATOR // (players * comb(players - 1, others))
            weights[chosen, player] = weight if chosen >> player & 1 else -weight
    return weights
