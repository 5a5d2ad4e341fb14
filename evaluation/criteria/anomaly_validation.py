"""Checks of the kinds of anomalies of an order: each test has its keys, and its answers and evidence exist and fit together."""

from collections.abc import Iterable, Iterator

from evaluation.criteria.anomaly_kinds import TEST_KEYS, AnomalyKind
from evaluation.criteria.model import Order
from evaluation.criteria.problem import Problem, error
from evaluation.language import N_

NUMBERS = ("money", "whole")
RESULTS = ("choice", "yes_no")


def anomaly_problems(order: Order) -> Iterator[Problem]:
    """Yield the problems of the order's kinds of anomalies, but for duplicates and names that are not defined."""
    for kind in order.anomalies:
        key = f"anomalies[{kind.code}]"
        needed = TEST_KEYS[kind.test]
        if missing := needed - kind.keys:
            yield error(key, N_("the test %(test)s needs the keys: %(keys)s"), test=kind.test, keys=", ".join(sorted(missing)))
        if unused := kind.keys - needed:
            yield error(key, N_("the test %(test)s has no keys: %(keys)s"), test=kind.test, keys=", ".join(sorted(unused)))
        answers = {item.code: item for item in order.indicators}
        for code in filter(order.by_code.__contains__, kind.indicators):
            yield from _has_type(order, f"{key}.indicators", code, answers, NUMBERS)
        yield from _results(order, key, kind)


def anomaly_names(order: Order) -> Iterator[tuple[str, Iterable[str]]]:
    """Yield a key and the codes of indicators and evidence that stand there."""
    for kind in order.anomalies:
        key = f"anomalies[{kind.code}]"
        yield f"{key}.indicators", kind.indicators
        yield f"{key}.results", [code for result in kind.results for code in (result.indicator, *result.document)]


def _has_type(order: Order, key: str, code: str, allowed: Iterable[str], types: tuple[str, ...]) -> Iterator[Problem]:
    item = order.by_code[code]
    if item.type not in types or code not in allowed:
        template = N_("%(code)s must be an indicator of the type %(types)s")
        yield error(key, template, code=code, types="/".join(types))


def _results(order: Order, key: str, kind: AnomalyKind) -> Iterator[Problem]:
    answers = {item.code for item in order.indicators}
    values: set[str] = set()
    for result in kind.results:
        item = order.by_code.get(result.indicator)
        if item is None:
            continue
        yield from _has_type(order, f"{key}.results", item.code, answers, RESULTS)
        values |= {choice.value for choice in order.choices.get(item.choices or "", ())}
    for value in kind.exempt:
        if value not in values:
            yield error(f"{key}.exempt", N_("“%(name)s” is no choice of a result"), name=value)
