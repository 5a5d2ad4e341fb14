"""Saving answers one by one or many at once: the one way by which form and grid change a report.

Whoever saves says what stood in the cell when they looked. Where something else stands there by now, nothing of that cell is
changed and both values are given back: no value is lost, and two people in one report meet only where they touch the same cell.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Update, bindparam

from evaluation.answers import queries
from evaluation.answers.models import Report
from evaluation.answers.queries import ReportSnapshot
from evaluation.audit import operations as record
from evaluation.audit import queries as past
from evaluation.audit.operations import NewEvent
from evaluation.clock import now
from evaluation.criteria.model import Order
from evaluation.database import db, hold, insert_unless_there, table_of
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.policy import Action, Viewer
from evaluation.submissions.locks import require_open

ATTEMPTS = 20


@dataclass(frozen=True)
class AnswerInput:
    """One cell: an organisation's indicator or item of evidence, its new value and the one it had before the person's eyes.

    Both are in stored form; None is a blank.
    """

    organisation_id: int
    code: str
    value: Any
    expected: Any = None


@dataclass(frozen=True)
class Conflict:
    """A cell that somebody else changed meanwhile: what stands there now, who put it there and when, where the record tells."""

    edit: AnswerInput
    theirs: Any
    who: str
    at: datetime | None


@dataclass(frozen=True)
class Saved:
    """What became of the edits. `batch` names the change in the record, so that it can be undone."""

    changed: tuple[AnswerInput, ...]
    unchanged: tuple[AnswerInput, ...]
    conflicts: tuple[Conflict, ...]
    batch: str


class ConcurrentChange(EvaluationError):
    """Others kept changing the same reports; nothing may be kept."""


class UnknownCell(LookupError):
    """The organisation is not under the body on 31 December of the year, or is not asked this."""


def save(
    viewer: Viewer,
    order: Order,
    year: int,
    body_id: int | None,
    edits: Sequence[AnswerInput],
    action: str = "saved",
    whole: bool = False,
    today: date | None = None,
) -> Saved:
    """Change cells of a body's reports, or of any bodies' the viewer may edit where `body_id` is None; the caller commits.

    `whole`: with any conflict nothing is changed. `today` is the day (Asia/Almaty) by which a draft may be locked, the one it is
    where none is given. Raises Forbidden, Locked, UnknownCell; ChangedMeanwhile after too many attempts, or where a cell of a
    `whole` change was taken while it was under way: then nothing may be kept.
    """
    batch = record.new_batch()
    saved = _save(viewer, order, year, body_id, edits, action, whole, batch, today)
    return Saved(*saved, batch)


def undo(viewer: Viewer, order: Order, year: int, body_id: int | None, batch: str, today: date | None = None) -> Saved:
    """Put back what a batch changed, all of it or, where a cell was changed since, nothing. Raises as save."""
    events = [event for event in past.batch(viewer, batch) if event.year == year]
    if body_id is not None:
        events = [event for event in events if event.body_id == body_id]
    edits = [
        AnswerInput(event.organisation_id, code, old, new)
        for event in events
        if event.organisation_id is not None
        for code, (old, new) in event.data.items()
    ]
    saved = save(viewer, order, year, body_id, edits, past.UNDONE, whole=True, today=today)
    if not saved.conflicts:
        bodies = sorted({event.body_id for event in events if event.body_id is not None})
        record.write(viewer, [NewEvent(past.UNDONE, year, each, data={"undoes": batch}) for each in bodies], saved.batch)
    return saved


def _save(
    viewer: Viewer,
    order: Order,
    year: int,
    body_id: int | None,
    edits: Sequence[AnswerInput],
    action: str,
    whole: bool,
    batch: str,
    today: date | None,
) -> tuple[tuple[AnswerInput, ...], tuple[AnswerInput, ...], tuple[Conflict, ...]]:
    waiting: dict[int, list[AnswerInput]] = {}
    for edit in edits:
        waiting.setdefault(edit.organisation_id, []).append(edit)
    changed: list[AnswerInput] = []
    unchanged: list[AnswerInput] = []
    conflicts: list[Conflict] = []
    events: list[NewEvent] = []
    for _ in range(ATTEMPTS):
        # In one order for everybody, so that two who save the same reports wait for each other instead of blocking each other.
        held = _held(viewer, order, year, body_id, waiting, today)
        sorted_inputs = {own: _part(held[own], waiting[own]) for own in sorted(waiting)}
        met = [edit for fresh, same, clashes in sorted_inputs.values() for edit in clashes]
        if whole and met and changed:
            raise ConcurrentChange(MEANWHILE)
        conflicts.extend(_told(viewer, year, held, met))
        if whole and conflicts:
            return (), (), tuple(conflicts)
        for own, (fresh, same, _clashes) in sorted_inputs.items():
            if fresh and not _store(order, held[own], year, fresh):
                waiting[own] = fresh
                unchanged.extend(same)
                continue
            changed.extend(fresh)
            unchanged.extend(same)
            if fresh:
                data = {edit.code: [held[own].value(edit.code), edit.value] for edit in fresh}
                events.append(NewEvent(action, year, held[own].body_id, own, data))
            del waiting[own]
        if not waiting:
            break
    else:
        raise ConcurrentChange(MEANWHILE)
    record.write(viewer, events, batch)
    return tuple(changed), tuple(unchanged), tuple(conflicts)


MEANWHILE = N_("Someone else stored data of the same organisations meanwhile. Nothing was stored; try again.")


def _held(
    viewer: Viewer, order: Order, year: int, body_id: int | None, waiting: Mapping[int, list[AnswerInput]], today: date | None
) -> dict[int, ReportSnapshot]:
    """The reports as they stand, each open to the viewer's edits."""
    if body_id is not None:
        viewer.require(Action.EDIT, body_id)
        hold(body_id, year)
    held = queries.held(viewer, year, list(waiting))
    if body_id is None:
        for body in sorted({report.body_id for report in held.values()}):
            viewer.require(Action.EDIT, body)
            hold(body, year)
        # Once more, now that nobody can hand the year over in between.
        held = queries.held(viewer, year, list(waiting))
    for own, edits in waiting.items():
        report = held.get(own)
        if report is None or (body_id is not None and report.body_id != body_id):
            raise UnknownCell(f"organisation {own} in {year}")
        require_open(report.state, year, report.term, today)
        asked = order.codes_of(report.kind)
        if unknown := next((edit.code for edit in edits if edit.code not in asked), None):
            raise UnknownCell(f"{unknown} of organisation {own}")
    return held


