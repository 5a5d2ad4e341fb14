"""Arithmetic of a budget: what its lines and totals say twice must be the same both times.

A contradiction is reported once, where it is: a line that contradicts both the lines below it and the line above it is reported,
and the line above is not, because it agrees with what the lines below give. What depends on an unread line is not compared.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from evaluation.budgets.classification import codes_above
from evaluation.budgets.model import BudgetDecision, BudgetLine, Inconsistency, Section, Total

MAX_ALTERNATIVES = 10
"""Contradictory lines of which every combination is tried; beyond, only none and all of them."""
CATEGORY_LENGTH = 1
"""Digits of a category's code; a functional group has more."""
ZERO = Decimal(0)
NETS = {Section.NET_LENDING: 1, Section.FINANCIAL_ASSETS: 1, Section.FINANCING: -1}
"""Sections that are a difference → the sign of their expenditures; receipts have the other one."""

PARTS = {
    Section.NET_LENDING: (("lending", False), ("repayment", True)),
    Section.FINANCIAL_ASSETS: (("acquisition", False), ("asset_sale", True)),
}
"""Parts of a section that can be printed without a code, and whether they are receipts."""


@dataclass
class Sums:
    """The sums of one budget.

    Attributes:
        found: the contradictions so far.
        changes: what each contradictory line or total would change by if it agreed with the lines below it, by its place.
    """

    reports: list[Inconsistency] = field(default_factory=list)
    changes: dict[str, Decimal] = field(default_factory=dict)

    def compare(self, path: str, printed: Total, parts: Sequence[tuple[BudgetLine, int]]) -> None:
        """Compare a printed amount with the sum of its parts, each with its sign."""
        computed = sum((line.amount if sign > 0 else -line.amount for line, sign in parts), ZERO)
        if computed == printed.amount:
            return
        changes = [self.changes[key] * sign for line, sign in parts if (key := path_of(line.section, line.code)) in self.changes]
        if not agree(printed.amount - computed, changes):
            sources = (printed.source_line, *(line.source_line for line, _ in parts))
            self.reports.append(Inconsistency(path, printed.amount, computed, sources))
            self.changes[path] = computed - printed.amount


def agree(difference: Decimal, changes: Sequence[Decimal]) -> bool:
    """Whether a difference is nothing, or what some of the changes of contradictory parts make up."""
    if not difference:
        return True
    if len(changes) > MAX_ALTERNATIVES:
        return difference == sum(changes, ZERO)
    reachable = {ZERO}
    for change in changes:
        reachable |= {value + change for value in reachable}
    return difference in reachable


def inconsistencies(decision: BudgetDecision, parts: Mapping[str, Total] | None = None) -> tuple[Inconsistency, ...]:
    """Return the contradictions of one budget, in the order of the source. Its own `inconsistencies` are not used.

    Args:
        decision: the budget.
        parts: amounts of rows without a code, by section and part ("financial_assets/acquisition"); None if they are not
            known: then a total that they can be in is not compared.
    """
    sums = Sums()
    blocked = paths_of_unread(decision)
    children = _children(decision.lines)
    parents = [(path, line) for line in decision.lines if (path := path_of(line.section, line.code)) in children]
    for path, line in sorted(parents, key=lambda item: -item[1].code.count("/")):
        if path not in blocked:
            sums.compare(path, Total(line.amount, line.source_line), [(child, 1) for child in children[path]])
    for section, total in decision.totals.items():
        tops = [*children.get(section.value, []), *_lines_without_code(section, parts, children)]
        is_compared = bool(tops) or (parts is not None and section in {Section.NET_LENDING, Section.FINANCIAL_ASSETS})
        if (
            is_compared
            and section.value not in blocked
            and (parts is not None or not _can_lack_part(section, total.amount, tops))
        ):
            sums.compare(section.value, total, [(line, sign_in(line)) for line in tops])
    _compare_deficit(decision, sums, children)
    return tuple(sorted(sums.reports, key=lambda item: item.source_lines[0]))


def sign_in(line: BudgetLine) -> int:
    """Return the sign of a category or functional group in the total of its section."""
    is_receipt = _is_receipt(line)
    return NETS.get(line.section, -1 if is_receipt else 1) * (-1 if is_receipt else 1)


