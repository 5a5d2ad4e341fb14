"""Dates of a year: first day of entry, deadline, extensions, locks and lateness."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import event

from evaluation import clock
from evaluation.answers import queries as collection
from evaluation.answers import save as saving
from evaluation.answers.evidence import operations as evidence
from evaluation.answers.issues import MESSAGES
from evaluation.answers.justifications import JustificationRejected, justify, withdraw
from evaluation.answers.model import AnswerInput
from evaluation.answers.prior_year_counts import CountInput, save_declared_counts
from evaluation.answers.save import save_answers
from evaluation.audit.models import AuditEvent
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.language import language
from evaluation.policy import Forbidden, Role
from evaluation.submissions import queries as submission_queries
from evaluation.submissions.deadlines import EntryPeriod
from evaluation.submissions.extensions import queries
from evaluation.submissions.extensions.operations import MAX_REASON_CHARACTERS, ExtensionError, grant_extension
from evaluation.submissions.locks import DEADLINE_PASSED, LOCK_MESSAGES, NOT_STARTED, Locked, lock_of
from evaluation.submissions.models import ACCEPTED, DRAFT, OPEN_STATUSES, REOPENED, RETURNED, STATUSES, SUBMITTED, Extension
from evaluation.submissions.timeliness import (
    LATE,
    NO_DEADLINE,
    NOT_DUE,
    ON_TIME,
    OVERDUE,
    TIMELINESS_LABELS,
    timeliness_by_body,
    timeliness_of,
)
from evaluation.workbooks.upload import operations as uploads
from evaluation.workbooks.upload.operations import StalePlan
from tests.support.deadline_scenario import DEADLINE, START, day, extend, scenario_with_deadline, set_dates, set_submission_status
from tests.support.factories import A_PDF, clean, row, workbook
from tests.support.scenario import BODY, EMPTY_BODY, OTHER_BODY, REASON, SYSTEM, YEAR, Scenario


@pytest.fixture
def scenario(app: Flask, order: Order, tmp_path: Path) -> Scenario:
    return scenario_with_deadline(app, order, tmp_path)


# The rules alone


def test_when_a_year_takes_changes() -> None:
    days = {
        "early": START - timedelta(1),
        "first": START,
        "last": DEADLINE,
        "after": day(1),
        "extended": day(9),
        "ended": day(10),
    }
    terms = {
        EntryPeriod(): set(days),
        EntryPeriod(START): set(days) - {"early"},
        EntryPeriod(START, DEADLINE): {"first", "last"},
        EntryPeriod(None, DEADLINE, day(9)): set(days) - {"ended"},
        # An extension before the deadline shortens nothing; a year without a deadline needs no extension.
        EntryPeriod(None, DEADLINE, START): {"early", "first", "last"},
        EntryPeriod(None, None, START): set(days),
    }
    for (term, open_on), (name, today), state in product(terms.items(), days.items(), (None, *STATUSES)):
        lock = lock_of(state, YEAR, term, today)
        if state in (None, DRAFT):
            assert (lock is None) == (name in open_on), (term, name)
        else:
            assert (lock is None) == (state in OPEN_STATUSES)
    past, ahead = (
        lock_of(DRAFT, YEAR, EntryPeriod(START, DEADLINE, day(9)), day(10)),
        lock_of(None, YEAR, EntryPeriod(START), days["early"]),
    )
    assert (
        past
        and (past.reason, past.day, past.since) == (DEADLINE_PASSED, day(9), day(10))
        and "10.04.2025" in past.message(language("en"))
    )
    assert ahead and (ahead.reason, ahead.day, ahead.since) == (NOT_STARTED, START, None)
    assert {lock_of(state, YEAR, EntryPeriod(), START).reason for state in (SUBMITTED, ACCEPTED)} == {SUBMITTED, "accepted"}  # type: ignore[union-attr]
    assert set(LOCK_MESSAGES) <= set(MESSAGES), "rows of a workbook use the same messages"


def test_the_day_ends_at_midnight_of_almaty() -> None:
    def today_at(moment: datetime) -> date:
        with time_machine.travel(moment, tick=False):
            assert clock.today() == datetime.now(clock.ZONE).date()
            return clock.today()

    midnight = datetime(2025, 4, 1, 19, tzinfo=UTC)
    last, next_ = (today_at(moment) for moment in (midnight - timedelta(seconds=1), midnight))
    assert (last, next_) == (DEADLINE, day(1))
    assert lock_of(DRAFT, YEAR, EntryPeriod(None, DEADLINE), last) is None and lock_of(
        DRAFT, YEAR, EntryPeriod(None, DEADLINE), next_
    )


@pytest.mark.parametrize(
    "deadline, submitted, today, state, days",
    [
        (DEADLINE, None, day(-3), NOT_DUE, 3),
        (DEADLINE, None, DEADLINE, NOT_DUE, 0),
        (DEADLINE, None, day(1), OVERDUE, 1),
        (DEADLINE, day(-5), day(50), ON_TIME, 0),
        (DEADLINE, DEADLINE, day(50), ON_TIME, 0),
        (DEADLINE, day(1), day(50), LATE, 1),
        (DEADLINE, day(12), day(12), LATE, 12),
        (None, None, DEADLINE, NO_DEADLINE, 0),
        (None, DEADLINE, DEADLINE, NO_DEADLINE, 0),
    ],
)
def test_timeliness(deadline: date | None, submitted: date | None, today: date, state: str, days: int) -> None:
    extension = Extension(year=YEAR, body_id=1, until=day(30), reason="Себеп")
    for extension_or_none in (None, extension):
        timeliness = timeliness_of(deadline, submitted, today, extension_or_none)
        assert (timeliness.status, timeliness.days, timeliness.extension) == (
            state,
            days,
            extension_or_none,
        ) and state in TIMELINESS_LABELS
    labels = {ON_TIME: "On time", LATE: f"{days} day", OVERDUE: f"Not submitted, {days} day"}
    assert timeliness.label(language("en")).startswith(labels.get(state, TIMELINESS_LABELS[state]))


# Every way of writing


@pytest.fixture
def ways(scenario: Scenario) -> Iterator[dict[str, Callable[[date], Any]]]:
    """Yield name → operation that writes to the year on a day; every change is rolled back."""
    clerk, body, kind = scenario.viewer(Role.CLERK), scenario.bodies[BODY], scenario.kinds[0]
    organisation_id, order = scenario.organisations[scenario.organisation_bins[0]], scenario.order
    money = next(item.code for item in order.indicators_of(kind) if item.type == "money")
    criterion, field = next(order.prior_year_counts())
    sent = {
        "year": YEAR,
        "body_id": body,
        "organisation_id": organisation_id,
        "criterion": sorted(evidence.criteria_of(order, kind))[0],
    }
    answers = clean(order, kind)
    first, second = (
        workbook(
            order,
            YEAR,
            {of: [row(order, BODY, organisation_bin, clean(order, of))]},
            previous=[{"body_bin": BODY, "kind": of, field.code: 2}],
        )
        for of, organisation_bin in zip(scenario.kinds, scenario.organisation_bins, strict=True)
    )
    orders = scenario.app.extensions["orders"]
    with scenario.app.app_context():
        stored = save_answers(clerk, order, YEAR, body, [AnswerInput(organisation_id, money, 5)], today=START)
        file = evidence.attach(clerk, order, name="a.pdf", data=A_PDF, today=START, **sent)
        taken, waiting = (uploads.receive(clerk, book, "book.xlsx", "overwrite", orders) for book in (first, second))
        shown = uploads.current_plan(clerk, taken, orders, "overwrite", today=START).digest
        uploads.apply(clerk, taken, orders, "overwrite", shown, START)
        save_answers(
            clerk, order, YEAR, body, [AnswerInput(scenario.organisations[scenario.organisation_bins[1]], money, 7)], today=START
        )
        db.session.commit()

        def apply(today: date) -> None:
            plan = uploads.current_plan(clerk, waiting, orders, "overwrite", today=today)
            uploads.apply(clerk, waiting, orders, "overwrite", plan.digest, today)

        yield {
            "save": lambda today: save_answers(
                clerk, order, YEAR, body, [AnswerInput(organisation_id, money, 9, answers[money])], today=today
            ),
            "paste": lambda today: save_answers(
                clerk,
                order,
                YEAR,
                body,
                [AnswerInput(organisation_id, money, 9, 5)],
                "block_pasted",
                all_or_nothing=True,
                today=today,
            ),
            "any body": lambda today: save_answers(
                clerk, order, YEAR, None, [AnswerInput(organisation_id, money, 9, 5)], today=today
            ),
            "undo": lambda today: saving.undo_batch(clerk, order, YEAR, body, stored.batch, today),
            "declare": lambda today: save_declared_counts(
                clerk, order, YEAR, body, [CountInput(kind, criterion.code, 3, 2)], today=today
            ),
            "justify": lambda today: justify(clerk, order, YEAR, body, organisation_id, "no such rule", None, REASON, today),
            "withdraw": lambda today: withdraw(clerk, YEAR, body, organisation_id, "no such rule", None, today),
            "attach": lambda today: evidence.attach(clerk, order, name="b.pdf", data=A_PDF + b"\n", today=today, **sent),
            "remove": lambda today: evidence.remove(clerk, YEAR, body, organisation_id, file.id, today),
            "apply": apply,
            "undo upload": lambda today: uploads.undo(clerk, taken, order, today),
        }
        db.session.rollback()


def locked(ways: dict[str, Callable[[date], Any]], today: date) -> dict[str, str]:
    """Return operation → message of the lock on a day; operations that succeed are left out. Changes are rolled back."""
    lock_reasons = {}
    for name, write in ways.items():
        try:
            write(today)
        except Locked as error:
            lock_reasons[name] = error.lock.reason
        except JustificationRejected:
            pass
        except StalePlan as error:
            (lock_reasons[name],) = {issue.issue_code for issue in error.plan.errors}
            assert all("%" not in issue.message(language("en")) for issue in error.plan.errors)
        db.session.rollback()
    return lock_reasons


def test_every_way_of_writing_is_locked_outside_the_dates(scenario: Scenario, ways: dict[str, Callable[[date], Any]]) -> None:
    everything = set(ways)
    reports = {id_: (report.version, report.answers) for id_, report in _reports(scenario).items()}
    assert locked(ways, START) == locked(ways, DEADLINE) == {}
    assert locked(ways, START - timedelta(1)) == dict.fromkeys(everything, NOT_STARTED)
    assert locked(ways, day(1)) == dict.fromkeys(everything, DEADLINE_PASSED)
    # An extension after the lock opens the year until its last day; then it is shortened and lengthened.
    extend(scenario, day(10), day(5))
    assert locked(ways, day(10)) == {} and set(locked(ways, day(11))) == everything
    extend(scenario, day(7), day(6))
    assert locked(ways, day(7)) == {} and set(locked(ways, day(8))) == everything
    extend(scenario, day(20), day(8))
    assert locked(ways, day(20)) == {} and set(locked(ways, day(21))) == everything
    # The extension of another body has no effect.
    db.session.query(Extension).delete()
    extend(scenario, day(20), day(8), body_bin=OTHER_BODY)
    assert set(locked(ways, day(9))) == everything
    # A submitted year is always locked; a returned year is always open.
    extend(scenario, day(20), day(8))
    set_submission_status(scenario, SUBMITTED, DEADLINE)
    for today in (START, day(9)):
        assert locked(ways, today) == dict.fromkeys(everything, SUBMITTED)
    for state in (RETURNED, REOPENED):
        set_submission_status(scenario, state, DEADLINE)
        assert locked(ways, START - timedelta(1)) == locked(ways, day(400)) == {}
    assert {id_: (report.version, report.answers) for id_, report in _reports(scenario).items()} == reports


def _reports(scenario: Scenario) -> Any:
    return collection.stored_reports(SYSTEM, YEAR, list(scenario.organisations.values()))


def test_locks_of_all_bodies_take_one_statement(scenario: Scenario) -> None:
    with scenario.app.app_context():
        extend(scenario, day(9), day(2), body_bin=OTHER_BODY)
        set_submission_status(scenario, SUBMITTED, DEADLINE, EMPTY_BODY)
        ids = list(scenario.bodies.values())
        with counted() as statements:
            locks = submission_queries.locks(SYSTEM, YEAR, ids, day(5))
        assert len(statements) == 1
        assert {id_: lock.reason for id_, lock in locks.items()} == {
            scenario.bodies[BODY]: DEADLINE_PASSED,
            scenario.bodies[EMPTY_BODY]: SUBMITTED,
        }
        assert set(submission_queries.locks(scenario.viewer(Role.CLERK), YEAR, ids, day(30))) == {scenario.bodies[BODY]}
        assert submission_queries.lock(SYSTEM, YEAR, scenario.bodies[OTHER_BODY], day(9)) is None
        editable_reports = collection.editable_reports(SYSTEM, YEAR, list(scenario.organisations.values()))
        assert editable_reports[scenario.organisations[scenario.foreign_bin]].period == EntryPeriod(START, DEADLINE, day(9))
        assert editable_reports[scenario.organisations[scenario.organisation_bins[0]]].period == EntryPeriod(
            START, DEADLINE, None
        )


@contextmanager
def counted() -> Iterator[list[str]]:
    statements: list[str] = []

    def note(*arguments: Any) -> None:
        statements.append(arguments[2])

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


# Extensions


def test_permissions_and_rules_of_extensions(scenario: Scenario) -> None:
    with scenario.app.app_context():
        year = set_dates(START, DEADLINE)
        for role in (Role.CLERK, Role.HEAD, Role.REVIEWER, Role.OBSERVER, Role.NOBODY):
            viewer = scenario.viewer(role) if role is not Role.NOBODY else SYSTEM.nobody()
            with pytest.raises(Forbidden):
                grant_extension(viewer, year, scenario.body(), day(9), "Себеп", day(2))
        for at, until, reason, today, changes in (
            ("until", DEADLINE, "Себеп", day(-9), {}),
            ("until", day(3), "Себеп", day(4), {}),
            ("until", date(2052, 4, 15), "Себеп", day(4), {}),
            ("reason", day(9), " \u200b\n", day(4), {}),
            ("reason", day(9), "ж" * (MAX_REASON_CHARACTERS + 1), day(4), {}),
            ("body", day(9), "Себеп", day(4), {"since": date(YEAR + 1, 1, 1)}),
            ("body", day(9), "Себеп", day(4), {"closed_on": date(YEAR, 12, 30)}),
        ):
            body = scenario.body()
            for name, value in changes.items():
                setattr(body, name, value)
            with pytest.raises(ExtensionError) as refused:
                grant_extension(scenario.viewer(Role.ADMINISTRATOR), year, body, until, reason, today)
            assert refused.value.field == at and refused.value.message(language("en"))
            db.session.rollback()
        first = extend(scenario, day(9), day(-3), " Өтініш № 5 ")
        assert extend(scenario, day(9), day(1), "Өтініш № 5").id == first.id, "pressed twice"
        extend(scenario, day(5), day(5), "Қысқартылды")
        events = db.session.query(AuditEvent).filter_by(action="deadline_extended").order_by(AuditEvent.id).all()
        assert [(event.year, event.body_id, event.actor) for event in events] == [
            (YEAR, scenario.bodies[BODY], "The administrator")
        ] * 2
        assert [event.data for event in events] == [
            {"until": [None, f"{day(9)}"], "reason": "Өтініш № 5"},
            {"until": [f"{day(9)}", f"{day(5)}"], "reason": "Қысқартылды"},
        ]
        assert [extension.until for extension in queries.extensions_of_body(SYSTEM, YEAR, scenario.bodies[BODY])] == [
            day(5),
            day(9),
        ]
        assert queries.extensions_in_force(SYSTEM, YEAR)[scenario.bodies[BODY]].until == day(5)
        assert queries.list_extensions(scenario.viewer(Role.REVIEWER, OTHER_BODY), YEAR).total == 0
        set_submission_status(scenario, SUBMITTED, DEADLINE)
        with pytest.raises(ExtensionError, match="already submitted this year"):
            extend(scenario, day(30), day(6))
        set_dates(None, None)
        with pytest.raises(ExtensionError, match="no deadline"):
            extend(scenario, day(30), day(6), body_bin=OTHER_BODY)


def test_timeliness_of_all_bodies_takes_two_statements(scenario: Scenario) -> None:
    with scenario.app.app_context():
        year = set_dates(START, DEADLINE)
        extend(scenario, day(9), day(-3))
        set_submission_status(scenario, RETURNED, day(4))
        set_submission_status(scenario, SUBMITTED, DEADLINE, OTHER_BODY)
        body, other_body, empty_body = (scenario.bodies[bin_] for bin_ in (BODY, OTHER_BODY, EMPTY_BODY))
        db.session.refresh(year)
        with counted() as statements:
            timeliness = timeliness_by_body(SYSTEM, year, (body, other_body, empty_body), day(6))
        assert len(statements) == 2
        assert {id_: (result.status, result.days) for id_, result in timeliness.items()} == {
            body: (LATE, 4),
            other_body: (ON_TIME, 0),
            empty_body: (OVERDUE, 6),
        }
        assert (
            timeliness[body].submitted_on == day(4) and timeliness[body].extension and timeliness[body].extension.until == day(9)
        )
        assert list(timeliness_by_body(scenario.viewer(Role.REVIEWER), year, (body, other_body, empty_body), day(6))) == [body]
        assert timeliness_by_body(SYSTEM, year, range(2000), day(6)).keys() == set(range(2000)), (
            "so many are not named one by one"
        )
        assert submission_queries.status_counts(SYSTEM, YEAR) == {"draft": 1, "submitted": 1, "returned": 1}
        assert submission_queries.status_counts(scenario.viewer(Role.REVIEWER), YEAR) == {"returned": 1}
