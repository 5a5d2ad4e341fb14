"""Rules on one organisation's answers: implications, contradictions and cautions."""

from typing import TypeVar

from evaluation.criteria.base import Code, OrderModel, ParsedCondition, Text


class AnswerRule(OrderModel):
    """A rule on one organisation's answers, which applies if its condition is true."""

    when: ParsedCondition


class Implication(AnswerRule):
    """If the condition is true, a blank answer to `indicator` can only be `value`."""

    indicator: Code
    value: bool | int | str


class Contradiction(AnswerRule):
    """Answers that exclude each other: an error at the cell of `indicator`."""

    code: Code
    indicator: Code
    message: Text


class Caution(AnswerRule):
    """Answers that are possible but unlikely: a warning at the cell of `indicator`, or at the whole report without one.

    Only the condition of a caution can read evidence, last year's answers and the current day.
    """

    code: Code
    indicator: Code | None = None
    message: Text


AnswerRuleT = TypeVar("AnswerRuleT", bound=AnswerRule)
