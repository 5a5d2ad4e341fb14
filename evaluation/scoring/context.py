"""What cautions look at beside the year's answers, as further columns of the same frame: evidence, last year's answers, the day.

The columns are named as conditions name them (:mod:`evaluation.criteria.expressions`). What is not known has no column, and a
caution that needs it is not evaluated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from pandas.arrays import BooleanArray, IntegerArray

from evaluation.criteria.expressions import SILENT, TODAY, YEAR_BEGINS, last
from evaluation.criteria.model import Indicator, Order
from evaluation.scoring.conditions import imply
from evaluation.scoring.frames import Column, column, frame

EPOCH = date(1970, 1, 1)

Documents = Sequence[Mapping[str, Any] | None]
"""Stored answers or evidence of n organisations; None where there is no report."""


@dataclass(frozen=True)
class Context:
    """What is known beside the answers; None is not known here.

    `last` are last year's answers by `last_order`, last year's own. `silence` says whether it means anything yet that an
    organisation has not answered; if not, ``silent()`` is not known.
    """

    year: int
    today: date | None = None
    evidence: Documents | None = None
    last: Documents | None = None
    last_order: Order | None = None
    silence: bool = True


def beside(order: Order, kind: str, answers: Documents, context: Context, wanted: frozenset[str]) -> dict[str, Column]:
    """The columns, of those wanted, that the context can give the frame of these answers."""
    days = {YEAR_BEGINS: date(context.year, 1, 1), TODAY: context.today}
    found: dict[str, Column] = {
        name: IntegerArray(np.full(len(answers), (day - EPOCH).days), np.zeros(len(answers), dtype=bool))
        for name, day in days.items()
        if day is not None and name in wanted
    }
    if context.evidence is not None:
        items = [item for item in order.evidence_of(kind) if item.code in wanted]
        found |= {item.code: column(order, item, _given(context.evidence, item.code)) for item in items}
    if context.last is not None:
        asked = [item for item in order.asked_of(kind) if last(item.code) in wanted]
        found |= _last_year(order, kind, asked, context.last, context.last_order or order)
        if SILENT in wanted and context.silence:
            found[SILENT] = _silent(answers, context.last)
    return found


def _given(documents: Documents, code: str) -> list[Any]:
    return [None if document is None else document.get(code) for document in documents]


def _silent(answers: Documents, before: Documents) -> BooleanArray:
    pairs = zip(answers, before, strict=True)
    silent = np.array([not _says(now) and _says(then) for now, then in pairs], dtype=bool)
    return BooleanArray(silent, np.zeros(len(silent), dtype=bool))


def _says(document: Mapping[str, Any] | None) -> bool:
    return document is not None and any(value is not None for value in document.values())


def _last_year(order: Order, kind: str, asked: list[Indicator], before: Documents, then: Order) -> dict[str, Column]:
    """Last year's answers, its implications applied. One that was not asked then, or was of another type, is unknown."""
    same = {item.code for item in then.asked_of(kind) if (now := order.by_code.get(item.code)) and now.type == item.type}
    needed = then.needed_for(frozenset(item.code for item in asked if item.code in same))
    blank = [""] * len(before)
    filled = imply(then, kind, frame(then, kind, blank, blank, [document or {} for document in before], needed))
    return {
        last(item.code): _as_now(order, item, then, filled[item.code].array)
        if item.code in same
        else column(order, item, [None] * len(before))
        for item in asked
    }


def _as_now(order: Order, item: Indicator, then: Order, values: Any) -> Column:
    """The same answers in this order's units: a choice stands for its place in a list that may have changed since."""
    if item.type != "choice":
        found: Column = values
        return found
    old, new = (by.choices[by.by_code[item.code].choices or ""] for by in (then, order))
    place = {choice.value: position for position, choice in enumerate(new)}
    places = np.array([place.get(choice.value, -1) for choice in old], dtype=np.int64)
    moved = places[values.to_numpy(dtype=np.int64, na_value=0)]
    unknown = np.asarray(values.isna()) | (moved < 0)
    return IntegerArray(np.where(unknown, 0, moved), unknown)
