"""The tables of background jobs and their parts."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from evaluation.accounts.models import Account
from evaluation.clock import now
from evaluation.database import Base

WAITING, RUNNING, DONE, FAILED, CANCELLED = STATUSES = ("waiting", "running", "done", "failed", "cancelled")
ACTIVE_STATUSES = (WAITING, RUNNING)
"""Statuses of a job that has not ended."""
SPLIT, RUN, JOIN = STAGES = ("split", "run", "join")
"""The stages of a job's parts: divide the job into parts; do one part, or the whole job; put the results together."""
IS_WAITING = text("status = 'waiting'")


class Job(Base):
    """A background job.

    `account_id` is the person who started it; None for the product itself. `bodies` are the ids of the bodies whose data the
    person could see when the job was started, ascending; None for all. Its result is shown while the person sees all of them.
    `language` is the language of its file. While a job of a `dedup_key` waits, no second one with the same key is stored.
    `failure` is the message of the error and its values. `file_name` is the name of the file to download; the file itself is in
    the folder of the job (:mod:`evaluation.jobs.files`). `request_id` is the number, in the log, of the request that started it.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_account", "account_id", "id"),
        Index("ix_job_status", "status"),
        Index("uq_job_dedup_key", "dedup_key", unique=True, sqlite_where=IS_WAITING, postgresql_where=IS_WAITING),
        CheckConstraint(f"status IN {STATUSES}", name="status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey(Account.id))
    bodies: Mapped[list[int] | None] = mapped_column(JSON)
    kind: Mapped[str] = mapped_column(String(32))
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    language: Mapped[str] = mapped_column(String(2), default="kk", server_default="kk")
    urgent: Mapped[bool] = mapped_column(default=False, server_default=false())
    dedup_key: Mapped[str | None] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16), default=WAITING, server_default=WAITING)
    failure: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    file_name: Mapped[str | None] = mapped_column(String(255))
    media_type: Mapped[str | None] = mapped_column(String(128))
    file_size: Mapped[int | None] = mapped_column(BigInteger)
    request_id: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class JobPart(Base):
    """A part of a job, which one worker runs at a time.

    While a worker runs it, `worker` names the worker and `leased_until` is in the future: the worker extends the lease. After
    that time the worker is dead, and another one takes up the part. `attempts` counts how often it was taken up. `done` and
    `total` count pieces of work; the progress of a job is their sum over its parts.
    """

    __tablename__ = "job_part"
    __table_args__ = (
        Index("ix_job_part_status", "status", "leased_until"),
        CheckConstraint(f"status IN {(WAITING, RUNNING, DONE)}", name="status"),
        CheckConstraint(f"stage IN {STAGES}", name="stage"),
        CheckConstraint("(status = 'running') = (worker IS NOT NULL)", name="worker"),
    )

    job_id: Mapped[int] = mapped_column(ForeignKey(Job.id, ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    stage: Mapped[str] = mapped_column(String(8))
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    result: Mapped[Any | None] = mapped_column(JSON)
    status: Mapped[str] = mapped_column(String(16), default=WAITING, server_default=WAITING)
    worker: Mapped[str | None] = mapped_column(String(64))
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    done: Mapped[int] = mapped_column(default=0, server_default="0")
    total: Mapped[int] = mapped_column(default=0, server_default="0")


class JobWorker(Base):
    """A computer whose workers look for jobs: once a minute they store the time, so that others see that they live."""

    __tablename__ = "job_worker"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(default=now)
