"""Reads audit events, each read scoped by its viewer: the only module that reads the table of events for the product.

Every read inserts the events that wait in the session first, so that no caller has to.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select

from evaluation.audit.actions import EVENTS_WITHOUT_BODY, AuditAction, unreadable_actions
from evaluation.audit.batches import ALL_BODIES
from evaluation.audit.chain import COMMON_CHAIN, flush_events
from evaluation.audit.models import AuditBatch, AuditEvent, ChainHead, Checkpoint, CheckpointCoverage
from evaluation.database import Statement, db
from evaluation.policy import Viewer

MAX_EVENTS_PER_ORGANISATION = 200
"""Events of an organisation, or of a body's year, that are searched for the last change of a value."""
ORGANISATIONS_PER_QUERY = 500

Cell = tuple[int, str]
"""An organisation's id and the code of an indicator or item of evidence."""


@dataclass(frozen=True)
class AuditEntry:
    """An audit event as plain values, for reads of many events."""

    id: int
    chain: int
    seq: int
    at: datetime
    actor: str
    account_id: int | None
    action: str
    year: int | None
    organisation_id: int | None
    data: dict[str, Any]


@dataclass(frozen=True)
class BatchCount:
    """The events of one action in a batch: how many, the newest one's time and id, and how many organisations and bodies."""

    batch: str
    action: str
    events: int
    last: tuple[datetime, int]
    organisations: int
    bodies: int


ENTRY_COLUMNS: tuple[Any, ...] = (
    *(AuditEvent.id, AuditEvent.chain, AuditEvent.seq, AuditEvent.at, AuditEvent.actor, AuditEvent.account_id),
    *(AuditEvent.action, AuditEvent.year, AuditEvent.organisation_id, AuditEvent.data),
)


def visible_to(statement: Statement, viewer: Viewer, by_chain: bool = False) -> Statement:
    """Restrict a statement to the events that the viewer may read.

    These are the events of the viewer's bodies whose action's permission the viewer has; events of no body require
    `EVENTS_WITHOUT_BODY`.

    Args:
        statement: A read of `AuditEvent`.
        viewer: The reader.
        by_chain: Let the database use the index of chains, which is fast if no other condition of the statement has an index.
    """
    if hidden := unreadable_actions(viewer):
        statement = statement.where(AuditEvent.action.not_in(hidden))
    without_body = viewer.may(EVENTS_WITHOUT_BODY)
    if viewer.bodies is None:
        return statement if without_body else statement.where(AuditEvent.body_id.is_not(None))
    if by_chain:
        return statement.where(AuditEvent.chain.in_(viewer.bodies | {0} if without_body else viewer.bodies))
    visible = AuditEvent.body_id.in_(viewer.bodies)
    return statement.where(or_(AuditEvent.body_id.is_(None), visible) if without_body else visible)


def events(
    viewer: Viewer, *conditions: Any, order_by: Sequence[Any] = (AuditEvent.id,), limit: int | None = None, by_chain: bool = False
) -> list[AuditEvent]:
    """Return the events that the viewer may read and that meet the conditions, the oldest first unless `order_by` says else."""
    flush_events(db.session)
    statement = visible_to(select(AuditEvent), viewer, by_chain).where(*conditions)
    return list(db.session.scalars(statement.order_by(*order_by).limit(limit)))


def entries(viewer: Viewer, *conditions: Any, order_by: Any = AuditEvent.id) -> list[AuditEntry]:
    """Return the same as :func:`events` as plain values, without limit."""
    flush_events(db.session)
    statement = visible_to(select(*ENTRY_COLUMNS), viewer).where(*conditions)
    return [AuditEntry(*row) for row in db.session.execute(statement.order_by(order_by))]


def last_event_id(viewer: Viewer) -> int:
    """Return the id of the latest event of all, 0 if there is none; it reveals nothing about the event."""
    flush_events(db.session)
    return db.session.scalar(select(func.max(AuditEvent.id))) or 0


def last_event_id_at(viewer: Viewer, moment: datetime) -> int:
    """Return the id of the last event up to a time (UTC, inclusive), 0 if there is none; it reveals nothing about the event.

    Events with lower ids were written before it, whatever the clock said then.
    """
    flush_events(db.session)
    newest_first = (AuditEvent.at.desc(), AuditEvent.id.desc())
    return db.session.scalar(select(AuditEvent.id).where(AuditEvent.at <= moment).order_by(*newest_first).limit(1)) or 0


