"""Presents the cells of a grid's change as text, for the pages and dialogs that show it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from evaluation.answers.grid.formatting import value_formatter
from evaluation.answers.grid.model import GridRow, Proposal
from evaluation.answers.model import AnswerInput
from evaluation.answers.save import SaveResult
from evaluation.language import N_
from evaluation.web.core.request_context import current_language, moment
from evaluation.web.entry.grid.context import GridContext

MAX_CELLS = 100
"""Cells of each group that a preview lists; the others are only counted."""
MAX_ISSUES = 30
"""Issues of each severity that a preview lists, in a collapsed section."""


@dataclass(frozen=True, slots=True)
class CellView:
    """A cell as text: organisation, column, values before and after the change, a message, and its row in the pasted block."""

    organisation: str
    column: str
    before: str = ""
    after: str = ""
    message: str = ""
    block_row: int = 0


@dataclass(frozen=True, slots=True)
class ProposalSummary:
    """The counts of a proposal.

    Templates receive only the counts: a rendered context stays in memory until the next garbage collection, and a proposal holds
    thousands of objects.
    """

    edit_count: int
    addition_count: int
    replacement_count: int
    erasure_count: int
    unchanged_count: int
    preserved_count: int
    rejected_count: int
    rows_by_bin: bool
    columns_by_heading: bool
    unknown_headings: tuple[str, ...]
    excess_row_count: int
    excess_column_count: int
    digest: str
    is_safe: bool

    @classmethod
    def of(cls, proposal: Proposal) -> "ProposalSummary":
        """Summarise a proposal."""
        return cls(
            edit_count=len(proposal.edits),
            addition_count=len(proposal.additions),
            replacement_count=len(proposal.replacements),
            erasure_count=len(proposal.erasures),
            unchanged_count=proposal.unchanged_count,
            preserved_count=proposal.preserved_count,
            rejected_count=len(proposal.rejected_cells),
            rows_by_bin=proposal.rows_by_bin,
            columns_by_heading=proposal.columns_by_heading,
            unknown_headings=proposal.unknown_headings,
            excess_row_count=proposal.excess_row_count,
            excess_column_count=proposal.excess_column_count,
            digest=proposal.digest,
            is_safe=proposal.is_safe,
        )


class CellPresenter:
    """Presents cells of a grid in the language of the page."""

    def __init__(self, grid: GridContext, rows: Sequence[GridRow]):
        self.order, self.kind, self.language = grid.order, grid.kind, current_language()
        self.row_by_id = {row.id: row for row in rows}

    def organisation_name(self, row: GridRow | None) -> str:
        """Return an organisation's name in the language, in the other language, or its BIN; empty without a row."""
        if row is None:
            return ""
        kk, ru = row.names
        return ((ru or kk) if self.language.code == "ru" else (kk or ru)) or row.bin

    def column_label(self, code: str | None) -> str:
        """Return the label of an indicator; empty without a code."""
        return self.order.by_code[code].label[self.language.code] if code else ""

    def edits(self, edits: Sequence[AnswerInput]) -> list[CellView]:
        """Present the first `MAX_CELLS` edits."""
        shown = edits[:MAX_CELLS]
        return [
            CellView(
                self.organisation_name(self.row_by_id[edit.organisation_id]),
                self.column_label(edit.code),
                self._formatted(edit.code, edit.expected),
                self._formatted(edit.code, edit.value),
            )
            for edit in shown
        ]

    def fill(self, proposal: Proposal) -> CellView | None:
        """Present the column of a fill and the value with its unit; None if there are no blanks."""
        cells = self.edits(proposal.additions[:1])
        if not cells or self.order.by_code[proposal.additions[0].code].type != "money":
            return cells[0] if cells else None
        return replace(cells[0], after=self.language.gettext(N_("%(amount)s tenge"), amount=cells[0].after))

    def rejected_cells(self, proposal: Proposal) -> list[CellView]:
        """Present the first `MAX_CELLS` rejected cells."""
        return [
            CellView(
                self.organisation_name(cell.grid_row),
                self.column_label(cell.code),
                after=cell.text,
                message=cell.issue.message(self.language),
                block_row=cell.block_row,
            )
            for cell in proposal.rejected_cells[:MAX_CELLS]
        ]

    def issues(self, proposal: Proposal) -> dict[str, tuple[list[CellView], int]]:
        """Present the issues after the change: severity → (the first `MAX_ISSUES`, their total number)."""
        counts: Counter[str] = Counter(issue.severity for _, issue in proposal.issues)
        cells: dict[str, list[CellView]] = {"error": [], "warning": []}
        for row, issue in proposal.issues:
            listed = cells[issue.severity]
            if len(listed) < MAX_ISSUES:
                message = issue.message[self.language.code]
                listed.append(CellView(self.organisation_name(row), self.column_label(issue.code), message=message))
        return {severity: (listed, counts[severity]) for severity, listed in cells.items()}

    def conflicts(self, result: SaveResult) -> list[dict[str, Any]]:
        """Present the first `MAX_CELLS` conflicts: the stored value, its author and time."""
        return [
            {
                "organisation": self.organisation_name(self.row_by_id.get(conflict.answer_input.organisation_id)),
                "column": self.column_label(conflict.answer_input.code),
                "stored_value": self._formatted(conflict.answer_input.code, conflict.stored_value),
                "author": conflict.author,
                "changed_at": moment(conflict.changed_at),
            }
            for conflict in result.conflicts[:MAX_CELLS]
        ]

    def stored_cells(self, result: SaveResult) -> dict[str, dict[str, Any]]:
        """Return the saved cells of the grid: BIN → code → (value in stored form, text)."""
        formatters = {item.code: value_formatter(self.order, item, self.language) for item in self.order.indicators_of(self.kind)}
        cells: dict[str, dict[str, Any]] = {}
        for edit in result.changed + result.unchanged:
            row = self.row_by_id.get(edit.organisation_id)
            if row is not None and edit.code in formatters:
                cells.setdefault(row.bin, {})[edit.code] = (edit.value, formatters[edit.code](edit.value))
        return cells

    def _formatted(self, code: str, value: Any) -> str:
        return value_formatter(self.order, self.order.by_code[code], self.language)(value)
