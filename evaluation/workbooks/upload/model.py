"""The plan of an upload: what a workbook would change, before anything is changed."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import orjson

from evaluation.answers.issues import CellIssue
from evaluation.answers.model import ReportSnapshot
from evaluation.workbooks.format.model import PRIOR_YEAR, Workbook

Mode = Literal["overwrite", "blanks", "clear"]
"""Whether the workbook replaces stored answers, fills blanks only, or replaces answers and clears those whose cell is blank."""
OVERWRITE: Mode = "overwrite"
BLANKS: Mode = "blanks"
CLEAR: Mode = "clear"
ChangeState = Literal["new", "changed", "cleared", "preserved", "blank"]
"""State of a cell that differs from the stored value.

The cell fills a blank, replaces the value, or is blank and clears it; or the value stays although the cell has another one
(`preserved`) or is blank (`blank`).
"""
WRITTEN_STATES: tuple[ChangeState, ...] = ("new", "changed", "cleared")
"""The states of cells that are stored."""
NO_ORGANISATION = -1

RowOrganisations = dict[str, list[int]]
"""Kind → organisation id of each row of its worksheet; `NO_ORGANISATION` for a row without an organisation that may be edited."""
ValueChange = tuple[Any, Any]
"""The stored value and the workbook's value, both in stored form; None for a blank."""


@dataclass(frozen=True, slots=True)
class CellChange:
    """A cell that differs from the stored value; `position` is the index of its row among the rows that were read."""

    worksheet: str
    position: int
    code: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class UpdatedRow:
    """A row that differs from its stored report: code → change, by state."""

    kind: str
    position: int
    stored_report: ReportSnapshot
    new: Mapping[str, ValueChange]
    changed: Mapping[str, ValueChange]
    cleared: Mapping[str, ValueChange]
    preserved: Mapping[str, ValueChange]
    blank: Mapping[str, ValueChange]

    @property
    def organisation_id(self) -> int:
        """The organisation of the row."""
        return self.stored_report.organisation_id

    @property
    def written(self) -> dict[str, ValueChange]:
        """The changes that are stored; the data of the audit event."""
        return {**self.new, **self.changed, **self.cleared}


@dataclass(frozen=True, slots=True)
class PriorYearCountChange:
    """A declared prior-year count that differs from the stored one; None if none is stored, or if the cell is blank.

    `counted` is the count of last year's reports where it takes precedence over both.
    """

    position: int
    code: str
    body_id: int
    kind: str
    criterion: str
    old: int | None
    new: int | None
    counted: int | None


@dataclass
class Plan:
    """What a workbook would change in one mode.

    Attributes:
        workbook: the workbook that was read.
        mode: whether stored answers are replaced or cleared.
        body_ids: BIN → id of the workbook's bodies that the viewer may edit.
        row_organisations: the organisation of each row.
        stored_reports: organisation id → stored report.
        today: the day (Asia/Almaty) by which years are locked.
        new_rows: kind → positions of the rows without a stored report.
        updated_rows: rows that differ from their stored report.
        prior_year_counts: declared counts that differ from the stored ones.
        unchanged_report_count: stored reports that the workbook leaves unchanged.
        unchanged_value_count: cells whose value is stored already.
        errors: issues that forbid the application; with errors the plan covers the readable cells only.
    """

    workbook: Workbook
    mode: Mode
    body_ids: dict[str, int]
    row_organisations: RowOrganisations
    stored_reports: dict[int, ReportSnapshot]
    today: date
    new_rows: dict[str, list[int]] = field(default_factory=dict)
    updated_rows: list[UpdatedRow] = field(default_factory=list)
    prior_year_counts: list[PriorYearCountChange] = field(default_factory=list)
    unchanged_report_count: int = 0
    unchanged_value_count: int = 0
    errors: list[CellIssue] = field(default_factory=list)

    @property
    def changed_report_count(self) -> int:
        """The number of reports that are new or differ."""
        return len(self.updated_rows) + sum(map(len, self.new_rows.values()))

    def cells(self, state: ChangeState) -> Iterator[CellChange]:
        """Yield the cells of a state in the order of the workbook."""
        updated_rows: dict[str, list[UpdatedRow]] = {}
        for row in self.updated_rows:
            updated_rows.setdefault(row.kind, []).append(row)
        for kind, worksheet in self.workbook.worksheets.items():
            rows = updated_rows.get(kind, ())
            changes = [(row.position, code, change) for row in rows for code, change in getattr(row, state).items()]
            if state == "new":
                for position in self.new_rows.get(kind, ()):
                    values = worksheet.answers[position] | worksheet.evidence[position]
                    changes.extend((position, code, (None, value)) for code, value in values.items())
            changes.sort(key=lambda change: (change[0], worksheet.column_indexes[change[1]]))
            for position, code, (old, new) in changes:
                yield CellChange(kind, position, code, old, new)
        for count in self.prior_year_counts:
            if self.state_of(count) == state:
                yield CellChange(PRIOR_YEAR, count.position, count.code, count.old, count.new)

    def state_of(self, count: PriorYearCountChange) -> ChangeState:
        """Return the state of a declared count."""
        if count.old is None:
            return "new"
        if count.new is None:
            return "cleared" if self.mode == CLEAR else "blank"
        return "preserved" if self.mode == BLANKS else "changed"

    def count(self, state: ChangeState) -> int:
        """Return the number of cells of a state."""
        total = sum(len(getattr(row, state)) for row in self.updated_rows)
        total += sum(self.state_of(count) == state for count in self.prior_year_counts)
        if state == "new":
            for kind, positions in self.new_rows.items():
                worksheet = self.workbook.worksheets[kind]
                total += sum(len(worksheet.answers[position]) + len(worksheet.evidence[position]) for position in positions)
        return total

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be stored."""
        return not any(map(self.count, WRITTEN_STATES))

    @property
    def digest(self) -> str:
        """SHA-256 of the changes; a request to apply names the digest of the plan that was shown.

        Stored answers that stay because their cell is blank are no part of it: one more of them changes nothing.
        """
        hash_ = hashlib.sha256(f"{self.workbook.order.code} {self.workbook.year} {self.mode}".encode())
        for state in (*WRITTEN_STATES, "preserved"):
            for cell in self.cells(state):
                location = self.owner_of(cell), cell.worksheet, cell.position, cell.code
                hash_.update(orjson.dumps((state, *location, cell.old, cell.new)))
        return hash_.hexdigest()

    def owner_of(self, cell: CellChange) -> Any:
        """Return the organisation's id; for a declared count the body's BIN."""
        if cell.worksheet == PRIOR_YEAR:
            return self.workbook.prior_year_worksheet.columns["body_bin"][cell.position]
        return self.row_organisations[cell.worksheet][cell.position]
