"""Kinds of jobs of the tests."""

import time
from pathlib import Path
from typing import Any

from evaluation.errors import EvaluationError
from evaluation.jobs import files
from evaluation.jobs.kinds import JobKind, JobRun, PartPlan
from evaluation.policy import Action


def log(run: JobRun, text: str) -> None:
    """Append a line to the log of the job's parameters; appending a short line is atomic."""
    if path := run.parameters.get("log"):
        with Path(path).open("a") as file:
            file.write(f"{text}\n")


def _single(run: JobRun) -> None:
    log(run, "begin")
    run.set_progress(1, 3)
    time.sleep(run.parameters.get("sleep", 0))
    run.file("greeting.txt", "text/plain").write_text(f"Hello, {run.viewer.name}")
    log(run, "end")


def _fail(run: JobRun) -> None:
    if run.parameters["is_expected"]:
        raise EvaluationError("The year %(year)s is not open.", year=2024)
    raise ZeroDivisionError


def _split(run: JobRun) -> list[PartPlan]:
    return [PartPlan({"number": number}, 10) for number in range(run.parameters["parts"])]


def _part(run: JobRun) -> Any:
    number = run.part["number"]
    log(run, f"begin {number}")
    time.sleep(run.parameters.get("sleep", 0))
    run.set_progress(5)
    run.part_file.write_text(f"part {number}\n")
    log(run, f"end {number}")
    return number


def _join(run: JobRun) -> None:
    log(run, "join")
    assert list(run.results) == list(range(run.parameters["parts"]))
    run.file("all.txt", "text/plain").write_text("".join(file.read().decode() for file in run.part_files))


SINGLE = JobKind("test_single", "A single job", Action.VIEW, _single)
FAILING = JobKind("test_failing", "A failing job", Action.VIEW, _fail)
DIVIDED = JobKind("test_divided", "A divided job", Action.VIEW, _part, split=_split, join=_join)
REVIEWING = JobKind("test_reviewing", "A reviewer's job", Action.REVIEW, _single)
ALL = (SINGLE, FAILING, DIVIDED, REVIEWING)


def content_of(job_id: int) -> bytes:
    """Return the finished file of a job."""
    with files.open_result(job_id) as file:
        return file.read()
