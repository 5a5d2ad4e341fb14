"""The background job that searches a year for anomalies."""

from evaluation.anomalies.operations import search
from evaluation.jobs.kinds import JobKind, JobRun, Parameters
from evaluation.language import N_, Language
from evaluation.policy import Action, Viewer


def _run(run: JobRun) -> None:
    # The tests compare all bodies of the country, whoever starts them; what they see is shown within what a viewer can see.
    search(Viewer.system(), int(run.parameters["year"]), run.set_progress)


def _describe(parameters: Parameters, language: Language) -> str:
    return language.period(int(parameters["year"]))


KIND = JobKind("anomalies", N_("Search for anomalies"), Action.REVIEW, _run, describe=_describe)
