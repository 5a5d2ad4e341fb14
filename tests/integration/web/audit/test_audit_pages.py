"""The pages of the audit log: visibility, filters, paging, and the history of an answer."""

import ast
from collections.abc import Iterable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from flask import Flask

from evaluation.answers.model import AnswerInput
from evaluation.answers.save import save_answers, undo_batch
from evaluation.audit.actions import AuditAction, AuditGroup
from evaluation.audit.operations import NewEvent, append_events, new_batch
from evaluation.clock import to_local, today
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Role, Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Body
from evaluation.review.audit_search.queries import PAGE_SIZE, READ_SIZE, AuditFilters, AuditHit, answer_history, search
from tests.support.accounts import make_account, sign_in, signed_in
from tests.support.factories import clean
from tests.support.html import attributes, parse
from tests.support.paths import ROOT
from tests.support.scenario import (
    BODY,
    FOREIGN_ORGANISATION,
    OTHER_BODY,
    SYSTEM,
    YEAR,
    Scenario,
    all_kinds_scenario,
    store_answers,
)

CLERK = "Айгүл Серікқызы"


@pytest.fixture
def scenario(app: Flask, order: Order) -> Scenario:
    """Create two bodies of different regions with answers of this year."""
    result = all_kinds_scenario(app, order)
    kind = order.kinds[1].code
    with app.app_context():
        for bin_, kato in ((BODY, "310000000"), (OTHER_BODY, "350000000")):
            body = db.session.query(Body).filter_by(bin=bin_).one()
            body.kato, body.level = kato, "region"
        items = money(order, kind)
        clerk = Viewer(CLERK, Role.CLERK, frozenset({result.body_id}))
        organisation_id = registry.registry_index(SYSTEM).organisations[result.bins_of(kind)[0]][0]
        save_answers(
            clerk,
            order,
            YEAR,
            result.body_id,
            [AnswerInput(organisation_id, items[0], 1_234_567_89), AnswerInput(organisation_id, items[1], 5_00)],
        )
        db.session.commit()
        store_answers(order, FOREIGN_ORGANISATION, dict(list(clean(order, order.kinds[0].code).items())[:1]))
        db.session.commit()
    return result


def money(order: Order, kind: str) -> list[str]:
    return [item.code for item in order.indicators_of(kind) if item.type == "money"]


def actions(results: tuple[list[AuditHit], bool]) -> list[str]:
    return [hit.event.action for hit in results[0]]


def bodies(results: Iterable[AuditHit]) -> set[int | None]:
    return {hit.event.body_id for hit in results}


# Visibility


def test_people_see_the_events_of_their_bodies_only(app: Flask, order: Order, scenario: Scenario) -> None:
    with app.app_context():
        other = registry.registry_index(SYSTEM).bodies[OTHER_BODY]
        clerk, stranger = (Viewer("x", Role.CLERK, frozenset({hit})) for hit in (scenario.body_id, other))
        region, country = Viewer("x", Role.REVIEWER, frozenset({other})), Viewer("x", Role.OBSERVER, None)
        administrator = Viewer("x", Role.ADMINISTRATOR, None)
        assert bodies(search(clerk, AuditFilters())[0]) == {scenario.body_id}
        assert bodies(search(stranger, AuditFilters())[0]) == bodies(search(region, AuditFilters())[0]) == {other}
        assert bodies(search(country, AuditFilters())[0]) == {scenario.body_id, other}
        assert (
            bodies(search(administrator, AuditFilters())[0])
            == bodies(search(SYSTEM, AuditFilters())[0])
            == {scenario.body_id, other, None}
        )
        assert not search(Viewer.nobody(), AuditFilters())[0]
        # Remarks require the permission to reply, names of evidence files the permission to view files.
        data = [
            NewEvent(action, YEAR, scenario.body_id, data={"text": "x", "name": "y"})
            for action in (AuditAction.REMARK_ADDED, AuditAction.EVIDENCE_FILE_ATTACHED)
        ]
        append_events(SYSTEM, data)
        db.session.commit()
        hidden = {"remark_added", "evidence_file_attached"}
        assert hidden < set(actions(search(clerk, AuditFilters()))) and not hidden & set(actions(search(country, AuditFilters())))
        assert not search(administrator, AuditFilters(actions=hidden))[0]
        # Neither filters nor an event's id give access to another body's events.
        foreign = search(stranger, AuditFilters())[0][0].event
        for filters in (
            AuditFilters(body=OTHER_BODY),
            AuditFilters(organisation=FOREIGN_ORGANISATION),
            AuditFilters(batch=str(foreign.batch)),
        ):
            assert not search(clerk, filters)[0]
        assert actions(search(clerk, AuditFilters(), before=foreign.id)) == actions(search(clerk, AuditFilters()))
    shown = {}
    people = {
        "own": scenario.emails["clerk"],
        "other": scenario.emails["stranger"],
        "region": make_account(app, "reviewer", region="35"),
    }
    people |= {"country": scenario.emails["observer"], "administrator": make_account(app, "administrator")}
    for who, email in people.items():
        page = sign_in(app.test_client(), email).get("/audit").text
        shown[who] = (
            f"/bodies/{BODY}/{YEAR}" in page,
            f"/bodies/{OTHER_BODY}/{YEAR}" in page,
            "group=sign" in page or "sign-in" in page,
        )
        assert 'href="/audit" aria-current="page"' in page
    assert shown == {
        "own": (True, False, False),
        "other": (False, True, False),
        "region": (False, True, False),
        "country": (True, True, False),
        "administrator": (True, True, True),
    }


