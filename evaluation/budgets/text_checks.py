"""Compares the amounts in the text of a decision with the sums of its annexes."""

from collections.abc import Sequence
from decimal import Decimal

from evaluation.budgets.body_names import without_case
from evaluation.budgets.checks import agree, sign_in
from evaluation.budgets.classification import classification
from evaluation.budgets.head import Head
from evaluation.budgets.model import BudgetDecision, BudgetLine, Inconsistency, Section

PREFIX = "decision"
EXPENDITURE_PARTS = frozenset({"lending", "acquisition", "loan_repayment"})
ZERO = Decimal(0)


def text_inconsistencies(head: Head, decisions: Sequence[BudgetDecision]) -> tuple[Inconsistency, ...]:
    """Return where the text contradicts the annexes.

    `where` is "decision", the section, and what the amount is a part of: "decision/income", "decision/income/4" (a category),
    "decision/net_lending/lending". An amount is compared if every annex of its year says it and has been read.
    """
    reports = []
    for (body, year, key), printed in head.amounts.items():
        of_year = [decision for decision in decisions if year is None or decision.year == year]
        annexes = [decision for decision in of_year if decision.body == without_case(body, head.stems)] or of_year
        if not annexes or (year is None and len({decision.year for decision in annexes}) > 1):
            continue
        section, _, part = key.partition("/")
        sums = [_amount_of(decision, Section(section), part) for decision in annexes]
        read_sums = [item for item in sums if item is not None]
        if len(read_sums) < len(sums):
            continue
        computed = sum((amount for amount, _, _ in read_sums), ZERO)
        if not agree(printed.amount - computed, [change for _, change, _ in read_sums if change]):
            lines = [line for _, _, numbers in read_sums for line in numbers]
            reports.append(Inconsistency(_where(section, part, year), printed.amount, computed, (printed.source_line, *lines)))
    return tuple(reports)


def _where(section: str, part: str, year: int | None) -> str:
    return "/".join(item for item in (PREFIX, section, classification().categories(year).get(part, part)) if item)


def _amount_of(decision: BudgetDecision, section: Section, part: str) -> tuple[Decimal, Decimal, list[int]] | None:
    """Return what an annex says of an amount; None if it is unknown.

    Returns:
        The amount, what it changes by if it agrees with the lines below it, and the numbers of its lines.
    """
    if not part and section in decision.totals:
        total = decision.totals[section]
        return total.amount, _change(decision, section.value), [total.source_line]
    if decision.unread:
        return None
    tops = [line for line in decision.lines if line.section is section and "/" not in line.code]
    if not part:
        return sum((line.amount * sign_in(line) for line in tops), ZERO), ZERO, [line.source_line for line in tops]
    lines = [line for line in tops if _is_part(line, part, decision.year)]
    if not lines and part == "acquisition":
        return None
    changes = sum((_change(decision, f"{section}/{line.code}") for line in lines), ZERO)
    return sum((line.amount for line in lines), ZERO), changes, [line.source_line for line in lines]


def _is_part(line: BudgetLine, part: str, year: int | None) -> bool:
    if part in EXPENDITURE_PARTS:
        return len(line.code) > 1
    kind = classification().kind(line.code, line.name, year) if len(line.code) == 1 else None
    return kind is not None and kind.key == part


def _change(decision: BudgetDecision, where: str) -> Decimal:
    return next((item.computed - item.printed for item in decision.inconsistencies if item.where == where), ZERO)
