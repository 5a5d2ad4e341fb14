"""Starts and cancels background jobs, and removes old ones."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import delete, insert, update

from evaluation.clock import now
from evaluation.configuration import configuration
from evaluation.database import after_commit, db, insert_if_absent, table_of
from evaluation.jobs import files, queries
from evaluation.jobs.kinds import KINDS, JobKind, Parameters
from evaluation.jobs.models import ACTIVE_STATUSES, CANCELLED, RUN, SPLIT, Job, JobPart
from evaluation.logs import request_id
from evaluation.metrics import JOBS_STARTED
from evaluation.policy import Action, Forbidden, Viewer

STRAY_DAYS = 1
"""Days after which the folder of a job that is not stored is removed: the transaction that stores the job may still run."""


def start_job(viewer: Viewer, kind: JobKind, parameters: Parameters, language: str = "kk") -> Job:
    """Store a job in the current transaction; workers run it after the commit.

    Args:
        viewer: Who starts it, and may alone see it.
        kind: The kind of job.
        parameters: What its function receives.
        language: The code of the language of its file.

    Raises:
        Forbidden: The viewer may not start jobs of the kind.
    """
    viewer.require(kind.action)
    job = Job(
        account_id=viewer.account_id,
        bodies=None if viewer.bodies is None else sorted(viewer.bodies),
        kind=kind.code,
        parameters=parameters,
        language=language,
        urgent=kind.urgent,
        request_id=request_id.get() or None,
        created_at=now(),
    )
    db.session.add(job)
    db.session.flush()
    db.session.add(JobPart(job_id=job.id, number=0, stage=SPLIT if kind.split else RUN))
    db.session.flush()
    after_commit(configuration().wake_workers)
    after_commit(partial(JOBS_STARTED.add, kind.code))
    return job


def start_after_commit(kind: JobKind) -> None:
    """Start a job of the product after the commit of the current transaction, unless one of the kind waits already.

    The job has a transaction of its own: two people whose requests start the same job do not wait for each other.
    """
    after_commit(StartOnce(kind.code))


@dataclass(frozen=True)
class StartOnce:
    """Starts a job of a kind, unless one waits already; equal for the same kind, so that it runs once after a commit."""

    code: str

    def __call__(self) -> None:
        """Store the job in a transaction of its own and wake a worker."""
        kind, table = KINDS[self.code], table_of(Job)
        row = {
            "kind": kind.code,
            "dedup_key": kind.code,
            "urgent": kind.urgent,
            "language": "kk",
            "parameters": {},
            "created_at": now(),
        }
        with db.engine.begin() as connection:
            if insert_if_absent(connection, table, row):
                job_id = queries.waiting_id(Viewer.system(), kind.code, connection)
                part: dict[str, Any] = {"job_id": job_id, "number": 0, "stage": RUN, "parameters": {}}
                connection.execute(insert(table_of(JobPart)).values(part))
                JOBS_STARTED.add(kind.code)
        configuration().wake_workers()


def cancel(viewer: Viewer, job_id: int) -> None:
    """Cancel a job of the viewer; a worker that runs it stops at its next step. A job that has ended stays as it is.

    Raises:
        Forbidden: It is not the viewer's.
    """
    viewer.require(Action.ACCOUNT)
    if queries.job(viewer, job_id) is None:
        raise Forbidden(f"{viewer.name!r} may not cancel the job {job_id}")
    is_active = (Job.id == job_id, Job.status.in_(ACTIVE_STATUSES))
    # The worker of a running part removes the files.
    if db.session.execute(update(Job).where(*is_active).values(status=CANCELLED, ended_at=now())).rowcount:  # type: ignore[attr-defined]
        after_commit(RemovePartFiles(job_id))


@dataclass(frozen=True)
class RemovePartFiles:
    """Removes the files of the parts of a job."""

    job_id: int

    def __call__(self) -> None:
        """Remove the files."""
        files.remove_part_files(self.job_id)


def remove_expired(viewer: Viewer) -> None:
    """Remove the files of jobs that ended more than JOB_FILE_DAYS ago, and the product's own jobs. Raises Forbidden."""
    before = now() - timedelta(days=configuration().settings.job_file_days)
    for job in queries.expired_jobs(viewer, before):
        files.remove_files(job.id)
        if job.account_id is None:
            db.session.execute(delete(Job).where(Job.id == job.id))
        else:
            job.file_name = job.file_size = None
    files.remove_stray_files(queries.job_ids(viewer), now() - timedelta(days=STRAY_DAYS))