# Filters


def test_every_filter(app: Flask, order: Order, scenario: Scenario) -> None:
    kind = order.kinds[1].code
    first, second = money(order, kind)[:2]
    note = order.evidence_of(kind)[0].code
    with app.app_context():
        organisation_id = registry.registry_index(SYSTEM).organisations[scenario.bins_of(kind)[0]][0]
        reviewer = Viewer("Ерлан Тексеруші", Role.REVIEWER, None)
        data = {"remark": 1, "code": note, "text": f'"{second}": бұл сөз, кілт емес'}
        append_events(
            reviewer,
            [
                NewEvent(AuditAction.REMARK_ADDED, YEAR, scenario.body_id, organisation_id, data),
                NewEvent(AuditAction.RETURNED, YEAR, scenario.body_id),
            ],
        )
        append_events(SYSTEM, [NewEvent(AuditAction.SIGN_IN_FAILED, data={"address": "10.0.0.1"})])
        db.session.commit()

        def results(**filters: Any) -> list[str]:
            return sorted(actions(search(SYSTEM, AuditFilters(year=YEAR, **filters))))

        this_year, day = results(), to_local(search(SYSTEM, AuditFilters())[0][0].event.at).date()
        assert this_year == ["answers_saved", "answers_saved", "remark_added", "returned", "year_opened"]
        assert results(body=BODY) == results(body="бір") == ["answers_saved", "remark_added", "returned"]
        bin_ = scenario.bins_of(kind)[0]
        assert results(organisation=f"ұйым {bin_}") == results(organisation=bin_) == ["answers_saved", "remark_added"]
        assert results(organisation=f"{FOREIGN_ORGANISATION} организация") == results(body="екі") == ["answers_saved"]
        assert results(person="АЙГҮЛ") == results(person="серикқызы айгул") == ["answers_saved"]
        assert results(person="тексеруші") == ["remark_added", "returned"] and not results(person="%")
        assert results(code=first, body=BODY) == results(code=second) == ["answers_saved"] and results(code=note) == [
            "remark_added"
        ]
        assert results(actions=AuditGroup.REVIEW.actions) == ["returned"]
        assert results(since=day) == results(until=day) == this_year
        assert not results(since=day + timedelta(days=1)) and not results(until=day - timedelta(days=1))
        assert results(body="бір", person="серік", code=first, since=day, actions=["answers_saved"]) == ["answers_saved"]
        assert actions(search(SYSTEM, AuditFilters(actions=AuditGroup.SIGN_IN.actions))) == ["sign_in_failed"]
    client = signed_in(app, "administrator")
    page = client.get("/audit", query_string={"code": first, "person": "Айгүл", "since": f"{today():%d.%m.%Y}"}).text
    assert page.count('class="audit-time"') == 1 and "1\xa0234\xa0567.89" in page and CLERK in page
    assert order.by_code[first].label["en"] in page and scenario.bins_of(kind)[0] in page
    refused = client.get("/audit", query_string={"until": "31.02.2026"}).text
    assert "is-invalid" in refused and 'class="audit-time"' not in refused


