"""Checks of an order that the types of its fields cannot express: references, duplicates, and the types in conditions.

Each check yields a problem with the key of the criteria file. :mod:`evaluation.criteria.plausibility` has what is possible but
unlikely.
"""

from collections.abc import Iterable, Iterator, Set
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from evaluation.criteria.alternatives import alternative_errors, under_alternative
from evaluation.criteria.anomaly_validation import anomaly_names, anomaly_problems
from evaluation.criteria.budget_validation import comparison_names, comparison_problems
from evaluation.criteria.count_conditions import AUDITED, comparisons
from evaluation.criteria.expressions import (
    DAYS,
    RESERVED_NAMES,
    Compare,
    Condition,
    DiffersByDays,
    DiffersByFactor,
    codes,
    columns,
    last_year_code,
    leaves,
)
from evaluation.criteria.indicators import REGISTRY_FACTS
from evaluation.criteria.model import Caution, Contradiction, Criterion, Indicator, Order, conditions
from evaluation.criteria.problem import Problem, error
from evaluation.language import N_

WORKBOOK_NAMES = frozenset({"body_bin", "body_name", "bin", "name", "kind", "about", "previous", "body", "organisation"})
"""Names of the workbook's own columns and worksheets and of frame columns, which no indicator can have as its code."""
DEFINED_TWICE = N_("“%(name)s” is defined twice")
ONLY_A_CAUTION = N_("only a caution can read %(name)s: points and errors depend on this year's answers alone")
MAX_YEARS = 100
"""Years that a date can be away from the reporting year."""


def problems(order: Order) -> Iterator[Problem]:
    """Yield the problems of an order; none if it can be used."""
    errors = list(_problems(order))
    yield from errors
    if not errors:
        yield from _alternatives(order)


def _alternatives(order: Order) -> Iterator[Problem]:
    """Check what alternatives of readings change: their references, then the order as each of them changes it."""
    for key, alternative, problem in alternative_errors(order):
        if problem is not None:
            yield problem
        elif alternative.is_applicable:
            changed = under_alternative(order, alternative)
            yield from (replace(problem, key=f"{key}.{problem.key}") for problem in _problems(changed))


def _problems(order: Order) -> Iterator[Problem]:
    yield from _duplicates("kinds[{}].code", [kind.code for kind in order.kinds])
    codes_of_items = [item.code for item in order.indicators + order.evidence]
    for name in ("indicators", "evidence"):
        yield from _duplicates(f"{name}[{{}}].code", codes_of_items, {item.code for item in getattr(order, name)})
    yield from _duplicates("criteria[{}].code", [criterion.code for criterion in order.criteria])
    yield from _duplicates("readings[{}].id", [reading.id for reading in order.readings])
    yield from _duplicates("form.tables[{}].kind", [table.kind for table in order.form.tables])
    yield from _indicators(order)
    yield from _rules(order)
    yield from _criteria(order)
    yield from _form(order)
    yield from _duplicates("anomalies[{}].code", [kind.code for kind in order.anomalies])
    for key, names in anomaly_names(order):
        yield from _undefined(key, names, order.by_code)
    yield from anomaly_problems(order)
    yield from _duplicates("budget_comparisons[{}].group", [comparison.group for comparison in order.budget_comparisons])
    for key, names, defined in comparison_names(order):
        yield from _undefined(key, names, defined)
    yield from comparison_problems(order)
    for key, condition in conditions(order):
        yield from _condition(order, key, condition)


def _indicators(order: Order) -> Iterator[Problem]:
    for name in ("indicators", "evidence"):
        for item in getattr(order, name):
            key = f"{name}[{item.code}]"
            if item.code in WORKBOOK_NAMES:
                yield error(f"{key}.code", N_("“%(name)s” is a name that the workbook uses"), name=item.code)
            if item.code in RESERVED_NAMES or item.code in REGISTRY_FACTS:
                yield error(f"{key}.code", N_("“%(name)s” is a word of the conditions"), name=item.code)
            yield from _undefined(f"{key}.kinds", item.kinds, order.kind)
            yield from _undefined(f"{key}.criteria", item.criteria, order.criterion)
            if (item.type == "choice") != bool(item.choices):
                yield error(f"{key}.choices", N_("the type choice needs a list of choices, and no other type has one"))
            yield from _undefined(f"{key}.choices", filter(None, [item.choices]), order.choices)
            yield from _years(key, item)


def _years(key: str, item: Indicator) -> Iterator[Problem]:
    """Check that a date has its years, in their order, and that no other type has any."""
    years = item.year_from, item.year_to
    if item.type != "date":
        if years != (None, None):
            yield error(f"{key}.year_from", N_("only the type date has year_from and year_to"))
    elif item.year_from is None or item.year_to is None:
        yield error(key, N_("a date needs year_from and year_to, counted from the reporting year, such as -1 and 2"))
    elif not -MAX_YEARS <= item.year_from <= item.year_to <= MAX_YEARS:
        template = N_("year_from is not after year_to, and both lie between -%(years)s and %(years)s")
        yield error(f"{key}.year_from", template, years=MAX_YEARS)


