"""Commands that write assessment sheets."""

import multiprocessing
import os
import zipfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import click

from evaluation.cli.common import command, transaction
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.sheets import Sheet, queries
from evaluation.sheets.writers import FORMATS, LANGUAGES, file_name, write

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
format_option = click.option("--format", "format_", type=click.Choice(list(FORMATS)), default="pdf", show_default=True)


@command(
    click.option("--body", required=True, help="BIN of the body."),
    click.option("--year", type=int, required=True, help="Reporting year."),
    format_option,
    language_option,
    click.option(
        "--out",
        type=click.Path(file_okay=False, path_type=Path),
        default=Path("."),
        show_default=True,
        help="Folder to write into.",
    ),
    name="sheet",
)
def sheet(body: str, year: int, format_: str, lang: str, out: Path) -> None:
    """Write one body's assessment sheet.

    Example: flask --app app sheet --body 990140900064 --year 2024 --format pdf --lang kk+ru --out sheets
    """
    with transaction():
        _opened(year)
        found = queries.sheet(Viewer.system(), body, year)
    if found is None:
        raise EvaluationError(N_("The body %(bin)s is not in the registry. Check the BIN."), bin=body)
    out.mkdir(parents=True, exist_ok=True)
    path = out / file_name(found, format_, lang)
    path.write_bytes(write(found, format_, lang))
    click.echo(path)


@command(
    click.option("--year", type=int, required=True, help="Reporting year."),
    click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Zip file to write."),
    format_option,
    language_option,
    click.option("--workers", type=click.IntRange(1), default=os.cpu_count() or 1, show_default="one for each core"),
    name="sheets",
)
def sheets(year: int, out: Path, format_: str, lang: str, workers: int) -> None:
    """Write the assessment sheets of all bodies of a year into one zip file.

    Example: flask --app app sheets --year 2024 --out sheets-2024.zip
    """
    with transaction():
        _opened(year)
        viewer = Viewer.system()
        found = queries.sheets(viewer, year, registry.all_bodies(viewer, year))
    part = out.with_name(out.name + ".part")
    try:
        with (
            zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
            click.progressbar(_written(found, format_, lang, workers), length=len(found), label=out.name) as files,
        ):
            for name, content in files:
                archive.writestr(zipfile.ZipInfo(name, STAMP), content, zipfile.ZIP_DEFLATED)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def _opened(year: int) -> None:
    if registry.order_of(year) is None:
        raise EvaluationError(N_("The year %(value)s has not been opened."), value=year)


def _written(found: list[Sheet], format_: str, lang: str, workers: int) -> Iterator[tuple[str, bytes]]:
    """Each sheet's file name and bytes, in order, made by `workers` processes."""
    one = partial(_write_one, format_=format_, lang=lang)
    if workers == 1 or len(found) <= CHUNK:
        yield from map(one, found)
        return
    # Processes are spawned, not forked: the typesetter's threads do not survive a fork.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(one, found, chunksize=CHUNK)


def _write_one(found: Sheet, format_: str, lang: str) -> tuple[str, bytes]:
    return file_name(found, format_, lang), write(found, format_, lang)