def test_a_batch_is_listed_once(app: Flask, order: Order, scenario: Scenario) -> None:
    """All pages together list each single event and each batch once, even if other events are between those of a batch."""
    with app.app_context():
        batch, clerk = new_batch(), Viewer(CLERK, Role.CLERK, frozenset({scenario.body_id}))
        filters = AuditFilters(body=BODY, actions=["workbook_applied", "answers_saved", "prior_year_counts_declared"])
        before = {hit.event.id for hit in search(clerk, filters)[0]}
        for part in range(3):
            events = [
                NewEvent(AuditAction.WORKBOOK_APPLIED, YEAR, scenario.body_id, 1000 + 100 * part + n, {"x": [None, n]})
                for n in range(100)
            ]
            append_events(
                clerk,
                [*events, NewEvent(AuditAction.PRIOR_YEAR_COUNTS_DECLARED, YEAR, scenario.body_id)] if part == 0 else events,
                batch,
            )
            append_events(
                clerk, [NewEvent(AuditAction.ANSWERS_SAVED, YEAR, scenario.body_id, n, {"x": [n, part]}) for n in range(1, 31)]
            )
            db.session.commit()
        assert READ_SIZE < 300
        seen: list[AuditHit] = []
        more, last = True, None
        while more:
            results, more = search(clerk, filters, last)
            assert len(results) == PAGE_SIZE or not more
            seen, last = seen + results, results[-1].event.id
        ids = [hit.event.id for hit in seen]
        assert len(ids) == len(set(ids)) == 90 + 1 + len(before) and before < set(ids)
        step = next(hit for hit in seen if hit.event.batch == batch)
        assert (
            step.counts == {"workbook_applied": 300, "prior_year_counts_declared": 1}
            and step.organisations == 300
            and step.bodies == 1
        )
        assert len(search(clerk, AuditFilters(batch=batch))[0]) == PAGE_SIZE
    client = sign_in(app.test_client(), scenario.emails["clerk"])
    client.set_cookie("language", "en")
    page = client.get("/audit").text
    [older] = attributes(page, 'a[rel="next"]', "href")
    assert older.startswith("/audit?before=")
    both = page + client.get(older).text
    assert both.count(f"/audit?batch={batch}") == 1 and "300 organisations" in both
    assert len(parse(client.get(f"/audit?batch={batch}")).select(".audit-time")) == PAGE_SIZE


# History of an answer


