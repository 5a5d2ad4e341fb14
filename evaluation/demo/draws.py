"""Draws: functions that draw one invented answer, built from the entries of `answers.toml`."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from random import Random
from typing import Any, NamedTuple

from evaluation.criteria import expressions
from evaluation.criteria.expressions import Answered, Compare, Condition
from evaluation.criteria.model import Indicator, Order
from evaluation.criteria.syntax import AllOf, AnyOf
from evaluation.scoring.conditions import COMPARISONS, TIYN_PER_TENGE


class DraftReport(NamedTuple):
    """The report being filled: its random numbers, its year, the organisation's size (1 is the median), the answers so far."""

    random: Random
    year: int
    size: float
    answers: dict[str, Any]


Draw = Callable[[DraftReport], Any]
Predicate = Callable[[Mapping[str, Any]], bool]


def condition_predicate(order: Order, condition: Condition) -> Predicate:
    """Return a function that tells whether a condition is certainly true of stored answers; it is false where one is missing."""
    match condition:
        case Answered(code):
            return lambda answers: answers.get(code) is not None
        case Compare():
            return _comparison(order, condition)
        case AllOf() | AnyOf():
            operands = [condition_predicate(order, part) for part in condition.operands]
            together = all if isinstance(condition, AllOf) else any
            return lambda answers: together(part(answers) for part in operands)
    raise ValueError(f"an invented answer cannot depend on {condition}")


def _comparison(order: Order, compare: Compare) -> Predicate:
    left, test = compare.left, COMPARISONS[compare.operator]
    if compare.right_is_column:
        right = str(compare.right)
        return lambda answers: None not in (a := answers.get(left), b := answers.get(right)) and test(a, b)
    constant = int(compare.right) * TIYN_PER_TENGE if order.by_code[left].type == "money" else compare.right
    return lambda answers: (value := answers.get(left)) is not None and test(value, constant)


def build_draw(order: Order, item: Indicator, entry: Mapping[str, Any]) -> Draw:
    """Return the draw that an entry describes, with its `often` and its `when`."""
    name = next((name for name in DRAWS if name in entry), None)
    if name is None:
        raise ValueError(f"{item.code}: none of {', '.join(DRAWS)}")
    draw = DRAWS[name](item, entry)
    if "often" in entry:
        draw = _often(draw, entry["often"], entry.get("otherwise"))
    if "when" in entry:
        draw = _when(draw, condition_predicate(order, expressions.parse(entry["when"])))
    return draw


def _often(draw: Draw, chance: float, otherwise: Any) -> Draw:
    return lambda report: draw(report) if report.random.random() < chance else otherwise


def _when(draw: Draw, condition: Predicate) -> Draw:
    return lambda report: draw(report) if condition(report.answers) else None


def _value(item: Indicator, entry: Mapping[str, Any]) -> Draw:
    value = entry["value"] * TIYN_PER_TENGE if item.type == "money" else entry["value"]
    return lambda report: value


def _between(item: Indicator, entry: Mapping[str, Any]) -> Draw:
    low, high = entry["between"]
    if item.type != "money":
        return lambda report: low + int(report.random.random() * (high - low + 1))
    step = int(entry.get("step", 1000))
    sized = bool(entry.get("sized", False))

    def draw(report: DraftReport) -> int:
        amount: float = report.random.uniform(low, high) * (report.size if sized else 1)
        return round(amount / step) * step * TIYN_PER_TENGE

    return draw


def _weights(item: Indicator, entry: Mapping[str, Any]) -> Draw:
    values = [value for value, weight in entry["weights"].items() for _ in range(weight)]
    return lambda report: values[int(report.random.random() * len(values))]


def _day(item: Indicator, entry: Mapping[str, Any]) -> Draw:
    later = entry.get("years_later", 0)
    if isinstance(entry["day"], str):
        return lambda report: f"{report.year + later}-{entry['day']}"
    first, last = (date.fromisoformat(f"2023-{day}") for day in entry["day"])
    days = [(first + timedelta(n)).strftime("%m-%d") for n in range((last - first).days + 1)]
    return lambda report: f"{report.year + later}-{days[int(report.random.random() * len(days))]}"


def _same_as(item: Indicator, entry: Mapping[str, Any]) -> Draw:
    return lambda report: report.answers.get(entry["same_as"])


def _share(item: Indicator, entry: Mapping[str, Any]) -> Draw:
    low, high = entry["share"]
    code = entry["of_code"]

    def draw(report: DraftReport) -> int | None:
        total: int | None = report.answers.get(code)
        if total is None:
            return None
        return max(0, round(total * report.random.uniform(low, high) / TIYN_PER_TENGE)) * TIYN_PER_TENGE

    return draw


def _fewer_than(item: Indicator, entry: Mapping[str, Any]) -> Draw:
    return lambda report: max(0, report.answers[entry["fewer_than"]] - report.random.randint(1, entry["by"]))


def _minus(item: Indicator, entry: Mapping[str, Any]) -> Draw:
    total, subtracted = entry["minus"]
    return lambda report: max(0, report.answers[total] - report.answers[subtracted])


def _texts(item: Indicator, entry: Mapping[str, Any]) -> Draw:
    return lambda report: report.random.choice(entry["texts"]).format(n=report.random.randint(1, entry.get("n", 1)))


DRAWS: dict[str, Callable[[Indicator, Mapping[str, Any]], Draw]] = {
    "value": _value,
    "between": _between,
    "weights": _weights,
    "day": _day,
    "same_as": _same_as,
    "share": _share,
    "fewer_than": _fewer_than,
    "minus": _minus,
    "texts": _texts,
}
