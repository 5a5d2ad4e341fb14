"""Hash chains of audit events: each event bears the keyed hash of itself and of the event before it.

New events wait in the session until it commits or until the audit log is read. Then they are numbered, hashed and inserted
together. The chain heads are locked for that moment only, always in one order, so that writers never deadlock.

The first event of a chain is announced in the common chain, so that a removed chain is noticed. The first event of the common
chain names the fingerprint of the audit key.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import Any

import orjson
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session, SessionTransaction

from evaluation.audit.actions import AuditAction
from evaluation.audit.batches import UPSERT_BATCH, batch_rows
from evaluation.audit.hashing import (
    GENESIS_MAC,
    audit_key,
    event_mac,
    head_seal,
    key_fingerprint,
    time_after,
    timestamp,
    timestamp_text,
)
from evaluation.database import begin_immediate, to_json
from evaluation.errors import EvaluationError
from evaluation.language import N_

LOGGER = logging.getLogger(__name__)

COMMON_CHAIN = 0
"""The chain of events of no body. The chain of a body has the body's id."""
BROKEN = N_(
    "The audit log does not end as the product left it, or AUDIT_KEY is not the key that sealed it. Nothing was stored. "
    "`flask audit verify` shows what is wrong."
)

INSERT_AT_ONCE_EVENTS = 100
"""The smallest group of events that may be inserted before the commit."""
MAX_PENDING_EVENTS = 2_000
"""On SQLite, the number of waiting events above which they are inserted before the commit."""

