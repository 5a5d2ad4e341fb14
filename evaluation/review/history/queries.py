"""Reads of the record for rebuilding a body's year, each within what its viewer may see."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, not_, or_, select

from evaluation.answers.models import EvidenceFile
from evaluation.audit.chain import seal
from evaluation.audit.models import Event
from evaluation.database import Statement, db
from evaluation.policy import Action, Viewer
from evaluation.review.remarks.operations import REMARKED, REPLIED, RESOLVED, UNRESOLVED
from evaluation.review.verification.export_file import FROZEN
from evaluation.review.verification.queries import EXPORTED
from evaluation.submissions.models import ACCEPTED, REOPENED, RETURNED, SUBMITTED

YEAR_OPENED = "year_opened"
TERMS = (YEAR_OPENED, "start_changed", "deadline_changed")
REMARKS = (REMARKED, REPLIED, RESOLVED, UNRESOLVED)
EXTENDED = "extended"
ATTACHED, REMOVED = "file_attached", "file_removed"
File = tuple[int, int, str, str, str]
"""A file of evidence: the organisation's id, year, criterion, name, SHA-256."""
STEPS = (SUBMITTED, RETURNED, ACCEPTED, REOPENED)
"""The actions of the record that are named as the state they lead to."""
PART = 500
"""Organisations that are asked for at once."""


@dataclass(frozen=True)
class Until:
    """Up to which lines the record is read: to a moment, that moment included; of a body's own chain, to a line of it.

    What was sealed together bears one time, so that within a chain only the numbers tell what came first.
    """

    at: datetime
    chain: int | None = None
    seq: int = 0


@dataclass(frozen=True)
class Told:
    """A line of the record, as far as it is replayed."""

    chain: int
    seq: int
    at: datetime
    actor: str
    action: str
    year: int | None
    organisation_id: int | None
    data: dict[str, Any]


def of_body(viewer: Viewer, body_id: int, until: Until) -> list[Told]:
    """The lines of a body's own chain, the oldest first. Raises Forbidden."""
    viewer.require(Action.SEE, body_id)
    seal(db.session)
    return _told(_lines(until).where(Event.chain == body_id).order_by(Event.seq))


def of_organisations(viewer: Viewer, body_id: int, organisation_ids: Collection[int], until: Until) -> list[Told]:
    """The registry's lines, wherever they stand, of organisations that have been under a body, the oldest first.

    Raises Forbidden.
    """
    viewer.require(Action.SEE, body_id)
    return _of(organisation_ids, _lines(until).where(Event.year.is_(None)))


def of_reports(
    viewer: Viewer, body_id: int, organisation_ids: Collection[int], years: Collection[int], until: Until
) -> list[Told]:
    """The lines of these years' reports, wherever they stand, of a body's organisations, the oldest first. Raises Forbidden."""
    viewer.require(Action.SEE, body_id)
    return _of(organisation_ids, _lines(until).where(Event.year.in_(years)))


def years_opened(viewer: Viewer, until: Until) -> list[Told]:
    """The lines by which years were opened, the oldest first; what years there are is everybody's to know. Raises Forbidden."""
    viewer.require(Action.SEE)
    seal(db.session)
    return _told(_lines(until).where(Event.action == YEAR_OPENED).order_by(Event.id))


def acceptances(viewer: Viewer, body_id: int, year: int) -> list[Told]:
    """The lines that tell of the acceptances of a body's year, the oldest first. Raises Forbidden."""
    return _steps(viewer, body_id, year, (ACCEPTED,))


def course(viewer: Viewer, body_id: int) -> dict[int, list[Event]]:
    """Year → the lines that tell of its steps, remarks and extensions, the oldest first; of a body's years with any.

    Raises Forbidden.
    """
    viewer.require(Action.SEE, body_id)
    seal(db.session)
    wanted = (*STEPS, *REMARKS, EXTENDED)
    statement = select(Event).where(Event.chain == body_id, Event.year.is_not(None), Event.action.in_(wanted))
    found: dict[int, list[Event]] = {}
    for event in db.session.scalars(statement.order_by(Event.seq)):
        found.setdefault(event.year or 0, []).append(event)
    return found


