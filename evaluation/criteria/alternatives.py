"""Orders under another reading: an order with one alternative of a reading applied, and the checks of alternatives.

Such an order is a value like any other and is scored like any other; it is not in any file and no year is opened under it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from evaluation.criteria.base import OrderModel
from evaluation.criteria.criterion import Criterion, ScaleEntry
from evaluation.criteria.form import Table
from evaluation.criteria.model import Order
from evaluation.criteria.problem import Problem, error
from evaluation.criteria.readings import Alternative, ChangedOutcome, CriterionChange, Reading, RowChange
from evaluation.language import N_

Model = TypeVar("Model", bound=OrderModel)


@dataclass(frozen=True)
class AppliedReading:
    """An alternative of a reading that can be scored.

    `name` is the reading's id, with the alternative's number behind a point where it is not the first one that can be scored:
    `R3`, `R3.2`.
    """

    name: str
    reading: Reading
    alternative: Alternative


def applicable_readings(order: Order) -> tuple[AppliedReading, ...]:
    """The alternatives of an order that can be scored, in the order of the file."""
    applied = []
    for reading in order.readings:
        numbered = [(number, item) for number, item in enumerate(reading.alternatives, start=1) if item.is_applicable]
        for number, alternative in numbered:
            name = reading.id if alternative is numbered[0][1] else f"{reading.id}.{number}"
            applied.append(AppliedReading(name, reading, alternative))
    return tuple(applied)


def under_alternative(order: Order, alternative: Alternative) -> Order:
    """The order with the criteria and rows that an alternative changes.

    `full_points_without_organisations` is no part of it: scoring knows no table of a kind without organisations.
    """
    changes = {code: change for change in alternative.criteria for code in change.codes}
    rows = {(kind, change.number): change for change in alternative.rows for kind in change.kinds}
    criteria = tuple(_changed_criterion(item, changes[item.code]) if item.code in changes else item for item in order.criteria)
    tables = tuple(_changed_table(table, rows) for table in order.form.tables)
    return _rebuilt(order, criteria=criteria, form=_rebuilt(order.form, tables=tables), sha256="")


def alternative_errors(order: Order) -> Iterator[tuple[str, Alternative, Problem | None]]:
    """Yield each alternative with its key and a problem of its references; once with None if it has none."""
    for reading in order.readings:
        for position, alternative in enumerate(reading.alternatives):
            key = f"readings[{reading.id}].alternatives[{position}]"
            problems = list(_reference_errors(order, key, alternative))
            if alternative.is_applicable and not reading.changes_points:
                problems.append(error(f"readings[{reading.id}].changes_points", N_("an alternative changes points: write true")))
            yield from ((key, alternative, problem) for problem in problems)
            if not problems:
                yield key, alternative, None


def _reference_errors(order: Order, key: str, alternative: Alternative) -> Iterator[Problem]:
    codes = [code for change in alternative.criteria for code in change.codes]
    for position, change in enumerate(alternative.criteria):
        if change.breach is None and change.audited is None and not change.scale:
            yield error(f"{key}.criteria[{position}]", N_("the change has neither breach nor audited nor scale"))
        for code in change.codes:
            if code not in order.criterion:
                yield error(f"{key}.criteria[{position}].codes", N_("“%(name)s” is not defined"), name=code)
            elif codes.count(code) > 1:
                yield error(f"{key}.criteria[{position}].codes", N_("“%(name)s” is defined twice"), name=code)
            else:
                yield from _text_errors(f"{key}.criteria[{position}]", order.criterion[code], change)
    for row in alternative.rows:
        if row.criterion is not None and row.criterion not in order.criterion:
            yield error(f"{key}.rows[{row.number}].criterion", N_("“%(name)s” is not defined"), name=row.criterion)
        for kind in row.kinds:
            scored = [item.number for item in order.table[kind].scored_rows] if kind in order.table else []
            if row.number not in scored:
                template = N_("the table of %(kind)s has no scored row %(number)s")
                yield error(f"{key}.rows[{row.number}]", template, kind=kind, number=row.number)


def _text_errors(key: str, criterion: Criterion, change: CriterionChange) -> Iterator[Problem]:
    for outcome in change.scale:
        if outcome.text is None and outcome.outcome not in criterion.points:
            yield error(f"{key}.scale[{outcome.outcome}].text", N_("an outcome that the criterion does not have needs a text"))


def _changed_criterion(criterion: Criterion, change: CriterionChange) -> Criterion:
    return _rebuilt(
        criterion,
        breach=criterion.breach if change.breach is None else change.breach,
        audited=criterion.audited if change.audited is None else change.audited,
        scale=tuple(_entry(criterion, outcome) for outcome in change.scale) or criterion.scale,
    )


def _entry(criterion: Criterion, outcome: ChangedOutcome) -> ScaleEntry:
    text = outcome.text or criterion.scale_entry(outcome.outcome).text
    return ScaleEntry.model_construct(outcome=outcome.outcome, when=outcome.when, text=text, points=outcome.points, note=None)


def _changed_table(table: Table, changes: dict[tuple[str, str], RowChange]) -> Table:
    rows = (
        _rebuilt(row, criterion=changes[table.kind, row.number].criterion) if (table.kind, row.number) in changes else row
        for row in table.rows
    )
    return _rebuilt(table, rows=tuple(rows))


def _rebuilt(model: Model, **changes: Any) -> Model:
    """A copy with other values; `model_copy` would copy the computed properties of the old ones too."""
    fields = {name: getattr(model, name) for name in type(model).model_fields}
    return type(model).model_construct(**fields | changes)
