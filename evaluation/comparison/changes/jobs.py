"""The background job that computes changes after much data changed, so that nobody waits for it on a page."""

from evaluation.comparison.changes.operations import refresh_changes
from evaluation.comparison.changes.queries import count_stale
from evaluation.jobs.kinds import JobKind, JobRun
from evaluation.language import N_
from evaluation.policy import Action, Viewer
from evaluation.registry import queries as registry
from evaluation.results.jobs import MANY


def _refresh(run: JobRun) -> None:
    """Compute the stale changes of all years, in transactions of their own."""
    years = [year.year for year in registry.years()]
    for done, year in enumerate(years):
        run.set_progress(done, len(years))
        refresh_changes(year)


def _are_many_stale() -> bool:
    opened = {year.year for year in registry.years()}
    return any(count_stale(Viewer.system(), year) > MANY for year in opened if year - 1 in opened)


KIND = JobKind("changes", N_("Why points changed"), Action.MANAGE_REGISTRY, _refresh, is_due=_are_many_stale)
