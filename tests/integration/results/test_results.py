"""Stored results: what makes them stale, and that scoring the stale ones gives the points of the sheet."""

import threading
from collections.abc import Callable
from dataclasses import astuple
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from evaluation.audit.actions import AuditAction
from evaluation.audit.chain import flush_events
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.errors import EvaluationError
from evaluation.jobs.models import JobPart
from evaluation.jobs.operations import start_job
from evaluation.policy import Role
from evaluation.registry import operations as registry_operations
from evaluation.registry.admin.operations import move_organisation
from evaluation.registry.admin.queries import organisation_states
from evaluation.registry.admin.years import remove_year
from evaluation.results import jobs, operations
from evaluation.results.invalidation import EFFECTS
from evaluation.results.models import BodyResult, RowResult, TableResult
from evaluation.results.operations import check, refresh
from evaluation.results.queries import stale_generations
from evaluation.review.operations import accept, reopen
from evaluation.scoring.score import AUDITED_BIT, BREACH_BIT, UNDECIDED_BIT
from evaluation.sheets import queries as sheets
from tests.support.factories import clean
from tests.support.scenario import (
    BODY,
    EMPTY_BODY,
    REASON,
    SYSTEM,
    TODAY,
    YEAR,
    Scenario,
    all_kinds_scenario,
    first_indicator,
    store_answers,
    two_kind_scenario,
)


@pytest.fixture
def scenario(app: Flask, order: Order) -> Scenario:
    return two_kind_scenario(app, order)


def result(body_id: int, year: int = YEAR) -> BodyResult:
    db.session.expire_all()
    stored = db.session.get(BodyResult, (year, body_id))
    assert stored
    return stored


def list_stale(year: int) -> list[int]:
    return list(stale_generations(SYSTEM, year))


def test_results_are_the_points_of_the_sheet(app: Flask, order: Order) -> None:
    scenario = all_kinds_scenario(app, order)
    with app.app_context():
        kind = scenario.kinds[0]
        scenario.answer(scenario.bins_of(kind)[0], **clean(order, kind) | {"area_audit": "violated"})
        scenario.answer(scenario.bins_of(kind)[1], **clean(order, kind) | {"area_audit": None})
        db.session.commit()
        assert refresh([YEAR]) == 2
        assert refresh([YEAR]) == 0
        sheet = sheets.body_sheet(SYSTEM, BODY, YEAR)
        assert sheet
        stored = result(scenario.body_id)
        assert (stored.low, stored.high, stored.max) == (sheet.low, sheet.high, sheet.max)
        assert (stored.share_low, stored.share_high) == (sheet.low / sheet.max, sheet.high / sheet.max)
        assert (stored.organisations, stored.begun) == (len(scenario.organisation_bins), 2)
        tables = db.session.scalars(select(TableResult).where(TableResult.body_id == scenario.body_id, TableResult.year == YEAR))
        assert {table.kind: (table.low, table.high, table.max) for table in tables} == {
            table.table.kind: (table.low, table.high, table.max) for table in sheet.tables if table.applicable
        }
        rows = db.session.scalars(select(RowResult).where(RowResult.body_id == scenario.body_id, RowResult.year == YEAR))
        by_row = {(row.kind, row.row): row for row in rows}
        expected = {(table.table.kind, row.row.number): row for table in sheet.tables for row in table.scored_rows}
        assert by_row.keys() == expected.keys()
        for key, row in expected.items():
            line = by_row[key]
            assert (line.low, line.high, line.max, line.worst, line.best) == (row.low, row.high, row.max, row.worst, row.best)
            assert (line.in_breach, line.undecided) == (len(row.in_breach), len(row.unanswered))
            assert (line.audited, line.unaudited, line.previous) == (row.audited, row.unaudited, row.previous)
        area = next(line for line in by_row.values() if line.kind == kind and line.in_breach)
        bits = [int(digit, 16) for digit in area.states]
        assert bits[0] == BREACH_BIT | AUDITED_BIT
        assert bits[1] & UNDECIDED_BIT


