"""Conditions over a frame in three-valued logic: yes, no, and unknown where a blank decides.

pandas' nullable arrays follow Kleene's logic, which is exact here: every condition the order writes is yes (no) whatever the
blanks turn out to be if and only if it evaluates to yes (no). A date given beside a blank amount says nothing of that amount: it
is no error, and where the amount turns out 0 it is no longer asked for.
"""

import operator
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
from pandas.arrays import BooleanArray

from evaluation.criteria.expressions import Compare, Condition, Every, Given, Some, codes
from evaluation.criteria.model import Order

OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
TIYN = 100


def evaluate(order: Order, condition: Condition, frame: pd.DataFrame) -> BooleanArray:
    """The condition for each of the frame's n organisations: an array of n, NA where it is undecided."""
    match condition:
        case Given(code):
            return BooleanArray(~np.asarray(frame[code].array.isna()), np.zeros(len(frame), dtype=bool))
        case Every(parts):
            return reduce(operator.and_, (evaluate(order, part, frame) for part in parts))
        case Some(parts):
            return reduce(operator.or_, (evaluate(order, part, frame) for part in parts))
    return _compare(order, condition, frame)


def certain(condition: BooleanArray) -> np.ndarray:
    """Where a condition surely holds."""
    return condition.to_numpy(dtype=bool, na_value=False)


def imply(order: Order, kind: str, frame: pd.DataFrame) -> pd.DataFrame:
    """A frame with the blanks filled that the order's implications leave only one value for (paragraph: Implied)."""
    rules = [rule for rule in order.concerning(kind, order.implications) if rule.code in frame and answerable(rule.when, frame)]
    changed = bool(rules)
    while changed:
        changed = False
        for rule in rules:
            target = frame[rule.code].array
            fill = certain(evaluate(order, rule.when, frame)) & np.asarray(target.isna())
            if fill.any():
                filled = target.copy()
                filled[fill] = _constant(order, rule.code, rule.value)
                frame = frame.assign(**{rule.code: filled})
                changed = True
    return frame


def answerable(condition: Condition, frame: pd.DataFrame) -> bool:
    """Whether the frame has every column the condition speaks of."""
    return codes(condition) <= set(frame.columns)


def _compare(order: Order, compare: Compare, frame: pd.DataFrame) -> BooleanArray:
    right = frame[compare.right].array if compare.right_is_code else _constant(order, compare.left, compare.right)
    result: BooleanArray = OPERATIONS[compare.operator](frame[compare.left].array, right)
    return result


def _constant(order: Order, code: str, value: int | str | bool) -> int | bool:
    """A constant of the criteria file in the units of the frame."""
    item = order.by_code[code]
    if item.type == "choice":
        return [choice.value for choice in order.choices[item.choices or ""]].index(str(value))
    return int(value) * TIYN if item.type == "money" else value  # type: ignore[return-value]