def newest_time(viewer: Viewer) -> datetime | None:
    """Return the latest time that an event bears, None without events; it reveals nothing about the event."""
    flush_events(db.session)
    return db.session.scalar(select(func.max(AuditEvent.at)))


def position(viewer: Viewer, event_id: int) -> tuple[datetime, int] | None:
    """Return the time and id of an event, by which lists are sorted; None if the viewer may not read it."""
    flush_events(db.session)
    statement = visible_to(select(AuditEvent.at, AuditEvent.id), viewer).where(AuditEvent.id == event_id)
    row = db.session.execute(statement).first()
    return (row[0], row[1]) if row else None


def actor_names(viewer: Viewer) -> list[str]:
    """Return every actor's name once.

    It steps from name to name by their index, because there are many times as many events as names.
    """
    flush_events(db.session)
    names = select(func.min(AuditEvent.actor).label("name")).cte("names", recursive=True)
    following = select(func.min(AuditEvent.actor)).where(AuditEvent.actor > names.c.name).scalar_subquery()
    names = names.union_all(select(following).where(names.c.name.is_not(None)))
    return list(db.session.scalars(select(names.c.name).where(names.c.name.is_not(None))))


def batch_counts(viewer: Viewer, batches: Collection[str], *conditions: Any, by_chain: bool = False) -> list[BatchCount]:
    """Count the events of these batches that the viewer may read and that meet the conditions, the largest count first."""
    if not batches:
        return []
    flush_events(db.session)
    number = func.count()
    last = (func.max(AuditEvent.at), func.max(AuditEvent.id))
    distinct = (func.count(AuditEvent.organisation_id), func.count(AuditEvent.chain.distinct()))
    statement = visible_to(select(AuditEvent.batch, AuditEvent.action, number, *last, *distinct), viewer, by_chain)
    statement = statement.where(AuditEvent.batch.in_(batches), *conditions).group_by(AuditEvent.batch, AuditEvent.action)
    return [
        BatchCount(batch, action, size, (at, id_), organisations, bodies)
        for batch, action, size, at, id_, organisations, bodies in db.session.execute(statement.order_by(number.desc()))
    ]


def stored_batches(
    viewer: Viewer, *conditions: Any, of_bodies: Any = None, order_by: Sequence[Any] = (), limit: int | None = None
) -> list[AuditBatch]:
    """Return the counts of batches' events that the viewer may read and that meet the conditions.

    Args:
        viewer: The reader.
        conditions: Conditions on the columns of `AuditBatch`.
        of_bodies: The ids of bodies, or a SELECT of them, whose events to count; None counts those of all visible bodies.
        order_by: The order of the rows.
        limit: The largest number of rows.
    """
    flush_events(db.session)
    statement = select(AuditBatch).where(*conditions)
    if hidden := unreadable_actions(viewer):
        statement = statement.where(AuditBatch.action.not_in(hidden))
    without_body = viewer.may(EVENTS_WITHOUT_BODY) and of_bodies is None
    if of_bodies is not None:
        statement = statement.where(AuditBatch.chain.in_(of_bodies))
    if viewer.bodies is not None:
        chains = viewer.bodies | {COMMON_CHAIN} if without_body else viewer.bodies
        statement = statement.where(AuditBatch.chain.in_(chains))
    elif of_bodies is None:
        # Names the condition of the index too.
        statement = statement.where(AuditBatch.chain <= COMMON_CHAIN)
        statement = statement if without_body else statement.where(AuditBatch.chain == ALL_BODIES)
    return list(db.session.scalars(statement.order_by(*order_by).limit(limit)))


def last_changes(viewer: Viewer, year: int, cells: Iterable[Cell]) -> dict[Cell, tuple[str, datetime]]:
    """Return who changed each of these answers last, and when (UTC); answers without an event are left out."""
    flush_events(db.session)
    wanted, changes = set(cells), dict[Cell, tuple[str, datetime]]()
    organisation_ids = sorted({organisation_id for organisation_id, _ in wanted})
    columns = (AuditEvent.organisation_id, AuditEvent.actor, AuditEvent.at, AuditEvent.data)
    for start in range(0, len(organisation_ids), ORGANISATIONS_PER_QUERY):
        ids = organisation_ids[start : start + ORGANISATIONS_PER_QUERY]
        statement = visible_to(select(*columns), viewer).where(AuditEvent.organisation_id.in_(ids), AuditEvent.year == year)
        statement = statement.order_by(AuditEvent.id.desc()).limit(MAX_EVENTS_PER_ORGANISATION * len(ids))
        for organisation_id, actor, at, data in db.session.execute(statement):
            for code in data:
                if (organisation_id, code) in wanted:
                    changes.setdefault((organisation_id, code), (actor, at))
    return changes


