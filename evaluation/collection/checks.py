"""Answers that cannot all be true, found by the order's contradictions; and those that are only odd, by its cautions."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from evaluation.criteria.model import Contradiction, Order
from evaluation.scoring.conditions import certain, evaluate, imply


def contradictions(order: Order, kind: str, frame: pd.DataFrame) -> Iterator[tuple[int, Contradiction]]:
    """(position in the frame, what is contradicted) for every organisation's answers, blanks filled by implication first.

    An indicator's range is checked where it is read; this is about answers against each other.
    """
    return _found(order, kind, frame, order.contradictions)


def cautions(order: Order, kind: str, frame: pd.DataFrame) -> Iterator[tuple[int, Contradiction]]:
    """The same for what deserves a second look and is no error."""
    return _found(order, kind, frame, order.cautions)


def _found(order: Order, kind: str, frame: pd.DataFrame, rules: tuple[Contradiction, ...]) -> Iterator[tuple[int, Contradiction]]:
    if frame.empty:
        return
    # A date beside an amount that only implication makes 0 would be news to the clerk, but still cannot stand.
    implied = imply(order, kind, frame)
    for rule in order.concerning(kind, rules):
        for position in np.flatnonzero(certain(evaluate(order, rule.when, implied))).tolist():
            yield position, rule
