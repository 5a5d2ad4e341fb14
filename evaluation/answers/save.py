"""Saves answers, one or many; form, grid, workbook undo and scripts change a report only through this module.

The writer says which value it expects in each cell. A cell with another value is not changed and is returned as a conflict with
both values, so that no value is lost, and two people in one report disturb each other only in the same cell.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from evaluation.answers import queries
from evaluation.answers.model import AnswerInput, EditableReport, ReportSnapshot, same_value
from evaluation.answers.report_writer import write_report
from evaluation.audit import queries as audit
from evaluation.audit.actions import AuditAction
from evaluation.audit.operations import NewEvent, append_events, new_batch
from evaluation.clock import now
from evaluation.criteria.model import Order
from evaluation.database import advisory_lock
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.metrics import CONFLICTS, SAVES
from evaluation.policy import Action, Viewer

MAX_ATTEMPTS = 20
MEANWHILE = N_("Someone else stored data of the same organisations in the meantime. Nothing was stored; try again.")


@dataclass(frozen=True)
class Conflict:
    """A cell that is not changed: someone else changed it, or the new value was typed in another state of the body's year.

    `author` and `changed_at` say by whom and when the stored value was stored where the audit log says so. `year_state` is the
    current state.
    """

    answer_input: AnswerInput
    stored_value: Any
    author: str
    changed_at: datetime | None
    year_state: str

    @property
    def is_outdated(self) -> bool:
        """Whether the value was typed in another state of the year."""
        return self.answer_input.year_state not in (None, self.year_state)


@dataclass(frozen=True)
class SaveResult:
    """The result of each input. `batch` names the change in the audit log, so that it can be undone."""

    changed: tuple[AnswerInput, ...]
    unchanged: tuple[AnswerInput, ...]
    conflicts: tuple[Conflict, ...]
    batch: str


class ConcurrentChange(EvaluationError):
    """Other people kept changing the same reports. The caller must roll back."""

    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__(MEANWHILE)


class UnknownCell(EvaluationError):
    """The organisation is not under the body on 31 December of the year, or the indicator is not one of its kind's."""

    status = HTTPStatus.NOT_FOUND


def save_answers(
    viewer: Viewer,
    order: Order,
    year: int,
    body_id: int | None,
    inputs: Sequence[AnswerInput],
    action: AuditAction = AuditAction.ANSWERS_SAVED,
    all_or_nothing: bool = False,
    today: date | None = None,
) -> SaveResult:
    """Change cells of reports and write the audit events; the caller commits.

    Args:
        viewer: The person who changes the cells.
        order: The order of the year.
        year: The reporting year.
        body_id: The body whose reports are changed; None for the reports of any bodies that the viewer can edit.
        inputs: The cells.
        action: The action of the audit events.
        all_or_nothing: Change nothing when any cell is in conflict.
        today: The day (Asia/Almaty) by which a draft may be locked; by default the current one.

    Raises:
        Forbidden: The viewer cannot edit a body's reports.
        Locked: A body's year takes no changes.
        UnknownCell: A cell does not exist.
        ConcurrentChange: Too many attempts failed, or a cell of an `all_or_nothing` change was changed while it was being saved.
    """
    save = _Save(order, year, action, all_or_nothing)
    for input_ in inputs:
        save.waiting.setdefault(input_.organisation_id, []).append(input_)
    for _ in range(MAX_ATTEMPTS):
        reports = _lock_reports(viewer, order, year, body_id, save.waiting, today)
        if not save.attempt(viewer, reports):
            return _count(SaveResult((), (), tuple(save.conflicts), save.batch))
        if not save.waiting:
            append_events(viewer, save.events, save.batch)
            return _count(SaveResult(tuple(save.changed), tuple(save.unchanged), tuple(save.conflicts), save.batch))
    raise ConcurrentChange


def _count(result: SaveResult) -> SaveResult:
    """Count a save in the metrics and return its result."""
    SAVES.add(amount=bool(result.changed))
    CONFLICTS.add(amount=len(result.conflicts))
    return result


def undo_batch(viewer: Viewer, order: Order, year: int, body_id: int | None, batch: str, today: date | None = None) -> SaveResult:
    """Restore all values that a batch changed, or none when any of the cells was changed since. Raises as `save_answers` does."""
    events = [event for event in audit.batch_events(viewer, batch) if event.year == year]
    if body_id is not None:
        events = [event for event in events if event.body_id == body_id]
    inputs = [
        AnswerInput(event.organisation_id, code, old, new)
        for event in events
        if event.organisation_id is not None
        for code, (old, new) in event.data.items()
    ]
    result = save_answers(viewer, order, year, body_id, inputs, AuditAction.CHANGE_UNDONE, all_or_nothing=True, today=today)
    if not result.conflicts:
        body_ids = sorted({event.body_id for event in events if event.body_id is not None})
        undone = [NewEvent(AuditAction.CHANGE_UNDONE, year, body, data={"undoes": batch}) for body in body_ids]
        append_events(viewer, undone, result.batch)
    return result


