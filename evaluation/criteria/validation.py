"""Checks of an order that the types of its fields cannot express: references, duplicates, and the types in conditions.

Each check yields problems as texts that begin with the key of the criteria file.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from evaluation.criteria.expressions import (
    DAYS,
    RESERVED_NAMES,
    Compare,
    Condition,
    DiffersByFactor,
    codes,
    columns,
    last_year_code,
    leaves,
)
from evaluation.criteria.model import OUTCOMES, Caution, Contradiction, Criterion, Order, conditions

WORKBOOK_NAMES = frozenset({"body_bin", "body_name", "bin", "name", "kind", "about", "previous", "body", "organisation"})
"""Names of the workbook's own columns and worksheets and of frame columns, which no indicator can have as its code."""


def problems(order: Order) -> Iterator[str]:
    """Yield the problems of an order; none if it can be used."""
    yield from _duplicates("kinds", [kind.code for kind in order.kinds])
    yield from _duplicates("indicators, evidence", [item.code for item in order.indicators + order.evidence])
    yield from _duplicates("criteria", [criterion.code for criterion in order.criteria])
    yield from _duplicates("readings", [reading.id for reading in order.readings])
    yield from _duplicates("form.tables", [table.kind for table in order.form.tables])
    yield from _indicators(order)
    yield from _rules(order)
    yield from _criteria(order)
    yield from _form(order)
    for key, condition in conditions(order):
        yield from _condition(order, key, condition)


def _indicators(order: Order) -> Iterator[str]:
    for name in ("indicators", "evidence"):
        for item in getattr(order, name):
            key = f"{name}[{item.code}]"
            if item.code in WORKBOOK_NAMES:
                yield f"{key}.code: is a name that the workbook uses"
            if item.code in RESERVED_NAMES:
                yield f"{key}.code: is a name of the condition language"
            yield from _undefined(f"{key}.kinds", item.kinds, order.kind)
            yield from _undefined(f"{key}.criteria", item.criteria, order.criterion)
            if (item.type == "choice") != bool(item.choices):
                yield f"{key}.choices: the type 'choice' needs a list of choices, and no other type has one"
            yield from _undefined(f"{key}.choices", filter(None, [item.choices]), order.choices)


def _rules(order: Order) -> Iterator[str]:
    for position, implication in enumerate(order.implications):
        key = f"implications[{implication.indicator}, {position}]"
        yield from _undefined(f"{key}.indicator", [implication.indicator], order.by_code)
        if implication.indicator in order.by_code:
            yield from _constant(order, f"{key}.value", implication.indicator, implication.value)
    yield from _duplicates("contradictions, cautions", [rule.code for rule in order.contradictions + order.cautions])
    for name in ("contradictions", "cautions"):
        for rule in getattr(order, name):
            yield from _rule_indicator(order, f"{name}[{rule.code}].indicator", rule)


def _rule_indicator(order: Order, key: str, rule: Contradiction | Caution) -> Iterator[str]:
    """Check that the cell of an issue exists for each kind that the rule applies to."""
    if rule.indicator is None:
        return
    yield from _undefined(key, [rule.indicator], order.by_code)
    for kind in order.kind if rule.indicator in order.by_code else ():
        if order.rules_for_kind(kind, (rule,)) and rule.indicator not in order.codes_of(kind):
            yield f"{key}: {rule.indicator} is not an indicator of {kind!r}, to which the condition applies"


def _criteria(order: Order) -> Iterator[str]:
    for criterion in order.criteria:
        key = f"criteria[{criterion.code}]"
        yield from _scale(key, criterion)
        if (criterion.rule == "audit") != (criterion.audited is not None):
            yield f"{key}.audited: the rule 'audit' needs it, and no other rule has it"
        if criterion.prior_year_count and criterion.rule != "decrease":
            yield f"{key}.prior_year_count: only the rule 'decrease' compares with the year before"
        yield from _undefined(f"{key}.readings", criterion.readings, order.reading)
    yield from _duplicates("criteria.prior_year_count", [count.code for _, count in order.prior_year_counts()])