def entered(viewer: Viewer) -> list[Told]:
    """The registry's lines of all bodies and organisations, the oldest first. Raises Forbidden."""
    viewer.require(Action.REGISTER)
    seal(db.session)
    of_registry = or_(Event.organisation_id.is_not(None), Event.chain != 0)
    # Chains are sealed side by side: across them the time decides.
    return sorted(_told(select(*COLUMNS).where(Event.year.is_(None), of_registry).order_by(Event.id)), key=lambda told: told.at)


def files_told(viewer: Viewer) -> Counter[File]:
    """The files of evidence that the record tells of, of all organisations. Raises Forbidden."""
    viewer.require(Action.FILES)
    seal(db.session)
    found: Counter[File] = Counter()
    for told in _told(select(*COLUMNS).where(Event.action.in_((ATTACHED, REMOVED)))):
        file = (told.organisation_id or 0, told.year or 0, *(told.data[name] for name in ("criterion", "file", "sha256")))
        found[file] += 1 if told.action == ATTACHED else -1
    return +found


def files_stored(viewer: Viewer) -> Counter[File]:
    """The same of what is stored. Raises Forbidden."""
    viewer.require(Action.FILES)
    columns = (EvidenceFile.organisation_id, EvidenceFile.year, EvidenceFile.criterion, EvidenceFile.name, EvidenceFile.sha256)
    rows: Sequence[Any] = db.session.execute(select(*columns)).all()
    return Counter(map(tuple, rows))


def terms(viewer: Viewer) -> dict[int, dict[str, Any]]:
    """Year → its order, whether it is invented, its first day and its deadline by the record; days as text. Raises Forbidden."""
    viewer.require(Action.SEE)
    seal(db.session)
    found: dict[int, dict[str, Any]] = {}
    for told in _told(select(*COLUMNS).where(Event.chain == 0, Event.action.in_(TERMS)).order_by(Event.seq)):
        if told.year is not None:
            found.setdefault(told.year, {}).update({name: new for name, (_, new) in told.data.items()})
    return found


def exports(viewer: Viewer, body_id: int, year: int) -> set[tuple[int, str]]:
    """(revision, SHA-256) of the files of accepted sheets of a body's year that were handed out. Raises Forbidden."""
    told = _steps(viewer, body_id, year, (EXPORTED,))
    # The frozen text itself is known by its own hash.
    files = [each.data for each in told if each.data["format"] != FROZEN]
    return {(data["revision"], data["sha256"]) for data in files if data["revision"] is not None}


def _steps(viewer: Viewer, body_id: int, year: int, actions: Collection[str]) -> list[Told]:
    viewer.require(Action.SEE, body_id)
    seal(db.session)
    statement = select(*COLUMNS).where(Event.chain == body_id, Event.year == year, Event.action.in_(list(actions)))
    return _told(statement.order_by(Event.seq))


COLUMNS: tuple[Any, ...] = (
    Event.chain,
    Event.seq,
    Event.at,
    Event.actor,
    Event.action,
    Event.year,
    Event.organisation_id,
    Event.data,
)


def _lines(until: Until) -> Statement:
    statement = select(*COLUMNS)
    if until.chain is None:
        return statement.where(Event.at <= until.at)
    own = Event.chain == until.chain
    return statement.where(or_(and_(own, Event.seq <= until.seq), and_(not_(own), Event.at <= until.at)))


def _of(organisation_ids: Collection[int], statement: Statement) -> list[Told]:
    ids, found = sorted(organisation_ids), list[Told]()
    for start in range(0, len(ids), PART):
        found += _told(statement.where(Event.organisation_id.in_(ids[start : start + PART])).order_by(Event.id))
    # Chains are sealed side by side: across them the time decides.
    return sorted(found, key=lambda told: told.at)


def _told(statement: Statement) -> list[Told]:
    rows: Sequence[Any] = db.session.execute(statement).all()
    return [Told(*row) for row in rows]
