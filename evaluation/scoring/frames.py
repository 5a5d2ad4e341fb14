"""Answers as data frames: one frame for each kind of organisation, since each kind is asked other things.

A frame has the columns `body` and `organisation` (text, BINs) and one column for every indicator asked of the kind, each of a
type that knows blanks: money (whole tiyn) and whole numbers Int64, dates Int64 days since 1970, yes/no boolean, choices Int64
positions in the order's list of choices. What cautions look at besides is added by :mod:`evaluation.scoring.context`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.arrays import BooleanArray, IntegerArray, NumpyExtensionArray

from evaluation.criteria.model import Indicator, Order

Reports = Mapping[str, pd.DataFrame]
"""Frames by kind."""

Column = IntegerArray | BooleanArray | NumpyExtensionArray


def frame(
    order: Order,
    kind: str,
    bodies: Sequence[str],
    organisations: Sequence[str],
    answers: Sequence[Mapping[str, Any]],
    only: frozenset[str] | None = None,
) -> pd.DataFrame:
    """The frame of one kind, of n organisations, from their answers in the form they are stored in; `only` these indicators.

    Raises ValueError where a stored answer is not of its indicator's type.
    """
    codes = [item.code for item in order.asked_of(kind) if only is None or item.code in only]
    return frame_of_columns(order, kind, bodies, organisations, {code: [given.get(code) for given in answers] for code in codes})


def frame_of_columns(
    order: Order, kind: str, bodies: Iterable[str], organisations: Iterable[str], answers: Mapping[str, Sequence[Any]]
) -> pd.DataFrame:
    """The same from columns of stored answers, None for a blank, of the indicators given."""
    columns: dict[str, Any] = {"body": as_text(bodies), "organisation": as_text(organisations)}
    columns |= {item.code: column(order, item, answers[item.code]) for item in order.asked_of(kind) if item.code in answers}
    return pd.DataFrame(columns, copy=False)


def as_text(values: Iterable[str]) -> pd.Series:
    """Text as plain objects: pandas' own text type would copy and check every one."""
    return pd.Series(list(values), dtype=object)


def column(order: Order, item: Indicator, values: Sequence[Any]) -> Column:
    """One indicator's answers, stored form, None for a blank, as an array that knows blanks; texts as they are."""
    if item.type == "text":
        return NumpyExtensionArray(np.array(values, dtype=object))
    blank = None in values
    mask = np.array([value is None for value in values], dtype=bool) if blank else np.zeros(len(values), dtype=bool)
    if item.type == "yes_no":
        return BooleanArray(np.array([value is True for value in values], dtype=bool), mask)
    if item.type == "choice":
        position: dict[Any, int] = {choice.value: i for i, choice in enumerate(order.choices[item.choices or ""])}
        position[None] = 0
        return IntegerArray(np.array([position[value] for value in values], dtype=np.int64), mask)
    if item.type == "date":
        days = np.array(values, dtype="datetime64[D]").astype(np.int64)
        days[mask] = 0
        return IntegerArray(days, mask)
    return IntegerArray(np.array([0 if value is None else value for value in values] if blank else values, dtype=np.int64), mask)
