"""Answers as data frames, one frame for each kind of organisation, since each kind has its own indicators.

A frame has the columns `body` and `organisation` (BINs as text) and one nullable column for each indicator of the kind: money
(whole tiyn) and whole numbers Int64; dates Int64, days since 1 January 1970; yes/no boolean; choices Int64, positions in the
order's list of choices. :mod:`evaluation.scoring.context` adds the columns that only cautions read.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.arrays import BooleanArray, IntegerArray, NumpyExtensionArray

from evaluation.criteria.model import Indicator, Order

ReportFrames = Mapping[str, pd.DataFrame]
"""Frames by kind."""

AnswerColumn = IntegerArray | BooleanArray | NumpyExtensionArray


def report_frame(
    order: Order,
    kind: str,
    bodies: Sequence[str],
    organisations: Sequence[str],
    answers: Sequence[Mapping[str, Any]],
    only: frozenset[str] | None = None,
) -> pd.DataFrame:
    """Build the frame of n organisations of one kind.

    Args:
        order: The order whose indicators become columns.
        kind: The kind of the organisations.
        bodies: The BIN of each organisation's body.
        organisations: The BIN of each organisation.
        answers: The stored answers of each organisation, by code.
        only: Codes of the indicators to include; None for all.

    Raises:
        ValueError: A stored answer has another type than its indicator.
    """
    codes = [item.code for item in order.indicators_of(kind) if only is None or item.code in only]
    columns = {code: [document.get(code) for document in answers] for code in codes}
    return report_frame_of_columns(order, kind, bodies, organisations, columns)


def report_frame_of_columns(
    order: Order, kind: str, bodies: Iterable[str], organisations: Iterable[str], answers: Mapping[str, Sequence[Any]]
) -> pd.DataFrame:
    """Build the same frame from columns of stored answers by code, None for a blank; other indicators have no column."""
    columns: dict[str, Any] = {"body": as_text(bodies), "organisation": as_text(organisations)}
    columns |= {
        item.code: answer_column(order, item, answers[item.code]) for item in order.indicators_of(kind) if item.code in answers
    }
    return pd.DataFrame(columns, copy=False)


def as_text(values: Iterable[str]) -> pd.Series:
    """Text as a series of plain objects: the text type of pandas copies and checks every value."""
    return pd.Series(list(values), dtype=object)


def answer_column(order: Order, item: Indicator, values: Sequence[Any]) -> AnswerColumn:
    """Stored answers to one indicator, None for a blank, as a nullable array; texts as objects."""
    if item.type == "text":
        return NumpyExtensionArray(np.array(values, dtype=object))
    has_blank = None in values
    mask = np.array([value is None for value in values], dtype=bool) if has_blank else np.zeros(len(values), dtype=bool)
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
    numbers = [0 if value is None else value for value in values] if has_blank else values
    return IntegerArray(np.array(numbers, dtype=np.int64), mask)