def test_a_saved_answer_makes_its_year_and_the_next_stale(app: Flask, order: Order) -> None:
    scenario = all_kinds_scenario(app, order)
    with app.app_context():
        refresh()
        kind = scenario.kinds[0]
        scenario.answer(scenario.bins_of(kind)[0], **clean(order, kind))
        flush_events(db.session)
        assert list_stale(YEAR) == [scenario.body_id]
        db.session.rollback()
        assert list_stale(YEAR) == []
        scenario.answer(scenario.bins_of(kind)[0], **clean(order, kind))
        db.session.commit()
        assert list_stale(YEAR) == [scenario.body_id]
        assert list_stale(YEAR - 1) == []
        assert refresh() == 1
        assert check().differences == ()


def test_last_year_counts_in_the_next_year(app: Flask, order: Order) -> None:
    scenario = all_kinds_scenario(app, order)
    with app.app_context():
        refresh()
        kind = scenario.kinds[0]
        store_answers(order, scenario.bins_of(kind)[1], clean(order, kind), YEAR - 1)
        db.session.commit()
        assert (list_stale(YEAR - 1), list_stale(YEAR)) == ([scenario.body_id], [scenario.body_id])


def test_accepting_and_reopening(app: Flask, scenario: Scenario) -> None:
    with app.app_context():
        scenario.fill()
        refresh()
        submission = scenario.submit()
        db.session.commit()
        assert list_stale(YEAR) == []
        reviewer = scenario.viewer(Role.REVIEWER)
        accept(reviewer, YEAR, scenario.body(), submission.version, TODAY)
        db.session.commit()
        assert list_stale(YEAR) == [scenario.body_id]
        refresh()
        accepted = result(scenario.body_id)
        assert accepted.accepted
        assert accepted.low == accepted.high
        assert check().differences == ()
        reopen(reviewer, YEAR, scenario.body_id, submission.version, REASON)
        db.session.commit()
        refresh()
        assert not result(scenario.body_id).accepted
        assert check().differences == ()


def test_a_move_makes_both_bodies_stale(app: Flask, scenario: Scenario) -> None:
    with app.app_context():
        refresh()
        assert list_stale(YEAR) == []
        state = organisation_states(SYSTEM, scenario.organisation_bins[0])[scenario.organisation_bins[0]]
        move_organisation(SYSTEM, state, EMPTY_BODY, YEAR)
        db.session.commit()
        assert list_stale(YEAR) == sorted([scenario.body_id, scenario.bodies[EMPTY_BODY]])
        refresh()
        assert result(scenario.bodies[EMPTY_BODY]).organisations == 1
        assert check().differences == ()


def test_a_body_without_organisations_has_no_share(app: Flask, scenario: Scenario) -> None:
    with app.app_context():
        refresh()
        empty = result(scenario.bodies[EMPTY_BODY])
        assert (empty.max, empty.share_low, empty.share_high) == (0, None, None)


