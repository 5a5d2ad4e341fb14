"""The background job that computes changes after much data changed, so that nobody waits for it on a page."""

from evaluation.comparison.changes.operations import refresh_changes
from evaluation.comparison.changes.queries import count_stale
from evaluation.jobs.kinds import JobKind, JobRun
from evaluation.language import N_
from evaluation.policy import Action, Viewer
from evaluation.registry import queries as registry

MANY = 200
"""Stale changes of a year above which a page would make its reader wait."""


def _refresh(_: JobRun) -> None:
    """Compute the stale changes of all years, in transactions of their own."""
    for year in registry.years():
        refresh_changes(year.year)


def _are_many_stale() -> bool:
    opened = {year.year for year in registry.years()}
    return any(count_stale(Viewer.system(), year) > MANY for year in opened if year - 1 in opened)


KIND = JobKind("changes", N_("Why points changed"), Action.MANAGE_REGISTRY, _refresh, is_due=_are_many_stale)
