"""Reads background jobs: those of the viewer for pages, and for workers what waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from evaluation.clock import MAX_CLOCK_SKEW
from evaluation.configuration import configuration
from evaluation.database import Statement, db
from evaluation.jobs.models import ACTIVE_STATUSES, DONE, JOIN, RUNNING, WAITING, Job, JobPart
from evaluation.pagination import Page
from evaluation.policy import Action, Viewer


@dataclass(frozen=True)
class JobView:
    """A job with its progress: pieces of work that are done, and their number; 0 while the number is unknown."""

    job: Job
    done: int
    total: int

    @property
    def is_active(self) -> bool:
        """Whether the job has not ended."""
        return self.job.status in ACTIVE_STATUSES

    @property
    def percent(self) -> int:
        """The progress in percent."""
        return 100 * min(self.done, self.total) // self.total if self.total else 0


def jobs(viewer: Viewer, page: int = 1, kind: str = "") -> Page[JobView]:
    """Return a page of the viewer's jobs of a kind or of all kinds, the newest first. Raises Forbidden."""
    viewer.require(Action.ACCOUNT)
    statement = _views(viewer).where(Job.kind == kind) if kind else _views(viewer)
    return Page.from_rows(statement.order_by(Job.id.desc()), page).map(_view)


def job(viewer: Viewer, job_id: int) -> JobView | None:
    """Return a job of the viewer; None for another person's job, also for an administrator. Raises Forbidden."""
    viewer.require(Action.ACCOUNT)
    row = db.session.execute(_views(viewer).where(Job.id == job_id)).first()
    return _view(row) if row else None


def system_job(viewer: Viewer, job_id: int) -> JobView | None:
    """Return a job that a command started. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    row = db.session.execute(_with_progress().where(Job.id == job_id, Job.account_id.is_(None))).first()
    return _view(row) if row else None


def _views(viewer: Viewer) -> Statement:
    return _with_progress().where(Job.account_id == viewer.account_id)


def _with_progress() -> Statement:
    of_job = JobPart.job_id == Job.id
    progress = (
        select(func.coalesce(func.sum(column), 0)).where(of_job).scalar_subquery() for column in (JobPart.done, JobPart.total)
    )
    return select(Job, *progress)


def _view(row: Any) -> JobView:
    return JobView(*row)


def is_free(at: datetime) -> ColumnElement[bool]:
    """Return the condition of a part that a worker may take up: it waits, or the lease of its worker has expired.

    No lease that was taken by a right clock ends later than the longest one; one that does counts as expired.
    """
    longest = at + timedelta(seconds=configuration().settings.job_lease_seconds) + MAX_CLOCK_SKEW
    has_expired = or_(JobPart.leased_until < at, JobPart.leased_until > longest)
    return or_(JobPart.status == WAITING, and_(JobPart.status == RUNNING, has_expired))


def free_parts(viewer: Viewer, at: datetime, job_id: int | None = None, limit: int = 20) -> list[tuple[int, int]]:
    """Return (job id, number) of parts that a worker may take up, the urgent and the oldest first. Raises Forbidden.

    The part that joins the results is among them once all other parts of its job are done.
    """
    viewer.require(Action.MANAGE_ACCOUNTS)
    other = aliased(JobPart)
    unfinished = exists().where(other.job_id == JobPart.job_id, other.status != DONE, other.number != JobPart.number)
    statement = (
        select(JobPart.job_id, JobPart.number)
        .join(Job, Job.id == JobPart.job_id)
        .where(Job.status.in_(ACTIVE_STATUSES), is_free(at), or_(JobPart.stage != JOIN, ~unfinished))
        .order_by(Job.urgent.desc(), Job.id, JobPart.number)
        .limit(limit)
    )
    rows = db.session.execute(statement if job_id is None else statement.where(Job.id == job_id))
    return [(row[0], row[1]) for row in rows]


def leased_part(viewer: Viewer, job_id: int, number: int, worker: str) -> tuple[Job, JobPart] | None:
    """Return a job and its part that this worker runs; None if it does not run it. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    statement = select(Job, JobPart).join(JobPart, JobPart.job_id == Job.id)
    statement = statement.where(Job.id == job_id, JobPart.number == number, JobPart.worker == worker, JobPart.status == RUNNING)
    row = db.session.execute(statement).first()
    return (row[0], row[1]) if row else None


def part_results(viewer: Viewer, job_id: int) -> list[tuple[int, Any]]:
    """Return (number, result) of the parts of a job that one or several workers have run, in their order. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    statement = select(JobPart.number, JobPart.result).where(JobPart.job_id == job_id, JobPart.stage == "run")
    return [(row[0], row[1]) for row in db.session.execute(statement.order_by(JobPart.number))]


def expired_jobs(viewer: Viewer, ended_before: datetime) -> Sequence[Job]:
    """Return the ended jobs from before a time that still have a file or belong to nobody. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    has_rest = or_(Job.file_name.is_not(None), Job.account_id.is_(None))
    return db.session.scalars(select(Job).where(Job.ended_at < ended_before, has_rest)).all()


def job_ids(viewer: Viewer) -> set[int]:
    """Return the ids of all jobs that have not ended or have a file. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    return set(db.session.scalars(select(Job.id).where(or_(Job.status.in_(ACTIVE_STATUSES), Job.file_name.is_not(None)))))


def waiting_id(viewer: Viewer, kind: str, connection: Connection) -> int | None:
    """Return the id of the job of a kind that waits, as a transaction of its own sees it. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    return connection.scalar(select(Job.id).where(Job.dedup_key == kind, Job.status == WAITING))
