"""Commands that write assessment sheets: of an accepted year the frozen one, else as the answers are now."""

import multiprocessing
import os
import zipfile
from collections.abc import Iterator, Sequence
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
from evaluation.review.models import SheetRevision
from evaluation.review.verification import queries as proof
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

CHUNK = 8
STAMP = (2022, 6, 20, 0, 0, 0)
"""The time of every file in a zip, fixed so that the same sheets give the same bytes."""

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
draft_option = click.option("--draft", is_flag=True, help="As the answers are now, also where the year is accepted.")


@dataclass(frozen=True)
class Job:
    """A sheet to be written: of which body, and where it was accepted, with its stamp and frozen id; `text` for that format."""

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
def sheet(body: str, year: int, format_: str, lang: str, revision: int | None, draft: bool, out: Path) -> None:
    """Write one body's assessment sheet: the accepted one where the year is accepted, else as the answers are now.

    Example: flask --app app sheet --body 990140900064 --year 2024 --format pdf --lang kk+ru --out sheets
    """
    with transaction():
        _opened(year)
        viewer = Viewer.system()
        found = registry.body(viewer, body, year)
        if found is None:
            raise EvaluationError(N_("The body %(bin)s is not in the registry. Check the BIN."), bin=body)
        job = next(iter(_jobs(viewer, year, [found], _frozen(viewer, found, year, revision, draft), format_)), None)
        if job is None or (format_ == CANONICAL_FORMAT and not job.stamp):
            raise EvaluationError(N_("The year %(year)s of this body is not accepted, so there is no frozen sheet."), year=year)
        made = _make(job, format_, lang)
        record_exports(viewer, year, [_handed_out(job, made)])
    out.mkdir(parents=True, exist_ok=True)
    path = out / made.name
    path.write_bytes(made.content)
    click.echo(path)


@command(
    click.option("--year", type=int, required=True, help="Reporting year."),
    click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Zip file to write."),
    format_option,
    language_option,
    draft_option,
    click.option("--workers", type=click.IntRange(1), default=os.cpu_count() or 1, show_default="one for each core"),
    name="sheets",
)
def sheets(year: int, out: Path, format_: str, lang: str, draft: bool, workers: int) -> None:
    """Write the assessment sheets of all bodies of a year into one zip file: accepted ones frozen, others as they are now.

    Example: flask --app app sheets --year 2024 --out sheets-2024.zip
    """
    viewer = Viewer.system()
    with transaction():
        _opened(year)
        frozen = {} if draft else proof.revisions_in_force(viewer, year)
        bodies = [each for each in registry.all_bodies(viewer, year) if format_ != CANONICAL_FORMAT or each.id in frozen]
        jobs = _jobs(viewer, year, bodies, frozen, format_)
    part = out.with_name(out.name + ".part")
    handed_out = []
    try:
        with (
            zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
            click.progressbar(_written(jobs, format_, lang, workers), length=len(jobs), label=out.name) as files,
        ):
            for job, made in zip(jobs, files, strict=True):
                archive.writestr(zipfile.ZipInfo(made.name, STAMP), made.content, zipfile.ZIP_DEFLATED)
                handed_out.append(_handed_out(job, made))
        with transaction():
            record_exports(viewer, year, handed_out, new_batch())
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def _opened(year: int) -> None:
    if registry.order_of(year) is None:
        raise EvaluationError(N_("The year %(value)s has not been opened."), value=year)


def _frozen(viewer: Viewer, body: Body, year: int, revision: int | None, draft: bool) -> dict[int, SheetRevision]:
    """The frozen sheet to be written, by its body's id; none for a draft."""
    if draft and revision:
        raise EvaluationError(N_("Ask for a revision or for the draft, not for both."))
    if revision is None:
        return {} if draft else proof.revisions_in_force(viewer, year, [body.id])
    found = review.sheet_revision(viewer, body.id, year, revision)
    if found is None:
        raise EvaluationError(
            N_("The sheet of this body for %(year)s has no revision %(revision)s."), year=year, revision=revision
        )
    return {body.id: found}


def _jobs(viewer: Viewer, year: int, bodies: Sequence[Body], frozen: dict[int, SheetRevision], format_: str) -> list[Job]:
    """What is to be written of these bodies, in their order."""
    orders, live = registry.orders(), [each for each in bodies if each.id not in frozen]
    drafts = {made.body.bin: made for made in queries.body_sheets(viewer, year, live)} if live else {}
    jobs = []
    for body in bodies:
        if body.id in frozen:
            whole = frozen[body.id]
            jobs.append(
                Job(body.id, *open_revision(whole, orders), whole.id, whole.content if format_ == CANONICAL_FORMAT else "")
            )
        elif body.bin in drafts:
            jobs.append(Job(body.id, drafts[body.bin]))
    return jobs


def _written(jobs: list[Job], format_: str, lang: str, workers: int) -> Iterator[ExportFile]:
    """Each sheet's file, in order, made by `workers` processes."""
    one = partial(_make, format_=format_, lang=lang)
    if workers == 1 or len(jobs) <= CHUNK:
        yield from map(one, jobs)
        return
    # Processes are spawned, not forked: the typesetter's threads do not survive a fork.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(one, jobs, chunksize=CHUNK)


def _make(job: Job, format_: str, lang: str) -> ExportFile:
    if format_ == CANONICAL_FORMAT and job.stamp:
        return canonical_export(job.sheet, job.stamp, job.text)
    return render_export(job.sheet, format_, lang, job.stamp)


def _handed_out(job: Job, made: ExportFile) -> ExportRecord:
    revision = job.stamp.revision if job.stamp else None
    return ExportRecord(job.body_id, made.format, made.languages, made.sha256, len(made.content), job.revision_id, revision)
