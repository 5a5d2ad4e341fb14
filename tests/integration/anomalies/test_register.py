"""The register: a second search keeps what people decided, and nobody learns of a body that they cannot see."""

from typing import Any

import pytest
from flask import Flask

from evaluation.accounts.models import Account
from evaluation.anomalies import operations, queries
from evaluation.anomalies.models import EXPLAINED, OPEN, SET_ASIDE, AnomalySearch
from evaluation.anomalies.operations import AnomalyRefused, StaleAnomaly, UnknownAnomaly
from evaluation.anomalies.queries import ANY_STATE, VANISHED, AnomalyFilters, AnomalyRow
from evaluation.answers.model import AnswerInput
from evaluation.answers.save import save_answers
from evaluation.audit.models import AuditEvent
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.jobs.lease import JobCancelled
from evaluation.policy import Forbidden, Role, Viewer
from tests.support.factories import clean
from tests.support.planted import submitted
from tests.support.scenario import (
    BODY,
    FOREIGN_ORGANISATION,
    OTHER_BODY,
    SYSTEM,
    YEAR,
    Scenario,
    all_kinds_scenario,
    first_indicator,
    store_answers,
)

AMOUNT = 123_456_789_01
REASON, EXPLANATION = "Есептілікпен салыстырылды", "Сомалар есептіліктен алынды"


@pytest.fixture
def scenario(app: Flask, order: Order) -> Scenario:
    """Two organisations of two bodies have the same amount, to the tiyn."""
    scenario = all_kinds_scenario(app, order)
    with app.app_context():
        set_amount(scenario, FOREIGN_ORGANISATION, AMOUNT)
        set_amount(scenario, first_of(scenario), AMOUNT)
        db.session.commit()
    return scenario


def set_amount(scenario: Scenario, organisation_bin: str, amount: int) -> None:
    kind = scenario.kind_of[organisation_bin]
    store_answers(scenario.order, organisation_bin, {first_indicator(scenario.order, kind, "money"): amount})


def first_of(scenario: Scenario) -> str:
    """The body's second organisation of the first kind, which has no report of last year."""
    return scenario.bins_of(next(iter(scenario.order.kind)))[1]


def viewer(scenario: Scenario, role: Role, *body_bins: str) -> Viewer:
    ids = frozenset(scenario.bodies[bin_] for bin_ in body_bins) if body_bins else None
    return Viewer(f"The {role}", role, ids, db.session.query(Account.id).filter_by(role=role).limit(1).scalar())


def search() -> operations.SearchResult:
    result = operations.search(SYSTEM, YEAR)
    db.session.commit()
    assert result
    return result


def rows(reader: Viewer, **filters: Any) -> list[AnomalyRow]:
    return list(queries.anomalies(reader, YEAR, AnomalyFilters(**filters), 1).items)


def of_body(reader: Viewer) -> AnomalyRow:
    (row,) = rows(reader, state=ANY_STATE)
    return row


def test_a_search_has_progress_and_stops_once_cancelled(scenario: Scenario) -> None:
    steps: list[tuple[int, int]] = []

    def cancel(done: int, total: int) -> None:
        steps.append((done, total))
        if done == 1:
            raise JobCancelled

    with scenario.app.app_context():
        with pytest.raises(JobCancelled):
            operations.search(SYSTEM, YEAR, cancel)
        db.session.rollback()
        kinds = len(scenario.order.anomalies)
        assert steps == [(0, kinds), (1, kinds)] and not rows(SYSTEM, state=ANY_STATE)


def test_a_second_search_retains_decisions_and_marks_what_vanished(scenario: Scenario) -> None:
    with scenario.app.app_context():
        first = search()
        assert (first.total, first.new) == (2, 2)
        reviewer = viewer(scenario, Role.REVIEWER, BODY)
        anomaly = of_body(reviewer).anomaly
        operations.decide(reviewer, anomaly.id, anomaly.version, EXPLAINED, f" {REASON} ")
        db.session.commit()
        assert search() == operations.SearchResult(2, 0, 0, 0)
        assert (of_body(reviewer).anomaly.state, of_body(reviewer).anomaly.reason) == (EXPLAINED, REASON)
        # Another amount is another anomaly, if it is one at all.
        set_amount(scenario, FOREIGN_ORGANISATION, AMOUNT + 1)
        db.session.commit()
        assert search() == operations.SearchResult(0, 0, 0, 2)
        assert not rows(reviewer) and rows(reviewer, state=VANISHED)[0].anomaly.state == EXPLAINED
        set_amount(scenario, FOREIGN_ORGANISATION, AMOUNT)
        db.session.commit()
        assert search() == operations.SearchResult(2, 0, 2, 0)
        assert rows(reviewer, state=EXPLAINED)[0].anomaly.reason == REASON


def test_a_search_is_outdated_after_a_change(scenario: Scenario) -> None:
    with scenario.app.app_context():
        reviewer = viewer(scenario, Role.REVIEWER, BODY)
        assert queries.last_search(reviewer, YEAR) is None
        search()
        last = queries.last_search(reviewer, YEAR)
        assert last and not last.is_outdated
        set_amount(scenario, first_of(scenario), AMOUNT + 1)
        db.session.commit()
        last = queries.last_search(reviewer, YEAR)
        assert last and last.is_outdated


