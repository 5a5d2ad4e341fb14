"""What a person confirms of a draft, and whether it can be stored: pure checks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.budgets import errors
from evaluation.budgets.errors import DecisionRejected
from evaluation.budgets.model import BudgetDecision, BudgetLine, Total
from evaluation.budgets.models import CODE_LENGTH, MAX_TIYN, NUMBER_LENGTH
from evaluation.budgets.records import TIYN_PER_UNIT
from evaluation.text import normalise_line

CODE = re.compile(r"[0-9]{1,3}(/[0-9]{1,3})*")


@dataclass(frozen=True)
class Confirmation:
    """A decision that a person confirms.

    Attributes:
        entry: the position of the decision in the draft.
        decision: the decision as corrected; its year says for which year it is stored, and nothing of it is unread.
    """

    entry: int
    decision: BudgetDecision


def check_head(decision: BudgetDecision) -> None:
    """Raise DecisionRejected where the head of a decision lacks something."""
    number = normalise_line(decision.number)
    if not number:
        raise DecisionRejected(errors.NO_NUMBER, field="number")
    if len(number) > NUMBER_LENGTH:
        raise DecisionRejected(errors.NUMBER_TOO_LONG, field="number", limit=NUMBER_LENGTH)
    if decision.date is None:
        raise DecisionRejected(errors.NO_DATE, field="date")
    if decision.year is None:
        raise DecisionRejected(errors.NO_YEAR, field="year")


def check_lines(decision: BudgetDecision, line_count: int) -> None:
    """Raise DecisionRejected where a line is unread or not possible; `line_count` are the lines of the source."""
    for unread in decision.unread:
        raise DecisionRejected(errors.UNREAD, field="unread", line=unread.source_line)
    if not decision.lines:
        raise DecisionRejected(errors.NO_LINES, field="lines")
    for line in decision.lines:
        if len(line.code) > CODE_LENGTH or not CODE.fullmatch(line.code):
            raise DecisionRejected(errors.WRONG_CODE, field="code", code=line.code[:CODE_LENGTH])
    items: Sequence[BudgetLine | Total] = (*decision.lines, *decision.totals.values())
    for item in items:
        tiyn = item.amount * TIYN_PER_UNIT
        if not tiyn.is_finite() or tiyn != tiyn.to_integral_value() or abs(tiyn) >= MAX_TIYN:
            raise DecisionRejected(errors.WRONG_AMOUNT, field="amount", amount=item.amount, line=item.source_line)
        if not 1 <= item.source_line <= line_count:
            raise DecisionRejected(errors.WRONG_LINE, field="source_line", line=item.source_line)
