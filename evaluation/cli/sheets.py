"""Commands that write assessment sheets: the accepted revision of an accepted year, else a draft of the current answers."""

import os
import shutil
import time
from pathlib import Path

import click

from evaluation.cli.context import command, transaction
from evaluation.configuration import configuration
from evaluation.errors import EvaluationError
from evaluation.jobs import queries
from evaluation.jobs.files import open_result
from evaluation.jobs.operations import start_job
from evaluation.jobs.processes import start_worker
from evaluation.jobs.queries import JobView
from evaluation.jobs.worker import run_parts
from evaluation.language import N_
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Body
from evaluation.review import queries as review
from evaluation.review.sheet_archive import (
    KIND,
    ArchiveOptions,
    export_record,
    render,
    require_open_year,
    sheets_to_write,
)
from evaluation.review.verification import queries as verification_queries
from evaluation.review.verification.export_file import CANONICAL_FORMAT
from evaluation.review.verification.operations import record_exports
from evaluation.sheets.writers import FORMATS, LANGUAGES
from evaluation.submissions.models import SheetRevision

POLL_SECONDS = 0.5
SHEETS_PER_HELPER = 10
"""Sheets for which another process is worth its start."""

language_option = click.option(
    "--lang",
    type=click.Choice(list(LANGUAGES)),
    default="kk",
    show_default=True,
    help="Language of the sheet; kk+ru is both side by side.",
)
format_option = click.option(
    "--format",
    "format_",
    type=click.Choice([*FORMATS, CANONICAL_FORMAT]),
    default="pdf",
    show_default=True,
    help="canonical is the accepted sheet's canonical JSON.",
)
form_only_option = click.option("--form-only", is_flag=True, help="The form alone, without the annex that the product adds.")
draft_option = click.option("--draft", is_flag=True, help="As the answers are now, also where the year is accepted.")


@command(
    click.option("--body", required=True, help="BIN of the body."),
    click.option("--year", type=int, required=True, help="Reporting year."),
    format_option,
    language_option,
    form_only_option,
    click.option("--revision", type=click.IntRange(1), help="An accepted revision, also an earlier one."),
    draft_option,
    click.option(
        "--out",
        type=click.Path(file_okay=False, path_type=Path),
        default=Path("."),
        show_default=True,
        help="Folder to write into.",
    ),
    name="sheet",
)
def sheet(body: str, year: int, format_: str, lang: str, form_only: bool, revision: int | None, draft: bool, out: Path) -> None:
    """Write one body's assessment sheet: the accepted one if the year is accepted, otherwise one from the current answers.

    Example: flask --app app sheet --body 990140900064 --year 2024 --format pdf --lang kk+ru --out sheets
    """
    with transaction():
        require_open_year(year)
        viewer = Viewer.system()
        body_row = registry.body(viewer, body, year)
        if body_row is None:
            raise EvaluationError(N_("The body %(bin)s is not in the registry. Check the BIN."), bin=body)
        revisions = _revisions_by_body(viewer, body_row, year, revision, draft)
        item = next(iter(sheets_to_write(viewer, year, [body_row], revisions, format_)), None)
        if item is None:
            raise EvaluationError(N_("The year %(year)s of this body is not accepted, so there is no accepted sheet."), year=year)
        export_file = render(item, format_, lang, form_only)
        record_exports(viewer, year, [export_record(item, export_file)])
    out.mkdir(parents=True, exist_ok=True)
    path = out / export_file.name
    path.write_bytes(export_file.content)
    click.echo(path)


@command(
    click.option("--year", type=int, required=True, help="Reporting year."),
    click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Zip file to write."),
    format_option,
    language_option,
    form_only_option,
    draft_option,
    click.option("--workers", type=click.IntRange(1), default=os.cpu_count() or 1, show_default="one for each core"),
    name="sheets",
)
def sheets(year: int, out: Path, format_: str, lang: str, form_only: bool, draft: bool, workers: int) -> None:
    """Write all assessment sheets of a year into one zip file: accepted sheets, and the current state of the others.

    Example: flask --app app sheets --year 2024 --out sheets-2024.zip
    """
    options = ArchiveOptions(year, format_, lang, form_only, draft)
    with transaction():
        require_open_year(year)
        job_id = start_job(Viewer.system(), KIND, options.parameters, lang.split("+")[0]).id
    view = _run(job_id, workers, out.name)
    if view.job.failure is not None:
        raise EvaluationError(view.job.failure["message"], **view.job.failure["values"])
    with open_result(job_id) as content, out.open("wb") as file:
        shutil.copyfileobj(content, file)


def _run(job_id: int, workers: int, label: str) -> JobView:
    """Run a job in this process and in helpers; workers of the server take part as well, if they run. Return the ended job."""
    # The first part divides the job.
    run_parts(job_id, max_parts=1)
    view = _read(job_id)
    # A helper needs some seconds to start.
    settings, count = configuration().settings, min(workers, -(-view.total // SHEETS_PER_HELPER)) - 1 if view.is_active else 0
    helpers = [start_worker(settings, "--job", str(job_id)) for _ in range(count)]
    try:
        with click.progressbar(length=max(view.total, 1), label=label) as bar:
            while view.is_active:
                if not run_parts(job_id, max_parts=1):
                    time.sleep(POLL_SECONDS)
                done, view = view.done, _read(job_id)
                bar.update(view.done - done)
    finally:
        for helper in helpers:
            helper.terminate()
            helper.wait()
    return view


def _read(job_id: int) -> JobView:
    with configuration().application_context():
        view = queries.system_job(Viewer.system(), job_id)
    if view is None:
        raise EvaluationError(N_("The job was removed while it ran."))
    return view


def _revisions_by_body(viewer: Viewer, body: Body, year: int, revision: int | None, draft: bool) -> dict[int, SheetRevision]:
    """Return the accepted revision to write by its body's id; empty for a draft. Raises EvaluationError."""
    if draft and revision:
        raise EvaluationError(N_("Request either a revision or the draft, not both."))
    if revision is None:
        return {} if draft else verification_queries.revisions_in_force(viewer, year, [body.id])
    sheet_revision = review.sheet_revision(viewer, body.id, year, revision)
    if sheet_revision is None:
        raise EvaluationError(
            N_("The sheet of this body for %(year)s has no revision %(revision)s."), year=year, revision=revision
        )
    return {body.id: sheet_revision}
