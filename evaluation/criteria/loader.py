"""Reads criteria files and finds the order that a workbook or a year goes by."""

import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evaluation.criteria.expressions import DAYS, WORDS, Apart, Compare, Condition, columns, last_code, leaves
from evaluation.criteria.expressions import codes as codes_of
from evaluation.criteria.model import OUTCOMES, Caution, Contradiction, Order, conditions

FOLDER = Path(__file__).parent
RESERVED = frozenset({"body_bin", "body_name", "bin", "name", "kind", "about", "previous", "body", "organisation"})


class CriteriaError(ValueError):
    """A criteria file that cannot be used. `problems` holds one line for each mistake, each beginning with its key."""

    def __init__(self, source: str, problems: Iterable[str]):
        self.problems = tuple(problems)
        super().__init__(f"{source}:\n" + "\n".join(f"  {problem}" for problem in self.problems))


@dataclass(frozen=True)
class Orders:
    """Every redaction at hand, the oldest first; and the order's code of each year that was opened under one."""

    all: tuple[Order, ...]
    opened: Mapping[int, str] = field(default_factory=dict)

    def get(self, code: str) -> Order | None:
        return next((order for order in self.all if order.code == code), None)

    def for_year(self, year: int) -> Order | None:
        """The order a reporting year goes by: the one it was opened under, else the latest that began no later than it."""
        if year in self.opened:
            return self.get(self.opened[year])
        return next((order for order in reversed(self.all) if order.from_year <= year), None)

    @property
    def latest(self) -> Order:
        return self.all[-1]


def load_orders(paths: tuple[Path, ...] = ()) -> Orders:
    """Load the product's own criteria files and those named, once; each path may be a file or a folder of them.

    Raises CriteriaError on the first file with mistakes, naming all of them.
    """
    return _load((FOLDER, *paths))


@cache
def _load(paths: tuple[Path, ...]) -> Orders:
    files = sorted(file for path in paths for file in (path.glob("*.toml") if path.is_dir() else [path]))
    orders = sorted((load_order(file) for file in files), key=lambda order: order.from_year)
    twice = {name for name in ("code", "from_year") if len({getattr(order, name) for order in orders}) < len(orders)}
    if twice:
        raise CriteriaError(", ".join(map(str, files)), [f"{name}: two orders have the same" for name in sorted(twice)])
    return Orders(tuple(orders))


