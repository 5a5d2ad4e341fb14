"""Planned income from state property beside what the body's organisations report. Pure values, amounts in whole tiyn.

A plan in thousand tenge for a year is not what was received from income *of* that year: a difference is a warning that a person
explains. It changes no points.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from evaluation.answers.checks import WarningReason
from evaluation.budgets.records import TIYN_PER_UNIT
from evaluation.criteria.model import Order

Answers = tuple[str, Mapping[str, Any]]
"""An organisation's kind and its answers in stored form."""


@dataclass(frozen=True)
class Explanation:
    """The reason for a difference, and the sums that it holds for."""

    planned: int
    paid: int
    reason: WarningReason


@dataclass(frozen=True)
class DecisionFacts:
    """What identifies a stored decision, and its sums by group of the classification; `id` orders decisions of one day."""

    id: int
    number: str
    date: date
    body_name: str
    sha256: str
    digest: str
    planned: Mapping[str, int]

    @property
    def order_key(self) -> tuple[str, int]:
        """By which the decision that counts comes last."""
        return self.date.isoformat(), self.id


@dataclass(frozen=True)
class BudgetEvidence:
    """The decisions of a body's year, the one that counts last, and the explanations by group."""

    decisions: tuple[DecisionFacts, ...] = ()
    explanations: Mapping[str, Explanation] = field(default_factory=dict)

    def comparisons(self, order: Order, answers: Sequence[Answers]) -> tuple["GroupComparison", ...]:
        """Return the groups of the decision that counts; none without a decision."""
        return compare(order, self.decisions[-1].planned, answers, self.explanations) if self.decisions else ()


@dataclass(frozen=True)
class GroupComparison:
    """A group of planned income.

    Attributes:
        group: the group's key in the classification.
        planned: sum of its lines.
        criterion: the criterion beside which a difference is shown; "" where nothing is compared with the group.
        kinds: kinds of organisation whose payments are this income.
        due: what these organisations report as due; None where nothing is compared.
        paid: what they report as paid.
        unanswered: how many of them have not answered one of the two.
        explanation: the reason for a difference of these very sums.
    """

    group: str
    planned: int
    criterion: str = ""
    kinds: tuple[str, ...] = ()
    due: int | None = None
    paid: int | None = None
    unanswered: int = 0
    explanation: WarningReason | None = None

    @property
    def is_compared(self) -> bool:
        """Whether reported payments are laid beside the group."""
        return self.paid is not None

    @property
    def difference(self) -> int | None:
        """What was planned above what is reported as paid; None where nothing is compared."""
        return None if self.paid is None else self.planned - self.paid

    @property
    def is_warning(self) -> bool:
        """Whether the sums differ by a thousand tenge or more, once all have answered; less is rounding of the plan."""
        return self.difference is not None and not self.unanswered and abs(self.difference) >= TIYN_PER_UNIT

    @property
    def is_open(self) -> bool:
        """Whether it is a warning without an explanation."""
        return self.is_warning and self.explanation is None


def compare(
    order: Order, planned: Mapping[str, int], answers: Sequence[Answers], explanations: Mapping[str, Explanation]
) -> tuple[GroupComparison, ...]:
    """Lay planned sums beside reported payments.

    Args:
        order: The order of the year, which says what is compared (`budget_comparisons`).
        planned: Group of the classification → planned sum.
        answers: Kind and answers of the body's organisations.
        explanations: Group → explanation.
    """
    groups = []
    for group, sum_ in planned.items():
        rule = order.budget_comparison.get(group)
        if rule is None:
            groups.append(GroupComparison(group, sum_))
            continue
        values = [(stored.get(rule.due), stored.get(rule.paid)) for kind, stored in answers if kind in rule.kinds]
        due, paid = (_sum(column) for column in zip(*values, strict=True)) if values else (0, 0)
        stored = explanations.get(group)
        reason = stored.reason if stored is not None and (stored.planned, stored.paid) == (sum_, paid) else None
        blank = sum(None in pair for pair in values)
        groups.append(GroupComparison(group, sum_, rule.criterion, rule.kinds, due, paid, blank, reason))
    return tuple(groups)


def _sum(values: Iterable[int | None]) -> int:
    return sum(value or 0 for value in values)
