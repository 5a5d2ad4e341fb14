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

from evaluation.criteria.expressions import (
    SILENT,
    Apart,
    Blank,
    Compare,
    Condition,
    Every,
    Given,
    Silent,
    Some,
    codes,
    columns,
    last_code,
)
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
        case Given(name):
            return _settled(~_blank(frame, name))
        case Blank(name):
            return _settled(_blank(frame, name))
        case Silent():
            return _settled(frame[SILENT].to_numpy(dtype=bool))
        case Apart():
            return _apart(condition, frame)
        case Every(parts):
            return reduce(operator.and_, (evaluate(order, part, frame) for part in parts))
        case Some(parts):
            return reduce(operator.or_, (evaluate(order, part, frame) for part in parts))
    return _compare(order, condition, frame)


def certain(condition: BooleanArray) -> np.ndarray:
    """Where a condition surely holds."""
    return condition.to_numpy(dtype=bool, na_value=False)


def deciding(order: Order, condition: Condition, frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """Of each indicator the condition speaks of, where its answer is one of those by which the condition surely holds.

    Of alternatives only those that hold count. Arrays of n; nowhere true where the condition does not hold.
    """
    if isinstance(condition, Every | Some):
        parts = [deciding(order, part, frame) for part in condition.parts]
        found: dict[str, np.ndarray] = {}
        for code, where in (item for part in parts for item in part.items()):
            found[code] = found[code] | where if code in found else where
        if isinstance(condition, Every):
            holds = certain(evaluate(order, condition, frame))
            found = {code: where & holds for code, where in found.items()}
        return found
    holds = certain(evaluate(order, condition, frame))
    return dict.fromkeys(codes(condition), holds)


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
    return columns(condition) <= set(frame.columns)


def _blank(frame: pd.DataFrame, name: str) -> np.ndarray:
    return np.asarray(frame[name].array.isna())


def _settled(holds: np.ndarray) -> BooleanArray:
    return BooleanArray(holds, np.zeros(len(holds), dtype=bool))


def _compare(order: Order, compare: Compare, frame: pd.DataFrame) -> BooleanArray:
    code = last_code(compare.left) or compare.left
    right = frame[compare.right].array if compare.right_is_code else _constant(order, code, compare.right)
    result: BooleanArray = OPERATIONS[compare.operator](frame[compare.left].array, right)
    return result


def _apart(apart: Apart, frame: pd.DataFrame) -> BooleanArray:
    """Undecided only where a blank decides: beside a 0 nothing is apart, whatever the other one turns out to be."""
    left, right = (np.abs(frame[name].to_numpy(dtype=np.int64, na_value=0)) for name in (apart.left, apart.right))
    unknown = [_blank(frame, name) for name in (apart.left, apart.right)]
    none = (~unknown[0] & (left == 0)) | (~unknown[1] & (right == 0))
    far = np.maximum(left, right) >= apart.factor * np.minimum(left, right)
    return BooleanArray(far & ~none, (unknown[0] | unknown[1]) & ~none)


def _constant(order: Order, code: str, value: int | str | bool) -> int | bool:
    """A constant of the criteria file in the units of the frame."""
    item = order.by_code[code]
    if item.type == "choice":
        return [choice.value for choice in order.choices[item.choices or ""]].index(str(value))
    return int(value) * TIYN if item.type == "money" else value  # type: ignore[return-value]
