"""Kinds of background jobs: what upper packages define so that workers can run it.

A package defines its kinds as constants; `evaluation/web/jobs/kinds.py` lists them, and :func:`register` registers them at the
start.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from evaluation.errors import EvaluationError
from evaluation.language import Language
from evaluation.policy import Action, Viewer

Parameters = dict[str, Any]
"""Parameters of a job or of a part: values that JSON can represent."""


@dataclass(frozen=True)
class PartPlan:
    """A part to do: its parameters, and its number of pieces of work, which the progress counts."""

    parameters: Parameters
    total: int = 1


@dataclass(frozen=True)
class JobRun:
    """What the function of a job works with.

    `viewer` is the person who started the job, with the rights that the account has now, or the system. `part` are the parameters
    of the part; `results` and `part_files` are those of all parts, in their order, for the function that joins them. Each file is
    open until the next one is taken.
    """

    job_id: int
    viewer: Viewer
    parameters: Parameters
    language: Language
    set_progress: Callable[..., None]
    """Takes the pieces of work that are done and, optionally, their total number.

    Raises JobCancelled if the person has cancelled the job, LeaseLost if another worker has taken up the part.
    """
    file: Callable[[str, str], Path]
    """Takes the name and the media type of the job's file; returns the path to write it to."""
    part: Parameters = field(default_factory=dict)
    part_file: Path = Path()
    results: Sequence[Any] = ()
    part_files: Iterable[BinaryIO] = ()


@dataclass(frozen=True)
class JobKind:
    """A kind of job.

    Attributes:
        code: Its name in the database, of at most 32 characters; it never changes.
        label: Its name for people, a message of the catalogues.
        action: The permission that starting and running it requires.
        run: Does the job, or one part of it; its result, a value that JSON can represent, is what `join` receives. The worker
            commits after it.
        split: Returns the parts of a job that several workers do; None for a job of one part.
        join: Puts the results of the parts together.
        describe: Returns what a job is about in a few words, from its parameters.
        urgent: Whether its jobs go before others.
        result_endpoint: The page that shows the result of a job, which takes `job_id`; empty if its file is all.
        is_due: Whether a job must be started although nobody starts it; it is called once a minute.
    """

    code: str
    label: str
    action: Action
    run: Callable[[JobRun], Any]
    split: Callable[[JobRun], Sequence[PartPlan]] | None = None
    join: Callable[[JobRun], None] | None = None
    describe: Callable[[Parameters, Language], str] = lambda _parameters, _language: ""
    urgent: bool = False
    result_endpoint: str = ""
    is_due: Callable[[], bool] | None = None


class UnknownJobKind(EvaluationError):
    """A stored job is of a kind that this version of the product does not have."""


KINDS: dict[str, JobKind] = {}
"""Code → kind, of the kinds that are registered."""


def register(kinds: Iterable[JobKind]) -> None:
    """Register kinds for the worker and the pages."""
    KINDS.update((kind.code, kind) for kind in kinds)
