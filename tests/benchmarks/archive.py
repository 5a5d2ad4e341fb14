"""Benchmark of background jobs: the ZIP of PDF sheets with two worker processes beside one."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from flask import Flask

from app import create_app
from evaluation.database import db
from evaluation.jobs import files, queries
from evaluation.jobs.operations import start_job
from evaluation.jobs.processes import start_worker
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.review.sheet_archive import KIND, ArchiveOptions
from tests.benchmarks import country

Pair = tuple[Callable[[], Any], Callable[[], Any]]
SHEETS = int(os.environ.get("SHEETS", "80"))
"""Sheets of a ZIP in a round: large and small bodies in equal shares. The country has 2,700."""
MAX_MEMORY_KB = 550 * 1024
"""Of a worker process, whatever the number of sheets: 436 MB after 24, 457 MB after 216, most of it the typesetter's cache."""
SYSTEM = Viewer.system()


def prepare_archive(folder: Path) -> None:
    country.stored(folder)
    for name in ("one", "two"):
        (folder / name).mkdir()
        shutil.copy(folder / "country.db", folder / name / "country.db")


@contextmanager
def archive(folder: Path) -> Iterator[Pair]:
    """The ZIP by two workers; floor: by one worker. Both have idle workers that wait for a job."""
    with _workers(folder / "two", 2) as two, _workers(folder / "one", 1) as one:
        yield two, one


@contextmanager
def _workers(folder: Path, count: int) -> Iterator[Callable[[], None]]:
    app = create_app({"DATABASE_URL": f"sqlite:///{folder / 'country.db'}", "SECRET_KEY": "benchmark"})
    with app.app_context():
        settings = db.sessionmaker.kw["info"]["configuration"].settings
        every = registry.all_bodies(SYSTEM, country.YEAR)
        bodies = tuple(body.id for body in every[:: max(1, len(every) // SHEETS)][:SHEETS])
        db.session.rollback()
    consumer = start_worker(settings, "--workers", str(count), "--with-server", new_session=True)
    try:
        yield lambda: _archive(app, bodies)
        assert max(_peaks(consumer.pid)) <= MAX_MEMORY_KB
    finally:
        consumer.terminate()
        consumer.wait()


def _archive(app: Flask, bodies: tuple[int, ...]) -> None:
    with app.app_context():
        job_id = start_job(SYSTEM, KIND, ArchiveOptions(country.YEAR, bodies=bodies).parameters).id
        db.session.commit()
        while (view := queries.system_job(SYSTEM, job_id)) is not None and view.is_active:
            db.session.rollback()
            time.sleep(0.02)
        assert view is not None and view.job.status == "done", view
        files.remove_files(job_id)
        db.session.rollback()


def _peaks(process_id: int) -> list[int]:
    """Peak memory of the worker processes, in KB."""
    peaks = [0]
    for task in Path(f"/proc/{process_id}/task").iterdir():
        for child in (task / "children").read_text().split():
            with suppress(FileNotFoundError):
                status = Path(f"/proc/{child}/status").read_text()
                peaks.append(int(status.partition("VmHWM:")[2].split()[0]))
    return peaks
