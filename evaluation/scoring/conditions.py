"""Evaluation of conditions over a frame in three-valued logic: true, false, and undecided where a blank decides.

pandas' nullable arrays implement Kleene's logic, which is exact here: a condition of the Order evaluates to true (false) if and
only if it is true (false) for every allowed filling of the blanks. A date beside a blank amount does not decide the amount: it
is no error, and the date is no longer required if the amount turns out to be 0.

Source: data dictionary, "Unanswered values: bounds of points".
"""

import operator
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
from pandas.arrays import BooleanArray

from evaluation.criteria.expressions import (
    STOPPED_REPORTING,
    Answered,
    Blank,
    Compare,
    Condition,
    DiffersByDays,
    DiffersByFactor,
    StoppedReporting,
    codes,
    columns,
    last_year_code,
)
from evaluation.criteria.model import Order
from evaluation.criteria.syntax import AllOf, AnyOf

COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
TIYN_PER_TENGE = 100


def evaluate(order: Order, condition: Condition, frame: pd.DataFrame) -> BooleanArray:
    """Evaluate a condition for the n organisations of a frame: an array of n, NA where it is undecided."""
    match condition:
        case Answered(name):
            return _decided(~_is_blank(frame, name))
        case Blank(name):
            return _decided(_is_blank(frame, name))
        case StoppedReporting():
            return _decided(frame[STOPPED_REPORTING].to_numpy(dtype=bool))
        case DiffersByFactor():
            return _differs_by_factor(condition, frame)
        case DiffersByDays(left, right, days):
            result: BooleanArray = abs(frame[left].array - frame[right].array) > days
            return result
        case AllOf(operands):
            return reduce(operator.and_, (evaluate(order, operand, frame) for operand in operands))
        case AnyOf(operands):
            return reduce(operator.or_, (evaluate(order, operand, frame) for operand in operands))
    return _compare(order, condition, frame)


def is_certain(condition: BooleanArray) -> np.ndarray:
    """Where an evaluated condition is true, not false or undecided: an array of n booleans."""
    return condition.to_numpy(dtype=bool, na_value=False)


def decisive_answers(order: Order, condition: Condition, frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """For each indicator of a condition, where its answer contributes to the condition being true.

    Of alternatives, only those that are true contribute.

    Returns:
        Arrays of n booleans by code; false everywhere where the condition is not true.
    """
    if isinstance(condition, AllOf | AnyOf):
        decisive: dict[str, np.ndarray] = {}
        for operand in condition.operands:
            for code, contributes in decisive_answers(order, operand, frame).items():
                decisive[code] = decisive[code] | contributes if code in decisive else contributes
        if isinstance(condition, AllOf):
            is_true = is_certain(evaluate(order, condition, frame))
            decisive = {code: contributes & is_true for code, contributes in decisive.items()}
        return decisive
    is_true = is_certain(evaluate(order, condition, frame))
    return dict.fromkeys(codes(condition), is_true)


def apply_implications(order: Order, kind: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Fill the blanks for which the implications of the order leave only one value, until nothing changes.

    Source: data dictionary, "Implications".
    """
    rules = [
        rule
        for rule in order.rules_for_kind(kind, order.implications)
        if rule.indicator in frame and has_columns(rule.when, frame)
    ]
    changed = bool(rules)
    while changed:
        changed = False
        for rule in rules:
            target = frame[rule.indicator].array
            fill = is_certain(evaluate(order, rule.when, frame)) & np.asarray(target.isna())
            if fill.any():
                filled = target.copy()
                filled[fill] = constant_in_frame(order, rule.indicator, rule.value)
                frame = frame.assign(**{rule.indicator: filled})
                changed = True
    return frame


def has_columns(condition: Condition, frame: pd.DataFrame) -> bool:
    """Whether the frame has every column that the condition reads."""
    return columns(condition) <= set(frame.columns)


def constant_in_frame(order: Order, code: str, value: int | str | bool) -> int | bool:
    """A constant of the criteria file in the units of the frame."""
    item = order.in_conditions[code]
    if item.type == "choice":
        return [choice.value for choice in order.choices[item.choices or ""]].index(str(value))
    return int(value) * TIYN_PER_TENGE if item.type == "money" else value  # type: ignore[return-value]


def _is_blank(frame: pd.DataFrame, name: str) -> np.ndarray:
    return np.asarray(frame[name].array.isna())


def _decided(is_true: np.ndarray) -> BooleanArray:
    return BooleanArray(is_true, np.zeros(len(is_true), dtype=bool))


def _compare(order: Order, compare: Compare, frame: pd.DataFrame) -> BooleanArray:
    code = last_year_code(compare.left) or compare.left
    right = frame[compare.right].array if compare.right_is_column else constant_in_frame(order, code, compare.right)
    result: BooleanArray = COMPARISONS[compare.operator](frame[compare.left].array, right)
    return result


def _differs_by_factor(leaf: DiffersByFactor, frame: pd.DataFrame) -> BooleanArray:
    """Undecided only where a blank decides: beside a 0 the condition is false for every value of the blank."""
    left, right = (np.abs(frame[name].to_numpy(dtype=np.int64, na_value=0)) for name in (leaf.left, leaf.right))
    is_left_blank, is_right_blank = (_is_blank(frame, name) for name in (leaf.left, leaf.right))
    is_zero = (~is_left_blank & (left == 0)) | (~is_right_blank & (right == 0))
    differs = np.maximum(left, right) >= leaf.factor * np.minimum(left, right)
    return BooleanArray(differs & ~is_zero, (is_left_blank | is_right_blank) & ~is_zero)