def _rules(order: Order) -> Iterator[Problem]:
    for position, implication in enumerate(order.implications):
        key = f"implications[{position}]"
        yield from _undefined(f"{key}.indicator", [implication.indicator], order.by_code)
        if implication.indicator in order.by_code:
            yield from _constant(order, f"{key}.value", implication.indicator, implication.value)
    codes_of_rules = [rule.code for rule in order.contradictions + order.cautions]
    for name in ("contradictions", "cautions"):
        yield from _duplicates(f"{name}[{{}}].code", codes_of_rules, {rule.code for rule in getattr(order, name)})
    for name in ("contradictions", "cautions"):
        for rule in getattr(order, name):
            yield from _rule_indicator(order, f"{name}[{rule.code}].indicator", rule)


def _rule_indicator(order: Order, key: str, rule: Contradiction | Caution) -> Iterator[Problem]:
    """Check that the cell of an issue exists for each kind that the rule applies to."""
    if rule.indicator is None:
        return
    yield from _undefined(key, [rule.indicator], order.by_code)
    for kind in order.kind if rule.indicator in order.by_code else ():
        if order.rules_for_kind(kind, (rule,)) and rule.indicator not in order.codes_of(kind):
            template = N_("%(code)s is no indicator of %(kind)s, to which the condition applies")
            yield error(key, template, code=rule.indicator, kind=kind)


def _criteria(order: Order) -> Iterator[Problem]:
    for criterion in order.criteria:
        key = f"criteria[{criterion.code}]"
        yield from _scale(key, criterion)
        for entry in criterion.outcomes if criterion.audited is None else ():
            if entry.when is not None and any(comparison.factor(AUDITED) for comparison in comparisons(entry.when)):
                template = N_("the outcome reads audited, but the criterion has no condition audited")
                yield error(f"{key}.scale[{entry.outcome}].when", template)
        if criterion.prior_year_count and not criterion.compares_with_last_year:
            yield error(f"{key}.prior_year_count", N_("no outcome reads last_year"))
        yield from _undefined(f"{key}.readings", criterion.readings, order.reading)
    counts = [count.code for _, count in order.prior_year_counts()]
    for criterion, count in order.prior_year_counts():
        if counts.count(count.code) > 1:
            yield error(f"criteria[{criterion.code}].prior_year_count.code", DEFINED_TWICE, name=count.code)


def _scale(key: str, criterion: Criterion) -> Iterator[Problem]:
    """Check that each outcome occurs once and has points, and that all but the last have a condition."""
    yield from _duplicates(f"{key}.scale[{{}}].outcome", [entry.outcome for entry in criterion.outcomes])
    if not criterion.outcomes:
        yield error(f"{key}.scale", N_("no entry has an outcome, so that the criterion gives no points"))
    for index, entry in enumerate(criterion.scale):
        if not entry.outcome and entry.when is not None:
            yield error(f"{key}.scale[{index}].when", N_("an entry with a condition needs an outcome"))
    for entry in criterion.outcomes:
        entry_key = f"{key}.scale[{entry.outcome}]"
        is_last = entry is criterion.outcomes[-1]
        if entry.points is None:
            yield error(entry_key, N_("an outcome needs points"))
        if is_last and entry.when is not None:
            yield error(f"{entry_key}.when", N_("the last outcome has no condition: it is taken when no other one is"))
        if not is_last and entry.when is None:
            yield error(entry_key, N_("every outcome but the last needs the condition when"))


def _form(order: Order) -> Iterator[Problem]:
    tables = [table.kind for table in order.form.tables]
    if tables != [kind.code for kind in order.kinds]:
        template = N_("there is one table for each kind, in the order of the kinds: %(kinds)s")
        yield error("form.tables", template, kinds=", ".join(kind.code for kind in order.kinds))
    for table in order.form.tables:
        key = f"form.tables[{table.kind}]"
        yield from _duplicates(f"{key}.rows[{{}}].number", [row.number for row in table.rows])
        for row in table.scored_rows:
            yield from _undefined(f"{key}.rows[{row.number}].criterion", filter(None, [row.criterion]), order.criterion)
            if row.criterion in order.criterion:
                criterion = order.criterion[row.criterion]
                read = codes(criterion.breach) | (codes(criterion.audited) if criterion.audited is not None else set())
                if missing := (read & order.by_code.keys()) - order.codes_of(table.kind):
                    template = N_("the criterion reads indicators that the kind does not have: %(codes)s")
                    yield error(f"{key}.rows[{row.number}].criterion", template, codes=", ".join(sorted(missing)))


