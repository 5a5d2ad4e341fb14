"""Raw reads of the audit tables for verification: values are returned as stored, even if someone has tampered with them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, String, Text, cast, func, select, type_coerce

from evaluation.audit.chain import COMMON_CHAIN, flush_events
from evaluation.audit.models import AuditEvent, ChainHead, Checkpoint, CheckpointCoverage
from evaluation.audit.queries import visible_to
from evaluation.clock import MAX_CLOCK_SKEW
from evaluation.database import db
from evaluation.policy import Forbidden, Viewer

EVENT_COLUMNS: tuple[Any, ...] = (
    *(AuditEvent.id, AuditEvent.chain, AuditEvent.seq, AuditEvent.mac, type_coerce(AuditEvent.at, String)),
    *(AuditEvent.actor, AuditEvent.account_id, AuditEvent.action, AuditEvent.year, AuditEvent.body_id),
    *(AuditEvent.organisation_id, AuditEvent.batch, cast(AuditEvent.data, Text)),
)
"""An event's columns in the order in which they are hashed, with the hash and the data."""

SECONDS_PER_DAY = 86_400


@contextmanager
def database_snapshot(viewer: Viewer) -> Iterator[Connection]:
    """Open a connection that sees the database as of one moment, for verification.

    Raises:
        Forbidden: The viewer does not see all bodies.
    """
    if viewer.bodies is not None:
        raise Forbidden("the audit log is verified as a whole")
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


def event_rows(viewer: Viewer, connection: Connection) -> Iterator[Any]:
    """Return all events, chain by chain, in the order of their numbers."""
    statement = select(*EVENT_COLUMNS).order_by(AuditEvent.chain, AuditEvent.seq)
    return iter(connection.execute(statement, execution_options={"yield_per": 1000}))


def event_row_and_previous(viewer: Viewer, chain: int, seq: int) -> Sequence[Any]:
    """Return an event and the one before it in its chain."""
    flush_events(db.session)
    statement = select(*EVENT_COLUMNS).where(AuditEvent.chain == chain, AuditEvent.seq.in_((seq - 1, seq)))
    return db.session.connection().execute(visible_to(statement, viewer).order_by(AuditEvent.seq)).all()


def clock_jumps(viewer: Viewer, connection: Connection, limit: int) -> Sequence[Any]:
    """Return (chain, number, time, time before) of the first events with a time long before that of the event before, by ids."""
    previous = func.lag(AuditEvent.at).over(order_by=AuditEvent.id)
    pairs = select(AuditEvent.id, AuditEvent.chain, AuditEvent.seq, AuditEvent.at, previous.label("previous")).subquery()
    if connection.dialect.name == "sqlite":
        gap = (func.julianday(pairs.c.previous) - func.julianday(pairs.c.at)) * SECONDS_PER_DAY
        is_jump = gap > MAX_CLOCK_SKEW.total_seconds()
    else:
        is_jump = pairs.c.previous - pairs.c.at > MAX_CLOCK_SKEW
    columns = (pairs.c.chain, pairs.c.seq, type_coerce(pairs.c.at, String), type_coerce(pairs.c.previous, String))
    return connection.execute(select(*columns).where(is_jump).order_by(pairs.c.id).limit(limit)).all()


def future_events(viewer: Viewer, connection: Connection, now: datetime) -> tuple[int, Any]:
    """Return the number of events with a time after now, beyond what clocks may differ by, and the latest such time."""
    columns = (func.count(), type_coerce(func.max(AuditEvent.at), String))
    row = connection.execute(select(*columns).where(AuditEvent.at > now + MAX_CLOCK_SKEW)).one()
    return row[0], row[1]


def first_event_data(viewer: Viewer, connection: Connection) -> Any:
    """Return the data of the common chain's first event as text."""
    statement = select(cast(AuditEvent.data, Text)).where(AuditEvent.chain == COMMON_CHAIN, AuditEvent.seq == 1)
    return connection.scalar(statement)


def head_rows(viewer: Viewer, connection: Connection) -> Sequence[Any]:
    """Return the stored head of each chain: chain, number, hash, seal, time."""
    columns = (ChainHead.chain, ChainHead.seq, ChainHead.mac, ChainHead.seal, type_coerce(ChainHead.at, String))
    return connection.execute(select(*columns)).all()


def coverage_rows(viewer: Viewer, connection: Connection) -> Sequence[Any]:
    """Return the number of the last event of each chain that checkpoints cover."""
    return [tuple(row) for row in connection.execute(select(CheckpointCoverage.chain, CheckpointCoverage.seq))]


def checkpoint_rows(viewer: Viewer, connection: Connection) -> Iterator[Any]:
    """Return the stored checkpoints in ascending order: number, time, heads, digest, seal."""
    columns = (Checkpoint.number, type_coerce(Checkpoint.at, String), cast(Checkpoint.heads, Text), Checkpoint.digest)
    return iter(connection.execute(select(*columns, Checkpoint.seal).order_by(Checkpoint.number)))
