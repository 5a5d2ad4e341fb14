"""Arithmetic of a budget: what its lines and totals say twice must be the same both times."""
from evaluation.budgets.model import BudgetDecision, Inconsistency


def inconsistencies(decision: BudgetDecision) -> tuple[Inconsistency, ...]:
    return ()


def text_inconsistencies(head, decisions) -> tuple[Inconsistency, ...]:
    return ()
