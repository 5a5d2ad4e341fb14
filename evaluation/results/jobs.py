"""The background job that scores stale results, started after an upload that makes many stale."""

from evaluation.jobs.kinds import JobKind, JobRun
from evaluation.language import N_
from evaluation.policy import Action
from evaluation.results.operations import refresh


def _refresh(_: JobRun) -> None:
    """Score all stale results, in transactions of their own."""
    refresh()


KIND = JobKind("results", N_("Scoring of changed answers"), Action.MANAGE_REGISTRY, _refresh)