def load_order(path: Path) -> Order:
    """Load one criteria file. Raises CriteriaError naming every mistake by its key."""
    try:
        return parse_order(path.read_text(encoding="utf-8"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise CriteriaError(path.name, [str(error)]) from error


def parse_order(text: str, source: str = "criteria") -> Order:
    """Make an Order of a criteria file's text. Raises CriteriaError naming every mistake by its key."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CriteriaError(source, [str(error)]) from error
    try:
        order = Order.model_validate(data)
    except ValidationError as error:
        raise CriteriaError(source, (f"{_key(data, e['loc'])}: {e['msg']}" for e in error.errors())) from error
    problems = tuple(_mistakes(order))
    if problems:
        raise CriteriaError(source, problems)
    return order.model_copy(update={"sha256": hashlib.sha256(text.encode()).hexdigest()})


def _key(data: Any, location: tuple[int | str, ...]) -> str:
    """`criteria[3.1].breach` rather than `criteria.4.breach`: items are named by what identifies them."""
    key = ""
    for step in location:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            data = None
        if isinstance(step, int):
            names = ("code", "id", "number", "kind", "value", "outcome")
            name = next((data[n] for n in names if isinstance(data, dict) and n in data), step)
            key += f"[{name}]"
        else:
            key += f".{step}" if key else step
    return key


def _mistakes(order: Order) -> Iterator[str]:
    """What the types alone cannot tell: names that lead nowhere, names given twice, conditions of mixed types."""
    yield from _twice("kinds", [kind.code for kind in order.kinds])
    yield from _twice("indicators, evidence", [item.code for item in order.indicators + order.evidence])
    yield from _twice("criteria", [criterion.code for criterion in order.criteria])
    yield from _twice("readings", [reading.id for reading in order.readings])
    yield from _twice("form.tables", [table.kind for table in order.form.tables])
    for name in ("indicators", "evidence"):
        for item in getattr(order, name):
            at = f"{name}[{item.code}]"
            if item.code in RESERVED:
                yield f"{at}.code: is one of the workbook's own names"
            if item.code in WORDS:
                yield f"{at}.code: is a word of the conditions' language"
            yield from _unknown(f"{at}.asked_of", item.asked_of, order.kind)
            yield from _unknown(f"{at}.criteria", item.criteria, order.criterion)
            if (item.type == "choice") != bool(item.choices):
                yield f"{at}.choices: a choice names its list, and nothing else does"
            yield from _unknown(f"{at}.choices", filter(None, [item.choices]), order.choices)
    yield from _rules(order)
    yield from _criteria(order)
    yield from _form(order)
    for key, condition in conditions(order):
        yield from _condition(order, key, condition)


def _rules(order: Order) -> Iterator[str]:
    for position, implication in enumerate(order.implications):
        key = f"implications[{implication.code}, {position}]"
        yield from _unknown(f"{key}.code", [implication.code], order.by_code)
        if implication.code in order.by_code:
            yield from _value(order, f"{key}.value", implication.code, implication.value)
    yield from _twice("contradictions, cautions", [rule.code for rule in order.contradictions + order.cautions])
    for name in ("contradictions", "cautions"):
        for rule in getattr(order, name):
            yield from _place(order, f"{name}[{rule.code}].at", rule)


def _place(order: Order, key: str, rule: Contradiction | Caution) -> Iterator[str]:
    """A rule's cell must be there wherever the rule may hold."""
    if rule.at is None:
        return
    yield from _unknown(key, [rule.at], order.by_code)
    for kind in order.kind if rule.at in order.by_code else ():
        if order.concerning(kind, (rule,)) and rule.at not in order.codes_of(kind):
            yield f"{key}: {rule.at} is not asked of {kind!r}, which the condition concerns"


def _criteria(order: Order) -> Iterator[str]:
    for criterion in order.criteria:
        key = f"criteria[{criterion.code}]"
        outcomes = [line.outcome for line in criterion.lines if line.outcome]
        yield from _twice(f"{key}.lines", outcomes)
        for outcome in OUTCOMES[criterion.rule]:
            if outcome not in criterion.points:
                yield f"{key}.lines: the rule {criterion.rule!r} needs points for {outcome!r}"
        for outcome in outcomes:
            if outcome not in OUTCOMES[criterion.rule]:
                yield f"{key}.lines[{outcome}]: not an outcome of the rule {criterion.rule!r}"
        points = [criterion.points.get(outcome, 0) for outcome in OUTCOMES[criterion.rule]]
        if points != sorted(points, reverse=True):
            yield f"{key}.lines: points must not grow from {' to '.join(OUTCOMES[criterion.rule])}"
        if (criterion.rule == "audit") != (criterion.audited is not None):
            yield f"{key}.audited: the rule 'audit' needs it, and no other rule has it"
        if criterion.declared and criterion.rule != "decrease":
            yield f"{key}.declared: only the rule 'decrease' looks at the year before"
        yield from _unknown(f"{key}.readings", criterion.readings, order.reading)
    yield from _twice("criteria.declared", [declared.code for _, declared in order.declared()])


def _form(order: Order) -> Iterator[str]:
    tables = [table.kind for table in order.form.tables]
    if tables != [kind.code for kind in order.kinds]:
        yield f"form.tables: must be one for each kind, in the order of the kinds; are {tables}"
    for table in order.form.tables:
        key = f"form.tables[{table.kind}]"
        yield from _twice(f"{key}.rows", [row.number for row in table.rows])
        for row in table.scored_rows:
            yield from _unknown(f"{key}.rows[{row.number}].criterion", filter(None, [row.criterion]), order.criterion)
            if row.criterion in order.criterion:
                missing = codes_of(order.criterion[row.criterion].breach) - order.codes_of(table.kind)
                if missing:
                    yield f"{key}.rows[{row.number}].criterion: asks what the kind does not report: {sorted(missing)}"


def _condition(order: Order, key: str, condition: Condition) -> Iterator[str]:
    unknown = tuple(_unknown(key, sorted(codes_of(condition)), order.by_code))
    yield from unknown
    indicators = {item.code for item in order.indicators}
    for name in sorted(columns(condition) - indicators):
        if not key.startswith("cautions"):
            if name in order.by_code or name not in codes_of(condition):
                yield f"{key}: only a caution may look at {name!r}: points and errors follow from the year's answers alone"
        elif (code := last_code(name)) in order.by_code and code not in indicators:
            yield f"{key}: {name!r}: of last year the answers alone are looked at, not the evidence"
    if not unknown:
        for leaf in leaves(condition):
            if isinstance(leaf, Compare):
                yield from _comparison(order, key, leaf)
            elif isinstance(leaf, Apart):
                yield from _apart(order, key, leaf)


def _comparison(order: Order, key: str, compare: Compare) -> Iterator[str]:
    code = last_code(compare.left) or compare.left
    left = order.by_code[code]
    if left.type == "text":
        yield f"{key}: {code} is a text: ask whether it is given(...) or blank(...)"
    elif left.type in ("yes_no", "choice") and compare.operator not in ("==", "!="):
        yield f"{key}: {code} can only be compared by == or !="
    elif not compare.right_is_code:
        yield from _value(order, key, code, compare.right)
    elif compare.right in DAYS:
        if left.type != "date":
            yield f"{key}: {code} ({left.type}) cannot be compared with the day {compare.right!r}"
    else:
        yield from _alike(order, key, compare.left, str(compare.right))


def _apart(order: Order, key: str, apart: Apart) -> Iterator[str]:
    for name in (apart.left, apart.right):
        item = order.by_code[last_code(name) or name]
        if item.type not in ("money", "whole"):
            yield f"{key}: {item.code} ({item.type}) is neither money nor a whole number, as 'apart' needs"
    yield from _alike(order, key, apart.left, apart.right)


def _alike(order: Order, key: str, left: str, right: str) -> Iterator[str]:
    one, other = (order.by_code[last_code(name) or name] for name in (left, right))
    if (one.type, one.choices) != (other.type, other.choices):
        yield f"{key}: {left} and {right} are of different types"


def _value(order: Order, key: str, code: str, value: int | str | bool) -> Iterator[str]:
    """`value` must be one that the indicator `code` can have; dates and texts are not compared with constants."""
    item = order.by_code[code]
    fits = {
        "money": type(value) is int,
        "whole": type(value) is int,
        "yes_no": isinstance(value, bool),
        "choice": value in [choice.value for choice in order.choices.get(item.choices or "", ())],
    }
    if not fits.get(item.type, False):
        yield f"{key}: {value!r} is not a value of {code} ({item.type})"


def _unknown(key: str, names: Iterable[str], known: Iterable[str]) -> Iterator[str]:
    known = set(known)
    return (f"{key}: {name!r} is not defined" for name in names if name not in known)


def _twice(key: str, names: list[Any]) -> Iterator[str]:
    return (f"{key}: {name!r} is given twice" for name in sorted({n for n in names if names.count(n) > 1}))
