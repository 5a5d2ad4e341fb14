"""The rules of Annex 1: from the counts of a body's breaches to the worst and the best outcome that the blanks allow.

Each function takes the counts of n bodies (see :data:`Counts`) and returns two arrays of n: the outcomes with the fewest and with
the most points, as positions in the rule's :data:`~evaluation.criteria.model.OUTCOMES`.
"""

from collections.abc import Callable, Mapping

import numpy as np

UNKNOWN_COUNT = -1
"""A prior-year count that is not known."""

Counts = Mapping[str, np.ndarray]
"""Arrays of n counts: `in_breach`, `undecided`, `audited` and `previous` (the prior-year count, or UNKNOWN_COUNT)."""


def absence(counts: Counts) -> tuple[np.ndarray, np.ndarray]:
    """Outcome `absent` without breaches, else `present`.

    Source: Order 47, Annex 1, criteria 2, 4, 5.1, 5.2, 6, 7.1 and 7.2 (readings R4 and R6 for 7.1).
    """
    certainly, possibly = counts["in_breach"], counts["in_breach"] + counts["undecided"]
    return np.where(possibly > 0, 1, 0), np.where(certainly > 0, 1, 0)


def decrease(counts: Counts) -> tuple[np.ndarray, np.ndarray]:
    """Outcome `absent` without breaches, else `decreased` with fewer breaches than the year before, else `not_decreased`.

    Points do not grow with the count of breaches and do not fall with the prior-year count, so that each bound is at an end of
    both ranges. An unknown prior-year count is a blank.

    Source: Order 47, Annex 1, criterion 1 (readings R1 and R13).
    """
    certainly, possibly, previous = counts["in_breach"], counts["in_breach"] + counts["undecided"], counts["previous"]
    is_unknown = previous == UNKNOWN_COUNT
    worst = np.where(possibly == 0, 0, np.where(~is_unknown & (possibly < previous), 1, 2))
    best = np.where(certainly == 0, 0, np.where(is_unknown | (certainly < previous), 1, 2))
    return worst, best


def audit(counts: Counts) -> tuple[np.ndarray, np.ndarray]:
    """Outcome `present` with a violation, else `absent` if any organisation was audited, else `not_audited`.

    A blank can turn out to be a violation, or an audit without one.

    Source: Order 47, Annex 1, criteria 3.1 to 3.5 (readings R2 and R9).
    """
    violated, undecided, audited = counts["in_breach"], counts["undecided"], counts["audited"]
    worst = np.where(violated + undecided > 0, 2, np.where(audited > 0, 0, 1))
    best = np.where(violated > 0, 2, np.where(audited + undecided > 0, 0, 1))
    return worst, best


RULES: dict[str, Callable[[Counts], tuple[np.ndarray, np.ndarray]]] = {"absence": absence, "decrease": decrease, "audit": audit}
"""The function of each rule of the criteria file."""
