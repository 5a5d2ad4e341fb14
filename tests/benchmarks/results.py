"""Benchmarks of stored results: scoring stale ones beside scoring alone, and ten years beside one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

from evaluation.database import db
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Body
from evaluation.results.operations import refresh
from evaluation.sheets.queries import year_scores
from tests.benchmarks import clock, country

Pair = tuple[Callable[[], Any], Callable[[], Any]]
STALE_BODIES = 200
YEARS = range(country.YEAR - 9, country.YEAR + 1)


def prepare_results(folder: Path) -> None:
    app = country.stored(folder)
    with app.app_context():
        refresh()


@contextmanager
def results(folder: Path) -> Iterator[Pair]:
    """Score 200 stale bodies and store their results; floor: score them."""
    app = country.app_on(folder)
    with app.app_context():
        ids = list(db.session.scalars(select(Body.id).order_by(Body.bin).limit(STALE_BODIES)))
        db.session.rollback()

        def ours() -> None:
            mark_stale(f"year = {country.YEAR} AND body_id IN ({', '.join(map(str, ids))})")
            clock.start()
            assert refresh([country.YEAR]) == STALE_BODIES

        yield ours, lambda: year_scores(Viewer.system(), country.YEAR, ids)


def prepare_ten_years(folder: Path) -> None:
    app = country.stored(folder)
    with app.app_context(), db.engine.begin() as connection:
        for year in YEARS:
            if year < country.YEAR - 1:
                parameters = {"year": year, "source": country.YEAR if year % 2 else country.YEAR - 1}
                connection.execute(
                    text(
                        "INSERT INTO reporting_year (year, order_code, invented) "
                        "SELECT :year, order_code, invented FROM reporting_year WHERE year = :source"
                    ),
                    parameters,
                )
                connection.execute(
                    text(
                        "INSERT INTO report (organisation_id, year, answers, evidence, version, changed_at) "
                        "SELECT organisation_id, :year, answers, evidence, version, changed_at FROM report WHERE year = :source"
                    ),
                    parameters,
                )
        connection.execute(text("UPDATE supervision SET since = '2010-01-01' WHERE until IS NULL"))
    with app.app_context():
        refresh()


@contextmanager
def ten_years(folder: Path) -> Iterator[Pair]:
    """Score and store the results of the country in ten years; floor: in the last of them."""
    app = country.app_on(folder)
    with app.app_context():
        bodies = len(registry.all_bodies(Viewer.system(), country.YEAR))
        db.session.rollback()

        def ours() -> None:
            mark_stale("1 = 1")
            clock.start()
            assert refresh() == len(YEARS) * bodies

        def floor() -> None:
            mark_stale(f"year = {country.YEAR}")
            clock.start()
            assert refresh([country.YEAR]) == bodies

        yield ours, floor


def mark_stale(condition: str) -> None:
    """Mark stored results as stale, as a change would."""
    with db.engine.begin() as connection:
        connection.execute(text(f"UPDATE body_result SET generation = generation + 1 WHERE {condition}"))
