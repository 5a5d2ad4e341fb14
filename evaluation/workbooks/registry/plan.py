"""What a registry workbook would change: the state of each row before and after, and the issues of its cells."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from evaluation.answers.issues import CellIssue, WorkbookRejected, sort_issues
from evaluation.audit.actions import AuditAction
from evaluation.audit.operations import NewEvent, append_events, new_batch
from evaluation.criteria import Orders
from evaluation.database import to_json
from evaluation.heavy_work import workbook_turn
from evaluation.memory import gc_paused
from evaluation.policy import Action, Viewer
from evaluation.registry import bins
from evaluation.registry import queries as registry
from evaluation.registry.admin import operations, queries
from evaluation.registry.admin.operations import RegistryConflict
from evaluation.registry.admin.rules import RegistryError, doubt_of_first_day, violations
from evaluation.registry.states import OrganisationState, RegistryState
from evaluation.results.jobs import start_after_many
from evaluation.workbooks.format.model import ROW_NUMBER
from evaluation.workbooks.registry.columns import BODIES, COLUMN_OF_FIELD, COLUMNS, ORGANISATIONS, WORKSHEETS, row_of
from evaluation.workbooks.registry.queries import bins_with_reports
from evaluation.workbooks.registry.reader import RegistryReading, Row, read_registry
from evaluation.workbooks.registry.row_states import RowStates, WorkbookOptions

NEW, CHANGED, UNCHANGED = "new", "changed", "unchanged"


@dataclass(frozen=True)
class RowChange:
    """A valid row: the stored state that it expects, None for a new BIN, and the next state."""

    row: Row
    expected: Any
    current: Any

    @property
    def outcome(self) -> str:
        """Whether the row is new, changed or unchanged."""
        return NEW if self.expected is None else UNCHANGED if self.expected == self.current else CHANGED

    def cells(self) -> Iterator[tuple[str, Any, Any]]:
        """Return (column code, old value, new value) of the cells that change."""
        old, new = (row_of(self.expected) if self.expected is not None else {}), row_of(self.current)
        for column in COLUMNS[self.row.worksheet]:
            if old.get(column.code) != new.get(column.code):
                yield column.code, old.get(column.code), new.get(column.code)


@dataclass
class RegistryPlan:
    """What a workbook would change, by worksheet. A plan with issues cannot be applied."""

    rows: dict[str, list[RowChange]] = field(default_factory=lambda: {name: [] for name in WORKSHEETS})
    issues: list[CellIssue] = field(default_factory=list)
    warnings: list[CellIssue] = field(default_factory=list)

    def rows_with(self, worksheet: str, outcome: str) -> list[RowChange]:
        """Return the rows of a worksheet with an outcome."""
        return [row for row in self.rows[worksheet] if row.outcome == outcome]

    @property
    def has_changes(self) -> bool:
        """Whether any row is new or changed."""
        return any(row.outcome != UNCHANGED for rows in self.rows.values() for row in rows)

    @property
    def row_counts(self) -> dict[str, int]:
        """The number of new and of changed rows."""
        return {outcome: sum(len(self.rows_with(name, outcome)) for name in WORKSHEETS) for outcome in (NEW, CHANGED)}

    def rows_with_issues(self, worksheet: str) -> set[int]:
        """Return the numbers, from 0, of the rows of a worksheet that have issues."""
        # xlsxwriter is heavy; most commands do not need it.
        from xlsxwriter.utility import xl_cell_to_rowcol

        cells = (issue.cell for issue in self.issues if issue.worksheet == worksheet and issue.cell)
        return {xl_cell_to_rowcol(cell)[0] for cell in cells}

    @property
    def digest(self) -> str:
        """The SHA-256 of all changes; the same workbook has another one once the registry has changed."""
        changes = [(row.expected, row.current) for rows in self.rows.values() for row in rows if row.outcome != UNCHANGED]
        return hashlib.sha256(to_json(changes).encode()).hexdigest()


def plan_changes(viewer: Viewer, data: bytes, orders: Orders, options: WorkbookOptions) -> RegistryPlan:
    """Return what a workbook would change; stores nothing.

    Raises:
        Forbidden: The viewer may not manage the registry.
        WorkbookRejected: The file cannot be opened.
    """
    viewer.require(Action.MANAGE_REGISTRY)
    with workbook_turn(data), gc_paused():
        return _Planner(viewer, data, orders, options).plan()


def apply_plan(viewer: Viewer, plan: RegistryPlan) -> str:
    """Store the changes of a plan, all or nothing, and return the batch of the audit events.

    Raises:
        Forbidden: The viewer may not manage the registry.
        WorkbookRejected: The plan has issues, or the registry has changed since.
    """
    viewer.require(Action.MANAGE_REGISTRY)
    if plan.issues:
        raise WorkbookRejected(plan.issues)
    batch = new_batch()
    changes = {
        name: [(row.expected, row.current) for row in rows if row.outcome != UNCHANGED] for name, rows in plan.rows.items()
    }
    try:
        operations.store_all(viewer, changes[BODIES], changes[ORGANISATIONS], batch)
    except RegistryConflict as conflict:
        raise WorkbookRejected([CellIssue("registry_changed")]) from conflict
    append_events(viewer, [NewEvent(AuditAction.REGISTRY_LOADED, data=plan.row_counts)], batch)
    start_after_many(sum(plan.row_counts.values()))
    return batch


class _Planner:
    """Plans one workbook: reads it, computes the next states, and checks all of them together."""

    def __init__(self, viewer: Viewer, data: bytes, orders: Orders, options: WorkbookOptions):
        self.bodies, self.organisations = queries.body_states(viewer), queries.organisation_states(viewer)
        self.registered = self.bodies.keys() | self.organisations.keys()
        self.reading: RegistryReading = read_registry(data, orders, self.registered)
        organisation_bins = {row.cells["bin"] for row in self.reading.rows[ORGANISATIONS]}
        self.states = RowStates(options, bins_with_reports(viewer, organisation_bins))
        self.result = RegistryPlan(issues=list(self.reading.issues), warnings=list(self.reading.warnings))

    def plan(self) -> RegistryPlan:
        for row in self.reading.rows[BODIES]:
            self.add_row(row, self.bodies.get(row.cells["bin"]), self.states.body)
        for row in self.reading.rows[ORGANISATIONS]:
            self.add_row(row, self.organisations.get(row.cells["bin"]), self.states.organisation)
        self.result.issues += self.states.issues
        self.check()
        plan = self.result
        for name, rows in plan.rows.items():
            numbers = plan.rows_with_issues(name)
            plan.rows[name] = [change for change in rows if change.row.number not in numbers]
        plan.issues = self.located(sort_issues(plan.issues, WORKSHEETS))
        plan.warnings = self.located(sort_issues(plan.warnings, WORKSHEETS))
        return plan

    def located(self, issues: Iterable[CellIssue]) -> list[CellIssue]:
        """Return the issues with the title of their worksheet and the body or organisation of their row."""
        rows = {(row.worksheet, row.number + 1): row for rows in self.reading.rows.values() for row in rows}
        names = {}
        for key, row in rows.items():
            bin_, registered = row.cells["bin"], self.organisations.get(row.cells["bin"]) or self.bodies.get(row.cells["bin"])
            name = row.cells.get("name_kk") or (registered.name_kk if registered else "")
            names[key] = f"{name} ({bin_})" if name else bin_
        located = []
        for issue in issues:
            number = ROW_NUMBER.search(issue.cell or "")
            organisation = names.get((issue.worksheet or "", int(number[0]))) if number else None
            title = self.reading.titles.get(issue.worksheet or "")
            located.append(replace(issue, title=title, organisation=organisation or ""))
        return located

    def add_row(self, row: Row, expected: RegistryState | None, next_state: Callable[[Row, Any], RegistryState | None]) -> None:
        """Add the row's change; a row with an invalid cell has its issue already."""
        if row.invalid:
            return
        try:
            state = next_state(row, expected)
        except RegistryError as error:
            self.add_error(row, error)
            return
        if state is not None:
            self.result.rows[row.worksheet].append(RowChange(row, expected, state))
            if expected is None and bins.is_unusual(state.bin) and state.bin not in self.registered:
                self.result.warnings.append(row.issue("unusual_bin", "bin", {"value": state.bin}))

    def add_error(self, row: Row, error: RegistryError) -> None:
        """Add an issue of the cell that an error belongs to."""
        self.result.issues.append(row.issue(error.code, COLUMN_OF_FIELD.get(error.field, error.field), error.values))

    def check(self) -> None:
        """Check every changed body and organisation against the rules, with the registry as it would be afterwards."""
        rows = self.result.rows
        bodies = self.bodies | {change.current.bin: change.current for change in rows[BODIES]}
        organisations = self.organisations | {change.current.bin: change.current for change in rows[ORGANISATIONS]}
        for change in rows[BODIES]:
            old, new = change.expected, change.current
            if old is None or (old.since, old.closed_on) != (new.since, new.closed_on):
                self.check_supervision(change, organisations.values())
        for change in (*rows[BODIES], *rows[ORGANISATIONS]):
            if change.outcome != UNCHANGED:
                for violation in violations(change.expected, change.current, bodies):
                    self.add_error(change.row, violation.error)
        open_years = [year.year for year in registry.years()]
        for change in rows[ORGANISATIONS]:
            if doubt := doubt_of_first_day(change.expected, change.current, open_years):
                self.result.warnings.append(change.row.issue(doubt.code, doubt.field, doubt.values))

    def check_supervision(self, change: RowChange, organisations: Collection[OrganisationState]) -> None:
        """Check that a body supervises nothing before its first day or after its last one."""
        first_day, last_day = change.current.since, change.current.closed_on
        body = change.current.bin
        supervision = [[period for period in state.periods if period.body == body] for state in organisations]
        if last_day is not None:
            count = sum(any(period.until is None or period.until > last_day for period in periods) for periods in supervision)
            if count:
                self.add_error(change.row, RegistryError("body_has_organisations", "closed_on", day=last_day, count=count))
        if first_day is not None:
            count = sum(any(period.since < first_day for period in periods) for periods in supervision)
            if count:
                self.add_error(change.row, RegistryError("body_had_organisations", "since", day=first_day, count=count))


def state_name(state: RegistryState, language: str) -> str:
    """Return a state's name in a language, or in the other one where that is empty."""
    first, second = (state.name_ru, state.name_kk) if language == "ru" else (state.name_kk, state.name_ru)
    return first or second
