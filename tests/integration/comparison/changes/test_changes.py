"""Stored changes: their sums are the differences of the results, and what is stale is computed again, on both databases."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from evaluation.comparison.changes import jobs as changes
from evaluation.comparison.changes.models import BodyChange, ChangePart
from evaluation.comparison.changes.operations import refresh_changes
from evaluation.comparison.changes.queries import change_sum, stale_states
from evaluation.comparison.changes.shapley import DENOMINATOR
from evaluation.comparison.ranking.model import Scope
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.jobs.operations import start_job
from evaluation.registry.operations import NewBody
from evaluation.results.models import BodyResult, RowResult
from evaluation.results.operations import refresh
from tests.support.factories import bin_of, clean, random_answers
from tests.support.scenario import SUPERVISED_FROM, SYSTEM, YEAR, Scenario, build_scenario, store_answers

BODIES = [bin_of(number) for number in (1, 2, 3)]
LAST_DAY, FIRST_DAY = date(YEAR - 1, 12, 31), date(YEAR, 1, 1)


@pytest.fixture
def scenario(app: Flask, order: Order) -> Scenario:
    """Three bodies with random answers of two years; the third one has no organisations last year, some moved."""
    random = Random("changes")
    kinds = {bin_of(10 + number): random.choice(order.kinds[:2]).code for number in range(12)}
    supervisions: list[tuple[str, str, date, date | None]] = []
    for number, bin_ in enumerate(kinds):
        body = BODIES[number % 2]
        if number < 8:
            supervisions.append((bin_, body, SUPERVISED_FROM, None))
        elif number < 11:
            supervisions.append((bin_, body, SUPERVISED_FROM, LAST_DAY))
            supervisions.append((bin_, BODIES[2] if number == 8 else BODIES[1 - number % 2], FIRST_DAY, None))
        else:
            supervisions.append((bin_, body, FIRST_DAY, None))
    organisations = {BODIES[0]: list(kinds.items())}
    bodies = [NewBody(bin_, f"Әкімдік {bin_}", f"Акимат {bin_}") for bin_ in BODIES]
    scenario = build_scenario(app, order, bodies, organisations, years=(YEAR - 1, YEAR), supervisions=supervisions)
    with app.app_context():
        for number, (bin_, kind) in enumerate(kinds.items()):
            for year in (YEAR,) if number == 11 else (YEAR - 1, YEAR):
                store_answers(order, bin_, clean(order, kind) | random_answers(order, kind, random, 0.2), year)
        db.session.commit()
    return scenario


def check_stored(year: int = YEAR) -> int:
    """Compare the stored parts with the differences of the stored results; return the number of parts."""
    db.session.expire_all()
    sums: Counter[Any] = Counter()
    parts = list(db.session.scalars(select(ChangePart).where(ChangePart.year == year)))
    for part in parts:
        sums[part.body_id, part.kind, part.row] += part.numerator
    expected: Counter[Any] = Counter()
    for row in db.session.scalars(select(RowResult)):
        sign = {year: 1, year - 1: -1}[row.year]
        expected[row.body_id, row.kind, row.row] += sign * row.low * DENOMINATOR
    assert +sums == +expected and -sums == -expected
    points = {(result.year, result.body_id): result.low for result in db.session.scalars(select(BodyResult))}
    assert len(points) == 2 * len(BODIES)
    for change in db.session.scalars(select(BodyChange).where(BodyChange.year == year)):
        assert (change.low, change.previous_low) == (points[year, change.body_id], points[year - 1, change.body_id])
    return len(parts)


def test_stored_parts_sum_to_the_differences(app: Flask, scenario: Scenario) -> None:
    with app.app_context():
        assert refresh_changes(YEAR) == len(BODIES)
        assert check_stored() > len(BODIES)
        assert refresh_changes(YEAR) == 0


def test_bodies_begin_or_end_with_a_result_in_one_of_the_years(app: Flask, scenario: Scenario) -> None:
    with app.app_context():
        refresh_changes(YEAR)
        assert change_sum(SYSTEM, YEAR, Scope()).bodies == len(BODIES)
        first, second, third = db.session.scalars(select(BodyChange).order_by(BodyChange.body_id))
        first.generation = first.previous_generation = second.generation = third.previous_generation = None
        db.session.commit()
        sums = change_sum(SYSTEM, YEAR, Scope())
        assert (sums.bodies, sums.begun, sums.ended, sums.risen, sums.fallen) == (2, 1, 1, 0, 0)


def test_what_is_stale_is_computed_again(app: Flask, order: Order, scenario: Scenario) -> None:
    with app.app_context():
        refresh_changes(YEAR)
        bin_ = next(iter(scenario.organisations))
        store_answers(order, bin_, clean(order, scenario.kind_of[bin_]), YEAR - 1)
        db.session.commit()
        assert refresh_changes(YEAR) == 1
        assert not stale_states(SYSTEM, YEAR)
        check_stored()


def test_two_readers_at_once_store_the_same(app: Flask, scenario: Scenario) -> None:
    ready = threading.Barrier(2)

    def refresh_both(_: int) -> int:
        with app.app_context():
            ready.wait()
            return refresh_changes(YEAR)

    with ThreadPoolExecutor(2) as threads:
        assert sum(threads.map(refresh_both, range(2))) >= len(BODIES)
    with app.app_context():
        assert refresh_changes(YEAR) == 0
        check_stored()


def test_the_background_job_computes_what_many_bodies_wait_for(
    app: Flask, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = changes.KIND.is_due
    with app.app_context():
        refresh()
        assert due and not due()
        monkeypatch.setattr(changes, "MANY", 1)
        assert due()
        start_job(SYSTEM, changes.KIND, {}, "kk")
        db.session.commit()
        assert not due()
        check_stored()


def test_a_year_without_the_year_before_has_no_changes(app: Flask, scenario: Scenario) -> None:
    with app.app_context():
        assert refresh_changes(YEAR - 1) == 0
        assert not db.session.scalar(select(BodyChange))
