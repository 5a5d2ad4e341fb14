"""The grammar that all conditions of a criteria file share: Python's, of which the parsers accept only what they list.

A condition joins comparisons and functions by ``and``, ``or`` and ``not`` with parentheses. ``not`` is resolved while parsing:
the negation of ``a < b`` is ``a >= b``, which is undecided for the same blanks. :mod:`evaluation.criteria.expressions` parses
conditions on one organisation's answers, :mod:`evaluation.criteria.count_conditions` those on the counts of a body.
"""

import ast
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from evaluation.language import N_

MAX_LENGTH = 4000
OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
OPPOSITES = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}

HINTS: tuple[tuple[str, str], ...] = (
    ("[“”„«»‘’]", N_('quotation marks are written straight, as in code == "value"')),
    (r"(?<![<>=!])=(?!=)", N_("a comparison is written with ==, not with =")),
    ("&&|[|][|]|!(?!=)", N_("conditions are joined by the words and, or, not")),
    ("<>|[≠≤≥]", N_("comparisons are written with <, <=, >, >=, ==, !=")),
    (
        r"(?i)(?<!\w)(?:и|или|не|және|немесе|емес)(?!\w)|(?-i:\b(?:AND|OR|NOT|And|Or|Not)\b)",
        N_("conditions are joined by the words and, or, not, in small English letters"),
    ),
    (r"\d\s*%", N_("a share is written with whole numbers: 10 * breaches <= organisations is at most 10 per cent")),
)
"""What people write in place of the grammar, as a regular expression, and the advice."""


class ExpressionError(ValueError):
    """A condition that cannot be parsed. `template` is a message that names the part, `values` fill its placeholders."""

    def __init__(self, template: str, **values: Any):
        self.template, self.values = template, values
        super().__init__(template % values if values else template)


Operand = TypeVar("Operand", covariant=True)


@dataclass(frozen=True)
class AllOf(Generic[Operand]):
    """True if all operands are true."""

    operands: tuple[Operand, ...]


@dataclass(frozen=True)
class AnyOf(Generic[Operand]):
    """True if at least one operand is true."""

    operands: tuple[Operand, ...]


def parse_tree(text: str) -> ast.expr:
    """Parse the text of a condition by Python's grammar.

    Raises:
        ExpressionError: It is no expression; the message says what to write in its place.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(N_("a condition has at most %(maximum)s characters"), maximum=MAX_LENGTH)
    try:
        with warnings.catch_warnings():
            # Python warns of texts such as "1or 2", which an error reports anyway.
            warnings.simplefilter("ignore")
            return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _syntax_error(text.strip(), error) from error


def parse_logic(node: ast.expr, parse_leaf: Callable[[ast.expr, bool], Any], negated: bool = False) -> Any:
    """Parse ``and``, ``or`` and ``not``; `parse_leaf(node, negated)` parses what stands between them."""
    match node:
        case ast.BoolOp(op=operator, values=values):
            operands = tuple(parse_logic(value, parse_leaf, negated) for value in values)
            return AllOf(operands) if isinstance(operator, ast.And) != negated else AnyOf(operands)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return parse_logic(operand, parse_leaf, not negated)
    return parse_leaf(node, negated)


def operator_of(operator: ast.cmpop, negated: bool) -> str:
    """The operator of a comparison, or its opposite. Raises KeyError for operators such as ``in``."""
    text = OPERATORS[type(operator)]
    return OPPOSITES[text] if negated else text


def _syntax_error(text: str, error: Exception) -> ExpressionError:
    without_strings = re.sub(r"\"[^\"]*\"|'[^']*'", "", text)
    for pattern, advice in HINTS:
        if re.search(pattern, without_strings):
            return ExpressionError(advice)
    if not text:
        return ExpressionError(N_("the condition is empty"))
    offset = error.offset if isinstance(error, SyntaxError) and error.offset else 0
    part = text[max(offset - 1, 0) :].strip() or text
    return ExpressionError(
        N_('cannot be read at “%(part)s”: comparisons are written such as code == "value" or code > 0'), part=part
    )
