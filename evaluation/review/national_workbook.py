"""The background job that writes the national workbook and records its export for each body."""

from hashlib import file_digest

from evaluation.audit.operations import new_batch
from evaluation.jobs.kinds import JobKind, JobRun, Parameters
from evaluation.language import N_, Language
from evaluation.policy import Action
from evaluation.review.verification.operations import ExportRecord, record_exports
from evaluation.workbooks.national import write_national_workbook


def _run(run: JobRun) -> None:
    bodies = write_national_workbook(run)
    with run.part_file.open("rb") as file:
        sha256 = file_digest(file, "sha256").hexdigest()
    size = run.part_file.stat().st_size
    records = [ExportRecord(body.id, "answers", "", sha256, size) for body in bodies]
    record_exports(run.viewer, int(run.parameters["year"]), records, new_batch())


def _describe(parameters: Parameters, language: Language) -> str:
    return language.period(int(parameters["year"]))


KIND = JobKind("workbook", N_("Workbook with the answers of all bodies"), Action.VIEW, _run, describe=_describe)