def test_another_version_of_scoring_makes_all_stale(app: Flask, scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.app_context():
        refresh()
        monkeypatch.setattr("evaluation.results.queries.VERSION", 10**6)
        assert refresh([YEAR]) == len(scenario.bodies)
        assert refresh([YEAR]) == 0


def test_check_names_what_differs(app: Flask, scenario: Scenario) -> None:
    with app.app_context():
        scenario.fill()
        refresh()
        stored = result(scenario.body_id)
        stored.breaches += 1
        db.session.commit()
        assert [astuple(item) for item in check().differences] == [(YEAR, scenario.body_id, "body_result")]
        outcome = app.test_cli_runner().invoke(args=["results", "check", "--lang", "en"])
        assert outcome.exit_code == 1
        assert outcome.output.splitlines()[0] == f"{YEAR} {BODY}: body_result"


def test_check_names_a_missing_line(app: Flask, scenario: Scenario) -> None:
    with app.app_context():
        refresh()
        assert check().compared == len(scenario.bodies)
        db.session.delete(result(scenario.body_id))
        db.session.commit()
        assert [astuple(item) for item in check().differences] == [(YEAR, scenario.body_id, "body_result")]


def test_uncommitted_changes_are_refused(app: Flask, scenario: Scenario) -> None:
    with app.app_context():
        stored = db.session.get(BodyResult, (YEAR, scenario.body_id))
        assert stored
        stored.breaches = 5
        with pytest.raises(EvaluationError, match="committed"):
            refresh()


def test_an_answer_saved_while_its_year_is_scored(app: Flask, scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    """The result of the older answers is not stored; the year is scored again."""
    kind = scenario.kinds[0]
    code = first_indicator(scenario.order, kind, "money")
    saved: list[Any] = []

    def save() -> None:
        with app.app_context():
            scenario.answer(scenario.organisation_bins[0], **{code: 100})
            db.session.commit()

    def compute(*arguments: Any) -> Any:
        results = original(*arguments)
        if not saved:
            saved.append(True)
            thread = threading.Thread(target=save)
            thread.start()
            thread.join()
        return results

    original = operations.compute_results
    with app.app_context():
        refresh()
        scenario.answer(scenario.organisation_bins[0], **{code: 50})
        db.session.commit()
        monkeypatch.setattr(operations, "compute_results", compute)
        refresh()
        assert saved
        assert list_stale(YEAR) == []
        monkeypatch.undo()
        assert check().differences == ()


def test_a_job_scores_what_many_changes_make_stale(app: Flask, scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    is_due = jobs.KIND.is_due
    assert is_due
    with app.app_context():
        assert is_due(), "nothing was scored before the first start"
        start_job(SYSTEM, jobs.KIND, {})
        db.session.commit()
        assert not is_due() and not list_stale(YEAR)
        assert db.session.scalars(select(JobPart.total)).one() == 1, "a step for the year"
        with monkeypatch.context() as patch:
            patch.setattr("evaluation.results.queries.VERSION", 10**6)
            assert is_due(), "scored by another version"
        db.session.execute(update(BodyResult).values(generation=BodyResult.generation + 1))
        db.session.commit()
        assert not is_due(), "a reader scores a few at once"
        monkeypatch.setattr(jobs, "MANY", len(scenario.bodies) - 1)
        assert is_due()
        jobs.start_after_many(jobs.MANY)
        db.session.commit()
        assert is_due()
        jobs.start_after_many(jobs.MANY + 1)
        db.session.commit()
        assert not is_due() and not list_stale(YEAR)


def test_every_action_has_an_effect() -> None:
    assert EFFECTS.keys() == {action.value for action in AuditAction}


def test_a_removed_year_takes_its_results_along(app: Flask, scenario: Scenario) -> None:
    with app.app_context():
        registry_operations.open_year(SYSTEM, YEAR + 2, scenario.order.code)
        db.session.commit()
        assert refresh([YEAR + 2]) == len(scenario.bodies)
        remove_year(SYSTEM, YEAR + 2)
        db.session.commit()
        assert YEAR + 2 not in set(db.session.scalars(select(BodyResult.year)))


def test_many_read_while_many_save(app: Flask, scenario: Scenario) -> None:
    kind = scenario.kinds[0]
    code = first_indicator(scenario.order, kind, "money")
    errors: list[BaseException] = []

    def run(task: Callable[[int], None]) -> None:
        try:
            with app.app_context():
                for number in range(8):
                    task(number)
        except BaseException as error:
            errors.append(error)

    def save(number: int) -> None:
        scenario.answer(scenario.organisation_bins[0], **{code: number})
        db.session.commit()

    def read(_: int) -> None:
        refresh()
        assert check().differences == ()
        db.session.rollback()

    threads = [threading.Thread(target=run, args=(task,)) for task in (save, read, read, read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with app.app_context():
        refresh()
        comparison = check()
        assert (comparison.differences, comparison.stale) == ((), 0)
