"""The table of events."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from evaluation.database import Base


class Event(Base):
    """One line of the record, the `seq`-th of its chain: that of its body, or 0 of what concerns no body.

    `mac` is the keyed hash (HMAC-SHA-256, hexadecimal) of the line and of the `mac` before it in the chain
    (:mod:`evaluation.audit.chain`), so that no line can be altered, removed, inserted or moved without the key. The database
    itself refuses to change or remove lines. `data` holds, for a saved report, indicator code → [old, new] in stored form.

    What was done in one go (a workbook, a paste) shares a `batch`. The ids point to what may be gone one day, so they are no
    foreign keys: the record outlives what it tells of.
    """

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("chain", "seq"),
        CheckConstraint("chain = coalesce(body_id, 0)", name="chain"),
        CheckConstraint("seq >= 1", name="seq"),
        Index("ix_event_organisation", "organisation_id", "year", "id"),
        Index("ix_event_account", "account_id", "id"),
        Index("ix_event_batch", "batch"),
        Index("ix_event_at", "at", "id"),
        Index("ix_event_actor", "actor", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    chain: Mapped[int]
    seq: Mapped[int]
    mac: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(320))
    account_id: Mapped[int | None]
    action: Mapped[str] = mapped_column(String(32))
    year: Mapped[int | None]
    body_id: Mapped[int | None]
    organisation_id: Mapped[int | None]
    batch: Mapped[str | None] = mapped_column(String(32))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Chain(Base):
    """Where a chain ends: its last line, sealed with the key, so that a cut-off end shows.

    `at` is the time of the last line.
    """

    __tablename__ = "chain"

    chain: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    mac: Mapped[str] = mapped_column(String(64))
    seal: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class Covered(Base):
    """The last line of a chain that a checkpoint tells of: apart from its head, which is locked by whoever writes."""

    __tablename__ = "covered"

    chain: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]


class Checkpoint(Base):
    """The heads of all chains at a moment, numbered from 1: `heads` are those that moved since the checkpoint before, chain →
    [seq, mac]; with those of every earlier one they are all.

    `digest` is the SHA-256 of this one's number, time, heads and the `digest` before; `seal` is the digest under the key.
    """

    __tablename__ = "checkpoint"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    heads: Mapped[dict[str, Any]] = mapped_column(JSON)
    digest: Mapped[str] = mapped_column(String(64))
    seal: Mapped[str] = mapped_column(String(64))
