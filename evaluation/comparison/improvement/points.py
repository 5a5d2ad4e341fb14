"""The points of a row of one body with fewer breaches, from the stored states of its organisations.

What a correction cannot change stays as it is: the count of the year before, and which organisations were audited. Missing
answers are taken as they would be best for the body, as in the highest points of the sheet: they are no breaches.
"""

from collections.abc import Sequence

import numpy as np

from evaluation.comparison.changes.sources import COUNT_NAMES, COUNTS_OF_STATES
from evaluation.comparison.improvement.model import BreachRow, RowKey
from evaluation.criteria.criterion import Criterion
from evaluation.results.models import STATE_DIGITS
from evaluation.scoring.outcomes import UNKNOWN_COUNT, Counts, possible_outcomes, worst_and_best
from evaluation.scoring.score import BREACH_BIT


def breach_row(
    key: RowKey, criterion: Criterion, organisation_ids: Sequence[int], states: str, previous: int | None
) -> BreachRow:
    """Return a row with its points for every number of remaining breaches.

    Args:
        key: The kind and the number of the row.
        criterion: The criterion that scores the row.
        organisation_ids: The body's organisations of the kind.
        states: The state of each of them, as :class:`evaluation.results.models.RowResult` stores it.
        previous: The prior-year count; None if it is unknown or not needed.
    """
    numbers = np.array([STATE_DIGITS.index(digit) for digit in states], np.int64)
    counts = _counts(numbers, previous)
    breaches = np.arange(int(counts["in_breach"][0]) + 1)
    # A corrected organisation stays audited: the audit was made.
    repeated: Counts = {name: np.repeat(count, len(breaches)) for name, count in counts.items()} | {"in_breach": breaches}
    _, best = worst_and_best(criterion, possible_outcomes(criterion, repeated))
    points = tuple(int(criterion.outcomes[position].points or 0) for position in best.tolist())
    in_breach = frozenset(id_ for id_, state in zip(organisation_ids, numbers.tolist(), strict=True) if state & BREACH_BIT)
    return BreachRow(key, in_breach, points)


def _counts(states: np.ndarray, previous: int | None) -> dict[str, np.ndarray]:
    """The counts of one body that :data:`evaluation.scoring.outcomes.Counts` describes, from the states of n organisations."""
    counts = dict(zip(COUNT_NAMES, COUNTS_OF_STATES[states].sum(axis=0), strict=True))
    counts["previous"] = UNKNOWN_COUNT if previous is None else previous
    return {name: np.array([count], np.int64) for name, count in counts.items()}