def _scale(key: str, criterion: Criterion) -> Iterator[str]:
    """Check that the points scale has each outcome of the rule once, and that better outcomes give no fewer points."""
    rule, expected = criterion.rule, OUTCOMES[criterion.rule]
    outcomes = [entry.outcome for entry in criterion.scale if entry.outcome]
    yield from _duplicates(f"{key}.scale", outcomes)
    for outcome in expected:
        if outcome not in criterion.points:
            yield f"{key}.scale: the rule {rule!r} needs points for {outcome!r}"
    for outcome in outcomes:
        if outcome not in expected:
            yield f"{key}.scale[{outcome}]: not an outcome of the rule {rule!r}"
    points = [criterion.points.get(outcome, 0) for outcome in expected]
    if points != sorted(points, reverse=True):
        yield f"{key}.scale: points must not grow from {' to '.join(expected)}"


def _form(order: Order) -> Iterator[str]:
    tables = [table.kind for table in order.form.tables]
    if tables != [kind.code for kind in order.kinds]:
        yield f"form.tables: must be one for each kind, in the order of the kinds; are {tables}"
    for table in order.form.tables:
        key = f"form.tables[{table.kind}]"
        yield from _duplicates(f"{key}.rows", [row.number for row in table.rows])
        for row in table.scored_rows:
            yield from _undefined(f"{key}.rows[{row.number}].criterion", filter(None, [row.criterion]), order.criterion)
            if row.criterion in order.criterion:
                missing = codes(order.criterion[row.criterion].breach) - order.codes_of(table.kind)
                if missing:
                    yield f"{key}.rows[{row.number}].criterion: reads indicators that the kind does not have: {sorted(missing)}"


def _condition(order: Order, key: str, condition: Condition) -> Iterator[str]:
    undefined = tuple(_undefined(key, sorted(codes(condition)), order.by_code))
    yield from undefined
    indicators = {item.code for item in order.indicators}
    for name in sorted(columns(condition) - indicators):
        if not key.startswith("cautions"):
            if name in order.by_code or name not in codes(condition):
                yield f"{key}: only a caution can read {name!r}: points and errors depend on this year's answers alone"
        elif (code := last_year_code(name)) in order.by_code and code not in indicators:
            yield f"{key}: {name!r}: last year's evidence is not available, only last year's answers"
    if not undefined:
        for leaf in leaves(condition):
            if isinstance(leaf, Compare):
                yield from _comparison(order, key, leaf)
            elif isinstance(leaf, DiffersByFactor):
                yield from _factor(order, key, leaf)


def _comparison(order: Order, key: str, compare: Compare) -> Iterator[str]:
    code = last_year_code(compare.left) or compare.left
    left = order.by_code[code]
    if left.type == "text":
        yield f"{key}: {code} is a text: a condition can only test answered(...) or blank(...)"
    elif left.type in ("yes_no", "choice") and compare.operator not in ("==", "!="):
        yield f"{key}: {code} can only be compared by == or !="
    elif not compare.right_is_column:
        yield from _constant(order, key, code, compare.right)
    elif compare.right in DAYS:
        if left.type != "date":
            yield f"{key}: {code} ({left.type}) cannot be compared with the day {compare.right!r}"
    else:
        yield from _same_type(order, key, compare.left, str(compare.right))


def _factor(order: Order, key: str, leaf: DiffersByFactor) -> Iterator[str]:
    for name in (leaf.left, leaf.right):
        item = order.by_code[last_year_code(name) or name]
        if item.type not in ("money", "whole"):
            yield f"{key}: {item.code} ({item.type}) must be money or a whole number for 'differs_by_factor'"
    yield from _same_type(order, key, leaf.left, leaf.right)


def _same_type(order: Order, key: str, left: str, right: str) -> Iterator[str]:
    first, second = (order.by_code[last_year_code(name) or name] for name in (left, right))
    if (first.type, first.choices) != (second.type, second.choices):
        yield f"{key}: {left} and {right} are of different types"


def _constant(order: Order, key: str, code: str, value: int | str | bool) -> Iterator[str]:
    """Check that `value` can be an answer to the indicator `code`; dates and texts have no constants."""
    item = order.by_code[code]
    is_valid = {
        "money": type(value) is int,
        "whole": type(value) is int,
        "yes_no": isinstance(value, bool),
        "choice": value in [choice.value for choice in order.choices.get(item.choices or "", ())],
    }
    if not is_valid.get(item.type, False):
        yield f"{key}: {value!r} is not a value of {code} ({item.type})"


def _undefined(key: str, names: Iterable[str], defined: Iterable[str]) -> Iterator[str]:
    defined = set(defined)
    return (f"{key}: {name!r} is not defined" for name in names if name not in defined)


def _duplicates(key: str, names: list[Any]) -> Iterator[str]:
    return (f"{key}: {name!r} is defined twice" for name in sorted({n for n in names if names.count(n) > 1}))
