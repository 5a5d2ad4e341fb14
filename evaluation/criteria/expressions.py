"""Conditions on the answers of one organisation: parsing and inspection.

A condition is an expression on one organisation's answers, such as
``budget_due > 0 and (budget_paid < budget_due or answered(note))``. Python's grammar parses it, and the parser accepts only the
constructs below, so that a criteria file cannot run code:

- comparisons of an answer with a constant, a day or another answer; ``and``, ``or``, ``not``;
- ``answered(code)`` and ``blank(code)``: whether the answer is present or missing;
- ``last_year(code)``, wherever an answer can stand: the answer of the year before;
- ``today``, ``year_start`` and ``year_end``, on the right of a comparison: the current day, 1 January and 31 December of the
  reporting year;
- ``differs_by_factor(code, code, factor)``: neither answer is 0, and the larger absolute value is at least `factor` times
  the smaller;
- ``differs_by_days(code, code, days)``: the two dates are more than `days` days apart;
- ``stopped_reporting()``: no indicator is answered this year, and at least one was answered last year.

Answers, days and ``stopped_reporting()`` are columns of the frame that a condition is evaluated over; their text in the condition
is the name of the column. :mod:`evaluation.scoring.conditions` evaluates conditions.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from evaluation.criteria.syntax import OPERATORS, AllOf, AnyOf, ExpressionError, operator_of, parse_logic, parse_tree
from evaluation.language import N_

YES_NO = {"yes": True, "no": False}
TODAY, YEAR_START, YEAR_END, STOPPED_REPORTING = "today", "year_start", "year_end", "stopped_reporting()"
DAYS = (TODAY, YEAR_START, YEAR_END)
SIGNATURES = {
    "answered": "answered(answer)",
    "blank": "blank(answer)",
    "last_year": "last_year(code)",
    "differs_by_factor": "differs_by_factor(answer, answer, factor)",
    "differs_by_days": "differs_by_days(answer, answer, days)",
    "stopped_reporting": STOPPED_REPORTING,
}
RESERVED_NAMES = frozenset({*YES_NO, *DAYS, *SIGNATURES})
"""Names of the language, which no indicator can have as its code."""
MIN_FACTOR, MAX_FACTOR = 2, 1000
"""Bounds of the factor of ``differs_by_factor``. The largest stored amount, 2⁵³ tiyn, times the maximum fits in 64 bits."""
MIN_DAYS, MAX_DAYS = 1, 36_525
"""Bounds of the days of ``differs_by_days``: from a day to a century."""

NOT_A_CONDITION = N_("“%(part)s” is no condition: an answer is compared with something, such as code == yes")
NOT_AN_ANSWER = N_("“%(part)s” is not allowed as an answer: the code of an indicator stands here")
NOT_A_VALUE = N_("“%(part)s” is not allowed as a value: a whole number, yes, no, a choice in quotes or a code stands here")
NO_ARITHMETIC = N_("“%(part)s”: conditions on answers do not calculate")

Constant = int | str | bool


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
class DiffersByDays:
    """True if two dates are more than `days` days apart."""

    left: str
    right: str
    days: int


@dataclass(frozen=True)
class StoppedReporting:
    """True if no indicator is answered this year and at least one was last year; never undecided."""


Leaf = Compare | Answered | Blank | DiffersByFactor | DiffersByDays | StoppedReporting
Condition: TypeAlias = "Leaf | AllOf[Condition] | AnyOf[Condition]"


def parse(text: str) -> Condition:
    """Parse a condition.

    Raises:
        ExpressionError: The text is not a condition; the message names the part that is not allowed.
    """
    condition: Condition = parse_logic(parse_tree(text), _leaf)
    return condition


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
        case DiffersByFactor(left, right) | DiffersByDays(left, right):
            return left, right
        case StoppedReporting():
            return (STOPPED_REPORTING,)
        case Answered(code) | Blank(code):
            return (code,)


def _leaf(node: ast.expr, negated: bool) -> Leaf:
    match node:
        case ast.Call(func=ast.Name(id="answered"), args=[answer], keywords=[]):
            return Blank(_answer(answer)) if negated else Answered(_answer(answer))
        case ast.Call(func=ast.Name(id="blank"), args=[answer], keywords=[]):
            return Answered(_answer(answer)) if negated else Blank(_answer(answer))
        case ast.Call(func=ast.Name(id=name)) if negated and name in SIGNATURES:
            raise ExpressionError(N_("not cannot stand before %(name)s"), name=name)
        case ast.Call(
            func=ast.Name(id="differs_by_factor"), args=[left, right, ast.Constant(value=int() as factor)], keywords=[]
        ):
            return DiffersByFactor(_answer(left), _answer(right), _whole_number(node, factor, MIN_FACTOR, MAX_FACTOR))
        case ast.Call(func=ast.Name(id="differs_by_days"), args=[left, right, ast.Constant(value=int() as days)], keywords=[]):
            return DiffersByDays(_answer(left), _answer(right), _whole_number(node, days, MIN_DAYS, MAX_DAYS))
        case ast.Call(func=ast.Name(id="stopped_reporting"), args=[], keywords=[]):
            return StoppedReporting()
        case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in OPERATORS:
            return Compare(_answer(left), operator_of(operator, negated), *_operand(right))
        case ast.Compare(ops=[_, _, *_]):
            raise ExpressionError(N_("“%(part)s” has two comparisons: join them by and"), part=ast.unparse(node))
    raise _error(node, NOT_A_CONDITION)


def _answer(node: ast.expr) -> str:
    match node:
        case ast.Name(id=code) if code not in RESERVED_NAMES:
            return code
        case ast.Call(func=ast.Name(id="last_year"), args=[ast.Name(id=code)], keywords=[]) if code not in RESERVED_NAMES:
            return last_year_column(code)
    raise _error(node, NOT_AN_ANSWER)


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
    raise _error(node, NOT_A_VALUE)


def _whole_number(node: ast.expr, number: int, minimum: int, maximum: int) -> int:
    if isinstance(number, bool) or not minimum <= number <= maximum:
        template = N_("“%(part)s” needs a whole number from %(minimum)s to %(maximum)s, not %(number)s")
        raise ExpressionError(template, part=ast.unparse(node), minimum=minimum, maximum=maximum, number=number)
    return number


def _error(node: ast.expr, template: str) -> ExpressionError:
    """An error that names the construct and, for a function of the language, its signature."""
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in SIGNATURES:
            part, signature = ast.unparse(node), SIGNATURES[name]
            return ExpressionError(
                N_("“%(part)s” is not allowed here: it is written %(signature)s"), part=part, signature=signature
            )
        case ast.Name(id=name) if name in DAYS:
            return ExpressionError(N_("“%(part)s” is not allowed here: a day stands on the right of a comparison"), part=name)
        case ast.BinOp():
            return ExpressionError(NO_ARITHMETIC, part=ast.unparse(node))
    return ExpressionError(template, part=ast.unparse(node))
