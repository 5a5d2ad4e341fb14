"""Tables of the audit log."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from evaluation.database import Base

SINGLE, BATCHED = text("batch IS NULL"), text("batch IS NOT NULL")
COUNTRY = text("chain <= 0")
"""The rows of a batch that readers of the whole country need."""


class AuditEvent(Base):
    """One event of the audit log, the `seq`-th of its chain. The chain is the event's body, or 0 for events of no body.

    `mac` is the keyed hash (HMAC-SHA-256, hexadecimal) of the event and of the `mac` before it in the chain
    (:mod:`evaluation.audit.chain`), so that no event can be altered, removed, inserted or moved without the key. Triggers of the
    database refuse to change or delete events. `action` is a value of :class:`evaluation.audit.actions.AuditAction`. `data` has,
    for saved answers, indicator code → [old value, new value] in stored form.

    Events of one operation, such as a workbook or a paste, share a `batch`. The ids are no foreign keys, because events outlive
    the rows that they refer to.
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        UniqueConstraint("chain", "seq"),
        CheckConstraint("chain = coalesce(body_id, 0)", name="chain"),
        CheckConstraint("seq >= 1", name="seq"),
        Index("ix_audit_event_organisation", "organisation_id", "year", "id"),
        Index("ix_audit_event_account", "account_id", "id"),
        Index("ix_audit_event_batch", "batch", sqlite_where=BATCHED, postgresql_where=BATCHED),
        Index("ix_audit_event_at", "at", "id"),
        Index("ix_audit_event_actor", "actor", "at"),
        Index("ix_audit_event_single", "at", "id", "action", sqlite_where=SINGLE, postgresql_where=SINGLE),
        Index("ix_audit_event_single_actor", "actor", "at", "id", sqlite_where=SINGLE, postgresql_where=SINGLE),
        Index("ix_audit_event_single_chain", "chain", "at", "id", sqlite_where=SINGLE, postgresql_where=SINGLE),
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


class AuditBatch(Base):
    """How many events of a chain, action and year a batch has: lists show a batch as one line.

    `chain` is a chain, or :data:`evaluation.audit.batches.ALL_BODIES` for the events of all bodies together; `year` is 0 for
    events of no year. `organisations` is the number of events that concern an organisation, `first_chain` and `last_chain` are
    the lowest and highest chain, `last_at` and `last_id` are time and id of the newest event. The rows are written with the
    events; nothing is proved by them, and the verification of the log reads the events alone.
    """

    __tablename__ = "audit_batch"
    __table_args__ = (
        Index("ix_audit_batch_chain", "chain", "last_at", "last_id"),
        Index("ix_audit_batch_country", "last_at", "last_id", sqlite_where=COUNTRY, postgresql_where=COUNTRY),
    )

    batch: Mapped[str] = mapped_column(String(32), primary_key=True)
    chain: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    action: Mapped[str] = mapped_column(String(32), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    actor: Mapped[str] = mapped_column(String(320))
    events: Mapped[int]
    organisations: Mapped[int]
    first_chain: Mapped[int]
    last_chain: Mapped[int]
    last_at: Mapped[datetime]
    last_id: Mapped[int]


class ChainHead(Base):
    """The last event of a chain: its number, hash and time, sealed with the audit key, so that a shortened chain is noticed."""

    __tablename__ = "chain_head"

    chain: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    mac: Mapped[str] = mapped_column(String(64))
    seal: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class CheckpointCoverage(Base):
    """The number of the last event of a chain that a checkpoint covers.

    It is not a column of the chain's head, because every writer of the chain locks the head.
    """

    __tablename__ = "checkpoint_coverage"

    chain: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]


class Checkpoint(Base):
    """The heads of all chains at one moment, numbered from 1.

    `heads` holds the chains that advanced since the checkpoint before, chain → [number, hash]; together with the earlier
    checkpoints these are all chains. `digest` is the SHA-256 of this checkpoint's number, time, heads and of the `digest` before;
    `seal` is the keyed hash of the digest.
    """

    __tablename__ = "checkpoint"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    heads: Mapped[dict[str, Any]] = mapped_column(JSON)
    digest: Mapped[str] = mapped_column(String(64))
    seal: Mapped[str] = mapped_column(String(64))
