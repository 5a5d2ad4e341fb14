"""Chains of the record: every line bears the keyed hash of itself and of the line before it.

Lines wait in the session until it commits, or until somebody reads the record; then they are sealed: numbered, hashed and
inserted. Heads of chains are so locked for an instant, always in one order, and nobody waits for each other in a circle.

A chain's first line is announced in the common chain, so that no chain can vanish as a whole; the common chain's own first line
names the fingerprint of the key.
"""

import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count, islice
from typing import Any

import orjson
from flask import current_app
from sqlalchemy import Connection, event
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction

from evaluation.audit.models import Event
from evaluation.clock import precise
from evaluation.database import begin_writing, dumps
from evaluation.errors import EvaluationError
from evaluation.language import N_

COMMON = 0
"""The chain of what concerns no body; those of bodies are numbered as they are."""
CHAIN_BEGUN, RECORD_BEGUN = "chain_begun", "record_begun"
NOTHING = "0" * 64
"""Stands before the first line of a chain."""
NO_KEY = N_(
    "The key that the record is sealed with can be neither read nor made: %(name)s in the instance folder. Let the product "
    "write there, or give the key as the environment variable RECORD_KEY."
)
BROKEN = N_(
    "The record does not end as the product left it, or RECORD_KEY is not the key it was kept with. Nothing was stored. "
    "`flask record verify` tells what is wrong."
)

