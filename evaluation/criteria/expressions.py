"""Conditions on one organisation's answers, as the criteria file writes them.

A condition is a short expression: ``budget_due > 0 and (budget_paid < budget_due or given(note))``. Python's own grammar
parses it; only comparisons of an indicator with a constant or another indicator, ``and``, ``or`` and ``given(...)`` are
taken, so a criteria file can never run code. How a condition is evaluated, blanks included, is the business of
:mod:`evaluation.scoring.conditions`.
"""

import ast
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

Constant = int | str | bool


class ExpressionError(ValueError):
    """A condition that cannot be read; its message says what is wrong with it."""


@dataclass(frozen=True)
class Compare:
    """``left operator right``; `right` is an indicator's code when `right_is_code`."""

    left: str
    operator: str
    right: Constant
    right_is_code: bool


@dataclass(frozen=True)
class Given:
    """True when the answer to `code` is not blank; never unknown."""

    code: str


@dataclass(frozen=True)
class Every:
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Some:
    parts: tuple["Condition", ...]


Condition = Compare | Given | Every | Some


def parse(text: str) -> Condition:
    """Parse a condition. Raises ExpressionError naming the part that is not understood."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError) as error:
        raise ExpressionError(f"cannot be read: {text!r}") from error
    return _condition(tree.body)


def codes(condition: Condition) -> frozenset[str]:
    """The indicators a condition speaks of."""
    if isinstance(condition, Compare):
        return frozenset({condition.left, str(condition.right)} if condition.right_is_code else {condition.left})
    if isinstance(condition, Given):
        return frozenset({condition.code})
    return frozenset().union(*map(codes, condition.parts))


def comparisons(condition: Condition) -> tuple[Compare, ...]:
    """Every comparison in a condition, from left to right."""
    if isinstance(condition, Compare):
        return (condition,)
    if isinstance(condition, Given):
        return ()
    return tuple(compare for part in condition.parts for compare in comparisons(part))


def _condition(node: ast.expr) -> Condition:
    match node:
        case ast.BoolOp(op=ast.And()):
            return Every(tuple(map(_condition, node.values)))
        case ast.BoolOp():
            return Some(tuple(map(_condition, node.values)))
        case ast.Call(func=ast.Name(id="given"), args=[ast.Name(id=code)], keywords=[]):
            return Given(code)
        case ast.Compare(left=ast.Name(id=left), ops=[operator], comparators=[right]) if type(operator) in OPERATORS:
            return Compare(left, OPERATORS[type(operator)], *_operand(right))
    raise ExpressionError(f"not allowed in a condition: {ast.unparse(node)!r}")


def _operand(node: ast.expr) -> tuple[Constant, bool]:
    match node:
        case ast.Name(id=name) if name in YES_NO:
            return YES_NO[name], False
        case ast.Name(id=name):
            return name, True
        case ast.Constant(value=int() | str() as value):
            return value, False
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as value)):
            return -value, False
    raise ExpressionError(f"not allowed as a value: {ast.unparse(node)!r}")
