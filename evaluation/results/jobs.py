"""The background job that scores stale results after much data changed, so that nobody waits for it on a page."""

from evaluation.jobs.kinds import JobKind, JobRun
from evaluation.jobs.operations import start_after_commit
from evaluation.language import N_
from evaluation.policy import Action, Viewer
from evaluation.registry import queries as registry
from evaluation.results import queries
from evaluation.results.operations import refresh

MANY = 200
"""Stale results of a year, or changed reports or entries, above which a page would make its reader wait."""


def start_after_many(changes: int) -> None:
    """Start the job after the commit of the current transaction if it changes many reports or entries of the registry."""
    if changes > MANY:
        start_after_commit(KIND)


def _refresh(run: JobRun) -> None:
    """Score all stale results, year by year, in transactions of their own."""
    years = sorted(year.year for year in registry.years())
    for done, year in enumerate(years):
        run.set_progress(done, len(years))
        refresh([year])


def _is_due() -> bool:
    """Whether a year has many stale results, or was scored by other orders or another version of scoring."""
    # The results of a year whose criteria file is not loaded cannot be scored.
    scored = [year.year for year in registry.years() if registry.order_of(year.year) is not None]
    return any(
        queries.stored_fingerprint(year) != queries.fingerprint(year)
        or len(queries.stale_generations(Viewer.system(), year)) > MANY
        for year in scored
    )


KIND = JobKind("results", N_("Scoring of changed answers"), Action.MANAGE_REGISTRY, _refresh, is_due=_is_due)
