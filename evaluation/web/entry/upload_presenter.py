"""What a workbook would change, or has changed, as a page tells it: by body and worksheet, cell by cell."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import groupby
from typing import Any

from evaluation.answers.prior_year_counts import figure_of
from evaluation.answers.queries import DECLARED
from evaluation.answers.values import format_value
from evaluation.audit.models import AuditEvent
from evaluation.criteria.model import Order
from evaluation.language import Language
from evaluation.pagination import Page
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.sheets import LegalEntity
from evaluation.workbooks.format.model import PRIOR_YEAR
from evaluation.workbooks.upload.model import CellChange, Plan, ChangeState
from evaluation.workbooks.upload.operations import UndoConflict

FEW = 30
"""Cells of a state that are shown until all of them are asked for."""
MANY = 500
"""Cells on a page of all of them."""
STATES: tuple[ChangeState, ...] = ("changed", "new", "kept")


@dataclass(frozen=True)
class Line:
    """One cell: whose it is, its column, its name in the workbook where it is known, and its value before and after, in words.

    `owner` is an organisation, or in the worksheet of last year's counts the name of a kind. `who` and `at` are of who changed
    it, where that is told.
    """

    owner: LegalEntity | str
    label: str
    cell: str
    old: str
    new: str
    who: str = ""
    at: datetime | None = None


@dataclass
class Group:
    """Lines of one body and worksheet; `kind` is the kind's name, empty for last year's counts."""

    body: LegalEntity
    kind: str
    lines: list[Line] = field(default_factory=list)

    @property
    def owners(self) -> list[tuple[LegalEntity | str, list[Line]]]:
        """The lines of each owner, where they follow each other."""
        return [(owner, list(lines)) for owner, lines in groupby(self.lines, key=lambda line: line.owner)]


@dataclass(frozen=True)
class Section:
    """The cells of one state that a page shows, of how many."""

    state: ChangeState
    count: int
    groups: list[Group]
    page: Page[CellChange]


class Teller:
    """Puts cells of the workbook and of the record into words, with the names of a year."""

    def __init__(self, viewer: Viewer, order: Order, year: int, language: Language):
        self.viewer, self.order, self.year, self.language = viewer, order, year, language

    @cached_property
    def _bodies(self) -> dict[int, LegalEntity]:
        found = registry.all_bodies(self.viewer, self.year)
        return {each.id: LegalEntity(each.bin, each.name_kk, each.name_ru) for each in found}

    @cached_property
    def _of_bin(self) -> dict[str, LegalEntity]:
        return {each.bin: each for each in self._bodies.values()}

    @cached_property
    def _organisations(self) -> Mapping[str, tuple[str, str]]:
        return registry.names(self.viewer, list(self._bodies), self.year)

    @cached_property
    def _bin_of(self) -> dict[int, tuple[str, str]]:
        return {id_: (bin_, kind) for bin_, (id_, kind) in registry.known(self.viewer).organisations.items()}

    def sections(self, plan: Plan, show: str, number: int) -> list[Section]:
        """What a plan does, the first cells of each state; or a page of those of the state to `show`."""
        found = []
        for state in STATES:
            count = plan.count(state)
            if count and show in ("", state):
                page = Page.from_iterable(plan.cells(state), count, number if show else 1, MANY if show else FEW)
                found.append(Section(state, count, self.planned(plan, page.items), page))
        return found

    def planned(self, plan: Plan, cells: Iterable[CellChange]) -> list[Group]:
        """Cells of a plan by body and worksheet, in the workbook's order."""

        def body(cell: CellChange) -> str:
            return str(self._sheet(plan, cell).columns["body_bin"][cell.position])

        ordered = sorted(cells, key=lambda cell: (plan_order(plan, cell.worksheet), body(cell), cell.position))
        return [
            Group(self._body(bin_), self._kind(name), [self._planned(plan, cell) for cell in found])
            for (name, bin_), found in groupby(ordered, key=lambda cell: (cell.worksheet, body(cell)))
        ]

    @staticmethod
    def _sheet(plan: Plan, cell: CellChange) -> Any:
        return plan.workbook.prior_year_worksheet if cell.worksheet == PRIOR_YEAR else plan.workbook.worksheets[cell.worksheet]

    def _planned(self, plan: Plan, cell: CellChange) -> Line:
        sheet = self._sheet(plan, cell)
        if cell.worksheet == PRIOR_YEAR:
            owner: LegalEntity | str = self._kind(str(sheet.columns["kind"][cell.position]))
        else:
            owner = self._organisation(str(sheet.columns["bin"][cell.position]))
        values = self._words(cell.code, cell.old), self._words(cell.code, cell.new)
        return Line(owner, self._label(cell.code), sheet.cell(cell.position, cell.code), *values)

    def recorded(self, events: Iterable[AuditEvent], who: bool = False) -> list[Group]:
        """Changes as the record tells them, by body and kind, in its order; with `who` made them and when."""
        groups: dict[tuple[int, str], Group] = {}
        for event in events:
            bin_, kind = self._bin_of.get(event.organisation_id or 0, ("", ""))
            body = int(event.body_id or 0)
            named = self._bodies.get(body, LegalEntity("", ""))
            group = groups.setdefault((body, kind), Group(named, self._kind(kind) if kind else ""))
            for key, change in event.data.items():
                if isinstance(change, list) and len(change) == 2:
                    line = self._recorded(event, bin_, key, *change)
                    group.lines.append(replace(line, who=event.actor, at=event.at) if who else line)
        return [group for group in groups.values() if group.lines]

    def _recorded(self, event: AuditEvent, bin_: str, key: str, old: Any, new: Any) -> Line:
        code, owner = key, self._organisation(bin_)
        if event.organisation_id is None:
            kind, criterion = figure_of(key)
            code, owner = self._declared(criterion), self._kind(kind)
        return Line(owner, self._label(code), "", self._words(code, old), self._words(code, new))

    def conflicts(self, since: UndoConflict) -> list[Group]:
        """What stands in the way of undoing: what the workbook put there, and what stands there now."""
        groups: dict[tuple[int, str], Group] = {}
        for each in since.conflicts:
            bin_, kind = self._bin_of.get(each.answer_input.organisation_id, ("", ""))
            group = groups.setdefault((0, kind), Group(LegalEntity("", ""), self._kind(kind)))
            words = self._words(each.answer_input.code, each.answer_input.expected), self._words(each.answer_input.code, each.stored_value)
            group.lines.append(Line(self._organisation(bin_), self._label(each.answer_input.code), "", *words, each.author, each.changed_at))
        for body, counts in since.prior_year_counts.items():
            group = groups.setdefault((body, ""), Group(self._bodies.get(body, LegalEntity("", "")), ""))
            for count in counts:
                code = self._declared(count.count_input.criterion)
                words = self._words(code, count.count_input.expected), self._words(code, count.stored_count)
                group.lines.append(Line(self._kind(count.count_input.kind), self._label(code), "", *words, count.author, count.changed_at))
        return list(groups.values())

    # Words

    def _body(self, bin_: str) -> LegalEntity:
        return self._of_bin.get(bin_, LegalEntity(bin_, bin_))

    def _organisation(self, bin_: str) -> LegalEntity | str:
        return LegalEntity(bin_, *self._organisations.get(bin_, (bin_,)))

    def _kind(self, kind: str) -> str:
        if kind == PRIOR_YEAR:
            return ""
        return self.order.kind[kind].plural[self.language.code] if kind in self.order.kind else kind

    def _declared(self, criterion: str) -> str:
        return next((item.code for each, item in self.order.prior_year_counts() if each.code == criterion), "")

    def _label(self, code: str) -> str:
        if code in self.order.by_code:
            return self.order.by_code[code].label[self.language.code]
        return next((item.label[self.language.code] for _, item in self.order.prior_year_counts() if item.code == code), code)

    def _words(self, code: str, value: Any) -> str:
        item = self.order.by_code.get(code)
        if item is None:
            return "" if value is None else self.language.number(value)
        return format_value(self.order, item, value, self.language)


def plan_order(plan: Plan, worksheet: str) -> int:
    """The place of a worksheet among those of the workbook."""
    names = list(plan.workbook.order.kind)
    return names.index(worksheet) if worksheet in names else len(names)


def of_batch(events: Iterable[AuditEvent]) -> Iterator[AuditEvent]:
    """The counts after the organisations."""
    found = list(events)
    yield from (event for event in found if event.action != DECLARED)
    yield from (event for event in found if event.action == DECLARED)