SELECT_HEAD = "SELECT chain, seq, mac, seal, at FROM chain_head WHERE chain = ?"
SELECT_HEAD_LOCKED = f"{SELECT_HEAD} FOR UPDATE"
SELECT_HEADS_SQLITE = "SELECT chain, seq, mac, seal, at FROM chain_head WHERE chain IN (SELECT value FROM json_each(?))"
SELECT_HEADS = "SELECT chain, seq, mac, seal, at FROM chain_head WHERE chain = ANY(?) ORDER BY chain"
SELECT_HEADS_LOCKED = f"{SELECT_HEADS} FOR UPDATE"
INSERT_EVENT = (
    "INSERT INTO audit_event (id, chain, seq, at, actor, account_id, action, year, body_id, organisation_id, batch, data, mac) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
INSERT_HEAD = (
    "INSERT INTO chain_head (chain, seq, mac, seal, at) SELECT ?, 0, ?, '', ? "
    "WHERE NOT EXISTS (SELECT 1 FROM chain_head WHERE chain = ?) ON CONFLICT DO NOTHING"
)
UPDATE_HEAD = "UPDATE chain_head SET seq = ?, mac = ?, seal = ?, at = ? WHERE chain = ?"


class ChainBroken(EvaluationError):
    """A chain's head is not what the product sealed with this key; no event may be written after it."""


@dataclass(frozen=True)
class PendingEvents:
    """Events of one actor and one batch that wait to be inserted, as columns of equal length.

    `data` are JSON documents in UTF-8: bytes take half the memory of text.
    """

    actor: str
    account_id: int | None
    batch: str | None
    actions: Sequence[str]
    years: Sequence[int | None]
    body_ids: Sequence[int | None]
    organisation_ids: Sequence[int | None]
    data: Sequence[bytes]


LISTENERS: list[Callable[[Connection, Sequence[PendingEvents]], None]] = []
"""Functions that follow inserted events in their transaction; :func:`listen` adds to them."""


def listen(listener: Callable[[Connection, Sequence[PendingEvents]], None]) -> None:
    """Have a function called with the connection and the events whenever events are inserted."""
    if listener not in LISTENERS:
        LISTENERS.append(listener)


@dataclass
class PendingHead:
    """A chain's head within this transaction: number, hash and time of its last event; number 0 if it has none yet."""

    seq: int
    mac: bytes
    at: str
    stored_seq: int
    """The number that the database has."""


def append(session: Session, events: PendingEvents) -> None:
    """Have events inserted when the session commits.

    The session is in a transaction from now on, so that a rollback discards the events.
    """
    if not session.in_transaction():
        session.begin()
    pending = session.info.setdefault(PendingEvents, [])
    pending.append(events)
    # SQLite has one writer at a time, so inserting early blocks nobody and frees the memory of the waiting events.
    if (
        len(events.data) >= INSERT_AT_ONCE_EVENTS
        and session.get_bind().dialect.name == "sqlite"
        and sum(len(group.data) for group in pending) > MAX_PENDING_EVENTS
    ):
        _insert_pending(session.connection(), session)


def flush_events(session: Session) -> None:
    """Insert the waiting events and seal the heads of their chains, so that the events can be read.

    Raises:
        ChainBroken: A chain's stored head is not what the product sealed.
    """
    if session.info.get(PendingEvents) or session.info.get(PendingHead):
        _flush(session.connection(), session)


def _flush(connection: Connection, session: Session) -> None:
    _insert_pending(connection, session)
    _store_heads(connection, audit_key(), session.info.get(PendingHead, {}))
    session.info.pop(PendingHead, None)


def _insert_pending(connection: Connection, session: Session) -> None:
    """Number, hash and insert the waiting events. The new heads stay in the session until they are stored."""
    pending: list[PendingEvents] = session.info.get(PendingEvents, [])
    heads: dict[int, PendingHead] = session.info.setdefault(PendingHead, {})
    key, chains = audit_key(), {body_id or COMMON_CHAIN for events in pending for body_id in set(events.body_ids)}
    if missing := chains - heads.keys():
        locked, started = _lock_heads(connection, key, missing)
        started = [chain for chain in started if chain not in heads]
        for chain, head in locked.items():
            heads.setdefault(chain, head)
        if started:
            pending = [_chains_started(key, started), *pending]
    _insert_events(connection, key, heads, pending)
    session.info.pop(PendingEvents, None)
    for listener in LISTENERS:
        listener(connection, pending)


def _chains_started(key: bytes, chains: list[int]) -> PendingEvents:
    """Return the events of the common chain that announce new chains."""
    events = [
        (AuditAction.CHAIN_STARTED, {"chain": chain}) if chain else (AuditAction.LOG_STARTED, {"key": key_fingerprint(key)})
        for chain in chains
    ]
    empty = (None,) * len(events)
    actions, data = [action.value for action, _ in events], [orjson.dumps(content) for _, content in events]
    return PendingEvents("system", None, None, actions, empty, empty, empty, data)


def _insert_events(connection: Connection, key: bytes, heads: dict[int, PendingHead], pending: list[PendingEvents]) -> None:
    """Number, hash and insert the events in the order in which they were appended."""
    now = timestamp()
    for head in heads.values():
        if (at := time_after(head.at, now)) < head.at:
            LOGGER.warning("The clock is %s, but an event of %s was written before: it was or is wrong", now, head.at)
        head.at = at
    ids = _new_ids(connection, sum(len(events.data) for events in pending))
    for events in pending:
        actor, account_id, batch, rows = events.actor, events.account_id, events.batch, []
        columns = (events.actions, events.years, events.body_ids, events.organisation_ids, events.data)
        for id_, action, year, body_id, organisation_id, data in zip(islice(ids, len(events.data)), *columns, strict=True):
            chain = body_id or COMMON_CHAIN
            head = heads[chain]
            head.seq = seq = head.seq + 1
            hashed = (id_, chain, seq, head.at, actor, account_id, action, year, body_id, organisation_id, batch)
            head.mac = mac = event_mac(key, head.mac, hashed, data)
            rows.append((*hashed, data.decode(), mac.hex()))
        run_sql(connection, INSERT_EVENT, rows)
        if batch is not None:
            run_sql(connection, UPSERT_BATCH, batch_rows(batch, actor, rows))


def _lock_heads(connection: Connection, key: bytes, chains: set[int]) -> tuple[dict[int, PendingHead], list[int]]:
    """Lock the heads of these chains until the transaction ends; return them and the chains that have no event yet."""
    if connection.dialect.name == "sqlite":
        begin_immediate(connection)
    # Heads are locked in ascending order, the common chain first. Whether the common chain is needed is not known yet, so only
    # a single head is locked by this first read.
    rows = _select_heads(connection, chains, lock=len(chains) == 1)
    if len(rows) < len(chains):
        new_chains = sorted(chains - {chain for chain, *_ in rows} - {COMMON_CHAIN})
        chains = chains | {COMMON_CHAIN}
        _insert_heads(connection, [COMMON_CHAIN])
        # A writer that starts a chain locks the common head, so concurrent starts of one chain wait here.
        _select_heads(connection, {COMMON_CHAIN}, lock=True)
        _insert_heads(connection, new_chains)
        rows = _select_heads(connection, chains, lock=True)
    elif len(chains) > 1 and connection.dialect.name != "sqlite":
        rows = _select_heads(connection, chains, lock=True)
    heads = {}
    for chain, seq, mac, seal, at in rows:
        if seq and seal != head_seal(key, chain, seq, mac, timestamp_text(at)):
            raise ChainBroken(BROKEN)
        heads[chain] = PendingHead(seq, bytes.fromhex(mac), timestamp_text(at), seq)
    return heads, sorted(chain for chain, head in heads.items() if not head.seq)


def _select_heads(connection: Connection, chains: set[int], lock: bool) -> Sequence[Any]:
    if len(chains) == 1:
        locked = lock and connection.dialect.name != "sqlite"
        return run_sql(connection, SELECT_HEAD_LOCKED if locked else SELECT_HEAD, tuple(chains))
    if connection.dialect.name == "sqlite":
        return run_sql(connection, SELECT_HEADS_SQLITE, (to_json(sorted(chains)),))
    return run_sql(connection, SELECT_HEADS_LOCKED if lock else SELECT_HEADS, (sorted(chains),))


def _insert_heads(connection: Connection, chains: Sequence[int]) -> None:
    """Insert heads of chains without events unless they exist."""
    if chains:
        run_sql(connection, INSERT_HEAD, [(chain, GENESIS_MAC, timestamp(), chain) for chain in chains])


def _store_heads(connection: Connection, key: bytes, heads: dict[int, PendingHead]) -> None:
    rows = []
    for chain, head in heads.items():
        if head.seq > head.stored_seq:
            mac = head.mac.hex()
            rows.append((head.seq, mac, head_seal(key, chain, head.seq, mac, head.at), head.at, chain))
    run_sql(connection, UPDATE_HEAD, rows)


def _new_ids(connection: Connection, count_of_events: int) -> Iterator[int]:
    """Return that many new event ids in ascending order."""
    if connection.dialect.name == "sqlite":
        ((last_id,),) = run_sql(connection, "SELECT max(id) FROM audit_event")
        return count((last_id or 0) + 1)
    rows = run_sql(connection, "SELECT nextval('audit_event_id_seq') FROM generate_series(1, ?)", (count_of_events,))
    return iter(sorted(id_ for (id_,) in rows))


def run_sql(connection: Connection, statement: str, parameters: Any = ()) -> Sequence[Any]:
    """Run a statement with `?` for its parameters through the driver and return its rows, if it has any."""
    if connection.dialect.name != "sqlite":
        statement = statement.replace("?", "%s")
    result = connection.exec_driver_sql(statement, parameters)
    return result.fetchall() if result.returns_rows else ()


@event.listens_for(Session, "before_commit")
def _before_commit(session: Session) -> None:
    flush_events(session)


@event.listens_for(Session, "after_transaction_create")
def _before_savepoint(session: Session, transaction: SessionTransaction) -> None:
    """Insert the events that were appended before a savepoint, so that they survive a rollback to it."""
    if transaction.nested and transaction.parent and (session.info.get(PendingEvents) or session.info.get(PendingHead)):
        _flush(transaction.parent.connection(None), session)


@event.listens_for(Session, "after_transaction_end")
def _after_end(session: Session, transaction: SessionTransaction) -> None:
    """Discard the events of a transaction that was rolled back."""
    if transaction.nested or transaction.parent is None:
        session.info.pop(PendingEvents, None)
        session.info.pop(PendingHead, None)
