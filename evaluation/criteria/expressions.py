"""The language of conditions in a criteria file: parsing and inspection.

A condition is an expression on one organisation's answers, such as
``budget_due > 0 and (budget_paid < budget_due or answered(note))``. Python's grammar parses it, and the parser accepts only the
constructs below, so that a criteria file cannot run code:

- comparisons of an answer with a constant, a day or another answer; ``and``, ``or``;
- ``answered(code)`` and ``blank(code)``: whether the answer is present or missing;
- ``last_year(code)``, wherever an answer can stand: the answer of the year before;
- ``today`` and ``year_start``, on the right of a comparison: the current day and 1 January of the reporting year;
- ``differs_by_factor(code, code, factor)``: neither answer is 0, and the larger absolute value is at least `factor` times
  the smaller;
- ``stopped_reporting()``: no indicator is answered this year, and at least one was answered last year.

Answers, days and ``stopped_reporting()`` are columns of the frame that a condition is evaluated over; their text in the condition
is the name of the column. :mod:`evaluation.scoring.conditions` evaluates conditions.
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
TODAY, YEAR_START, STOPPED_REPORTING = "today", "year_start", "stopped_reporting()"
DAYS = (TODAY, YEAR_START)
SIGNATURES = {
    "answered": "answered(answer)",
    "blank": "blank(answer)",
    "last_year": "last_year(code)",
    "differs_by_factor": "differs_by_factor(answer, answer, factor)",
    "stopped_reporting": STOPPED_REPORTING,
}
RESERVED_NAMES = frozenset({*YES_NO, *DAYS, *SIGNATURES})
"""Names of the language, which no indicator can have as its code."""
MIN_FACTOR, MAX_FACTOR = 2, 1000
"""Bounds of the factor of ``differs_by_factor``. The largest stored amount, 2⁵³ tiyn, times the maximum fits in 64 bits."""

Constant = int | str | bool


class ExpressionError(ValueError):
    """A condition that cannot be parsed; the message names the part that is not allowed."""


@dataclass(frozen=True)
class Compare:
    """``left operator right``; `right` is the name of a column if `right_is_column`, else a constant."""

    left: str
    operator: str
    right: Constant
    right_is_column: bool


@dataclass(frozen=True)
class Answered:
    """True if the answer `code` is present; never undecided."""

    code: str


@dataclass(frozen=True)
class Blank:
    """True if the answer `code` is missing; never undecided."""

    code: str


@dataclass(frozen=True)
class DiffersByFactor:
    """True if neither answer is 0 and the larger absolute value is at least `factor` times the smaller."""

    left: str
    right: str
    factor: int


@dataclass(frozen=True)
class StoppedReporting:
    """True if no indicator is answered this year and at least one was last year; never undecided."""


@dataclass(frozen=True)
class AllOf:
    """True if all operands are true."""

    operands: tuple["Condition", ...]


@dataclass(frozen=True)
class AnyOf:
    """True if at least one operand is true."""

    operands: tuple["Condition", ...]


Leaf = Compare | Answered | Blank | DiffersByFactor | StoppedReporting
Condition = Leaf | AllOf | AnyOf


def parse(text: str) -> Condition:
    """Parse a condition.

    Raises:
        ExpressionError: The text is not a condition; the message names the part that is not allowed.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError) as error:
        raise ExpressionError(f"cannot be parsed: {text!r}") from error
    return _condition(tree.body)


def leaves(condition: Condition) -> Iterator[Leaf]:
    """Yield the comparisons and function calls of a condition, from left to right."""
    if isinstance(condition, AllOf | AnyOf):
        for operand in condition.operands:
            yield from leaves(operand)
    else:
        yield condition


def columns(condition: Condition) -> frozenset[str]:
    """The names of all columns that a condition reads: answers of both years, days and ``stopped_reporting()``."""
    return frozenset(name for leaf in leaves(condition) for name in _columns(leaf))


def codes(condition: Condition) -> frozenset[str]:
    """The codes of the indicators and evidence that a condition reads, for this year or the year before."""
    return frozenset(last_year_code(name) or name for name in columns(condition) if name not in (*DAYS, STOPPED_REPORTING))


def last_year_column(code: str) -> str:
    """The name of the column with last year's answers to an indicator."""
    return f"last_year({code})"


def last_year_code(name: str) -> str | None:
    """The code of the indicator whose answers of last year are in the column `name`; None for another column."""
    return name[len("last_year(") : -1] if name.startswith("last_year(") else None


def _columns(leaf: Leaf) -> tuple[str, ...]:
    match leaf:
        case Compare(left, _, right, right_is_column):
            return (left, str(right)) if right_is_column else (left,)
        case DiffersByFactor(left, right):
            return left, right
        case StoppedReporting():
            return (STOPPED_REPORTING,)
        case Answered(code) | Blank(code):
            return (code,)


def _condition(node: ast.expr) -> Condition:
    match node:
        case ast.BoolOp(op=ast.And()):
            return AllOf(tuple(map(_condition, node.values)))
        case ast.BoolOp():
            return AnyOf(tuple(map(_condition, node.values)))
        case ast.Call(func=ast.Name(id="answered"), args=[answer], keywords=[]):
            return Answered(_answer(answer))
        case ast.Call(func=ast.Name(id="blank"), args=[answer], keywords=[]):
            return Blank(_answer(answer))
        case ast.Call(
            func=ast.Name(id="differs_by_factor"), args=[left, right, ast.Constant(value=int() as factor)], keywords=[]
        ):
            return DiffersByFactor(_answer(left), _answer(right), _factor(factor))
        case ast.Call(func=ast.Name(id="stopped_reporting"), args=[], keywords=[]):
            return StoppedReporting()
        case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in OPERATORS:
            return Compare(_answer(left), OPERATORS[type(operator)], *_operand(right))
    raise _error(node, "in a condition")


def _answer(node: ast.expr) -> str:
    match node:
        case ast.Name(id=code) if code not in RESERVED_NAMES:
            return code
        case ast.Call(func=ast.Name(id="last_year"), args=[ast.Name(id=code)], keywords=[]) if code not in RESERVED_NAMES:
            return last_year_column(code)
    raise _error(node, "as an answer")


def _operand(node: ast.expr) -> tuple[Constant, bool]:
    """The right side of a comparison, and whether it is the name of a column."""
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
    raise _error(node, "as a value")


def _factor(factor: int) -> int:
    if isinstance(factor, bool) or not MIN_FACTOR <= factor <= MAX_FACTOR:
        raise ExpressionError(
            f"the factor of 'differs_by_factor' must be a whole number from {MIN_FACTOR} to {MAX_FACTOR}, not {factor}"
        )
    return factor


def _error(node: ast.expr, position: str) -> ExpressionError:
    """An error that names the construct and, for a function of the language, its signature."""
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in SIGNATURES:
            return ExpressionError(f"not allowed {position}: {ast.unparse(node)!r}; write {name!r} as {SIGNATURES[name]!r}")
        case ast.Name(id=name) if name in DAYS:
            return ExpressionError(f"not allowed {position}: {name!r}; a day can only be on the right of a comparison")
    return ExpressionError(f"not allowed {position}: {ast.unparse(node)!r}")
