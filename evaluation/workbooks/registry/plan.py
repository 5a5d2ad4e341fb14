"""What a registry workbook would change: every row's state before and after, and each cell that cannot be taken."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from xlsxwriter.utility import xl_cell_to_rowcol

from evaluation.answers.issues import Problem, Refused, in_order
from evaluation.audit.operations import new_batch
from evaluation.criteria import Orders
from evaluation.database import dumps
from evaluation.memory import bulk
from evaluation.policy import Action, Viewer
from evaluation.registry import bins
from evaluation.registry.admin import changes, operations, queries
from evaluation.registry.admin.operations import Stale
from evaluation.registry.admin.rules import Refusal, mistakes, sensible
from evaluation.registry.admin.states import AnyState, BodyState, OrganisationState, Period, State
from evaluation.workbooks.registry import reader
from evaluation.workbooks.registry.columns import AT, BODIES, COLUMNS, ORGANISATIONS, WORKSHEETS, row_of
from evaluation.workbooks.registry.queries import reported
from evaluation.workbooks.registry.reader import Row

NEW, CHANGED, UNCHANGED = "new", "changed", "unchanged"


@dataclass(frozen=True)
class Line:
    """A row that can be taken: the state there is, if any, and the one it makes."""

    row: Row
    was: Any
    now: Any

    @property
    def outcome(self) -> str:
        return NEW if self.was is None else UNCHANGED if self.was == self.now else CHANGED

    def cells(self) -> Iterator[tuple[str, Any, Any]]:
        """The columns whose values change: code, old, new; of a new one, all."""
        old, new = (row_of(self.was) if self.was is not None else {}), row_of(self.now)
        for column in COLUMNS[self.row.worksheet]:
            if old.get(column.code) != new.get(column.code):
                yield column.code, old.get(column.code), new.get(column.code)


@dataclass
class Plan:
    """What sending a workbook comes to. With problems, nothing of it can be stored."""

    lines: dict[str, list[Line]] = field(default_factory=lambda: {name: [] for name in WORKSHEETS})
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def of(self, worksheet: str, outcome: str) -> list[Line]:
        return [line for line in self.lines[worksheet] if line.outcome == outcome]

    @property
    def changes(self) -> bool:
        return any(line.outcome != UNCHANGED for lines in self.lines.values() for line in lines)

    def wrong_rows(self, worksheet: str) -> set[int]:
        """The rows, by number from 0, with which something is wrong."""
        cells = (each.cell for each in self.problems if each.worksheet == worksheet and each.cell)
        return {xl_cell_to_rowcol(cell)[0] for cell in cells}

    @property
    def digest(self) -> str:
        """Of all that changes: the same workbook over another registry has another one."""
        told = [(line.was, line.now) for lines in self.lines.values() for line in lines if line.was != line.now]
        return hashlib.sha256(dumps(told).encode()).hexdigest()


@dataclass(frozen=True)
class Terms:
    """How a workbook takes effect: moves from 1 January of the year; names that differ as new from then on, or as corrections."""

    year: int
    renames: bool = True

    @property
    def day(self) -> date:
        return date(self.year, 1, 1)


def plan(viewer: Viewer, data: bytes, orders: Orders, terms: Terms) -> Plan:
    """Look at a workbook; nothing is stored. Raises Forbidden, and Refused where it cannot be opened."""
    viewer.require(Action.REGISTER)
    with bulk():
        return _Planner(viewer, data, orders, terms).plan()


def apply(viewer: Viewer, made: Plan) -> str:
    """Store what a plan changes, all or nothing; the batch it is recorded under. Raises Forbidden, Refused."""
    viewer.require(Action.REGISTER)
    if made.problems:
        raise Refused(made.problems)
    batch = new_batch()
    pairs = {name: [(line.was, line.now) for line in lines if line.was != line.now] for name, lines in made.lines.items()}
    try:
        operations.store_all(viewer, pairs[BODIES], pairs[ORGANISATIONS], batch)
    except Stale as stale:
        raise Refused([Problem("registry_changed")]) from stale
    return batch


class _Planner:
    def __init__(self, viewer: Viewer, data: bytes, orders: Orders, terms: Terms):
        self.terms = terms
        self.bodies, self.organisations = queries.body_states(viewer), queries.organisation_states(viewer)
        self.known = self.bodies.keys() | self.organisations.keys()
        self.read = reader.read(data, orders, dict.fromkeys(self.known))
        named = {row.cells["bin"] for row in self.read.rows[ORGANISATIONS]}
        self.reported = reported(viewer, named)
        self.made = Plan(problems=list(self.read.problems), warnings=list(self.read.warnings))

    def plan(self) -> Plan:
        for row in self.read.rows[BODIES]:
            self.take(row, self.bodies.get(row.cells["bin"]), self.body)
        for row in self.read.rows[ORGANISATIONS]:
            self.take(row, self.organisations.get(row.cells["bin"]), self.organisation)
        self.check()
        made = self.made
        for name, lines in made.lines.items():
            wrong = made.wrong_rows(name)
            made.lines[name] = [line for line in lines if line.row.number not in wrong]
        made.problems = in_order(made.problems, WORKSHEETS)
        made.warnings = in_order(made.warnings, WORKSHEETS)
        return made

    def take(self, row: Row, was: Any, make: Any) -> None:
        """Make the row's state; a row with a cell that cannot be read is told of already."""
        if row.wrong:
            return
        try:
            now = make(row, was)
        except Refusal as refusal:
            self.wrong(row, refusal.at, refusal.problem, refusal.values)
            return
        if now is not None:
            self.made.lines[row.worksheet].append(Line(row, was, now))
            if was is None and bins.unusual(now.bin) and now.bin not in self.known:
                self.made.warnings.append(row.problem("unusual_bin", "bin", {"value": now.bin}))

    def wrong(self, row: Row, at: str, problem: str, found: Mapping[str, Any]) -> None:
        self.made.problems.append(row.problem(problem, AT.get(at, at), found))

    def complete(self, row: Row, *codes: str) -> bool:
        """Whether a new row holds what it must."""
        lacking = [code for code in codes if code not in row.cells]
        for code in lacking:
            self.made.problems.append(row.problem("missing_value", code))
        return not lacking

    # Rows to states

    def body(self, row: Row, was: BodyState | None) -> BodyState | None:
        if was is None and not self.complete(row, "name_kk"):
            return None
        cells = row.cells
        now = self.named(row, was or BodyState(cells["bin"]))
        now = replace(
            now,
            level=cells.get("level", now.level),
            parent=cells.get("parent_bin", now.parent),
            kato=cells.get("kato", now.kato),
            since=sensible(cells["since"], "since") if "since" in cells else now.since,
        )
        last = cells.get("closed_on", now.closed_on)
        return now if last is None or last == now.closed_on else changes.closed(replace(now, closed_on=None), last)

    def organisation(self, row: Row, was: OrganisationState | None) -> OrganisationState | None:
        cells = row.cells
        if was is None:
            if not self.complete(row, "kind", "name_kk"):
                return None
            now = OrganisationState(cells["bin"], cells["kind"])
        else:
            now = was
            if cells.get("kind", was.kind) != was.kind and was.bin in self.reported:
                raise Refusal("kind_reported", "kind")
        now = replace(
            self.named(row, now),
            kind=cells.get("kind", now.kind),
            state_share=cells.get("state_share", now.state_share),
            state_body=cells.get("state_body", now.state_body),
            national_company=cells.get("national_company", now.national_company),
        )
        return self.with_status(row, self.placed(row, now))

    def named(self, row: Row, state: State) -> State:
        """The names; what is only filled in, where none was, is no new name."""
        kk, ru = (row.cells.get(code, getattr(state, code)) for code in ("name_kk", "name_ru"))
        fills = all(getattr(state, code) in ("", name) for code, name in (("name_kk", kk), ("name_ru", ru)))
        if fills or not self.terms.renames:
            return replace(state, name_kk=kk, name_ru=ru)
        try:
            return changes.renamed(state, self.terms.day, kk, ru)
        except Refusal as refusal:
            refusal.at = "name_kk" if kk != state.name_kk else "name_ru"
            raise

    def placed(self, row: Row, state: OrganisationState) -> OrganisationState:
        """Under its body: moved from the year on, or from the first day that is given beside it."""
        latest = state.periods[-1] if state.periods else None
        body, since = row.cells.get("body_bin"), row.cells.get("since")
        if since in {period.since for period in state.periods}:
            # Not touched: it was written out like that, now or before an earlier move.
            since = None
        if body is None or (latest is not None and body == latest.body):
            return state if since is None else changes.begun(state, since)
        if latest is None:
            return replace(state, periods=(Period(body, since or self.terms.day),))
        return changes.moved(state, body, since or self.terms.day)

    def with_status(self, row: Row, state: OrganisationState) -> OrganisationState:
        """With its latest status, which begins on the day given beside it."""
        status, since = row.cells.get("status", state.latest), row.cells.get("status_since")
        if status == state.latest:
            if state.statuses and since not in (None, state.statuses[-1].since):
                raise Refusal("status_day", "status_since", day=state.statuses[-1].since)
            return state
        if since is None:
            self.made.problems.append(row.problem("missing_value", "status_since"))
            return state
        try:
            return changes.with_status(state, status, since)
        except Refusal as refusal:
            refusal.at = "status_since" if refusal.at == "since" else refusal.at
            raise

    # All as they are to be

    def check(self) -> None:
        """Hold every changed body and organisation against the rules, among all as they are to be."""
        bodies = self.bodies | {line.now.bin: line.now for line in self.made.lines[BODIES]}
        after = self.organisations | {line.now.bin: line.now for line in self.made.lines[ORGANISATIONS]}
        for line in self.made.lines[BODIES]:
            if line.was is None or (line.was.since, line.was.closed_on) != (line.now.since, line.now.closed_on):
                self.emptied(line, after.values())
        for line in (*self.made.lines[BODIES], *self.made.lines[ORGANISATIONS]):
            for mistake in mistakes(line.was, line.now, bodies) if line.was != line.now else ():
                self.told(line, mistake.refusal())

    def emptied(self, line: Line, organisations: Any) -> None:
        """Nothing may be under a body before its first day or after its last."""
        first, last = line.now.since, line.now.closed_on
        theirs = [[period for period in each.periods if period.body == line.now.bin] for each in organisations]
        if last is not None:
            count = sum(any(period.until is None or period.until > last for period in periods) for periods in theirs)
            if count:
                self.told(line, Refusal("body_has_organisations", "closed_on", day=last, count=count))
        if first is not None:
            count = sum(any(period.since < first for period in periods) for periods in theirs)
            if count:
                self.told(line, Refusal("body_had_organisations", "since", day=first, count=count))

    def told(self, line: Line, refusal: Refusal) -> None:
        self.wrong(line.row, refusal.at, refusal.problem, refusal.values)


def state_name(state: AnyState, code: str) -> str:
    """A state's name in a language, or in the other one where it is not known."""
    first, second = (state.name_ru, state.name_kk) if code == "ru" else (state.name_kk, state.name_ru)
    return first or second
