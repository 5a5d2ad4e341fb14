"""Reads of the record, each within what its viewer may see."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, String, Text, cast, func, select, type_coerce

from evaluation.audit.chain import seal
from evaluation.audit.models import Chain, Checkpoint, Covered, Event
from evaluation.database import db
from evaluation.policy import Forbidden, Viewer

UNDONE = "undone"
RECENT = 200
"""Events of an organisation that are looked through for the last change of an answer."""
PART = 500
"""Organisations that are asked for at once."""
STEPS = 50
"""Steps that are looked through for the last one that was not undone."""

Cell = tuple[int, str]
"""An organisation's id and the code of an indicator or item of evidence."""


@dataclass(frozen=True)
class Batch:
    """What somebody did in one go: its name and action, and when."""

    name: str
    action: str
    at: datetime


def last_changes(viewer: Viewer, year: int, cells: Iterable[Cell]) -> dict[Cell, tuple[str, datetime]]:
    """Who changed each of these answers last, and when; those of which the record tells nothing are left out."""
    seal(db.session)
    wanted, found = set(cells), dict[Cell, tuple[str, datetime]]()
    own = sorted({organisation for organisation, _ in wanted})
    columns = (Event.organisation_id, Event.actor, Event.at, Event.data)
    for start in range(0, len(own), PART):
        part = own[start : start + PART]
        statement = select(*columns).where(Event.organisation_id.in_(part), Event.year == year).order_by(Event.id.desc())
        for organisation, actor, at, data in db.session.execute(_seen(statement, viewer).limit(RECENT * len(part))):
            for code in data:
                if (organisation, code) in wanted:
                    found.setdefault((organisation, code), (actor, at))
    return found


def batch(viewer: Viewer, name: str) -> list[Event]:
    """The events of a batch, the oldest first."""
    seal(db.session)
    return list(db.session.scalars(_seen(select(Event), viewer).where(Event.batch == name).order_by(Event.id)))


def undone(viewer: Viewer, names: Iterable[str]) -> set[str]:
    """Those of these batches that were undone."""
    seal(db.session)
    wanted = set(names)
    statement = _seen(select(Event), viewer).where(Event.action == UNDONE, Event.organisation_id.is_(None))
    found = db.session.scalars(statement.order_by(Event.id.desc()).limit(RECENT))
    return {undoes for event in found if (undoes := event.data.get("undoes")) in wanted}


def last_batch(viewer: Viewer, year: int, body_id: int, actions: Iterable[str], name: str = "") -> Batch | None:
    """The last thing of these actions that the viewer did with a body's year and has not undone; or the one of this name.

    One step may have an event for each of thousands of organisations, so steps are counted, not events.
    """
    seal(db.session)
    last = func.max(Event.id)
    statement = (
        select(Event.batch, Event.action, func.max(Event.at))
        .where(Event.account_id == viewer.account_id, Event.year == year, Event.body_id == body_id)
        .where(Event.batch.is_not(None), Event.action.in_(list(actions)))
        .group_by(Event.batch, Event.action)
        .order_by(last.desc())
    )
    if name:
        statement = statement.where(Event.batch == name)
    found = [Batch(str(batch), action, at) for batch, action, at in db.session.execute(_seen(statement, viewer).limit(STEPS))]
    gone = undone(viewer, {each.name for each in found})
    return next((each for each in found if each.name not in gone), None)


def moved(viewer: Viewer) -> list[tuple[Chain, int]]:
    """The ends of the chains that are not where the last checkpoint says, and where that is; this tells nothing of what was
    done."""
    covered = func.coalesce(Covered.seq, 0)
    statement = select(Chain, covered).outerjoin(Covered, Covered.chain == Chain.chain).where(Chain.seq != covered)
    statement = statement.order_by(Chain.chain).execution_options(populate_existing=True)
    return [(end, last) for end, last in db.session.execute(statement)]


def checkpoints(viewer: Viewer, number: int | None = None) -> Iterator[Checkpoint]:
    """The checkpoints up to a number, or all, the first one first."""
    statement = select(Checkpoint) if number is None else select(Checkpoint).where(Checkpoint.number <= number)
    return iter(db.session.scalars(statement.order_by(Checkpoint.number).execution_options(yield_per=PART)))


def last_checkpoint(viewer: Viewer) -> Checkpoint | None:
    """The last checkpoint."""
    return db.session.scalar(select(Checkpoint).order_by(Checkpoint.number.desc()).limit(1))


@contextmanager
def snapshot(viewer: Viewer) -> Iterator[Connection]:
    """A connection that sees the database as of one moment, for verification: whatever somebody put there, it is read.

    Raises Forbidden for whoever does not see all bodies.
    """
    if viewer.bodies is not None:
        raise Forbidden("the record is verified as a whole")
    with db.engine.connect() as connection:
        raw: Any = connection.connection.dbapi_connection
        if connection.dialect.name == "sqlite":
            raw.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
            connection.exec_driver_sql("BEGIN")
        else:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        try:
            yield connection
        finally:
            connection.rollback()
            if connection.dialect.name == "sqlite":
                raw.text_factory = str


LINE = (
    *(Event.id, Event.chain, Event.seq, Event.mac, type_coerce(Event.at, String), Event.actor, Event.account_id, Event.action),
    *(Event.year, Event.body_id, Event.organisation_id, Event.batch, cast(Event.data, Text)),
)
"""A line's columns as they are sealed, with its hash."""


def lines(viewer: Viewer, connection: Connection) -> Iterator[Any]:
    """All lines, chain by chain, for verification."""
    return iter(connection.execute(select(*LINE).order_by(Event.chain, Event.seq), execution_options={"yield_per": 1000}))


def line_and_before(viewer: Viewer, chain: int, seq: int) -> Sequence[Any]:
    """A line and the one before it, as they are sealed."""
    statement = select(*LINE).where(Event.chain == chain, Event.seq.in_((seq - 1, seq))).order_by(Event.seq)
    return db.session.connection().execute(_seen(statement, viewer)).all()


def first_data(viewer: Viewer, connection: Connection) -> Any:
    """What the record's first line tells, as text."""
    return connection.scalar(select(cast(Event.data, Text)).where(Event.chain == 0, Event.seq == 1))


def heads(viewer: Viewer, connection: Connection) -> Sequence[Any]:
    """Where each chain ends."""
    return connection.execute(select(Chain.chain, Chain.seq, Chain.mac, Chain.seal, type_coerce(Chain.at, String))).all()


def covered(viewer: Viewer, connection: Connection) -> Sequence[Any]:
    """The last line of each chain that checkpoints tell of."""
    return [tuple(row) for row in connection.execute(select(Covered.chain, Covered.seq))]


def checkpoint_rows(viewer: Viewer, connection: Connection) -> Iterator[Any]:
    """The checkpoints as they are kept, in their order."""
    columns = (Checkpoint.number, type_coerce(Checkpoint.at, String), cast(Checkpoint.heads, Text), Checkpoint.digest)
    return iter(connection.execute(select(*columns, Checkpoint.seal).order_by(Checkpoint.number)))


def size(viewer: Viewer) -> tuple[int, int]:
    """How many lines the record has, and how many chains."""
    counted = select(func.count(), func.count(Event.chain.distinct())).select_from(Event)
    lines, chains = db.session.execute(counted).one()
    return lines, chains


def _seen(statement: Any, viewer: Viewer) -> Any:
    return statement if viewer.bodies is None else statement.where(Event.body_id.in_(viewer.bodies))
