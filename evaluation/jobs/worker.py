"""Runs the parts of background jobs: what a worker process does with one part, and the only commit of jobs."""

import logging
import os
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.exc import OperationalError

from evaluation.accounts import queries as accounts
from evaluation.accounts.models import Account
from evaluation.clock import now
from evaluation.configuration import configuration
from evaluation.database import after_commit, db
from evaluation.errors import EvaluationError
from evaluation.jobs import files, queries
from evaluation.jobs.kinds import KINDS, JobKind, JobRun, UnknownJobKind
from evaluation.jobs.lease import (
    JobCancelled,
    Lease,
    LeaseLost,
    extended,
    fail_job,
    release,
    store_progress,
    take_part,
)
from evaluation.jobs.models import ACTIVE_STATUSES, DONE, FAILED, JOIN, RUN, SPLIT, Job, JobPart
from evaluation.jobs.operations import RemovePartFiles
from evaluation.language import N_, language
from evaluation.logs import log_numbers, request_id
from evaluation.metrics import JOBS_ENDED
from evaluation.policy import Viewer

MAX_ATTEMPTS = 2
"""How often a part is taken up: once, and once again after its worker died. A part that kills its worker must not run forever."""
PROGRESS_SECONDS = 1.0
"""The progress is stored at most once in this time."""
BROKEN = N_("An error occurred in the product. Try again; if it happens again, tell the administrator when it happened.")
DIED = N_("The job was stopped twice before it was finished. Try again; if it happens again, tell the administrator.")
UNKNOWN = N_("This version of the product does not know the job.")

LOGGER = logging.getLogger(__name__)
SYSTEM = Viewer.system()

on_end: list[Callable[[Viewer, Job], None]] = []
"""Functions that are called with the system's viewer and a job that ended, done or failed, in the transaction that ends it."""


def run_parts(job_id: int | None = None, max_parts: int | None = None) -> int:
    """Run parts, of one job or of all, until none is free or `max_parts` are done; return their number.

    Each part runs in an application context of its own. Errors of a part end its job, not the worker.
    """
    count = 0
    while count != max_parts and (lease := take_part(f"{os.getpid()}-{uuid.uuid4().hex}", job_id)) is not None:
        with configuration().application_context():
            run_part(lease)
        count += 1
    return count


def run_part(lease: Lease) -> None:
    """Run a part that this worker has taken up, and store its result or its error."""
    with log_numbers(job=lease.job_id):
        _run_logged(lease)


def _run_logged(lease: Lease) -> None:
    try:
        with extended(lease):
            _run(lease)
            db.session.commit()
    except (JobCancelled, LeaseLost):
        db.session.rollback()
        _remove_leftovers(lease)
    except (KeyboardInterrupt, SystemExit):
        # The server stops: another worker goes on.
        db.session.rollback()
        release(lease, counts=False)
        raise
    except EvaluationError as error:
        db.session.rollback()
        _fail(lease, error)
    except OperationalError as error:
        LOGGER.error("Part %s of job %s stops, because the database cannot be used: %s", lease.number, lease.job_id, error.orig)
        db.session.rollback()
        release(lease, counts=True)
    except Exception:
        LOGGER.exception("Part %s of job %s failed", lease.number, lease.job_id)
        db.session.rollback()
        _fail(lease, EvaluationError(BROKEN))


def _run(lease: Lease) -> None:
    """Call the function of the part and mark the part as done, in the current transaction. Raises JobCancelled, LeaseLost."""
    stored = queries.leased_part(SYSTEM, lease.job_id, lease.number, lease.worker)
    if stored is None:
        raise LeaseLost
    job, part = stored
    request_id.set(job.request_id or "")
    kind = KINDS.get(job.kind)
    if kind is None:
        raise UnknownJobKind(UNKNOWN)
    viewer = _viewer(job)
    viewer.require(kind.action)
    files.job_folder(job.id).mkdir(parents=True, exist_ok=True, mode=0o700)
    run, output = _job_run(lease, job, part, viewer)
    if part.attempts > MAX_ATTEMPTS:
        raise EvaluationError(DIED)
    if part.stage == SPLIT:
        _store_parts(lease, job, kind, run)
        return
    result = kind.run(run) if part.stage == RUN else kind.join(run) if kind.join else None
    _update_part(lease, result=result, done=JobPart.total)
    if part.stage == RUN and kind.split is not None:
        _require_active(job)
        if run.part_file.exists():
            files.store_part(job.id, lease.number, run.part_file)
        # The last part makes the part that joins them free.
        after_commit(_Wake())
    else:
        _finish_job(job, output, run.part_file)


def _viewer(job: Job) -> Viewer:
    """Return who started the job, with the rights of now but for no bodies that were not open at the start.

    It is the system's viewer for a job of the product.
    """
    account = db.session.get(Account, job.account_id) if job.account_id is not None else None
    if account is None:
        return SYSTEM
    viewer = accounts.viewer_of(account)
    if job.bodies is None:
        return viewer
    return replace(viewer, bodies=frozenset(filter(viewer.can_see, job.bodies)))


