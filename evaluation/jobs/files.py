"""The files of background jobs. Their names come from the job, not from people.

Workers write drafts in a folder for each job below JOB_FOLDER. Finished files, of parts and of the whole job, are in the store of
jobs (:func:`evaluation.storage.job_store`), which all servers share.
"""

import shutil
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from evaluation.configuration import configuration
from evaluation.errors import EvaluationError
from evaluation.jobs.models import Job
from evaluation.language import N_
from evaluation.policy import Viewer
from evaluation.storage import job_store, local_job_files

FILE, DRAFT, PART = "file", "draft", "part"
FILE_REMOVED = N_("The file of this job has been removed. Start the job again.")
RESULT_WITHHELD = N_("The result has data of bodies that you may no longer see. Start the job again.")


class ResultWithheld(EvaluationError):
    """The person may no longer see all the data that the result of a job may contain."""

    status = HTTPStatus.GONE


class FileRemoved(EvaluationError):
    """The file of a job is no longer stored."""

    status = HTTPStatus.GONE


def job_folder(job_id: int) -> Path:
    """Return the folder in which this computer's workers write the files of a job."""
    return local_job_files(configuration().settings) / str(job_id)


def draft_file(job_id: int, number: int, worker: str) -> Path:
    """Return the path of the file that a worker writes for a part: no two workers write to the same one."""
    return job_folder(job_id) / f"{DRAFT}-{number}-{worker}"


def store_result(job_id: int, draft: Path) -> None:
    """Store a finished file of a job. Raises StoreUnavailable."""
    job_store().take(f"{job_id}/{FILE}", draft)


def open_result(job_id: int) -> BinaryIO:
    """Open the file of a job; seekable. Raises FileRemoved, StoreUnavailable."""
    try:
        return job_store().open(f"{job_id}/{FILE}")
    except FileNotFoundError as error:
        raise FileRemoved(FILE_REMOVED) from error


def open_result_for(viewer: Viewer, job: Job) -> BinaryIO:
    """Open the file of a job that the viewer started.

    Raises:
        FileRemoved: The job has no file, or not any more.
        ResultWithheld: The viewer does not see all bodies any more that were open to them when the job was started.
        StoreUnavailable: The store does not answer.
    """
    if not job.file_name:
        raise FileRemoved(FILE_REMOVED)
    if viewer.bodies is not None and (job.bodies is None or not viewer.bodies.issuperset(job.bodies)):
        raise ResultWithheld(RESULT_WITHHELD)
    return open_result(job.id)


def store_part(job_id: int, number: int, draft: Path) -> None:
    """Store the file of a part that is done. Raises StoreUnavailable."""
    job_store().take(f"{job_id}/{PART}-{number}", draft)


def open_parts(job_id: int, numbers: Iterable[int]) -> Iterator[BinaryIO]:
    """Yield the files of parts, each open until the next one is taken. Raises StoreUnavailable."""
    for number in numbers:
        with job_store().open(f"{job_id}/{PART}-{number}") as file:
            yield file


def remove_part_files(job_id: int) -> None:
    """Remove the files of a job's parts, and the drafts of workers of this computer that died."""
    for path in job_folder(job_id).glob(f"{DRAFT}-*"):
        path.unlink(missing_ok=True)
    for entry in list(job_store().entries(str(job_id))):
        if entry.name.rpartition("/")[2].startswith(PART):
            job_store().delete(entry.name)


def remove_files(job_id: int) -> None:
    """Remove all files of a job."""
    job_store().delete_folder(str(job_id))
    shutil.rmtree(job_folder(job_id), ignore_errors=True)


def remove_stray_files(job_ids: set[int], before: datetime) -> None:
    """Remove the files and this computer's drafts of jobs other than these that were last written before a time (UTC)."""
    names = set(map(str, job_ids))
    for folder in local_job_files(configuration().settings).glob("*"):
        if folder.name not in names and datetime.fromtimestamp(folder.stat().st_mtime, UTC).replace(tzinfo=None) < before:
            shutil.rmtree(folder, ignore_errors=True)
    for entry in list(job_store().entries()):
        if entry.name.partition("/")[0] not in names and entry.modified < before:
            job_store().delete(entry.name)
