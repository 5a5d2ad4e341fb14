"""Differences between two budgets by code, such as the amended decision and the earlier one, or this year and the last."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from evaluation.budgets.model import BudgetDecision, Section


@dataclass(frozen=True)
class LineDifference:
    """A code in two budgets, amounts in thousand tenge; None where a budget does not have it. A total has the code ""."""

    section: Section
    code: str
    name: str
    earlier: Decimal | None
    later: Decimal | None

    @property
    def difference(self) -> Decimal:
        """The later amount less the earlier one; an absent one counts as 0."""
        return (self.later or Decimal()) - (self.earlier or Decimal())


def differences(earlier: BudgetDecision, later: BudgetDecision) -> list[LineDifference]:
    """Return all codes of two budgets by section and code, a section's total first; equal amounts included.

    Lines with the same code in one budget are added up. The name is that of the later budget, where it has one.
    """
    amounts = [_by_code(decision) for decision in (earlier, later)]
    names = {(line.section, line.code): line.name for decision in (earlier, later) for line in decision.lines}
    keys = sorted(amounts[0].keys() | amounts[1].keys(), key=lambda key: (tuple(Section).index(key[0]), key[1].split("/")))
    return [LineDifference(*key, names.get(key, ""), amounts[0].get(key), amounts[1].get(key)) for key in keys]


def _by_code(decision: BudgetDecision) -> dict[tuple[Section, str], Decimal]:
    amounts = {(section, ""): total.amount for section, total in decision.totals.items()}
    items: Iterable[tuple[tuple[Section, str], Decimal]] = (((line.section, line.code), line.amount) for line in decision.lines)
    for key, amount in items:
        amounts[key] = amounts.get(key, Decimal()) + amount
    return amounts