def _job_run(lease: Lease, job: Job, part: JobPart, viewer: Viewer) -> tuple[JobRun, dict[str, Any]]:
    """Return what the function of the part works with, and the dictionary that receives the name of the job's file."""
    output: dict[str, Any] = {}

    def file(name: str, media_type: str) -> Path:
        output.update(file_name=name, media_type=media_type)
        return files.draft_file(lease.job_id, lease.number, lease.worker)

    results = queries.part_results(SYSTEM, job.id) if part.stage == JOIN else []
    return (
        JobRun(
            job_id=job.id,
            viewer=viewer,
            parameters=job.parameters,
            language=language(job.language),
            set_progress=_progress(lease),
            file=file,
            part=part.parameters,
            part_file=files.draft_file(job.id, part.number, lease.worker),
            results=[result for _, result in results],
            part_files=files.open_parts(job.id, [number for number, _ in results]),
        ),
        output,
    )


def _progress(lease: Lease) -> Callable[..., None]:
    stored_at = 0.0

    def set_progress(done: int, total: int | None = None) -> None:
        nonlocal stored_at
        if time.monotonic() - stored_at >= PROGRESS_SECONDS:
            store_progress(lease, done, total)
            stored_at = time.monotonic()

    return set_progress


def _store_parts(lease: Lease, job: Job, kind: JobKind, run: JobRun) -> None:
    """Store the parts of a job, and the one that joins them, and mark its division as done."""
    plans = kind.split(run) if kind.split else ()
    rows = [
        {"job_id": job.id, "number": number, "stage": RUN, "parameters": plan.parameters, "total": plan.total}
        for number, plan in enumerate(plans, start=1)
    ]
    rows.append({"job_id": job.id, "number": len(rows) + 1, "stage": JOIN, "parameters": {}, "total": 0})
    _update_part(lease)
    db.session.execute(insert(JobPart), rows)
    for _ in rows:
        after_commit(_Wake())


class _Wake:
    """Wakes one worker; every instance is another task of the transaction."""

    def __init__(self) -> None:
        self._wake = configuration().wake_workers

    def __call__(self) -> None:
        self._wake()


def _update_part(lease: Lease, **values: Any) -> None:
    """Mark a part as done and store these values. Raises LeaseLost."""
    is_current = (JobPart.job_id == lease.job_id, JobPart.number == lease.number, JobPart.worker == lease.worker)
    values |= {"status": DONE, "worker": None, "leased_until": None}
    if not _execute(update(JobPart).where(*is_current).values(values)):
        raise LeaseLost


def _execute(statement: Any) -> int:
    """Execute an update and return the number of its rows."""
    result: Any = db.session.execute(statement, execution_options={"synchronize_session": False})
    return int(result.rowcount)


def _require_active(job: Job) -> None:
    """Raise JobCancelled if the job has ended; otherwise it does not end before this transaction."""
    if not _execute(update(Job).where(Job.id == job.id, Job.status.in_(ACTIVE_STATUSES)).values(status=Job.status)):
        raise JobCancelled


def _finish_job(job: Job, output: dict[str, Any], draft: Path) -> None:
    """Mark a job as done, store its file under its final name and notify the person. Raises JobCancelled."""
    values = output | {"status": DONE, "ended_at": now()}
    if output:
        values["file_size"] = draft.stat().st_size
    if job.account_id is None:
        # Parameters of the product's own jobs may be secret; nobody needs them any more.
        values["parameters"] = {}
    if not _execute(update(Job).where(Job.id == job.id, Job.status.in_(ACTIVE_STATUSES)).values(values)):
        raise JobCancelled
    if output:
        files.store_result(job.id, draft)
    after_commit(RemovePartFiles(job.id))
    after_commit(partial(JOBS_ENDED.add, job.kind, DONE))
    db.session.expire(job)
    for task in on_end:
        task(SYSTEM, job)


def _fail(lease: Lease, error: EvaluationError) -> None:
    """End the job of a part with an error, unless it has ended, and notify the person."""
    if fail_job(lease.job_id, error):
        job = db.session.get(Job, lease.job_id)
        for task in on_end:
            task(SYSTEM, job)  # type: ignore[arg-type]
        db.session.commit()
        JOBS_ENDED.add(job.kind if job else "", FAILED)
    _remove_leftovers(lease)


def _remove_leftovers(lease: Lease) -> None:
    """Remove the draft of this worker, and all part files once the job has ended."""
    files.draft_file(lease.job_id, lease.number, lease.worker).unlink(missing_ok=True)
    with configuration().application_context():
        job = db.session.get(Job, lease.job_id)
        if job is None or job.status not in ACTIVE_STATUSES:
            files.remove_part_files(lease.job_id)