def test_a_search_is_outdated_by_a_change_with_an_id_from_before_it(scenario: Scenario) -> None:
    with scenario.app.app_context():
        reviewer = viewer(scenario, Role.REVIEWER, BODY)
        set_amount(scenario, first_of(scenario), AMOUNT + 1)
        db.session.commit()
        search()
        last = queries.last_search(reviewer, YEAR)
        assert last and not last.is_outdated
        # PostgreSQL: the search began after the id was given and before the change was committed.
        set_amount(scenario, first_of(scenario), AMOUNT + 2)
        db.session.commit()
        stored = db.session.get(AnomalySearch, YEAR)
        assert stored
        stored.event_id = queries.last_event_id(SYSTEM)
        db.session.commit()
        last = queries.last_search(reviewer, YEAR)
        assert last and last.is_outdated


def test_decisions_and_explanations(scenario: Scenario) -> None:
    with scenario.app.app_context():
        search()
        reviewer, clerk = viewer(scenario, Role.REVIEWER, BODY), viewer(scenario, Role.CLERK, BODY)
        id_ = of_body(clerk).anomaly.id
        assert operations.explain(clerk, id_, 1, EXPLANATION).reply == EXPLANATION
        for state, reason in ((SET_ASIDE, " "), ("unknown", REASON), (SET_ASIDE, "x" * 3000)):
            with pytest.raises(AnomalyRefused):
                operations.decide(reviewer, id_, 2, state, reason)
        with pytest.raises(StaleAnomaly):
            operations.decide(reviewer, id_, 1, SET_ASIDE, REASON)
        assert operations.decide(reviewer, id_, 2, SET_ASIDE, REASON).state == SET_ASIDE
        assert operations.decide(reviewer, id_, 3, OPEN, "").state == OPEN
        assert operations.explain(reviewer, id_, 4, "").reply_at is None
        db.session.commit()
        events = db.session.query(AuditEvent).filter(AuditEvent.action.like("anomaly%")).order_by(AuditEvent.seq).all()
        assert [event.data.get("anomaly_state") for event in events] == [None, [OPEN, SET_ASIDE], [SET_ASIDE, OPEN], None]
        assert {event.body_id for event in events} == {scenario.bodies[BODY]}


def test_who_may_do_what(scenario: Scenario) -> None:
    with scenario.app.app_context():
        search()
        id_ = of_body(viewer(scenario, Role.REVIEWER, BODY)).anomaly.id
        with pytest.raises(Forbidden):
            operations.decide(viewer(scenario, Role.CLERK, BODY), id_, 1, EXPLAINED, REASON)
        for foreign in (viewer(scenario, Role.CLERK, OTHER_BODY), viewer(scenario, Role.REVIEWER, OTHER_BODY)):
            with pytest.raises(UnknownAnomaly):
                operations.explain(foreign, id_, 1, EXPLANATION)
        with pytest.raises(Forbidden):
            rows(viewer(scenario, Role.OBSERVER))
        with pytest.raises(Forbidden):
            operations.search(viewer(scenario, Role.REVIEWER), YEAR)


def test_the_counterpart_is_named_to_those_who_can_see_it(scenario: Scenario) -> None:
    with scenario.app.app_context():
        search()
        row = of_body(viewer(scenario, Role.REVIEWER, BODY))
        assert row.has_hidden_counterpart and row.other_body is None and row.other_organisation is None
        both = {row.body.bin: row for row in rows(viewer(scenario, Role.REVIEWER))}
        other = both[BODY].other_organisation
        assert other and other.bin == FOREIGN_ORGANISATION and not both[BODY].has_hidden_counterpart


def test_points_at_stake_order_the_queue(scenario: Scenario) -> None:
    with scenario.app.app_context():
        search()
        stakes = [row.anomaly.stake for row in rows(viewer(scenario, Role.REVIEWER))]
        assert stakes == sorted(stakes, reverse=True) and len(stakes) == 2
        counts = queries.open_counts(viewer(scenario, Role.REVIEWER), YEAR)
        assert [(count, stake) for _, count, stake in counts] == [(2, sum(stakes))]
        code = rows(viewer(scenario, Role.REVIEWER))[0].anomaly.code
        assert len(rows(viewer(scenario, Role.REVIEWER), code=code, search=BODY)) == 1
        assert not rows(viewer(scenario, Role.REVIEWER), code="another") and not rows(
            viewer(scenario, Role.REVIEWER), region="99"
        )


@pytest.mark.parametrize("is_typed, expected", [(True, 1), (False, 0)])
def test_haste_is_of_people_who_type(app: Flask, order: Order, is_typed: bool, expected: int) -> None:
    """What a command stored at once is no haste."""
    scenario = all_kinds_scenario(app, order)
    with app.app_context():
        clerk = viewer(scenario, Role.CLERK, BODY)
        inputs = [
            AnswerInput(scenario.organisations[bin_], code, value, None)
            for bin_ in scenario.organisation_bins
            for code, value in clean(order, scenario.kind_of[bin_]).items()
        ]
        typist = clerk if is_typed else SYSTEM
        assert not save_answers(typist, order, YEAR, scenario.bodies[BODY], inputs).conflicts
        db.session.add(submitted(YEAR, scenario.bodies[BODY], clerk.account_id or 0))
        db.session.commit()
        search()
        tests = [order.anomaly[row.anomaly.code].test for row in rows(viewer(scenario, Role.REVIEWER))]
        assert tests.count("haste") == expected