def test_an_answer_shows_its_history(app: Flask, order: Order, scenario: Scenario) -> None:
    kind = order.kinds[1].code
    first, second = money(order, kind)[:2]
    organisation_bin = scenario.bins_of(kind)[0]
    with app.app_context():
        organisation_id = registry.registry_index(SYSTEM).organisations[organisation_bin][0]
        clerk = Viewer(CLERK, Role.CLERK, frozenset({scenario.body_id}))
        again = save_answers(clerk, order, YEAR, scenario.body_id, [AnswerInput(organisation_id, first, None, 1_234_567_89)])
        undo_batch(clerk, order, YEAR, scenario.body_id, again.batch)
        append_events(
            clerk,
            [
                NewEvent(
                    AuditAction.JUSTIFICATION_ADDED,
                    YEAR,
                    scenario.body_id,
                    organisation_id,
                    {"rule": "r", "code": first, "value": 1, "reason": "<b>Акт"},
                )
            ],
        )
        save_answers(clerk, order, YEAR, scenario.body_id, [AnswerInput(organisation_id, second, 7_00, 5_00)])
        db.session.commit()
        results = answer_history(clerk, YEAR, organisation_id, first)
        data = [(hit.action, hit.old, hit.new, hit.is_change) for hit in results]
        assert data == [
            ("justification_added", None, None, False),
            ("change_undone", None, 1_234_567_89, True),
            ("answers_saved", 1_234_567_89, None, True),
            ("answers_saved", None, 1_234_567_89, True),
        ]
        assert {hit.actor for hit in results} == {CLERK}
        assert not answer_history(Viewer("x", Role.CLERK, frozenset({scenario.body_id + 1})), YEAR, organisation_id, first)
        assert not answer_history(clerk, YEAR - 2, organisation_id, first) and not answer_history(
            clerk, YEAR, organisation_id, "x%"
        )
    url = scenario.report_url(organisation_bin) + "/history/"
    client = sign_in(app.test_client(), scenario.emails["clerk"])
    client.set_cookie("language", "en")
    page, part = client.get(url + first).text, client.get(url + first + "?part").text
    assert page.count('class="audit-time"') == part.count('class="audit-time"') == 4 and "<html" not in part
    assert "1\xa0234\xa0567.89" in part and "no answer" in part and "&lt;b&gt;Акт" in part
    assert url + first in client.get(scenario.report_url(organisation_bin)).text
    unchanged = scenario.report_url(scenario.bins_of(kind)[1]) + "/history/" + first
    assert "has no events for this answer" in client.get(unchanged).text
    stranger = sign_in(app.test_client(), scenario.emails["stranger"])
    assert stranger.get(url + first).status_code == 404
    for address in (
        url + "nowhere",
        scenario.report_url(FOREIGN_ORGANISATION) + "/history/" + first,
        scenario.report_url("x%00") + "/history/" + first,
    ):
        assert client.get(address).status_code == 404


# Hostile input


def test_hostile_input_is_harmless(careless: Flask, order: Order, scenario: Scenario) -> None:
    with careless.app_context():
        hostile = Viewer('<script>alert("x")</script>', Role.CLERK, frozenset({scenario.body_id}))
        odd = {"<b>": ["<i>", {"a": [1]}], "deadline": ["x", "2026-99-99"], "level": [None, 7], "periods": [None, "x"], "n": None}
        odd |= {
            "changes": [1],
            "former_names": [None, [{"a": 1}]],
            "code": 5,
            money(order, order.kinds[1].code)[0]: [["x"], {"y": 1}],
        }
        append_events(
            hostile,
            [
                NewEvent(cast(AuditAction, SimpleNamespace(value="<u>")), YEAR, scenario.body_id, 10**6, odd),
                NewEvent(AuditAction.ANSWERS_SAVED, 1990, scenario.body_id, None, odd),
            ],
        )
        db.session.commit()
    client = signed_in(careless, "administrator", "kk")
    page = client.get("/audit").text
    assert "<script>alert" not in page and "<u>" not in page and "<b>" not in page and "&lt;script&gt;" in page
    whole = page.count('class="audit-time"')
    for value in ("x", "99999999999999999999", "٢٠٢٤", '"%'):
        # An unknown value filters nothing.
        response = client.get("/audit", query_string=dict.fromkeys(("before", "year", "code", "group", "unknown"), value))
        assert response.status_code == 200 and len(parse(response).select(".audit-time")) == whole, value
    for value in ("\ufffe", "'; --", "%_\\", "é" * 5000, "☃ ☃"):
        words = dict.fromkeys(("body", "organisation", "person", "batch"), value)
        assert client.get("/audit", query_string=words).status_code == 200, value
    for value in ("0001-01-01", "9999-12-31", "31.03.99999", "31.03.2020"):
        assert client.get("/audit", query_string={"since": value, "until": value}).status_code == 200, value


def test_every_event_has_an_action_of_the_enumeration() -> None:
    """No event is written with a text as its action; every member has a label and fits its column."""
    actions = []
    for path in (ROOT / "evaluation").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
            if name in ("NewEvent", "NewEventColumns") and isinstance(node, ast.Call):
                actions.append(node.args[0])
    constants = [part.value for action in actions for part in ast.walk(action) if isinstance(part, ast.Constant)]
    assert actions and not constants
    assert all(action.label and action.group.label and len(action) <= 32 for action in AuditAction)
