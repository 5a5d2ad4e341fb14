"""What a draft's page shows: the budgets of its source, the chosen one with its corrections, and its parts as rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from evaluation.budgets.body_match import likely_entry
from evaluation.budgets.checks import inconsistencies
from evaluation.budgets.corrections import LINE, NEW, TOTAL, UNREAD, Corrections, corrected, items_of
from evaluation.budgets.labels import OF_DECISION
from evaluation.budgets.model import BudgetDecision, Section
from evaluation.budgets.models import BudgetDraft
from evaluation.budgets.records import entries_of
from evaluation.language import Language
from evaluation.pagination import Page
from evaluation.registry.models import Body
from forms.budgets.rows import Row, filled_row

UNREAD_PART = "unread"
PARTS = (UNREAD_PART, *Section)
"""The parts of a draft's form: unread and added lines, and the sections."""
ROWS_PER_PAGE = 25


@dataclass(frozen=True)
class Part:
    """A part of a draft with the number of its rows, and of those that are not settled."""

    code: str
    count: int
    open_count: int = 0


@dataclass(frozen=True)
class DraftState:
    """A draft as its person sees it.

    Attributes:
        draft: the stored draft.
        entries: the budgets as read.
        chosen: the position of the chosen budget.
        is_chosen: whether the person chose it; otherwise it is the likely one.
        corrections: the corrections of the chosen budget.
    """

    draft: BudgetDraft
    entries: tuple[BudgetDecision, ...]
    chosen: int
    is_chosen: bool
    corrections: Corrections

    @classmethod
    def of(cls, draft: BudgetDraft, body: Body) -> "DraftState":
        """Return the state of a draft for its body."""
        entries, stored = entries_of(draft), draft.corrections or {}
        chosen = stored.get("entry")
        is_chosen = isinstance(chosen, int) and 0 <= chosen < len(entries)
        if not isinstance(chosen, int) or not is_chosen:
            chosen = likely_entry(entries, [body.name_kk or "", body.name_ru or ""], draft.year)
        corrections = Corrections.from_json(stored.get("entries", {}).get(str(chosen), {}))
        return cls(draft, entries, chosen, is_chosen or len(entries) == 1, corrections)

    def stored_with(self, corrections: Corrections | None = None, chosen: int | None = None) -> dict[str, Any]:
        """Return what the draft stores after a change: other corrections of the chosen budget, or another choice."""
        stored = self.draft.corrections or {}
        entries = dict(stored.get("entries", {}))
        if corrections is not None:
            entries[str(self.chosen)] = corrections.to_json()
        return {"entry": self.chosen if chosen is None else chosen, "entries": entries}

    @property
    def read(self) -> BudgetDecision:
        """The chosen budget as read."""
        return self.entries[self.chosen]

    @cached_property
    def decision(self) -> BudgetDecision:
        """The chosen budget with its corrections, its sums checked again."""
        decision = corrected(self.read, self.corrections)
        of_text = tuple(item for item in self.read.inconsistencies if item.where.startswith(f"{OF_DECISION}/"))
        return replace(decision, inconsistencies=(*of_text, *inconsistencies(decision)))

    @property
    def parts(self) -> list[Part]:
        """The parts that have rows; the unread lines first, which can always take a line that was overlooked."""
        counts = dict.fromkeys(Section, 0)
        for _, line in items_of(self.read):
            counts[line.section] += 1
        unread = Part(UNREAD_PART, len(self.read.unread), len(self.decision.unread))
        return [unread, *(Part(section, count) for section, count in counts.items() if count)]

    @property
    def first_part(self) -> str:
        """The part to show first: unread lines while some are not settled, else the first section."""
        parts = self.parts
        return parts[1].code if not self.decision.unread and len(parts) > 1 else UNREAD_PART

    def rows(self, part: str, language: Language) -> list[Row]:
        """Return all rows of a part as they are now."""
        if part == UNREAD_PART:
            return [*self._unread_rows(language), *self._added_rows(language)]
        return [self._row(key, language) for key, line in items_of(self.read) if line.section == part]

    def page(self, part: str, number: int, language: Language) -> Page[Row]:
        """Return a page of a part's rows; the last one of the unread part ends with a blank row for a new line."""
        page = Page.from_list(self.rows(part, language), number, ROWS_PER_PAGE)
        if part == UNREAD_PART and page.number == page.last:
            page = replace(page, items=[*page.items, filled_row(self._free_key, None, language)])
        return page

    def part_of_line(self, number: int) -> tuple[str, int] | None:
        """Return the part and the page on which the item of a source line is edited; None if there is none."""
        positions: dict[str, int] = {}
        for key, line in items_of(self.read):
            position = positions[line.section] = positions.get(line.section, -1) + 1
            if line.source_line == number and key[0] in (TOTAL, LINE):
                return line.section, position // ROWS_PER_PAGE + 1
        for position, unread in enumerate(self.read.unread):
            if unread.source_line == number:
                return UNREAD_PART, position // ROWS_PER_PAGE + 1
        return None

    def _row(self, key: str, language: Language) -> Row:
        changes, as_read = self.corrections.changes, self._items[key]
        row = filled_row(key, changes.get(key) or as_read, language)
        row.is_removed = changes.get(key, as_read) is None
        return row

    @cached_property
    def _items(self) -> Mapping[str, Any]:
        return dict(items_of(self.read))

    def _unread_rows(self, language: Language) -> list[Row]:
        changes, rows = self.corrections.changes, []
        for position, unread in enumerate(self.read.unread):
            key = f"{UNREAD}{position}"
            row = filled_row(key, changes.get(key), language, unread)
            row.is_removed = key in changes and changes[key] is None
            rows.append(row)
        return rows

    def _added_rows(self, language: Language) -> list[Row]:
        added = ((key, line) for key, line in self.corrections.changes.items() if key.startswith(NEW))
        return [filled_row(key, line, language) for key, line in added]

    @property
    def _free_key(self) -> str:
        taken = [int(key[1:]) for key in self.corrections.changes if key.startswith(NEW)]
        return f"{NEW}{max(taken, default=0) + 1}"