@dataclass
class _Save:
    """The state of one save over several attempts; `waiting` are the inputs that are not decided yet, by organisation id."""

    order: Order
    year: int
    action: AuditAction
    all_or_nothing: bool
    batch: str = field(default_factory=new_batch)
    waiting: dict[int, list[AnswerInput]] = field(default_factory=dict)
    changed: list[AnswerInput] = field(default_factory=list)
    unchanged: list[AnswerInput] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    events: list[NewEvent] = field(default_factory=list)

    def attempt(self, viewer: Viewer, editable: Mapping[int, EditableReport]) -> bool:
        """Write what can be written into the reports as read; return False when an `all_or_nothing` change has a conflict."""
        reports = {id_: editable[id_].report for id_ in self.waiting}
        # In the order of ids, so that two people who save the same reports wait for each other instead of deadlocking.
        compared = {id_: _compare(editable[id_], self.waiting[id_]) for id_ in sorted(self.waiting)}
        conflicting = [input_ for _, _, conflicts in compared.values() for input_ in conflicts]
        if self.all_or_nothing and conflicting and self.changed:
            raise ConcurrentChange
        self.conflicts.extend(_conflicts(viewer, self.year, editable, conflicting))
        if self.all_or_nothing and self.conflicts:
            return False
        for id_, (changes, unchanged, _) in compared.items():
            self.unchanged.extend(unchanged)
            if not changes:
                del self.waiting[id_]
            elif _write(self.order, self.year, reports[id_], changes):
                data = {input_.code: [reports[id_].value(input_.code), input_.value] for input_ in changes}
                self.events.append(NewEvent(self.action, self.year, reports[id_].body_id, id_, data))
                self.changed.extend(changes)
                del self.waiting[id_]
            else:
                self.waiting[id_] = changes
        return True


def _lock_reports(
    viewer: Viewer, order: Order, year: int, body_id: int | None, waiting: Mapping[int, list[AnswerInput]], today: date | None
) -> dict[int, EditableReport]:
    """Lock the bodies' year, read the reports and check that the viewer can change these cells."""
    if body_id is not None:
        viewer.require(Action.EDIT, body_id)
        advisory_lock(body_id, year)
    reports = queries.editable_reports(viewer, year, list(waiting))
    if body_id is None:
        for body in sorted({editable.report.body_id for editable in reports.values()}):
            viewer.require(Action.EDIT, body)
            advisory_lock(body, year)
        # Read again: only under the locks the year cannot be submitted in between.
        reports = queries.editable_reports(viewer, year, list(waiting))
    for organisation_id, inputs in waiting.items():
        editable = reports.get(organisation_id)
        report = editable_report_of(editable, body_id, organisation_id, year, today)
        if editable is not None and editable.order_code not in (None, order.code):
            # The year was moved to another order since the request read its order.
            raise ConcurrentChange
        codes = order.codes_of(report.kind)
        if unknown := next((input_.code for input_ in inputs if input_.code not in codes), None):
            raise UnknownCell(f"{unknown} of organisation {organisation_id}")
    return reports


def editable_report_of(
    editable: EditableReport | None, body_id: int | None, organisation_id: int, year: int, today: date | None
) -> ReportSnapshot:
    """Return the report, when it is the body's (any body's for None) and takes changes. Raises UnknownCell, Locked."""
    if editable is None or (body_id is not None and editable.report.body_id != body_id):
        raise UnknownCell(f"organisation {organisation_id} in {year}")
    editable.require_open(year, today)
    return editable.report


def _compare(
    editable: EditableReport, inputs: list[AnswerInput]
) -> tuple[list[AnswerInput], list[AnswerInput], list[AnswerInput]]:
    """Split inputs into those that change a cell, those that are stored already, and those in conflict.

    A value that was typed in another state of the year is in conflict with any other value.
    """
    changes, unchanged, conflicts = [], [], []
    for input_ in inputs:
        stored = editable.report.value(input_.code)
        if same_value(stored, input_.value):
            unchanged.append(input_)
        elif same_value(stored, input_.expected) and input_.year_state in (None, editable.year_state):
            changes.append(input_)
        else:
            conflicts.append(input_)
    return changes, unchanged, conflicts


def _conflicts(
    viewer: Viewer, year: int, reports: Mapping[int, EditableReport], inputs: Sequence[AnswerInput]
) -> Iterator[Conflict]:
    cells = [(input_.organisation_id, input_.code) for input_ in inputs]
    last_changes = audit.last_changes(viewer, year, cells) if cells else {}
    for input_, cell in zip(inputs, cells, strict=True):
        author, changed_at = last_changes.get(cell, ("", None))
        editable = reports[input_.organisation_id]
        yield Conflict(input_, editable.report.value(input_.code), author, changed_at, editable.year_state)


def _write(order: Order, year: int, report: ReportSnapshot, changes: Sequence[AnswerInput]) -> bool:
    """Write the cells into the report; return False when the report was changed since it was read."""
    indicators = {item.code for item in order.indicators_of(report.kind)}
    answers, evidence = dict(report.answers), dict(report.evidence)
    for input_ in changes:
        document = answers if input_.code in indicators else evidence
        document.pop(input_.code, None)
        if input_.value is not None:
            document[input_.code] = input_.value
    return write_report(year, report, answers, evidence, now())
