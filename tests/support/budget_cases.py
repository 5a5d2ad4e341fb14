"""An invented budget decision as values, and its way into a body's year."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from evaluation.answers.year_data import read_year_data
from evaluation.budgets import drafts, operations, queries
from evaluation.budgets.confirmation import Confirmation
from evaluation.budgets.explanations import explain
from evaluation.budgets.model import BudgetDecision, BudgetLine, Section, Total, UnreadLine
from evaluation.budgets.models import BudgetDraft, StoredDecision
from evaluation.budgets.records import entries_of
from evaluation.policy import Role
from tests.support.paths import ROOT
from tests.support.scenario import REASON, TODAY, YEAR, Scenario

KONAEV = ROOT / "tests" / "support" / "budgets" / "konaev-2026.ru.txt"
TEXT = "\n".join(f"line {number}" for number in range(1, 41))
"""What the cases stand for: their source lines are lines of this text."""


def income(code: str, amount: str, source_line: int, name: str = "Кіріс") -> BudgetLine:
    return BudgetLine(Section.INCOME, code, name, Decimal(amount), source_line)


def a_decision(**changes: Any) -> BudgetDecision:
    """A budget whose part of net income is 1,200.5 thousand tenge, with a line that could not be read."""
    lines = (
        income("2", "1700.5", 2),
        income("2/01", "1700.5", 3),
        income("2/01/1", "1200.5", 4, "Таза кіріс бөлігі"),
        income("2/01/5", "500", 5, "Жалға беру"),
        income("3", "90", 6),
        income("3/01", "90", 7),
        BudgetLine(Section.COSTS, "01/2/489/001", "Басқару", Decimal(300), 9),
    )
    decision = BudgetDecision(
        body="Ойдан шығарылған қала",
        year=YEAR,
        number="11-2",
        date=date(2024, 1, 10),
        totals={Section.INCOME: Total(Decimal("1790.5"), 1), Section.COSTS: Total(Decimal(300), 8)},
        lines=lines,
        unread=(UnreadLine(10, "I2З тыс", "unclear"),),
    )
    return replace(decision, **changes)


def settled(decision: BudgetDecision, **changes: Any) -> BudgetDecision:
    """The decision as a person confirms it: its unread line is no line of the budget."""
    return replace(decision, unread=(), **changes)


def send(
    scenario: Scenario, monkeypatch: Any, *entries: BudgetDecision, role: Role = Role.CLERK, text: str = TEXT
) -> BudgetDraft:
    """Send a text that is read as these decisions; the caller commits."""
    monkeypatch.setattr(drafts, "read_decisions", lambda lines: tuple(entries))
    return drafts.receive_text(scenario.viewer(Role.CLERK), YEAR, scenario.body_id, text, TODAY)


def store(
    scenario: Scenario,
    monkeypatch: Any,
    confirmed: BudgetDecision | None = None,
    read: BudgetDecision | None = None,
    **options: Any,
) -> StoredDecision:
    """Send and confirm a decision; the caller commits."""
    read = read or a_decision()
    draft = send(scenario, monkeypatch, read)
    confirmation = Confirmation(0, settled(read))
    return operations.store_decisions(scenario.viewer(Role.CLERK), draft, [confirmation], today=TODAY, **options)[0]


def planned(row: StoredDecision) -> Mapping[str, int]:
    """The planned sums that are not 0."""
    return {group: amount for group, amount in row.planned.items() if amount}


def store_real_decision(scenario: Scenario) -> StoredDecision:
    """Store the decision of Қонаев for the first body's year, a correction, and explain its difference; the caller commits."""
    clerk, body_id = scenario.viewer(Role.CLERK), scenario.body_id
    draft = drafts.receive_text(clerk, YEAR, body_id, KONAEV.read_text(encoding="utf-8"), TODAY)
    confirmation = Confirmation(0, replace(entries_of(draft)[0], year=YEAR))
    row = operations.store_decisions(clerk, draft, [confirmation], today=TODAY)[0]
    comparison = queries.comparison(clerk, read_year_data(clerk, scenario.order, YEAR, body_id))
    assert comparison
    for warning in comparison.warnings:
        explain(clerk, scenario.order, YEAR, body_id, warning.group, REASON, TODAY)
    return row
