"""Commands that write assessment sheets: the accepted revision of an accepted year, else a draft of the current answers."""

import multiprocessing
import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from evaluation.audit.operations import new_batch
from evaluation.cli.context import command, transaction
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Body
from evaluation.review import queries as review
from evaluation.review.verification import queries as verification_queries
from evaluation.review.verification.export_file import (
    CANONICAL_FORMAT,
    ExportFile,
    canonical_export,
    open_revision,
    render_export,
)
from evaluation.review.verification.operations import ExportRecord, record_exports
from evaluation.sheets import Sheet, queries
from evaluation.sheets.stamp import Stamp
from evaluation.sheets.writers import FORMATS, LANGUAGES
from evaluation.submissions.models import SheetRevision

JOBS_PER_CHUNK = 8
ZIP_TIMESTAMP = (2022, 6, 20, 0, 0, 0)
"""The time of every file in a zip archive, fixed so that the same sheets give the same bytes."""

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


@dataclass(frozen=True)
class Job:
    """A sheet to write: its body, and of an accepted sheet its stamp, its revision's id and its canonical text."""

    body_id: int
    sheet: Sheet
    stamp: Stamp | None = None
    revision_id: int | None = None
    text: str = ""


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
        _require_open_year(year)
        viewer = Viewer.system()
        body_row = registry.body(viewer, body, year)
        if body_row is None:
            raise EvaluationError(N_("The body %(bin)s is not in the registry. Check the BIN."), bin=body)
        revisions = _revisions_by_body(viewer, body_row, year, revision, draft)
        job = next(iter(_jobs(viewer, year, [body_row], revisions, format_)), None)
        if job is None or (format_ == CANONICAL_FORMAT and not job.stamp):
            raise EvaluationError(N_("The year %(year)s of this body is not accepted, so there is no accepted sheet."), year=year)
        export_file = _render(job, format_, lang, form_only)
        record_exports(viewer, year, [_export_record(job, export_file)])
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
    viewer = Viewer.system()
    with transaction():
        _require_open_year(year)
        frozen = {} if draft else verification_queries.revisions_in_force(viewer, year)
        bodies = [item for item in registry.all_bodies(viewer, year) if format_ != CANONICAL_FORMAT or item.id in frozen]
        jobs = _jobs(viewer, year, bodies, frozen, format_)
    render = partial(_render, format_=format_, lang=lang, form_only=form_only)
    part = out.with_name(out.name + ".part")
    export_records = []
    try:
        with (
            zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
            click.progressbar(_rendered(jobs, render, workers), length=len(jobs), label=out.name) as files,
        ):
            for job, export_file in zip(jobs, files, strict=True):
                archive.writestr(zipfile.ZipInfo(export_file.name, ZIP_TIMESTAMP), export_file.content, zipfile.ZIP_DEFLATED)
                export_records.append(_export_record(job, export_file))
        with transaction():
            record_exports(viewer, year, export_records, new_batch())
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def _require_open_year(year: int) -> None:
    if registry.order_of(year) is None:
        raise EvaluationError(N_("The year %(value)s has not been opened."), value=year)


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


def _jobs(viewer: Viewer, year: int, bodies: Sequence[Body], frozen: dict[int, SheetRevision], format_: str) -> list[Job]:
    """Return the sheets to write, in the order of the bodies."""
    orders, live = registry.orders(), [item for item in bodies if item.id not in frozen]
    drafts = {sheet.body.bin: sheet for sheet in queries.body_sheets(viewer, year, live)} if live else {}
    jobs = []
    for body in bodies:
        if body.id in frozen:
            sheet_revision = frozen[body.id]
            jobs.append(
                Job(
                    body.id,
                    *open_revision(sheet_revision, orders),
                    sheet_revision.id,
                    sheet_revision.content if format_ == CANONICAL_FORMAT else "",
                )
            )
        elif body.bin in drafts:
            jobs.append(Job(body.id, drafts[body.bin]))
    return jobs


def _rendered(jobs: list[Job], render: Callable[[Job], ExportFile], workers: int) -> Iterator[ExportFile]:
    """Yield the file of each sheet in order, written by `workers` processes."""
    if workers == 1 or len(jobs) <= JOBS_PER_CHUNK:
        yield from map(render, jobs)
        return
    # Processes are spawned, not forked: the typesetter's threads do not survive a fork.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(render, jobs, chunksize=JOBS_PER_CHUNK)


def _render(job: Job, format_: str, lang: str, form_only: bool) -> ExportFile:
    if format_ == CANONICAL_FORMAT and job.stamp:
        return canonical_export(job.sheet, job.stamp, job.text)
    return render_export(job.sheet, format_, lang, job.stamp, form_only)


def _export_record(job: Job, export_file: ExportFile) -> ExportRecord:
    revision = job.stamp.revision if job.stamp else None
    return ExportRecord.of(job.body_id, export_file, job.revision_id, revision)
