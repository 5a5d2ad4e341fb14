"""The jobs that are measured: each is a pair of functions, the product's and its floor's."""

import hmac
import itertools
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy import text

from evaluation.audit.actions import AuditAction
from evaluation.charts import to_svg
from evaluation.criteria import load_orders
from evaluation.database import db
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.sheets import Sheet, queries
from evaluation.sheets.document import build_document
from evaluation.sheets.writers import pdf, write
from evaluation.workbooks.load import load_workbook
from tests.benchmarks import answers, archive, budget, clock, copies, country, grid, home, lists, pictures, results

Pair = tuple[Callable[[], Any], Callable[[], Any]]


def prepare_scoring(folder: Path) -> None:
    country.stored(folder)


@contextmanager
def scoring(folder: Path) -> Iterator[Pair]:
    """Score the country from SQLite, last year's counts included; floor: the bare driver fetches the same documents, orjson
    decodes them, numpy makes arrays of every indicator and counts one breach by body."""
    app = country.app_on(folder)
    order = load_orders().latest
    last_day = (f"{country.YEAR}-12-31", f"{country.YEAR - 1}-12-31")
    statement = (
        "SELECT b.bin, o.bin, o.kind, r.answers FROM supervision s JOIN body b ON b.id = s.body_id "
        "JOIN organisation o ON o.id = s.organisation_id LEFT JOIN report r ON r.organisation_id = o.id AND r.year = ? "
        "WHERE s.since <= ? AND (s.until IS NULL OR s.until >= ?)"
    )
    connection = sqlite3.connect(folder / "country.db")

    def floor() -> int:
        total = 0
        for year, day in zip((country.YEAR, country.YEAR - 1), last_day, strict=True):
            rows = connection.execute(statement, (year, day, day)).fetchall()
            for kind in order.kind:
                mine = [row for row in rows if row[2] == kind]
                answers = orjson.loads("[" + ",".join(row[3] or "{}" for row in mine) + "]")
                _, bodies = np.unique(np.array([row[0] for row in mine], dtype=object), return_inverse=True)
                for item in order.indicators_of(kind):
                    column = [document.get(item.code) for document in answers]
                    blank = np.array([value is None for value in column])
                    values = np.array(
                        [0 if value is None or isinstance(value, str) else value for value in column], dtype=np.int64
                    )
                    total += int(np.bincount(bodies[(values < 0) & ~blank]).sum())
        return total

    with app.app_context():
        yield lambda: queries.year_scores(Viewer.system(), country.YEAR), floor
        db.session.rollback()
    connection.close()


def prepare_loading(folder: Path) -> None:
    order = load_orders().latest
    data = country.workbook(order, country.make(order))
    (folder / "country.xlsx").write_bytes(data)
    app = country.app_on(folder)
    with app.app_context():
        load_workbook(Viewer.system(), data, app.extensions["orders"], register=True)
        db.session.commit()
    bare = sqlite3.connect(folder / "floor.db")
    bare.execute("PRAGMA journal_mode = WAL")
    bare.execute("ATTACH ? AS made", (str(folder / "country.db"),))
    tables = "('report', 'audit_event', 'organisation', 'reporting_year')"
    for (statement,) in bare.execute(
        "SELECT sql FROM made.sqlite_master WHERE sql IS NOT NULL AND type IN ('table', 'index') "
        f"AND tbl_name IN {tables} ORDER BY type DESC"
    ).fetchall():
        bare.execute(statement)
    for table in ("reporting_year", "organisation", "report"):
        bare.execute(f"INSERT INTO {table} SELECT * FROM made.{table}")
    bare.execute(
        "INSERT INTO audit_event SELECT * FROM made.audit_event WHERE action = ? AND organisation_id IS NOT NULL",
        (AuditAction.WORKBOOK_APPLIED,),
    )
    bare.commit()
    bare.close()


EVENT = (
    *("id", "chain", "seq", "at", "actor", "account_id", "action", "year", "body_id", "organisation_id", "batch", "data", "mac"),
)


def sealed(lines: list[tuple[Any, ...]], by: int) -> Iterator[tuple[Any, ...]]:
    """The same events with later numbers, each with its keyed hash, as any such log needs."""
    before = b""
    for id_, chain, seq, *rest in lines:
        line = (id_ + by, chain, seq + by, *rest)
        before = hmac.digest(b"floor", before + orjson.dumps(line[:-1]), "sha256")
        yield (*line[:-1], before.hex())


