"""Conditions of outcomes: comparisons of the counts of one body's organisations of one kind.

Such a condition reads ``breaches`` (organisations in breach), ``organisations`` (all of them), ``audited`` (those that the
criterion counts as audited, among them those in breach) and ``last_year`` (organisations in breach in the year before). Counts
are added, subtracted and multiplied by whole numbers; there is no division, so that a share is written
``10 * breaches <= organisations``. Every comparison is therefore linear in each count, which makes exact bounds of points
possible (:mod:`evaluation.scoring.outcomes`).
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from evaluation.criteria.syntax import OPERATORS, AllOf, AnyOf, ExpressionError, operator_of, parse_logic, parse_tree
from evaluation.language import N_

BREACHES, ORGANISATIONS, AUDITED, LAST_YEAR = "breaches", "organisations", "audited", "last_year"
COUNTS = (BREACHES, ORGANISATIONS, AUDITED, LAST_YEAR)
MAX_FACTOR, MAX_CONSTANT = 10**6, 10**9
"""The largest factor of a count and the largest constant. Scoring calculates with them in 64 bits."""


@dataclass(frozen=True)
class CountComparison:
    """``constant + the sum of factor * count`` compared with 0; `factors` are (count, factor), no factor 0."""

    factors: tuple[tuple[str, int], ...]
    constant: int
    operator: str

    def factor(self, count: str) -> int:
        """The factor of a count; 0 if the comparison does not read it."""
        return dict(self.factors).get(count, 0)


CountCondition: TypeAlias = "CountComparison | AllOf[CountCondition] | AnyOf[CountCondition]"


def parse_count_condition(text: str) -> CountCondition:
    """Parse the condition of an outcome.

    Raises:
        ExpressionError: The text is no such condition; the message names the part that is not allowed.
    """
    condition: CountCondition = parse_logic(parse_tree(text), _comparison)
    return condition


def comparisons(condition: CountCondition) -> Iterator[CountComparison]:
    """Yield the comparisons of a condition, from left to right."""
    if isinstance(condition, CountComparison):
        yield condition
    else:
        for operand in condition.operands:
            yield from comparisons(operand)


def _comparison(node: ast.expr, negated: bool) -> CountComparison:
    match node:
        case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in OPERATORS:
            return _linear_comparison(node, _linear(left), _linear(right), operator_of(operator, negated))
        case ast.Compare(ops=[_, _, *_]):
            raise ExpressionError(N_("“%(part)s” has two comparisons: join them by and"), part=ast.unparse(node))
    raise ExpressionError(N_("“%(part)s” is no condition: counts are compared, such as breaches == 0"), part=ast.unparse(node))


Linear = dict[str, int]
"""A sum of counts times their factors; the constant stands under the empty name."""


def _linear_comparison(node: ast.expr, left: Linear, right: Linear, operator: str) -> CountComparison:
    total = _sum(left, right, -1)
    constant = total.pop("", 0)
    factors = tuple((count, total[count]) for count in COUNTS if total.get(count))
    if not factors:
        raise ExpressionError(N_("“%(part)s” compares no count"), part=ast.unparse(node))
    if abs(constant) > MAX_CONSTANT or any(abs(factor) > MAX_FACTOR for _, factor in factors):
        template = N_("“%(part)s” has numbers that are too large: at most %(maximum)s times a count")
        raise ExpressionError(template, part=ast.unparse(node), maximum=MAX_FACTOR)
    return CountComparison(factors, constant, operator)


def _linear(node: ast.expr) -> Linear:
    match node:
        case ast.Name(id=name) if name in COUNTS:
            return {name: 1}
        case ast.Constant(value=int() as value) if not isinstance(value, bool):
            return {"": value}
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _sum({}, _linear(operand), -1)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _sum(_linear(left), _linear(right), 1)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _sum(_linear(left), _linear(right), -1)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _product(node, _linear(left), _linear(right))
        case ast.BinOp() | ast.Constant(value=float()):
            template = N_("“%(part)s”: counts are added, subtracted and multiplied by whole numbers, as in 10 * breaches")
            raise ExpressionError(template, part=ast.unparse(node))
    template = N_("“%(part)s” is no count: the counts are %(counts)s")
    raise ExpressionError(template, part=ast.unparse(node), counts=", ".join(COUNTS))


def _sum(left: Linear, right: Linear, sign: int) -> Linear:
    return {name: left.get(name, 0) + sign * right.get(name, 0) for name in {*left, *right}}


def _product(node: ast.expr, left: Linear, right: Linear) -> Linear:
    number, factors = (left, right) if set(left) <= {""} else (right, left)
    if not set(number) <= {""}:
        raise ExpressionError(N_("“%(part)s” multiplies two counts: a count is multiplied by a number"), part=ast.unparse(node))
    return {name: number.get("", 0) * factor for name, factor in factors.items()}
