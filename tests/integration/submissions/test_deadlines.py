"""The days of a year: from when answers are entered, when drafts lock, more time for one body, and who was in time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from evaluation import clock
from evaluation.answers import queries as collection
from evaluation.answers import save as saving
from evaluation.answers.evidence import operations as evidence
from evaluation.answers.issues import MESSAGES
from evaluation.answers.justifications import Unjustifiable, justify, withdraw
from evaluation.answers.prior_year_counts import Declaration, declare
from evaluation.answers.save import AnswerInput, save
from evaluation.audit.models import Event
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.language import language
from evaluation.policy import Forbidden, Role
from evaluation.submissions.extensions import queries
from evaluation.submissions.extensions.operations import MOST, ExtensionRefused, extend
from evaluation.submissions.locks import HANDED_OVER, LOCKS, NOT_BEGUN, PAST, Locked, Term, lock_of
from evaluation.submissions.models import ACCEPTED, DRAFT, OPEN_STATES, REOPENED, RETURNED, STATES, SUBMITTED, Extension
from evaluation.submissions.timeliness import (
    LATE,
    NO_DEADLINE,
    NOT_DUE,
    ON_TIME,
    OVERDUE,
    PUNCTUALITY,
    punctuality,
    punctuality_of,
)
from evaluation.workbooks.upload import operations as uploads
from evaluation.workbooks.upload.operations import Outdated
from tests.integration.answers.test_evidence import A_PDF
from tests.support.deadline_scenario import DEADLINE, START, day, give, make_place_in_term, put, set_days
from tests.support.entry_bodies import EMPTY, FOREIGN, OWN, REASON, SYSTEM, YEAR, Place
from tests.support.factories import clean, row, workbook


@pytest.fixture
def place(app: Flask, order: Order, tmp_path: Path) -> Place:
    return make_place_in_term(app, order, tmp_path)


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
        Term(): set(days),
        Term(START): set(days) - {"early"},
        Term(START, DEADLINE): {"first", "last"},
        Term(None, DEADLINE, day(9)): set(days) - {"ended"},
        # An extension that the deadline has overtaken takes no days away, and without a deadline there is none to extend.
        Term(None, DEADLINE, START): {"early", "first", "last"},
        Term(None, None, START): set(days),
    }
    for (term, open_on), (name, today), state in product(terms.items(), days.items(), (None, *STATES)):
        lock = lock_of(state, YEAR, term, today)
        if state in (None, DRAFT):
            assert (lock is None) == (name in open_on), (term, name)
        else:
            assert (lock is None) == (state in OPEN_STATES)
    past, ahead = lock_of(DRAFT, YEAR, Term(START, DEADLINE, day(9)), day(10)), lock_of(None, YEAR, Term(START), days["early"])
    assert past and (past.why, past.day, past.since) == (PAST, day(9), day(10)) and "10.04.2025" in past.message(language("en"))
    assert ahead and (ahead.why, ahead.day, ahead.since) == (NOT_BEGUN, START, None)
    assert {lock_of(state, YEAR, Term(), START).why for state in (SUBMITTED, ACCEPTED)} == {HANDED_OVER, "accepted"}  # type: ignore[union-attr]
    assert set(LOCKS) <= set(MESSAGES), "a workbook's rows are told each of them too"


def test_the_day_ends_at_midnight_of_almaty() -> None:
    midnight = datetime(2025, 4, 1, 19, tzinfo=UTC)
    last, next_ = (at.astimezone(clock.ZONE).date() for at in (midnight - timedelta(seconds=1), midnight))
    assert (last, next_) == (DEADLINE, day(1)) and clock.today() == datetime.now(clock.ZONE).date()
    assert lock_of(DRAFT, YEAR, Term(None, DEADLINE), last) is None and lock_of(DRAFT, YEAR, Term(None, DEADLINE), next_)


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
def test_who_is_late(deadline: date | None, submitted: date | None, today: date, state: str, days: int) -> None:
    extension = Extension(year=YEAR, body_id=1, until=day(30), reason="Себеп")
    for given in (None, extension):
        found = punctuality_of(deadline, submitted, today, given)
        assert (found.state, found.days, found.extension) == (state, days, given) and state in PUNCTUALITY
    words = {ON_TIME: "On time", LATE: f"{days} day", OVERDUE: f"Not submitted, {days} day"}
    assert found.told(language("en")).startswith(words.get(state, PUNCTUALITY[state]))


# Every way of writing


@pytest.fixture
def ways(place: Place) -> Iterator[dict[str, Callable[[date], Any]]]:
    """Each way by which a year is written, as a clerk would on a day; nothing of it is kept."""
    clerk, body, kind = place.viewer(Role.CLERK), place.bodies[OWN], place.kinds[0]
    own, order = place.organisations[place.own[0]], place.order
    money = next(item.code for item in order.asked_of(kind) if item.type == "money")
    criterion, field = next(order.declared())
    sent = {"year": YEAR, "body_id": body, "organisation_id": own, "criterion": sorted(evidence.criteria_of(order, kind))[0]}
    answers = clean(order, kind)
    first, second = (
        workbook(
            order,
            YEAR,
            {of: [row(order, OWN, own_bin, clean(order, of))]},
            previous=[{"body_bin": OWN, "kind": of, field.code: 2}],
        )
        for of, own_bin in zip(place.kinds, place.own, strict=True)
    )
    orders = place.app.extensions["orders"]
    with place.app.app_context():
        stored = save(clerk, order, YEAR, body, [AnswerInput(own, money, 5)], today=START)
        file = evidence.attach(clerk, order, name="a.pdf", data=A_PDF, today=START, **sent)
        taken, waiting = (uploads.receive(clerk, book, "book.xlsx", "overwrite", orders) for book in (first, second))
        shown = uploads.plan_of(clerk, taken, orders, "overwrite", today=START).digest
        uploads.apply(clerk, taken, orders, "overwrite", shown, START)
        save(clerk, order, YEAR, body, [AnswerInput(place.organisations[place.own[1]], money, 7)], today=START)
        db.session.commit()

        def apply(today: date) -> None:
            plan = uploads.plan_of(clerk, waiting, orders, "overwrite", today=today)
            uploads.apply(clerk, waiting, orders, "overwrite", plan.digest, today)

        yield {
            "save": lambda today: save(clerk, order, YEAR, body, [AnswerInput(own, money, 9, answers[money])], today=today),
            "paste": lambda today: save(clerk, order, YEAR, body, [AnswerInput(own, money, 9, 5)], "pasted", whole=True, today=today),
            "any body": lambda today: save(clerk, order, YEAR, None, [AnswerInput(own, money, 9, 5)], today=today),
            "undo": lambda today: saving.undo(clerk, order, YEAR, body, stored.batch, today),
            "declare": lambda today: declare(clerk, order, YEAR, body, [Declaration(kind, criterion.code, 3, 2)], today=today),
            "justify": lambda today: justify(clerk, order, YEAR, body, own, "no such rule", None, REASON, today),
            "withdraw": lambda today: withdraw(clerk, YEAR, body, own, "no such rule", None, today),
            "attach": lambda today: evidence.attach(clerk, order, name="b.pdf", data=A_PDF + b"\n", today=today, **sent),
            "remove": lambda today: evidence.remove(clerk, YEAR, body, own, file.id, today),
            "apply": apply,
            "undo upload": lambda today: uploads.undo(clerk, taken, order, today),
        }
        db.session.rollback()


def locked(ways: dict[str, Callable[[date], Any]], today: date) -> dict[str, str]:
    """What keeps each way from writing on a day; those that write are left out. Nothing is kept."""
    found = {}
    for name, write in ways.items():
        try:
            write(today)
        except Locked as error:
            found[name] = error.lock.why
        except Unjustifiable:
            pass
        except Outdated as error:
            (found[name],) = {each.problem for each in error.plan.errors}
            assert all("%" not in each.message(language("en")) for each in error.plan.errors)
        db.session.rollback()
    return found


def test_every_way_of_writing_keeps_to_the_days(place: Place, ways: dict[str, Callable[[date], Any]]) -> None:
    everything = set(ways)
    reports = {id_: (each.version, each.answers) for id_, each in _reports(place).items()}
    assert locked(ways, START) == locked(ways, DEADLINE) == {}
    assert locked(ways, START - timedelta(1)) == dict.fromkeys(everything, NOT_BEGUN)
    assert locked(ways, day(1)) == dict.fromkeys(everything, PAST)
    # Given after it locked, the extension opens it and locks it again by itself; then it is shortened, then lengthened.
    give(place, day(10), day(5))
    assert locked(ways, day(10)) == {} and set(locked(ways, day(11))) == everything
    give(place, day(7), day(6))
    assert locked(ways, day(7)) == {} and set(locked(ways, day(8))) == everything
    give(place, day(20), day(8))
    assert locked(ways, day(20)) == {} and set(locked(ways, day(21))) == everything
    # Somebody else's extension is no help.
    db.session.query(Extension).delete()
    give(place, day(20), day(8), bin_=FOREIGN)
    assert set(locked(ways, day(9))) == everything
    # What was handed over is locked whatever the day and extension, what is to be mended open.
    give(place, day(20), day(8))
    put(place, SUBMITTED, DEADLINE)
    for today in (START, day(9)):
        assert locked(ways, today) == dict.fromkeys(everything, HANDED_OVER)
    for state in (RETURNED, REOPENED):
        put(place, state, DEADLINE)
        assert locked(ways, START - timedelta(1)) == locked(ways, day(400)) == {}
    assert {id_: (each.version, each.answers) for id_, each in _reports(place).items()} == reports


def _reports(place: Place) -> Any:
    return collection.stored_reports(SYSTEM, YEAR, list(place.organisations.values()))


def test_locks_of_many_bodies_are_one_question(place: Place) -> None:
    with place.app.app_context():
        give(place, day(9), day(2), bin_=FOREIGN)
        put(place, SUBMITTED, DEADLINE, EMPTY)
        ids = list(place.bodies.values())
        with counted() as asked:
            found = collection.locks(SYSTEM, YEAR, ids, day(5))
        assert len(asked) == 1
        assert {id_: each.why for id_, each in found.items()} == {place.bodies[OWN]: PAST, place.bodies[EMPTY]: HANDED_OVER}
        assert set(collection.locks(place.viewer(Role.CLERK), YEAR, ids, day(30))) == {place.bodies[OWN]}
        assert collection.lock(SYSTEM, YEAR, place.bodies[FOREIGN], day(9)) is None
        held = collection.held(SYSTEM, YEAR, list(place.organisations.values()))
        assert held[place.organisations[place.foreign]].term == Term(START, DEADLINE, day(9))
        assert held[place.organisations[place.own[0]]].term == Term(START, DEADLINE, None)


@contextmanager
def counted() -> Iterator[list[str]]:
    asked: list[str] = []

    def note(*given: Any) -> None:
        asked.append(given[2])

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


# Extensions


def test_who_gives_an_extension_and_which(place: Place) -> None:
    with place.app.app_context():
        year = set_days(START, DEADLINE)
        for role in (Role.CLERK, Role.HEAD, Role.REVIEWER, Role.OBSERVER, Role.NOBODY):
            viewer = place.viewer(role) if role is not Role.NOBODY else SYSTEM.nobody()
            with pytest.raises(Forbidden):
                extend(viewer, year, place.body(), day(9), "Себеп", day(2))
        for at, until, reason, today, changes in (
            ("until", DEADLINE, "Себеп", day(-9), {}),
            ("until", day(3), "Себеп", day(4), {}),
            ("until", date(2052, 4, 15), "Себеп", day(4), {}),
            ("reason", day(9), " \u200b\n", day(4), {}),
            ("reason", day(9), "ж" * (MOST + 1), day(4), {}),
            ("body", day(9), "Себеп", day(4), {"since": date(YEAR + 1, 1, 1)}),
            ("body", day(9), "Себеп", day(4), {"closed_on": date(YEAR, 12, 30)}),
        ):
            body = place.body()
            for name, value in changes.items():
                setattr(body, name, value)
            with pytest.raises(ExtensionRefused) as refused:
                extend(place.viewer(Role.ADMINISTRATOR), year, body, until, reason, today)
            assert refused.value.at == at and refused.value.message(language("en"))
            db.session.rollback()
        first = give(place, day(9), day(-3), " Өтініш № 5 ")
        assert give(place, day(9), day(1), "Өтініш № 5").id == first.id, "pressed twice"
        give(place, day(5), day(5), "Қысқартылды")
        told = db.session.query(Event).filter_by(action="extended").order_by(Event.id).all()
        assert [(each.year, each.body_id, each.actor) for each in told] == [(YEAR, place.bodies[OWN], "The administrator")] * 2
        assert [each.data for each in told] == [
            {"until": [None, f"{day(9)}"], "reason": "Өтініш № 5"},
            {"until": [f"{day(9)}", f"{day(5)}"], "reason": "Қысқартылды"},
        ]
        assert [each.until for each in queries.of_body(SYSTEM, YEAR, place.bodies[OWN])] == [day(5), day(9)]
        assert queries.in_force(SYSTEM, YEAR)[place.bodies[OWN]].until == day(5)
        assert queries.given(place.viewer(Role.REVIEWER, FOREIGN), YEAR).total == 0
        put(place, SUBMITTED, DEADLINE)
        with pytest.raises(ExtensionRefused, match="handed this year over"):
            give(place, day(30), day(6))
        set_days(None, None)
        with pytest.raises(ExtensionRefused, match="no deadline"):
            give(place, day(30), day(6), bin_=FOREIGN)


def test_lateness_of_many_bodies_is_two_questions(place: Place) -> None:
    with place.app.app_context():
        year = set_days(START, DEADLINE)
        give(place, day(9), day(-3))
        put(place, RETURNED, day(4))
        put(place, SUBMITTED, DEADLINE, FOREIGN)
        own, foreign, empty = (place.bodies[bin_] for bin_ in (OWN, FOREIGN, EMPTY))
        db.session.refresh(year)
        with counted() as asked:
            found = punctuality(SYSTEM, year, (own, foreign, empty), day(6))
        assert len(asked) == 2
        assert {id_: (each.state, each.days) for id_, each in found.items()} == {
            own: (LATE, 4),
            foreign: (ON_TIME, 0),
            empty: (OVERDUE, 6),
        }
        assert found[own].submitted_on == day(4) and found[own].extension and found[own].extension.until == day(9)
        assert list(punctuality(place.viewer(Role.REVIEWER), year, (own, foreign, empty), day(6))) == [own]
        assert punctuality(SYSTEM, year, range(2000), day(6)).keys() == set(range(2000)), "so many are not named one by one"
        assert queries.states(SYSTEM, YEAR) == {"draft": 1, "submitted": 1, "returned": 1}
        assert queries.states(place.viewer(Role.REVIEWER), YEAR) == {"returned": 1}
