"""The columns that cautions read beside the year's answers: evidence, last year's answers, facts of the registry and days.

Conditions name the columns (:mod:`evaluation.criteria.expressions`). Data that is not available has no column, and a caution that
reads it is not evaluated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from pandas.arrays import BooleanArray, IntegerArray

from evaluation.criteria.expressions import STOPPED_REPORTING, TODAY, YEAR_END, YEAR_START, last_year_column
from evaluation.criteria.indicators import REGISTRY_FACTS
from evaluation.criteria.model import Indicator, Order
from evaluation.scoring.conditions import apply_implications
from evaluation.scoring.frames import AnswerColumn, answer_column, report_frame

EPOCH = date(1970, 1, 1)

StoredDocuments = Sequence[Mapping[str, Any] | None]
"""Stored answers or evidence of n organisations; None where there is no report."""


@dataclass(frozen=True)
class CautionContext:
    """The data beside the answers; None where it is not available.

    `last_year_answers` are answers under `last_year_order`, the order of that year. `entry_has_started` is whether a missing
    report already means something; until then ``stopped_reporting()`` is not available. `registry` has the facts of
    :data:`evaluation.criteria.indicators.REGISTRY_FACTS`.
    """

    year: int
    today: date | None = None
    evidence: StoredDocuments | None = None
    last_year_answers: StoredDocuments | None = None
    last_year_order: Order | None = None
    entry_has_started: bool = True
    registry: StoredDocuments | None = None


def context_columns(
    order: Order, kind: str, answers: StoredDocuments, context: CautionContext, names: frozenset[str]
) -> dict[str, AnswerColumn]:
    """The available columns of those in `names`, for the frame of the n organisations with these answers."""
    days = {YEAR_START: date(context.year, 1, 1), YEAR_END: date(context.year, 12, 31), TODAY: context.today}
    columns: dict[str, AnswerColumn] = {
        name: IntegerArray(np.full(len(answers), (day - EPOCH).days), np.zeros(len(answers), dtype=bool))
        for name, day in days.items()
        if day is not None and name in names
    }
    if context.evidence is not None:
        items = [item for item in order.evidence_of(kind) if item.code in names]
        columns |= {item.code: answer_column(order, item, _values(context.evidence, item.code)) for item in items}
    if context.registry is not None:
        facts = [order.in_conditions[code] for code in REGISTRY_FACTS if code in names]
        columns |= {item.code: answer_column(order, item, _values(context.registry, item.code)) for item in facts}
    if context.last_year_answers is not None:
        items = [item for item in order.indicators_of(kind) if last_year_column(item.code) in names]
        columns |= _last_year_columns(order, kind, items, context.last_year_answers, context.last_year_order or order)
        if STOPPED_REPORTING in names and context.entry_has_started:
            columns[STOPPED_REPORTING] = _stopped_reporting(answers, context.last_year_answers)
    return columns


def _values(documents: StoredDocuments, code: str) -> list[Any]:
    return [None if document is None else document.get(code) for document in documents]


def _stopped_reporting(answers: StoredDocuments, last_year_answers: StoredDocuments) -> BooleanArray:
    pairs = zip(answers, last_year_answers, strict=True)
    stopped = np.array([not _has_answers(now) and _has_answers(before) for now, before in pairs], dtype=bool)
    return BooleanArray(stopped, np.zeros(len(stopped), dtype=bool))


def _has_answers(document: Mapping[str, Any] | None) -> bool:
    return document is not None and any(value is not None for value in document.values())


def _last_year_columns(
    order: Order, kind: str, items: list[Indicator], answers: StoredDocuments, last_order: Order
) -> dict[str, AnswerColumn]:
    """Last year's answers, implications applied; blank for an indicator that had another type or did not exist."""
    comparable = {
        item.code
        for item in last_order.indicators_of(kind)
        if (current := order.by_code.get(item.code)) and current.type == item.type
    }
    codes = last_order.with_implication_sources(frozenset(item.code for item in items if item.code in comparable))
    no_bins = [""] * len(answers)
    frame = report_frame(last_order, kind, no_bins, no_bins, [document or {} for document in answers], codes)
    filled = apply_implications(last_order, kind, frame)
    return {
        last_year_column(item.code): _in_current_units(order, item, last_order, filled[item.code].array)
        if item.code in comparable
        else answer_column(order, item, [None] * len(answers))
        for item in items
    }


def _in_current_units(order: Order, item: Indicator, last_order: Order, values: Any) -> AnswerColumn:
    """Convert last year's column to the units of this order: a choice is a position in a list that may have changed."""
    if item.type != "choice":
        unchanged: AnswerColumn = values
        return unchanged
    last_choices, choices = (by.choices[by.by_code[item.code].choices or ""] for by in (last_order, order))
    position_of = {choice.value: position for position, choice in enumerate(choices)}
    positions = np.array([position_of.get(choice.value, -1) for choice in last_choices], dtype=np.int64)
    converted = positions[values.to_numpy(dtype=np.int64, na_value=0)]
    is_blank = np.asarray(values.isna()) | (converted < 0)
    return IntegerArray(np.where(is_blank, 0, converted), is_blank)
