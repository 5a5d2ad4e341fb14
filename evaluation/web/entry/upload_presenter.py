"""Presents what a workbook would change or has changed: by body and worksheet, cell by cell."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import groupby
from typing import Any

from evaluation.answers.prior_year_counts import count_key
from evaluation.answers.values import format_value
from evaluation.audit.actions import AuditAction
from evaluation.audit.models import AuditEvent
from evaluation.criteria.model import Order
from evaluation.language import Language
from evaluation.pagination import Page
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.sheets import LegalEntity
from evaluation.workbooks.format.model import PRIOR_YEAR, Worksheet
from evaluation.workbooks.upload.model import CellChange, ChangeState, Plan
from evaluation.workbooks.upload.operations import UndoConflict

CELLS_PER_SECTION = 30
"""Cells of a state on the page of all states."""
CELLS_PER_PAGE = 500
"""Cells on a page of one state."""
SHOWN_STATES: tuple[ChangeState, ...] = ("cleared", "changed", "new", "preserved", "blank")


@dataclass(frozen=True)
class ChangedCell:
    """A changed cell as text.

    Attributes:
        owner: the organisation; the name of a kind in the worksheet of prior-year counts.
        label: the label of the column.
        cell: the name of the cell, such as F4; empty if unknown.
        old: the value before.
        new: the value after.
        author: who changed it; empty if not shown.
        changed_at: when it was changed, if shown.
    """

    owner: LegalEntity | str
    label: str
    cell: str
    old: str
    new: str
    author: str = ""
    changed_at: datetime | None = None


@dataclass
class ChangeGroup:
    """The changed cells of one body and worksheet; `kind` is the name of the kind, empty for prior-year counts."""

    body: LegalEntity
    kind: str
    cells: list[ChangedCell] = field(default_factory=list)

    @property
    def by_owner(self) -> list[tuple[LegalEntity | str, list[ChangedCell]]]:
        """The cells of each owner, as far as they are adjacent."""
        return [(owner, list(cells)) for owner, cells in groupby(self.cells, key=lambda cell: cell.owner)]


@dataclass(frozen=True)
class ChangeSection:
    """One page of the cells of a state, and their total number."""

    state: ChangeState
    count: int
    groups: list[ChangeGroup]
    page: Page[CellChange]


class ChangePresenter:
    """Presents changes of plans and of the audit log, with the names of a year."""

    def __init__(self, viewer: Viewer, order: Order, year: int, language: Language):
        self.viewer, self.order, self.year, self.language = viewer, order, year, language

    @cached_property
    def _body_by_id(self) -> dict[int, LegalEntity]:
        bodies = registry.all_bodies(self.viewer, self.year)
        return {body.id: LegalEntity(body.bin, body.name_kk, body.name_ru) for body in bodies}

    @cached_property
    def _body_by_bin(self) -> dict[str, LegalEntity]:
        return {body.bin: body for body in self._body_by_id.values()}

    @cached_property
    def _organisation_names(self) -> Mapping[str, tuple[str, str]]:
        return registry.organisation_names(self.viewer, list(self._body_by_id), self.year)

    @cached_property
    def _organisation_by_id(self) -> dict[int, tuple[str, str]]:
        """Organisation id → (BIN, kind)."""
        organisations = registry.registry_index(self.viewer).organisations
        return {id_: (bin_, kind) for bin_, (id_, kind) in organisations.items()}

    def sections(self, plan: Plan, shown_state: str, page_number: int) -> list[ChangeSection]:
        """Present the first cells of each state of a plan; with `shown_state` one page of that state's cells."""
        sections = []
        for state in SHOWN_STATES:
            count = plan.count(state)
            if count and shown_state in ("", state):
                number, size = (page_number, CELLS_PER_PAGE) if shown_state else (1, CELLS_PER_SECTION)
                page = Page.from_iterable(plan.cells(state), count, number, size)
                sections.append(ChangeSection(state, count, self.planned_changes(plan, page.items), page))
        return sections

    def planned_changes(self, plan: Plan, cells: Iterable[CellChange]) -> list[ChangeGroup]:
        """Present cells of a plan by body and worksheet, in the order of the workbook."""

        def body_bin(cell: CellChange) -> str:
            return str(_worksheet(plan, cell).columns["body_bin"][cell.position])

        def sort_key(cell: CellChange) -> tuple[int, str, int]:
            return worksheet_position(plan, cell.worksheet), body_bin(cell), cell.position

        groups = groupby(sorted(cells, key=sort_key), key=lambda cell: (cell.worksheet, body_bin(cell)))
        return [
            ChangeGroup(self._body(bin_), self._kind_name(worksheet), [self._planned_cell(plan, cell) for cell in group])
            for (worksheet, bin_), group in groups
        ]

    def _planned_cell(self, plan: Plan, cell: CellChange) -> ChangedCell:
        worksheet = _worksheet(plan, cell)
        if cell.worksheet == PRIOR_YEAR:
            owner: LegalEntity | str = self._kind_name(str(worksheet.columns["kind"][cell.position]))
        else:
            owner = self._organisation(str(worksheet.columns["bin"][cell.position]))
        values = self._format(cell.code, cell.old), self._format(cell.code, cell.new)
        return ChangedCell(owner, self._label(cell.code), worksheet.cell_name(cell.position, cell.code), *values)

    def audited_changes(self, events: Iterable[AuditEvent], with_authors: bool = False) -> list[ChangeGroup]:
        """Present the changes of audit events by body and kind, in the order of the events."""
        groups: dict[tuple[int, str], ChangeGroup] = {}
        for event in events:
            bin_, kind = self._organisation_by_id.get(event.organisation_id or 0, ("", ""))
            body_id = int(event.body_id or 0)
            body = self._body_by_id.get(body_id, LegalEntity("", ""))
            group = groups.setdefault((body_id, kind), ChangeGroup(body, self._kind_name(kind) if kind else ""))
            for key, change in event.data.items():
                if isinstance(change, list) and len(change) == 2:
                    cell = self._audited_cell(event, bin_, key, *change)
                    group.cells.append(replace(cell, author=event.actor, changed_at=event.at) if with_authors else cell)
        return [group for group in groups.values() if group.cells]

    def _audited_cell(self, event: AuditEvent, bin_: str, key: str, old: Any, new: Any) -> ChangedCell:
        code, owner = key, self._organisation(bin_)
        if event.organisation_id is None:
            kind, criterion = count_key(key)
            code, owner = self._count_code(criterion), self._kind_name(kind)
        return ChangedCell(owner, self._label(code), "", self._format(code, old), self._format(code, new))

    def undo_conflicts(self, conflict: UndoConflict) -> list[ChangeGroup]:
        """Present the values that prevent an undo: the workbook's value and the stored one."""
        groups: dict[tuple[int, str], ChangeGroup] = {}
        for answer in conflict.conflicts:
            input_ = answer.answer_input
            bin_, kind = self._organisation_by_id.get(input_.organisation_id, ("", ""))
            group = groups.setdefault((0, kind), ChangeGroup(LegalEntity("", ""), self._kind_name(kind)))
            values = self._format(input_.code, input_.expected), self._format(input_.code, answer.stored_value)
            owner = self._organisation(bin_)
            group.cells.append(ChangedCell(owner, self._label(input_.code), "", *values, answer.author, answer.changed_at))
        for body_id, counts in conflict.prior_year_counts.items():
            body = self._body_by_id.get(body_id, LegalEntity("", ""))
            group = groups.setdefault((body_id, ""), ChangeGroup(body, ""))
            for count in counts:
                code = self._count_code(count.count_input.criterion)
                values = self._format(code, count.count_input.expected), self._format(code, count.stored_count)
                kind_name = self._kind_name(count.count_input.kind)
                group.cells.append(ChangedCell(kind_name, self._label(code), "", *values, count.author, count.changed_at))
        return list(groups.values())

    def _body(self, bin_: str) -> LegalEntity:
        return self._body_by_bin.get(bin_, LegalEntity(bin_, bin_))

    def _organisation(self, bin_: str) -> LegalEntity | str:
        return LegalEntity(bin_, *self._organisation_names.get(bin_, (bin_,)))

    def _kind_name(self, kind: str) -> str:
        if kind == PRIOR_YEAR:
            return ""
        return self.order.kind[kind].plural[self.language.code] if kind in self.order.kind else kind

    def _count_code(self, criterion_code: str) -> str:
        """Return the column code of a criterion's prior-year count."""
        counts = self.order.prior_year_counts()
        return next((item.code for criterion, item in counts if criterion.code == criterion_code), "")

    def _label(self, code: str) -> str:
        if code in self.order.by_code:
            return self.order.by_code[code].label[self.language.code]
        counts = self.order.prior_year_counts()
        return next((item.label[self.language.code] for _, item in counts if item.code == code), code)

    def _format(self, code: str, value: Any) -> str:
        item = self.order.by_code.get(code)
        if item is None:
            return "" if value is None else self.language.number(value)
        return format_value(self.order, item, value, self.language)


def _worksheet(plan: Plan, cell: CellChange) -> Worksheet:
    """Return the worksheet of a cell."""
    is_count = cell.worksheet == PRIOR_YEAR
    return plan.workbook.prior_year_worksheet if is_count else plan.workbook.worksheets[cell.worksheet]


def worksheet_position(plan: Plan, worksheet: str) -> int:
    """Return the position of a worksheet in the workbook."""
    names = list(plan.workbook.order.kind)
    return names.index(worksheet) if worksheet in names else len(names)


def counts_last(events: Iterable[AuditEvent]) -> Iterator[AuditEvent]:
    """Yield the events of organisations, then those of declared counts."""
    all_events = list(events)
    yield from (event for event in all_events if event.action != AuditAction.PRIOR_YEAR_COUNTS_DECLARED)
    yield from (event for event in all_events if event.action == AuditAction.PRIOR_YEAR_COUNTS_DECLARED)
