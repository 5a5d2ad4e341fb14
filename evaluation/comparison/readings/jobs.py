"""The background job that scores a year otherwise and writes what changes as JSON; nothing else is stored."""

import orjson

from evaluation.comparison.readings.bases import basis_of_code
from evaluation.comparison.readings.export import as_json
from evaluation.comparison.readings.queries import compare
from evaluation.jobs.kinds import JobKind, JobRun, Parameters
from evaluation.language import N_, Language
from evaluation.policy import Action

MEDIA_TYPE = "application/json"
STEPS = 2
"""Comparing, writing."""


def run(job: JobRun) -> None:
    """Compare the bodies that the person can see; the parameters are `year` and `code`, the code of a basis."""
    year, code = int(job.parameters["year"]), str(job.parameters["code"])
    basis = basis_of_code(year, code)
    job.set_progress(0, STEPS)
    changes = compare(job.viewer, year, basis)
    job.set_progress(1, STEPS)
    document = as_json(year, basis, changes, job.language)
    job.file(f"readings-{year}-{code}.json", MEDIA_TYPE).write_bytes(orjson.dumps(document))


def describe(parameters: Parameters, _language: Language) -> str:
    """Return the year and the code of what it is scored by."""
    return f"{parameters['year']}: {parameters['code']}"


KIND = JobKind("readings", N_("Bodies scored otherwise"), Action.VIEW, run, describe=describe, result_endpoint="readings.result")