def _condition(order: Order, key: str, condition: Condition) -> Iterator[Problem]:
    undefined = codes(condition) - order.in_conditions.keys()
    unquoted = undefined & {choice.value for choices in order.choices.values() for choice in choices}
    yield from (error(key, N_("“%(name)s” is a choice, which stands in quotes"), name=name) for name in sorted(unquoted))
    yield from _undefined(key, sorted(undefined - unquoted), order.in_conditions)
    indicators = {item.code for item in order.indicators}
    for name in sorted(columns(condition) - indicators):
        if not key.startswith("cautions"):
            if name in order.in_conditions or name not in codes(condition):
                yield error(key, ONLY_A_CAUTION, name=name)
        elif (code := last_year_code(name)) in order.in_conditions and code not in indicators:
            yield error(key, N_("%(name)s: last year's evidence is not available, only last year's answers"), name=name)
    if not undefined:
        for leaf in leaves(condition):
            if isinstance(leaf, DiffersByFactor | DiffersByDays) and key.startswith("criteria"):
                yield error(key, ONLY_A_CAUTION, name="differs_by_…")
            if isinstance(leaf, Compare):
                yield from _comparison(order, key, leaf)
            elif isinstance(leaf, DiffersByFactor):
                yield from _pair(order, key, leaf, "differs_by_factor", ("money", "whole"))
            elif isinstance(leaf, DiffersByDays):
                yield from _pair(order, key, leaf, "differs_by_days", ("date",))


def _comparison(order: Order, key: str, compare: Compare) -> Iterator[Problem]:
    code = last_year_code(compare.left) or compare.left
    left = order.in_conditions[code]
    if left.type == "text":
        yield error(key, N_("%(code)s is a text: a condition can only test answered(%(code)s) or blank(%(code)s)"), code=code)
    elif left.type in ("yes_no", "choice") and compare.operator not in ("==", "!="):
        yield error(key, N_("%(code)s can only be compared by == or !="), code=code)
    elif not compare.right_is_column:
        yield from _constant(order, key, code, compare.right)
    elif compare.right in DAYS:
        if left.type != "date":
            template = N_("%(code)s is of the type %(type)s and cannot be compared with the day %(day)s")
            yield error(key, template, code=code, type=left.type, day=compare.right)
    else:
        yield from _same_type(order, key, compare.left, str(compare.right))


def _pair(
    order: Order, key: str, leaf: DiffersByFactor | DiffersByDays, function: str, types: tuple[str, ...]
) -> Iterator[Problem]:
    for name in (leaf.left, leaf.right):
        item = order.in_conditions[last_year_code(name) or name]
        if item.type not in types:
            template = N_("%(function)s needs the type %(types)s; %(code)s is of the type %(type)s")
            yield error(key, template, function=function, types="/".join(types), code=item.code, type=item.type)
    yield from _same_type(order, key, leaf.left, leaf.right)


def _same_type(order: Order, key: str, left: str, right: str) -> Iterator[Problem]:
    first, second = (order.in_conditions[last_year_code(name) or name] for name in (left, right))
    if (first.type, first.choices) != (second.type, second.choices):
        yield error(key, N_("%(left)s and %(right)s are of different types"), left=left, right=right)


def _constant(order: Order, key: str, code: str, value: int | str | bool) -> Iterator[Problem]:
    """Check that `value` can be an answer to the indicator `code`; dates and texts have no constants."""
    item = order.in_conditions[code]
    is_valid = {
        "money": type(value) is int,
        "whole": type(value) is int,
        "yes_no": isinstance(value, bool),
        "choice": value in [choice.value for choice in order.choices.get(item.choices or "", ())],
    }
    if not is_valid.get(item.type, False):
        shown = {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
        yield error(
            key, N_("%(value)s is no value of %(code)s, which is of the type %(type)s"), value=shown, code=code, type=item.type
        )


def _undefined(key: str, names: Iterable[str], defined: Iterable[str]) -> Iterator[Problem]:
    defined = set(defined)
    for name in names:
        if name not in defined:
            similar = get_close_matches(name, sorted(defined), n=1)
            template = N_("“%(name)s” is not defined; is %(similar)s meant?") if similar else N_("“%(name)s” is not defined")
            yield error(key, template, name=name, similar=similar[0] if similar else "")


def _duplicates(key: str, names: list[Any], reported: Set[Any] | None = None) -> Iterator[Problem]:
    """Yield an error for each name that occurs twice, of those `reported`; `key` has braces in place of the name."""
    for name in sorted({name for name in names if names.count(name) > 1}):
        if reported is None or name in reported:
            yield error(key.format(name), DEFINED_TWICE, name=name)