def paths_of_unread(decision: BudgetDecision) -> set[str]:
    """Return the places whose sums depend on an unread line: all that are open where it stands."""
    if not decision.unread:
        return set()
    lines = sorted(decision.lines, key=lambda line: line.source_line)
    numbers = [line.source_line for line in lines]
    blocked: set[str] = set()
    for unread in decision.unread:
        index = bisect_left(numbers, unread.source_line)
        before, after = lines[index - 1 : index] if index else [], lines[index : index + 1]
        for line in before:
            blocked |= {path_of(line.section, code) for code in ("", line.code, *codes_above(line.code))}
        for line in after:
            blocked |= {path_of(line.section, code) for code in ("", *codes_above(line.code))}
    return blocked


def path_of(section: Section, code: str) -> str:
    """Return how a line or, without a code, a total is named: "costs/01/2", "income"."""
    return f"{section}/{code}" if code else section.value


def _children(lines: Sequence[BudgetLine]) -> dict[str, list[BudgetLine]]:
    """Return the lines below each printed line and below each section, by its place."""
    printed = {path_of(line.section, line.code) for line in lines}
    children: dict[str, list[BudgetLine]] = {}
    for line in lines:
        above = path_of(line.section, line.code).rpartition("/")[0]
        while above not in printed and "/" in above:
            above = above.rpartition("/")[0]
        children.setdefault(above, []).append(line)
    return children


def _lines_without_code(
    section: Section, parts: Mapping[str, Total] | None, children: Mapping[str, Sequence[BudgetLine]]
) -> list[BudgetLine]:
    """Return what a section has only without a code, as lines: "Приобретение финансовых активов" without a functional group."""
    reports = []
    for part, is_receipt in PARTS.get(section, ()):
        total = (parts or {}).get(f"{section}/{part}")
        if total is not None and not any(_is_receipt(line) == is_receipt for line in children.get(section.value, [])):
            reports.append(BudgetLine(section, "0" if is_receipt else "00", "", total.amount, total.source_line))
    return reports


def _is_receipt(line: BudgetLine) -> bool:
    return len(line.code.split("/", 1)[0]) == CATEGORY_LENGTH


def _can_lack_part(section: Section, total: Decimal, tops: Sequence[BudgetLine]) -> bool:
    """Whether the total can contain an amount without a code that is not known."""
    if section not in {Section.NET_LENDING, Section.FINANCIAL_ASSETS}:
        return False
    return all(_is_receipt(line) for line in tops) and total > sum((line.amount * sign_in(line) for line in tops), ZERO)


def section_amount(decision: BudgetDecision, section: Section, children: Mapping[str, Sequence[BudgetLine]]) -> Total | None:
    """Return a section's total; if none is printed and every line was read, the sum of its lines. None if it is unknown."""
    if section in decision.totals:
        return decision.totals[section]
    if decision.unread or section in {Section.INCOME, Section.COSTS, Section.DEFICIT}:
        return None
    parts = children.get(section.value, [])
    return Total(sum((line.amount * sign_in(line) for line in parts), ZERO), parts[0].source_line if parts else 0)


def _compare_deficit(decision: BudgetDecision, sums: Sums, children: Mapping[str, Sequence[BudgetLine]]) -> None:
    """Compare the deficit with what it is the difference of, and with its financing."""
    signs = {Section.INCOME: 1, Section.COSTS: -1, Section.NET_LENDING: -1, Section.FINANCIAL_ASSETS: -1}
    amounts = {section: section_amount(decision, section, children) for section in signs}
    deficit, financing = decision.totals.get(Section.DEFICIT), decision.totals.get(Section.FINANCING)
    amounts_read = [(section, total) for section, total in amounts.items() if total is not None]
    if deficit is not None and len(amounts_read) == len(signs):
        computed = sum((total.amount * signs[section] for section, total in amounts_read), ZERO)
        changes = [sums.changes[section.value] * signs[section] for section in signs if section.value in sums.changes]
        if not agree(deficit.amount - computed, changes):
            sources = (deficit.source_line, *(total.source_line for _, total in amounts_read if total.source_line))
            sums.reports.append(Inconsistency(Section.DEFICIT.value, deficit.amount, computed, sources))
            sums.changes[Section.DEFICIT.value] = computed - deficit.amount
    if deficit is not None and financing is not None:
        changes = [
            sums.changes[section.value] for section in (Section.DEFICIT, Section.FINANCING) if section.value in sums.changes
        ]
        if not agree(-deficit.amount - financing.amount, changes):
            sources = (financing.source_line, deficit.source_line)
            sums.reports.append(Inconsistency(Section.FINANCING.value, financing.amount, -deficit.amount, sources))
