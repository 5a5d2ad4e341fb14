"""What a person corrects of a decision before it is stored: pure values, applied to the decision that was read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from evaluation.budgets.model import BudgetDecision, BudgetLine, Section, Total

TOTAL, LINE, UNREAD, NEW = "t", "l", "u", "n"
"""First letters of the keys of items: a section's total, a coded line, an unread line, a line that the person adds."""


@dataclass(frozen=True)
class Head:
    """The year, number and date of a decision as a person corrected them."""

    year: int | None
    number: str
    date: date | None


@dataclass(frozen=True)
class Corrections:
    """What a person changed in a decision.

    Attributes:
        head: the corrected head; None for the head as read.
        changes: key of an item (:func:`items_of`; "n" and a number for a new line) → the line as the person read it in the
            source, the total of a section having no code; None where the item is not a line of the budget.
    """

    head: Head | None = None
    changes: Mapping[str, BudgetLine | None] = field(default_factory=dict)

    def with_changes(self, changes: Mapping[str, BudgetLine | None]) -> "Corrections":
        """Return the corrections with more changes, which replace earlier ones of the same items."""
        return replace(self, changes={**self.changes, **changes})

    def without(self, keys: set[str]) -> "Corrections":
        """Return the corrections without the changes of some items, which are as read again."""
        return replace(self, changes={key: line for key, line in self.changes.items() if key not in keys})

    def to_json(self) -> dict[str, Any]:
        """Return the corrections as JSON values."""
        head = self.head and [self.head.year, self.head.number, self.head.date.isoformat() if self.head.date else None]
        return {"head": head, "changes": {key: _line_as_json(line) for key, line in self.changes.items()}}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Corrections":
        """Return the corrections that :meth:`to_json` wrote; none for an empty mapping."""
        head = None
        if values.get("head"):
            year, number, day = values["head"]
            head = Head(year, number, date.fromisoformat(day) if day else None)
        return cls(head, {key: _line_of_json(line) for key, line in values.get("changes", {}).items()})


def items_of(decision: BudgetDecision) -> Iterator[tuple[str, BudgetLine]]:
    """Yield the key of each total and coded line as read, with the item as a line; a total has neither code nor name."""
    for section, total in decision.totals.items():
        yield f"{TOTAL}{section}", BudgetLine(section, "", "", total.amount, total.source_line)
    for position, line in enumerate(decision.lines):
        yield f"{LINE}{position}", line


def corrected_items(decision: BudgetDecision, corrections: Corrections) -> list[tuple[str, BudgetLine]]:
    """Return the items of the corrected decision with their keys: totals first, then lines in the order of the source."""
    items = dict(items_of(decision))
    for key, line in corrections.changes.items():
        if line is None:
            items.pop(key, None)
        else:
            items[key] = line
    return sorted(items.items(), key=lambda item: (bool(item[1].code), item[1].source_line))


def corrected(decision: BudgetDecision, corrections: Corrections) -> BudgetDecision:
    """Return the decision with the corrections; its inconsistencies are those that were read, not computed again."""
    items = [line for _, line in corrected_items(decision, corrections)]
    totals = {line.section: Total(line.amount, line.source_line) for line in items if not line.code}
    unread = tuple(line for position, line in enumerate(decision.unread) if f"{UNREAD}{position}" not in corrections.changes)
    head = corrections.head or Head(decision.year, decision.number, decision.date)
    return replace(
        decision,
        year=head.year,
        number=head.number,
        date=head.date,
        totals=totals,
        lines=tuple(line for line in items if line.code),
        unread=unread,
    )


def _line_as_json(line: BudgetLine | None) -> list[Any] | None:
    return None if line is None else [line.section, line.code, line.name, str(line.amount), line.source_line]


def _line_of_json(values: list[Any] | None) -> BudgetLine | None:
    if values is None:
        return None
    section, code, name, amount, source_line = values
    return BudgetLine(Section(section), code, name, Decimal(amount), source_line)
