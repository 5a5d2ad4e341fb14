"""Leases: which worker runs a part of a job. Each step is a transaction of its own, which ends at once.

A worker extends its lease while it lives. When it dies, the lease expires and one other worker takes up the part. Every change of
a part names its worker, so a worker that was only believed dead cannot finish a part that another one has taken up.
"""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.exc import SQLAlchemyError

from evaluation.clock import now
from evaluation.configuration import configuration
from evaluation.database import db, insert_if_absent, table_of
from evaluation.errors import EvaluationError
from evaluation.jobs import queries
from evaluation.jobs.models import ACTIVE_STATUSES, FAILED, RUNNING, WAITING, Job, JobPart, JobWorker
from evaluation.policy import Viewer

EXTENSIONS_PER_LEASE = 3
FORGET_AFTER = timedelta(days=1)
"""After this time a computer without a sign of life is forgotten."""
JOB, PART, WORKER = table_of(Job), table_of(JobPart), table_of(JobWorker)

LOGGER = logging.getLogger(__name__)


class LeaseLost(Exception):
    """Another worker has taken up the part."""


class JobCancelled(Exception):
    """The person has cancelled the job."""


@dataclass(frozen=True)
class Lease:
    """A part of a job that a worker runs."""

    job_id: int
    number: int
    worker: str

    @property
    def is_current(self) -> Any:
        """The conditions of the part's row while the worker runs it."""
        return PART.c.job_id == self.job_id, PART.c.number == self.number, PART.c.worker == self.worker, PART.c.status == RUNNING


def lease_end() -> Any:
    """Return the time at which a lease that begins or is extended now expires."""
    return now() + timedelta(seconds=configuration().settings.job_lease_seconds)


def store_sign_of_life() -> None:
    """Store that workers of this computer live."""
    row = {"name": socket.gethostname()[:64], "seen_at": now()}
    with db.engine.begin() as connection:
        if not insert_if_absent(connection, WORKER, row):
            connection.execute(update(WORKER).where(WORKER.c.name == row["name"]).values(row))
        connection.execute(delete(WORKER).where(WORKER.c.seen_at < now() - FORGET_AFTER))


def take_part(worker: str, job_id: int | None = None) -> Lease | None:
    """Take up the next part that waits or whose worker died; None if there is none.

    Args:
        worker: The name of this attempt of a worker.
        job_id: Take up parts of this job only.
    """
    with configuration().application_context():
        parts = queries.free_parts(Viewer.system(), now(), job_id)
    leases = (Lease(id_, number, worker) for id_, number in parts)
    return next(filter(_take, leases), None)


def _take(lease: Lease) -> bool:
    is_free = (PART.c.job_id == lease.job_id, PART.c.number == lease.number, queries.is_free(now()))
    values = {"status": RUNNING, "worker": lease.worker, "leased_until": lease_end(), "attempts": PART.c.attempts + 1, "done": 0}
    with db.engine.begin() as connection:
        if not connection.execute(update(PART).where(*is_free).values(values)).rowcount:
            return False
        waits = (JOB.c.id == lease.job_id, JOB.c.status == WAITING)
        connection.execute(update(JOB).where(*waits).values(status=RUNNING, started_at=now()))
    return True


def release(lease: Lease, counts: bool) -> None:
    """Let another worker take up the part at once; unless it `counts`, this attempt is not counted."""
    values: dict[str, Any] = {"status": WAITING, "worker": None, "leased_until": None}
    if not counts:
        values["attempts"] = PART.c.attempts - 1
    with db.engine.begin() as connection:
        connection.execute(update(PART).where(*lease.is_current).values(values))


def fail_job(job_id: int, error: EvaluationError) -> bool:
    """End a job with an error; return False if it has ended already."""
    values = {"status": FAILED, "ended_at": now(), "failure": {"message": error.template, "values": _plain(error.values)}}
    with db.engine.begin() as connection:
        is_active = (JOB.c.id == job_id, JOB.c.status.in_(ACTIVE_STATUSES))
        is_ended = bool(connection.execute(update(JOB).where(*is_active).values(values)).rowcount)
        # Parameters of the product's own jobs may be secret; nobody needs them any more.
        connection.execute(update(JOB).where(JOB.c.id == job_id, JOB.c.account_id.is_(None)).values(parameters={}))
    return is_ended


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value if isinstance(value, int) else str(value) for name, value in values.items()}


def store_progress(lease: Lease, done: int, total: int | None) -> None:
    """Store the progress of a part. Raises LeaseLost, JobCancelled."""
    values = {"done": done} if total is None else {"done": done, "total": total}
    with db.engine.begin() as connection:
        is_lease_current = connection.execute(update(PART).where(*lease.is_current).values(values)).rowcount
        # An update of nothing reads the row as it is now.
        is_active = connection.execute(
            update(JOB).where(JOB.c.id == lease.job_id, JOB.c.status.in_(ACTIVE_STATUSES)).values(status=RUNNING)
        ).rowcount
    if not is_active:
        raise JobCancelled
    if not is_lease_current:
        raise LeaseLost


@contextmanager
def extended(lease: Lease) -> Iterator[None]:
    """Extend the lease from a thread of its own while the block runs: the work itself may take longer than a lease."""
    configuration_, ended = configuration(), threading.Event()

    def extend() -> None:
        while not ended.wait(configuration_.settings.job_lease_seconds / EXTENSIONS_PER_LEASE):
            with configuration_.application_context():
                try:
                    with db.engine.begin() as connection:
                        connection.execute(update(PART).where(*lease.is_current).values(leased_until=lease_end()))
                except SQLAlchemyError:
                    # The database is busy; the lease lasts for further attempts.
                    LOGGER.warning("The lease of part %s of job %s was not extended", lease.number, lease.job_id)

    thread = threading.Thread(target=extend, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
