"""The files of background jobs, in one folder for each job below JOB_FOLDER. Their names come from the job, not from people."""

import shutil
from http import HTTPStatus
from pathlib import Path

from evaluation.configuration import configuration
from evaluation.errors import EvaluationError
from evaluation.jobs.models import Job
from evaluation.language import N_
from evaluation.policy import Viewer

FILE, DRAFT = "file", "draft"
FILE_REMOVED = N_("The file of this job has been removed. Start the job again.")
RESULT_WITHHELD = N_("The result has data of bodies that you may no longer see. Start the job again.")


class ResultWithheld(EvaluationError):
    """The person may no longer see all the data that the result of a job may contain."""

    status = HTTPStatus.GONE


class FileRemoved(EvaluationError):
    """The file of a job is no longer stored."""

    status = HTTPStatus.GONE


def job_folder(job_id: int) -> Path:
    """Return the folder of a job's files."""
    return configuration().settings.job_folder / "files" / str(job_id)


def result_file(job_id: int) -> Path:
    """Return the path of a job's file. Raises FileRemoved."""
    path = job_folder(job_id) / FILE
    if not path.is_file():
        raise FileRemoved(FILE_REMOVED)
    return path


def result_file_for(viewer: Viewer, job: Job) -> Path:
    """Return the path of the file of a job that the viewer started.

    Raises:
        FileRemoved: The job has no file, or not any more.
        ResultWithheld: The viewer does not see all bodies any more that were open to them when the job was started.
    """
    if not job.file_name:
        raise FileRemoved(FILE_REMOVED)
    if viewer.bodies is not None and (job.bodies is None or not viewer.bodies.issuperset(job.bodies)):
        raise ResultWithheld(RESULT_WITHHELD)
    return result_file(job.id)


def part_file(job_id: int, number: int) -> Path:
    """Return the path of the file of a part that is done."""
    return job_folder(job_id) / f"part-{number}"


def draft_file(job_id: int, number: int, worker: str) -> Path:
    """Return the path of the file that a worker writes for a part: no two workers write to the same one."""
    return job_folder(job_id) / f"{DRAFT}-{number}-{worker}"


def remove_part_files(job_id: int) -> None:
    """Remove the files of a job's parts, and the drafts of workers that died."""
    for path in job_folder(job_id).glob("*"):
        if path.name != FILE:
            path.unlink(missing_ok=True)


def remove_files(job_id: int) -> None:
    """Remove all files of a job."""
    shutil.rmtree(job_folder(job_id), ignore_errors=True)


def stray_folders(job_ids: set[int]) -> list[Path]:
    """Return the folders of jobs other than these."""
    folder = configuration().settings.job_folder / "files"
    return [path for path in folder.glob("*") if path.name not in set(map(str, job_ids))]
