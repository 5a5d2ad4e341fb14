"""A wrong clock: the order of events stays right, later events bear the right time, and it is reported."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from time_machine import TimeMachineFixture

from evaluation.audit import chain, queries
from evaluation.audit.actions import AuditAction
from evaluation.audit.hashing import timestamp_text
from evaluation.audit.models import AuditEvent
from evaluation.audit.operations import NewEvent, append_events
from evaluation.audit.verification import clock_notes, future_time, verify_audit_log
from evaluation.clock import precise_now
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.language import LANGUAGE_CODES, language
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.review.history.reconstruct import sheet_as_of
from evaluation.review.integrity import discrepancies
from evaluation.sheets import queries as sheets
from tests.support.accounts import signed_in
from tests.support.scenario import YEAR, first_indicator, two_kind_scenario

SYSTEM = Viewer.system()


def set_clock(monkeypatch: pytest.MonkeyPatch, difference: timedelta) -> None:
    monkeypatch.setattr(chain, "timestamp", lambda: timestamp_text(precise_now() + difference))


def append_and_commit(*bodies: int) -> None:
    append_events(SYSTEM, [NewEvent(AuditAction.ANSWERS_SAVED, YEAR, body, 5, {}) for body in bodies])
    db.session.commit()


def differences() -> list[float]:
    """Return by how many minutes each event's time differs from now, in the order of their ids."""
    times = db.session.scalars(select(AuditEvent.at).order_by(AuditEvent.id))
    return [round((at - precise_now()).total_seconds() / 60) for at in times]


def test_one_moment_of_a_wrong_clock_does_not_stamp_later_events(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The times of events, the warning in the log, the notes, and the sound log, for a clock ahead and for one set back."""
    with app.app_context():
        append_and_commit(1)
        assert clock_notes(SYSTEM) == [] and future_time(SYSTEM) is None
        set_clock(monkeypatch, timedelta(days=500))
        append_and_commit(1, 2)
        assert [note.values["count"] for note in clock_notes(SYSTEM)] == [3], "two events and the start of a chain"
        latest = future_time(SYSTEM)
        assert latest is not None and latest > precise_now()
        monkeypatch.undo()
        with caplog.at_level(logging.WARNING):
            append_and_commit(1)
        assert "The clock is" in caplog.text and "it was or is wrong" in caplog.text
        append_and_commit(1, 2)
        set_clock(monkeypatch, timedelta(hours=-1))
        append_and_commit(2)
        monkeypatch.undo()
        append_and_commit(2)
        day = 24 * 60
        assert differences() == [0, 0, 0, 500 * day, 500 * day, 500 * day, 0, 0, 0, -60, 0]
        future, *jumps = clock_notes(SYSTEM)
        assert [(note.values["chain"], note.values["seq"]) for note in jumps] == [(1, 3), (2, 3)]
        for code in LANGUAGE_CODES:
            assert str(future.values["count"]) in future.message(language(code)) and jumps[0].message(language(code))
        assert verify_audit_log(SYSTEM) == []


def test_small_differences_of_clocks_do_not_turn_a_chain_back(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.app_context():
        append_and_commit(1)
        set_clock(monkeypatch, timedelta(seconds=-50))
        append_and_commit(1)
        first, second = (event.at for event in queries.events(SYSTEM, AuditEvent.chain == 1))
        assert first == second and clock_notes(SYSTEM) == []


def test_a_past_day_and_verification_follow_the_order_of_events(
    app: Flask, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that was saved while the clock was ahead belongs to today; nothing looks tampered with."""
    scenario = two_kind_scenario(app, order)
    organisation_bin = scenario.organisation_bins[0]
    code = first_indicator(order, scenario.kinds[0], "money", has_minimum=False)
    with scenario.app.app_context():
        for amount, days in ((100, 0), (200, 500), (300, 0), (400, 500)):
            set_clock(monkeypatch, timedelta(days=days))
            scenario.answer(organisation_bin, **{code: amount})
            db.session.commit()
            assert list(discrepancies(SYSTEM)) == [] and verify_audit_log(SYSTEM) == []
        set_clock(monkeypatch, timedelta())
        code = first_indicator(order, scenario.kinds[0], "whole")
        scenario.answer(scenario.organisation_bins[1], **{code: 1})
        db.session.commit()
        today = sheet_as_of(SYSTEM, registry.orders(), scenario.body(), YEAR, precise_now())
        assert today and today.sheet_input == sheets.read_sheet_input(SYSTEM, scenario.body(), YEAR)


def test_a_clock_that_is_set_back_signs_nobody_out(app: Flask, time_machine: TimeMachineFixture) -> None:
    """The cookie was signed in the future then; one from further ahead than a session may last is void."""
    client = signed_in(app, "reviewer")
    started, hour = datetime.now(UTC), timedelta(hours=1)
    for difference, status in ((hour, 200), (app.permanent_session_lifetime + 2 * hour, 303)):
        time_machine.move_to(started - difference)
        assert client.get("/account/").status_code == status