def _part(report: ReportSnapshot, edits: list[AnswerInput]) -> tuple[list[AnswerInput], list[AnswerInput], list[AnswerInput]]:
    """The edits that change something, those that say what stands there already, and those that somebody else forestalled."""
    fresh, same, clashes = [], [], []
    for edit in edits:
        current = report.value(edit.code)
        if equal(current, edit.value):
            same.append(edit)
        elif equal(current, edit.expected):
            fresh.append(edit)
        else:
            clashes.append(edit)
    return fresh, same, clashes


def equal(one: Any, other: Any) -> bool:
    """Whether two values in stored form are the same: equal and of one type, since true is not 1."""
    return type(one) is type(other) and bool(one == other)


def _told(viewer: Viewer, year: int, held: Mapping[int, ReportSnapshot], clashes: Sequence[AnswerInput]) -> Iterator[Conflict]:
    last = past.last_changes(viewer, year, ((edit.organisation_id, edit.code) for edit in clashes)) if clashes else {}
    for edit in clashes:
        who, at = last.get((edit.organisation_id, edit.code), ("", None))
        yield Conflict(edit, held[edit.organisation_id].value(edit.code), who, at)


def _store(order: Order, report: ReportSnapshot, year: int, edits: Sequence[AnswerInput]) -> bool:
    """Write the cells into the report; False where it was changed since it was read."""
    indicators = {item.code for item in order.asked_of(report.kind)}
    answers, evidence = dict(report.answers), dict(report.evidence)
    for edit in edits:
        document = answers if edit.code in indicators else evidence
        document.pop(edit.code, None)
        if edit.value is not None:
            document[edit.code] = edit.value
    values = {"answers": answers, "evidence": evidence, "changed_at": now()}
    if report.id is None:
        values |= {"organisation_id": report.organisation_id, "year": year, "version": 1}
        return insert_unless_there(db.session.connection(), table_of(Report), values)
    done = db.session.connection().execute(
        _updating(), {"own": report.id, "before": report.version, "after": report.version + 1} | values
    )
    return done.rowcount == 1


@cache
def _updating() -> Update:
    """Changes a report that nobody has changed since it was read; made once, since many save at once."""
    table = table_of(Report)
    columns: dict[str, Any] = {name: bindparam(name) for name in ("answers", "evidence", "changed_at")}
    return (
        table.update()
        .where(table.c.id == bindparam("own"), table.c.version == bindparam("before"))
        .values(version=bindparam("after"), **columns)
    )
