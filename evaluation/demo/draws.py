"""Draws: how one invented answer comes about, made from the entries of `answers.toml`."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from random import Random
from typing import Any, NamedTuple

from evaluation.criteria import expressions
from evaluation.criteria.expressions import AllOf, Answered, AnyOf, Compare, Condition
from evaluation.criteria.model import Indicator, Order
from evaluation.scoring.conditions import COMPARISONS, TIYN_PER_TENGE


class Report(NamedTuple):
    """The report being filled: its dice, its year, how large the organisation is, what is answered so far."""

    random: Random
    year: int
    size: float
    given: dict[str, Any]


Draw = Callable[[Report], Any]
Holds = Callable[[Mapping[str, Any]], bool]


def holds(order: Order, condition: Condition) -> Holds:
    """A function that tells whether the condition surely holds for stored answers; blanks never make it hold."""
    match condition:
        case Answered(code):
            return lambda given: given.get(code) is not None
        case Compare():
            return _comparison(order, condition)
        case AllOf() | AnyOf():
            parts = [holds(order, part) for part in condition.operands]
            together = all if isinstance(condition, AllOf) else any
            return lambda given: together(part(given) for part in parts)
    raise ValueError(f"an invented answer cannot hang on {condition}")


def _comparison(order: Order, compare: Compare) -> Holds:
    left, test = compare.left, COMPARISONS[compare.operator]
    if compare.right_is_column:
        right = str(compare.right)
        return lambda given: None not in (a := given.get(left), b := given.get(right)) and test(a, b)
    constant = int(compare.right) * TIYN_PER_TENGE if order.by_code[left].type == "money" else compare.right
    return lambda given: (value := given.get(left)) is not None and test(value, constant)


def make(order: Order, item: Indicator, entry: Mapping[str, Any]) -> Draw:
    """The draw an entry describes, with its `often` and its `when`."""
    name = next((name for name in DRAWS if name in entry), None)
    if name is None:
        raise ValueError(f"{item.code}: none of {', '.join(DRAWS)}")
    draw = DRAWS[name](item, entry)
    if "often" in entry:
        draw = _often(draw, entry["often"], entry.get("otherwise"))
    if "when" in entry:
        draw = _when(draw, holds(order, expressions.parse(entry["when"])))
    return draw


def _often(draw: Draw, chance: float, otherwise: Any) -> Draw:
    return lambda report: draw(report) if report.random.random() < chance else otherwise


def _when(draw: Draw, condition: Holds) -> Draw:
    return lambda report: draw(report) if condition(report.given) else None


def _value(item: Indicator, entry: Mapping[str, Any]) -> Draw:
    value = entry["value"] * TIYN_PER_TENGE if item.type == "money" else entry["value"]
    return lambda report: value


def _between(item: Indicator, entry: Mapping[str, Any]) -> Draw:
    low, high = entry["between"]
    if item.type != "money":
        return lambda report: low + int(report.random.random() * (high - low + 1))
    step = int(entry.get("step", 1000))
    sized = bool(entry.get("sized", False))

    def draw(report: Report) -> int:
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
    return lambda report: report.given.get(entry["same_as"])


def _share(item: Indicator, entry: Mapping[str, Any]) -> Draw:
    low, high = entry["share"]
    code = entry["of_code"]

    def draw(report: Report) -> int | None:
        whole: int | None = report.given.get(code)
        if whole is None:
            return None
        return max(0, round(whole * report.random.uniform(low, high) / TIYN_PER_TENGE)) * TIYN_PER_TENGE

    return draw


def _fewer_than(item: Indicator, entry: Mapping[str, Any]) -> Draw:
    return lambda report: max(0, report.given[entry["fewer_than"]] - report.random.randint(1, entry["by"]))


def _minus(item: Indicator, entry: Mapping[str, Any]) -> Draw:
    whole, part = entry["minus"]
    return lambda report: max(0, report.given[whole] - report.given[part])


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