def organisation_events_after(
    viewer: Viewer, year: int, organisation_ids: Collection[int], event_id: int, limit: int
) -> list[AuditEvent]:
    """Return the last events of these organisations' year with a higher id, at most `limit`, the oldest first."""
    flush_events(db.session)
    wanted, matches = set(organisation_ids), list[AuditEvent]()
    of_year = (AuditEvent.id > event_id, AuditEvent.year == year, AuditEvent.organisation_id.is_not(None))
    statement = visible_to(select(AuditEvent), viewer).where(*of_year).order_by(AuditEvent.id.desc())
    # There may be thousands of organisations, more than a statement's parameters, so they are selected here.
    for event in db.session.scalars(statement):
        if event.organisation_id in wanted:
            matches.append(event)
        if len(matches) == limit:
            break
    return matches[::-1]


def batch_events(viewer: Viewer, batch: str) -> list[AuditEvent]:
    """Return the events of a batch, the oldest first."""
    return events(viewer, AuditEvent.batch == batch)


def undone_batches(viewer: Viewer, batches: Collection[str]) -> set[str]:
    """Return those of these batches that were undone."""
    undone = events(
        viewer,
        AuditEvent.action == AuditAction.CHANGE_UNDONE,
        AuditEvent.organisation_id.is_(None),
        order_by=(AuditEvent.id.desc(),),
        limit=MAX_EVENTS_PER_ORGANISATION,
    )
    undone_names = {event.data.get("undoes") for event in undone}
    return {batch for batch in batches if batch in undone_names}


def can_undo_batch(viewer: Viewer, year: int, body_id: int, actions: Iterable[AuditAction], batch: str) -> bool:
    """Whether a batch is the viewer's, of the body's year, consists of these actions and was not undone yet."""
    if not batch.isalnum():
        return False
    flush_events(db.session)
    statement = (
        visible_to(select(AuditEvent.id), viewer)
        .where(AuditEvent.account_id == viewer.account_id, AuditEvent.year == year, AuditEvent.body_id == body_id)
        .where(AuditEvent.batch == batch, AuditEvent.action.in_(list(actions)))
    )
    return db.session.scalar(statement.limit(1)) is not None and not undone_batches(viewer, {batch})


def log_size(viewer: Viewer) -> tuple[int, int]:
    """Return the number of events and the number of chains."""
    flush_events(db.session)
    statement = select(func.count(), func.count(AuditEvent.chain.distinct())).select_from(AuditEvent)
    size, chains = db.session.execute(statement).one()
    return size, chains


def uncovered_heads(viewer: Viewer) -> list[tuple[ChainHead, int]]:
    """Return the chain heads that have advanced since the last checkpoint, each with the event number that it covers.

    They reveal nothing about the events.
    """
    flush_events(db.session)
    covered = func.coalesce(CheckpointCoverage.seq, 0)
    statement = select(ChainHead, covered).outerjoin(CheckpointCoverage, CheckpointCoverage.chain == ChainHead.chain)
    statement = statement.where(ChainHead.seq != covered).order_by(ChainHead.chain)
    return [(head, seq) for head, seq in db.session.execute(statement, execution_options={"populate_existing": True})]


def checkpoints(viewer: Viewer, number: int | None = None) -> Iterator[Checkpoint]:
    """Return the checkpoints up to a number, or all, in ascending order."""
    statement = select(Checkpoint) if number is None else select(Checkpoint).where(Checkpoint.number <= number)
    return iter(db.session.scalars(statement.order_by(Checkpoint.number), execution_options={"yield_per": 500}))


def last_checkpoint(viewer: Viewer) -> Checkpoint | None:
    """Return the last checkpoint; None if there is none."""
    return db.session.scalar(select(Checkpoint).order_by(Checkpoint.number.desc()).limit(1))
