"""Conditions on one organisation's answers, as the criteria file writes them.

A condition is a short expression: ``budget_due > 0 and (budget_paid < budget_due or given(note))``. Python's own grammar
parses it, and only this is taken, so a criteria file can never run code:

- comparisons of an answer with a constant, a day or another answer; ``and``, ``or``;
- ``given(answer)`` and ``blank(answer)``;
- ``last(code)``: where an answer may stand, last year's answer to the same;
- ``today`` and ``year_begins``: on the right of a comparison, today and 1 January of the reporting year;
- ``apart(answer, answer, factor)``: neither is 0 and the larger is at least `factor` times the smaller, signs aside;
- ``silent()``: nothing is answered this year, though something was last year.

An answer, a day and ``silent()`` stand for a column of the frame that a condition is evaluated over, and are named alike. How a
condition is evaluated, blanks included, is the business of :mod:`evaluation.scoring.conditions`.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
YES_NO = {"yes": True, "no": False}
TODAY, YEAR_BEGINS, SILENT = "today", "year_begins", "silent()"
DAYS = (TODAY, YEAR_BEGINS)
FORMS = {
    "given": "given(answer)",
    "blank": "blank(answer)",
    "last": "last(code)",
    "apart": "apart(answer, answer, factor)",
    "silent": SILENT,
}
WORDS = frozenset({*YES_NO, *DAYS, *FORMS})
"""What no indicator may be called."""
LEAST_FACTOR, MOST_FACTOR = 2, 1000
"""Of ``apart``. The largest amount that is stored, 2⁵³ tiyn, times the most still is a whole number of 64 bits."""

Constant = int | str | bool


class ExpressionError(ValueError):
    """A condition that cannot be read; its message says what is wrong with it."""


@dataclass(frozen=True)
class Compare:
    """``left operator right``; `right` is an answer's or a day's name when `right_is_code`."""

    left: str
    operator: str
    right: Constant
    right_is_code: bool


@dataclass(frozen=True)
class Given:
    """True when the answer to `code` is not blank; never unknown."""

    code: str


@dataclass(frozen=True)
class Blank:
    """True when the answer to `code` is blank; never unknown."""

    code: str


@dataclass(frozen=True)
class Apart:
    """True when neither of two answers is 0 and one is at least `factor` times the other, signs aside."""

    left: str
    right: str
    factor: int


@dataclass(frozen=True)
class Silent:
    """True when nothing is answered though something was last year; never unknown."""


@dataclass(frozen=True)
class Every:
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Some:
    parts: tuple["Condition", ...]


Leaf = Compare | Given | Blank | Apart | Silent
Condition = Leaf | Every | Some


def parse(text: str) -> Condition:
    """Parse a condition. Raises ExpressionError naming the part that is not understood."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError) as error:
        raise ExpressionError(f"cannot be read: {text!r}") from error
    return _condition(tree.body)


def leaves(condition: Condition) -> Iterator[Leaf]:
    """What a condition is joined of, from left to right."""
    if isinstance(condition, Every | Some):
        for part in condition.parts:
            yield from leaves(part)
    else:
        yield condition


def columns(condition: Condition) -> frozenset[str]:
    """Every answer, of this year and of the last, every day and ``silent()`` that a condition speaks of, by name."""
    return frozenset(name for leaf in leaves(condition) for name in _columns(leaf))


def codes(condition: Condition) -> frozenset[str]:
    """The indicators a condition speaks of, be it this year's answer or last year's."""
    return frozenset(last_code(name) or name for name in columns(condition) if name not in (*DAYS, SILENT))


def last(code: str) -> str:
    """The name of last year's answer to an indicator."""
    return f"last({code})"


def last_code(name: str) -> str | None:
    """The indicator whose answer of last year has this name; None for any other name."""
    return name[len("last(") : -1] if name.startswith("last(") else None


def _columns(leaf: Leaf) -> tuple[str, ...]:
    match leaf:
        case Compare(left, _, right, right_is_code):
            return (left, str(right)) if right_is_code else (left,)
        case Apart(left, right):
            return left, right
        case Silent():
            return (SILENT,)
        case Given(code) | Blank(code):
            return (code,)


def _condition(node: ast.expr) -> Condition:
    match node:
        case ast.BoolOp(op=ast.And()):
            return Every(tuple(map(_condition, node.values)))
        case ast.BoolOp():
            return Some(tuple(map(_condition, node.values)))
        case ast.Call(func=ast.Name(id="given"), args=[answer], keywords=[]):
            return Given(_answer(answer))
        case ast.Call(func=ast.Name(id="blank"), args=[answer], keywords=[]):
            return Blank(_answer(answer))
        case ast.Call(func=ast.Name(id="apart"), args=[left, right, ast.Constant(value=int() as factor)], keywords=[]):
            return Apart(_answer(left), _answer(right), _factor(factor))
        case ast.Call(func=ast.Name(id="silent"), args=[], keywords=[]):
            return Silent()
        case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in OPERATORS:
            return Compare(_answer(left), OPERATORS[type(operator)], *_operand(right))
    raise _not_allowed(node, "in a condition")


def _answer(node: ast.expr) -> str:
    match node:
        case ast.Name(id=code) if code not in WORDS:
            return code
        case ast.Call(func=ast.Name(id="last"), args=[ast.Name(id=code)], keywords=[]) if code not in WORDS:
            return last(code)
    raise _not_allowed(node, "as an answer")


def _operand(node: ast.expr) -> tuple[Constant, bool]:
    match node:
        case ast.Name(id=name) if name in YES_NO:
            return YES_NO[name], False
        case ast.Name(id=name) if name in DAYS:
            return name, True
        case ast.Name() | ast.Call():
            return _answer(node), True
        case ast.Constant(value=int() | str() as value):
            return value, False
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as value)):
            return -value, False
    raise _not_allowed(node, "as a value")


def _factor(factor: int) -> int:
    if isinstance(factor, bool) or not LEAST_FACTOR <= factor <= MOST_FACTOR:
        raise ExpressionError(f"the factor of 'apart' is a whole number from {LEAST_FACTOR} to {MOST_FACTOR}, not {factor}")
    return factor


def _not_allowed(node: ast.expr, where: str) -> ExpressionError:
    """What was found, and how a function is written where it was one."""
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in FORMS:
            return ExpressionError(f"not allowed {where}: {ast.unparse(node)!r}; {name!r} is written {FORMS[name]!r}")
        case ast.Name(id=name) if name in DAYS:
            return ExpressionError(f"not allowed {where}: {name!r}; a day stands on the right of a comparison")
    return ExpressionError(f"not allowed {where}: {ast.unparse(node)!r}")