FEW, MANY = 100, 2_000
"""Lines that are written at once, and lines that wait."""
ONE = "SELECT chain, seq, mac, seal, at FROM chain WHERE chain = ?"
ONE_LOCKED = f"{ONE} FOR UPDATE"
SEVERAL_ON_SQLITE = "SELECT chain, seq, mac, seal, at FROM chain WHERE chain IN (SELECT value FROM json_each(?))"
SEVERAL = "SELECT chain, seq, mac, seal, at FROM chain WHERE chain = ANY(?) ORDER BY chain"
SEVERAL_LOCKED = f"{SEVERAL} FOR UPDATE"
INSERT = (
    "INSERT INTO event (id, chain, seq, at, actor, account_id, action, year, body_id, organisation_id, batch, data, mac) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
BEGIN = (
    "INSERT INTO chain (chain, seq, mac, seal, at) SELECT ?, 0, ?, '', ? "
    "WHERE NOT EXISTS (SELECT 1 FROM chain WHERE chain = ?) ON CONFLICT DO NOTHING"
)


class Broken(EvaluationError):
    """The end of a chain is not what was sealed with this key; nothing may be written after it."""


@dataclass(frozen=True)
class Lines:
    """Lines that wait, by one person and of one batch, as columns; `data` are JSON in UTF-8, half as large as text."""

    actor: str
    account_id: int | None
    batch: str | None
    actions: Sequence[str]
    years: Sequence[int | None]
    body_ids: Sequence[int | None]
    organisation_ids: Sequence[int | None]
    data: Sequence[bytes]


@dataclass
class Head:
    """Where a chain ends: the number, hash and time of its last line; number 0 before there is one."""

    seq: int
    mac: bytes
    at: str
    was: int
    """The number before this transaction."""


def key() -> bytes:
    """What the record is sealed with. Raises EvaluationError where there is none."""
    given: str = current_app.config["RECORD_KEY"]
    if not given:
        raise EvaluationError(NO_KEY, name="record_key")
    return given.encode()


def fingerprint(secret: bytes) -> str:
    """What names a key without telling it."""
    return hmac.digest(secret, b"fingerprint", "sha256").hex()[:16]


def line_mac(secret: bytes, before: bytes, fields: Sequence[Any], data: bytes) -> bytes:
    """The keyed hash of a line: `fields` are its columns from `id` to `batch` without `mac`, the time as text; `data` stand
    apart, so that they are hashed as they are stored."""
    return hmac.digest(secret, b"line" + before + orjson.dumps(fields) + b"\n" + data, "sha256")


def head_seal(secret: bytes, chain: int, seq: int, mac: str, at: str) -> str:
    """The keyed hash of where a chain ends."""
    return hmac.digest(secret, b"head" + orjson.dumps([chain, seq, mac, at]), "sha256").hex()


def add(session: Session, lines: Lines) -> None:
    """Have lines recorded when the session commits; it is in a transaction from now on, so that a rollback forgets them."""
    if not session.in_transaction():
        session.begin()
    waiting = session.info.setdefault(Lines, [])
    waiting.append(lines)
    # Whoever writes to SQLite is alone, so that many lines need not wait, which would take their memory.
    if len(lines.data) >= FEW and session.get_bind().dialect.name == "sqlite" and sum(len(each.data) for each in waiting) > MANY:
        _write(session.connection(), session)


def seal(session: Session) -> None:
    """Write what waits, so that it can be read, and where its chains end then. Raises Broken."""
    if session.info.get(Lines) or session.info.get(Head):
        _seal(session.connection(), session)


def _seal(connection: Connection, session: Session) -> None:
    _write(connection, session)
    _keep(connection, key(), session.info.get(Head, {}))
    session.info.pop(Head, None)


def _write(connection: Connection, session: Session) -> None:
    """Number, hash and insert the lines that wait. Where their chains end stays in the session until it is sealed."""
    waiting: list[Lines] = session.info.get(Lines, [])
    heads: dict[int, Head] = session.info.setdefault(Head, {})
    secret, chains = key(), {body or COMMON for lines in waiting for body in set(lines.body_ids)}
    if fresh := chains - heads.keys():
        found, begun = _lock(connection, secret, fresh)
        begun = [chain for chain in begun if chain not in heads]
        for chain, head in found.items():
            heads.setdefault(chain, head)
        if begun:
            waiting = [_announced(secret, begun), *waiting]
    _insert(connection, secret, heads, waiting)
    session.info.pop(Lines, None)


def _announced(secret: bytes, begun: list[int]) -> Lines:
    """The lines that tell of new chains, in the common one."""
    told = [(CHAIN_BEGUN, {"chain": chain}) if chain else (RECORD_BEGUN, {"key": fingerprint(secret)}) for chain in begun]
    nothing = (None,) * len(told)
    return Lines(
        "system", None, None, [action for action, _ in told], nothing, nothing, nothing, [orjson.dumps(data) for _, data in told]
    )


def _insert(connection: Connection, secret: bytes, heads: dict[int, Head], waiting: list[Lines]) -> None:
    """Number, hash and insert the lines, in the order in which they were written."""
    now = stamp()
    for head in heads.values():
        # The clock may be set back; the record's does not go backwards.
        head.at = max(head.at, now)
    numbers = _numbers(connection, sum(len(lines.data) for lines in waiting))
    for lines in waiting:
        actor, account, batch, rows = lines.actor, lines.account_id, lines.batch, []
        columns = (lines.actions, lines.years, lines.body_ids, lines.organisation_ids, lines.data)
        for number, action, year, body, own, data in zip(islice(numbers, len(lines.data)), *columns, strict=True):
            chain = body or COMMON
            head = heads[chain]
            head.seq = seq = head.seq + 1
            fields = (number, chain, seq, head.at, actor, account, action, year, body, own, batch)
            head.mac = mac = line_mac(secret, head.mac, fields, data)
            rows.append((*fields, data.decode(), mac.hex()))
        run(connection, INSERT, rows)


def _lock(connection: Connection, secret: bytes, chains: set[int]) -> tuple[dict[int, Head], list[int]]:
    """Where these chains end, nobody else adding to them until the transaction ends; and which of them begin now."""
    if connection.dialect.name == "sqlite":
        begin_writing(connection)
    # Locks are taken in one order, the common chain first, and whether it is needed is not known yet.
    rows = _heads(connection, chains, lock=len(chains) == 1)
    if len(rows) < len(chains):
        missing = sorted(chains - {chain for chain, *_ in rows} - {COMMON})
        chains = chains | {COMMON}
        _begin(connection, [COMMON])
        # Whoever begins a chain holds the common one, so others wait here.
        _heads(connection, {COMMON}, lock=True)
        _begin(connection, missing)
        rows = _heads(connection, chains, lock=True)
    elif len(chains) > 1 and connection.dialect.name != "sqlite":
        rows = _heads(connection, chains, lock=True)
    heads = {}
    for chain, seq, mac, sealed, at in rows:
        if seq and sealed != head_seal(secret, chain, seq, mac, text_of(at)):
            raise Broken(BROKEN)
        heads[chain] = Head(seq, bytes.fromhex(mac), text_of(at), seq)
    return heads, sorted(chain for chain, head in heads.items() if not head.seq)


def _heads(connection: Connection, chains: set[int], lock: bool) -> Sequence[Any]:
    if len(chains) == 1:
        return run(connection, ONE_LOCKED if lock and connection.dialect.name != "sqlite" else ONE, tuple(chains))
    if connection.dialect.name == "sqlite":
        return run(connection, SEVERAL_ON_SQLITE, (dumps(sorted(chains)),))
    return run(connection, SEVERAL_LOCKED if lock else SEVERAL, (sorted(chains),))


def _begin(connection: Connection, chains: Sequence[int]) -> None:
    """Make the heads of chains without lines, unless they are there."""
    if chains:
        run(connection, BEGIN, [(chain, NOTHING, stamp(), chain) for chain in chains])


def _keep(connection: Connection, secret: bytes, heads: dict[int, Head]) -> None:
    rows = []
    for chain, head in heads.items():
        if head.seq > head.was:
            mac = head.mac.hex()
            rows.append((head.seq, mac, head_seal(secret, chain, head.seq, mac, head.at), head.at, chain))
    run(connection, "UPDATE chain SET seq = ?, mac = ?, seal = ?, at = ? WHERE chain = ?", rows)


def _numbers(connection: Connection, size: int) -> Iterator[int]:
    """Ids for so many lines, in their order."""
    if connection.dialect.name == "sqlite":
        ((last,),) = run(connection, "SELECT max(id) FROM event")
        return count((last or 0) + 1)
    found = run(connection, "SELECT nextval('event_id_seq') FROM generate_series(1, ?)", (size,))
    return iter(sorted(number for (number,) in found))


def run(connection: Connection, statement: str, parameters: Any = ()) -> Sequence[Any]:
    """Run a statement with `?` for its parameters by the driver, and fetch its rows if it has any."""
    if connection.dialect.name != "sqlite":
        statement = statement.replace("?", "%s")
    result = connection.exec_driver_sql(statement, parameters)
    return result.fetchall() if result.returns_rows else ()


def stamp() -> str:
    """The time now, as the record has it."""
    return text_of(precise())


def text_of(at: datetime | str) -> str:
    """A time as it stands in the record's hashes, and in an SQLite database."""
    return at if isinstance(at, str) else at.isoformat(" ", "microseconds")


@event.listens_for(Session, "before_commit")
def _before_commit(session: Session) -> None:
    seal(session)


@event.listens_for(Session, "do_orm_execute")
def _before_read(state: ORMExecuteState) -> None:
    """Whoever reads lines reads those that wait, too."""
    if state.session.info.get(Lines) and any(mapper.class_ is Event for mapper in state.all_mappers):
        seal(state.session)


@event.listens_for(Session, "after_transaction_create")
def _before_savepoint(session: Session, transaction: SessionTransaction) -> None:
    """What was written before a savepoint stays where it is rolled back."""
    if transaction.nested and transaction.parent and (session.info.get(Lines) or session.info.get(Head)):
        _seal(transaction.parent.connection(None), session)


@event.listens_for(Session, "after_transaction_end")
def _after_end(session: Session, transaction: SessionTransaction) -> None:
    """What was not kept is not recorded."""
    if transaction.nested or transaction.parent is None:
        session.info.pop(Lines, None)
        session.info.pop(Head, None)