@contextmanager
def loading(folder: Path) -> Iterator[Pair]:
    """Read, check and store a workbook of 25,000 rows whose organisations are registered, and record it; floor: calamine's parse
    and a bare executemany of as many documents, and of as many events as are recorded of them, each with its keyed hash, into
    tables with the same columns and indexes."""
    data = (folder / "country.xlsx").read_bytes()
    app = country.app_on(folder)
    orders = app.extensions["orders"]
    bare = sqlite3.connect(folder / "floor.db")
    bare.executescript("PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;")
    columns = {
        "report": ("organisation_id", "year", "answers", "evidence", "version", "changed_at"),
        "audit_event": EVENT,
    }
    documents: dict[str, list[tuple[Any, ...]]] = {}
    times = itertools.count(1)
    with app.app_context():

        def ours() -> None:
            # The audit log stays: it is append-only.
            db.session.execute(text("DELETE FROM report"))
            db.session.commit()
            clock.start()
            load_workbook(Viewer.system(), data, orders)
            db.session.commit()

        def floor() -> None:
            for table, names in columns.items():
                if table not in documents:
                    documents[table] = bare.execute(f"SELECT {', '.join(names)} FROM {table}").fetchall()
            bare.execute("DELETE FROM report")
            bare.commit()
            by = next(times) * 1_000_000
            clock.start()
            book = CalamineWorkbook.from_path(str(folder / "country.xlsx"))
            for name in book.sheet_names:
                book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            for table, names in columns.items():
                placeholders = ", ".join("?" * len(names))
                rows = documents[table] if table == "report" else sealed(documents[table], by)
                bare.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({placeholders})", rows)
            bare.commit()

        yield ours, floor
        db.session.rollback()
    bare.close()


@contextmanager
def one_pdf(folder: Path) -> Iterator[Pair]:
    """One body's sheet as PDF, warm; floor: typst on the same document, and its charts drawn alone."""
    sheet = _a_sheet(country.app_on(folder))
    document = build_document(sheet, "kk")
    charts = [figure.chart for annex in document.annexes for figure in annex.figures]
    ready = orjson.dumps(
        {"document": document, "charts": [[to_svg(figure.chart) for figure in annex.figures] for annex in document.annexes]}
    ).decode()

    def floor() -> None:
        for chart in charts:
            to_svg(chart)
        pdf.typeset(ready)

    yield lambda: write(sheet, "pdf", "kk"), floor


def _a_sheet(app: Flask) -> Sheet:
    """The sheet of a body with all kinds of organisations, as long as a sheet gets."""
    with app.app_context():
        viewer = Viewer.system()
        sheets = queries.body_sheets(viewer, country.YEAR, registry.all_bodies(viewer)[:300])
        return max(sheets, key=lambda sheet: (sheet.max, sum(len(row.in_breach) for table in sheet.tables for row in table.rows)))


JOBS: dict[str, tuple[Callable[[Path], None], Callable[[Path], Any], float]] = {
    "scoring": (prepare_scoring, scoring, 1.3),
    "loading": (prepare_loading, loading, 1.6),
    "pdf": (prepare_scoring, one_pdf, 1.25),
    "saving": (answers.prepare_saving, answers.saving, 1.3),
    "home": (home.prepare_home, home.home, 2.0),
    "opening": (grid.prepare_grid, grid.opening, 3.0),
    "typing": (grid.prepare_grid, grid.typing, 1.5),
    "preview": (grid.prepare_grid, grid.preview, 2.0),
    "results": (results.prepare_results, results.results, 1.3),
    "bodies": (lists.prepare_lists, lists.body_list, 2.0),
    "ranking": (lists.prepare_lists, lists.ranking, 2.0),
    "audit log": (lists.prepare_lists, lists.audit_log, 2.0),
    "heat map": (results.prepare_results, pictures.heat_map, 1.2),
    "ZIP": (archive.prepare_archive, archive.archive, 1 / 1.7),
    "ten years": (results.prepare_ten_years, results.ten_years, 12.0),
    "copy": (copies.prepare_copy, copies.copying, 1.5),
    "budget": (budget.prepare, budget.job, 3.0),
}
"""Name → what makes its data in a folder, the job itself, and the most it may cost as a multiple of its floor."""
