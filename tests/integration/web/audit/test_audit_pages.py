"""The record's page and the history of an answer: who sees what, every filter, paging, what an answer went through."""

import ast
import re
from collections.abc import Iterable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from flask import Flask

from evaluation.answers.model import AnswerInput
from evaluation.answers.save import save_answers, undo_batch
from evaluation.audit.actions import AuditAction, AuditGroup
from evaluation.audit.operations import NewEvent, new_batch, append_events
from evaluation.clock import to_local, today
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Role, Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Body
from evaluation.review.audit_search.queries import PAGE_SIZE, READ_SIZE, AuditHit, AuditFilters, answer_history, search
from tests.support.accounts import make_account, sign_in, signed_in
from tests.support.scenario import BODY, FOREIGN_ORGANISATION, OTHER_BODY, SYSTEM, YEAR, Scenario, store_answers, all_kinds_scenario
from tests.support.factories import clean
from tests.support.paths import ROOT

CLERK = "Айгүл Серікқызы"


@pytest.fixture
def scenario(app: Flask, order: Order) -> Scenario:
    """Two bodies of different regions, with answers of this year in both."""
    made = all_kinds_scenario(app, order)
    kind = order.kinds[1].code
    with app.app_context():
        for bin_, kato in ((BODY, "310000000"), (OTHER_BODY, "350000000")):
            body = db.session.query(Body).filter_by(bin=bin_).one()
            body.kato, body.level = kato, "region"
        items = money(order, kind)
        clerk = Viewer(CLERK, Role.CLERK, frozenset({made.body_id}))
        own = registry.registry_index(SYSTEM).organisations[made.bins_of(kind)[0]][0]
        save_answers(clerk, order, YEAR, made.body_id, [AnswerInput(own, items[0], 1_234_567_89), AnswerInput(own, items[1], 5_00)])
        db.session.commit()
        store_answers(order, FOREIGN_ORGANISATION, dict(list(clean(order, order.kinds[0].code).items())[:1]))
        db.session.commit()
    return made


def money(order: Order, kind: str) -> list[str]:
    return [item.code for item in order.indicators_of(kind) if item.type == "money"]


def actions(found: tuple[list[AuditHit], bool]) -> list[str]:
    return [each.event.action for each in found[0]]


def bodies(found: Iterable[AuditHit]) -> set[int | None]:
    return {each.event.body_id for each in found}


# Who sees what


def test_each_sees_the_record_of_their_bodies_alone(app: Flask, order: Order, scenario: Scenario) -> None:
    with app.app_context():
        other = registry.registry_index(SYSTEM).bodies[OTHER_BODY]
        clerk, stranger = (Viewer("x", Role.CLERK, frozenset({each})) for each in (scenario.body_id, other))
        region, country = Viewer("x", Role.REVIEWER, frozenset({other})), Viewer("x", Role.OBSERVER, None)
        administrator = Viewer("x", Role.ADMINISTRATOR, None)
        assert bodies(search(clerk, AuditFilters())[0]) == {scenario.body_id}
        assert bodies(search(stranger, AuditFilters())[0]) == bodies(search(region, AuditFilters())[0]) == {other}
        assert bodies(search(country, AuditFilters())[0]) == {scenario.body_id, other}
        assert bodies(search(administrator, AuditFilters())[0]) == bodies(search(SYSTEM, AuditFilters())[0]) == {scenario.body_id, other, None}
        assert not search(Viewer.nobody(), AuditFilters())[0]
        # Remarks and the names of evidence are for those who may answer and open them.
        told = [
            NewEvent(action, YEAR, scenario.body_id, data={"text": "x", "name": "y"}) for action in ("remark_added", "evidence_file_attached")
        ]
        append_events(SYSTEM, told)
        db.session.commit()
        hidden = {"remark_added", "evidence_file_attached"}
        assert hidden < set(actions(search(clerk, AuditFilters()))) and not hidden & set(actions(search(country, AuditFilters())))
        assert not search(administrator, AuditFilters(actions=hidden))[0]
        # Not by asking for the other's either, nor by an event's id.
        foreign = search(stranger, AuditFilters())[0][0].event
        for sought in (AuditFilters(body=OTHER_BODY), AuditFilters(organisation=FOREIGN_ORGANISATION), AuditFilters(batch=str(foreign.batch))):
            assert not search(clerk, sought)[0]
        assert actions(search(clerk, AuditFilters(), before=foreign.id)) == actions(search(clerk, AuditFilters()))
    shown = {}
    people = {"own": scenario.emails["clerk"], "other": scenario.emails["stranger"], "region": make_account(app, "reviewer", region="35")}
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


# What is sought


def test_every_filter(app: Flask, order: Order, scenario: Scenario) -> None:
    kind = order.kinds[1].code
    first, second = money(order, kind)[:2]
    note = order.evidence_of(kind)[0].code
    with app.app_context():
        own = registry.registry_index(SYSTEM).organisations[scenario.bins_of(kind)[0]][0]
        reviewer = Viewer("Ерлан Тексеруші", Role.REVIEWER, None)
        told = {"remark": 1, "code": note, "text": f'"{second}": бұл сөз, кілт емес'}
        append_events(reviewer, [NewEvent(AuditAction.REMARK_ADDED, YEAR, scenario.body_id, own, told), NewEvent(AuditAction.RETURNED, YEAR, scenario.body_id)])
        append_events(SYSTEM, [NewEvent(AuditAction.SIGN_IN_FAILED, data={"address": "10.0.0.1"})])
        db.session.commit()

        def found(**sought: Any) -> list[str]:
            return sorted(actions(search(SYSTEM, AuditFilters(year=YEAR, **sought))))

        this_year, day = found(), to_local(search(SYSTEM, AuditFilters())[0][0].event.at).date()
        assert this_year == ["remark_added", "returned", "answers_saved", "answers_saved", "year_opened"]
        assert found(body=BODY) == found(body="бір") == ["remark_added", "returned", "answers_saved"]
        assert found(organisation="ұйым") == found(organisation=scenario.bins_of(kind)[0]) == ["remark_added", "answers_saved"]
        assert found(organisation="чужая") == found(body="екі") == ["answers_saved"]
        assert found(person="АЙГҮЛ") == found(person="серікқызы айгүл") == ["answers_saved"]
        assert found(person="тексеруші") == ["remark_added", "returned"] and not found(person="%")
        assert found(code=first, body=BODY) == found(code=second) == ["answers_saved"] and found(code=note) == ["remark_added"]
        assert found(actions=AuditGroup.REVIEW.actions) == ["returned"]
        assert found(since=day) == found(until=day) == this_year
        assert not found(since=day + timedelta(days=1)) and not found(until=day - timedelta(days=1))
        assert found(body="бір", person="серік", code=first, since=day, actions=["answers_saved"]) == ["answers_saved"]
        assert actions(search(SYSTEM, AuditFilters(actions=AuditGroup.SIGN_IN.actions))) == ["sign_in_failed"]
    client = signed_in(app, "administrator")
    page = client.get("/audit", query_string={"code": first, "person": "Айгүл", "since": f"{today():%d.%m.%Y}"}).text
    assert page.count('class="audit-time"') == 1 and "1\xa0234\xa0567.89" in page and CLERK in page
    assert order.by_code[first].label["en"] in page and scenario.bins_of(kind)[0] in page
    refused = client.get("/audit", query_string={"until": "31.02.2026"}).text
    assert "is-invalid" in refused and 'class="audit-time"' not in refused


def test_what_was_done_in_one_go_stands_there_once(app: Flask, order: Order, scenario: Scenario) -> None:
    """Over pages too: each of the others once, each step once, whatever stands between its events."""
    with app.app_context():
        batch, clerk = new_batch(), Viewer(CLERK, Role.CLERK, frozenset({scenario.body_id}))
        sought = AuditFilters(body=BODY, actions=["workbook_applied", "answers_saved", "prior_year_counts_declared"])
        before = {each.event.id for each in search(clerk, sought)[0]}
        for part in range(3):
            events = [NewEvent(AuditAction.WORKBOOK_APPLIED, YEAR, scenario.body_id, 1000 + 100 * part + n, {"x": [None, n]}) for n in range(100)]
            append_events(clerk, [*events, NewEvent(AuditAction.PRIOR_YEAR_COUNTS_DECLARED, YEAR, scenario.body_id)] if part == 0 else events, batch)
            append_events(clerk, [NewEvent(AuditAction.ANSWERS_SAVED, YEAR, scenario.body_id, n, {"x": [n, part]}) for n in range(1, 31)])
            db.session.commit()
        assert READ_SIZE < 300
        seen: list[AuditHit] = []
        more, last = True, None
        while more:
            found, more = search(clerk, sought, last)
            assert len(found) == PAGE_SIZE or not more
            seen, last = seen + found, found[-1].event.id
        ids = [each.event.id for each in seen]
        assert len(ids) == len(set(ids)) == 90 + 1 + len(before) and before < set(ids)
        step = next(each for each in seen if each.event.batch == batch)
        assert step.counts == {"workbook_applied": 300, "prior_year_counts_declared": 1} and step.organisations == 300 and step.bodies == 1
        assert len(search(clerk, AuditFilters(batch=batch))[0]) == PAGE_SIZE
    client = sign_in(app.test_client(), scenario.emails["clerk"])
    client.set_cookie("language", "en")
    page = client.get("/audit").text
    older = re.search(r'href="(/audit\?before=\d+)" rel="next"', page)
    assert older
    both = page + client.get(older[1]).text
    assert both.count(f"/audit?batch={batch}") == 1 and "300 organisations" in both
    assert client.get(f"/audit?batch={batch}").text.count('class="audit-time"') == PAGE_SIZE


# One answer


def test_an_answer_shows_its_own_history(app: Flask, order: Order, scenario: Scenario) -> None:
    kind = order.kinds[1].code
    first, second = money(order, kind)[:2]
    own_bin = scenario.bins_of(kind)[0]
    with app.app_context():
        own = registry.registry_index(SYSTEM).organisations[own_bin][0]
        clerk = Viewer(CLERK, Role.CLERK, frozenset({scenario.body_id}))
        again = save_answers(clerk, order, YEAR, scenario.body_id, [AnswerInput(own, first, None, 1_234_567_89)])
        undo_batch(clerk, order, YEAR, scenario.body_id, again.batch)
        append_events(
            clerk, [NewEvent(AuditAction.JUSTIFICATION_ADDED, YEAR, scenario.body_id, own, {"rule": "r", "code": first, "value": 1, "reason": "<b>Акт"})]
        )
        save_answers(clerk, order, YEAR, scenario.body_id, [AnswerInput(own, second, 7_00, 5_00)])
        db.session.commit()
        found = answer_history(clerk, YEAR, own, first)
        told = [(each.action, each.old, each.new, each.is_change) for each in found]
        assert told == [
            ("justification_added", None, None, False),
            ("change_undone", None, 1_234_567_89, True),
            ("answers_saved", 1_234_567_89, None, True),
            ("answers_saved", None, 1_234_567_89, True),
        ]
        assert {each.actor for each in found} == {CLERK}
        assert not answer_history(Viewer("x", Role.CLERK, frozenset({scenario.body_id + 1})), YEAR, own, first)
        assert not answer_history(clerk, YEAR - 2, own, first) and not answer_history(clerk, YEAR, own, "x%")
    url = scenario.report_url(own_bin) + "/history/"
    client = sign_in(app.test_client(), scenario.emails["clerk"])
    client.set_cookie("language", "en")
    page, part = client.get(url + first).text, client.get(url + first + "?part").text
    assert page.count('class="audit-time"') == part.count('class="audit-time"') == 4 and "<html" not in part
    assert "1\xa0234\xa0567.89" in part and "no answer" in part and "&lt;b&gt;Акт" in part
    assert url + first in client.get(scenario.report_url(own_bin)).text
    assert "has nothing of this answer" in client.get(scenario.report_url(scenario.bins_of(kind)[1]) + "/history/" + first).text
    stranger = sign_in(app.test_client(), scenario.emails["stranger"])
    assert stranger.get(url + first).status_code == 404
    for address in (url + "nowhere", scenario.report_url(FOREIGN_ORGANISATION) + "/history/" + first, scenario.report_url("x%00") + "/history/" + first):
        assert client.get(address).status_code == 404


# What nobody meant


def test_hostile_input_finds_nothing_and_breaks_nothing(careless: Flask, order: Order, scenario: Scenario) -> None:
    with careless.app_context():
        hostile = Viewer('<script>alert("x")</script>', Role.CLERK, frozenset({scenario.body_id}))
        odd = {"<b>": ["<i>", {"a": [1]}], "deadline": ["x", "2026-99-99"], "level": [None, 7], "periods": [None, "x"], "n": None}
        odd |= {
            "changes": [1],
            "former_names": [None, [{"a": 1}]],
            "code": 5,
            money(order, order.kinds[1].code)[0]: [["x"], {"y": 1}],
        }
        append_events(hostile, [NewEvent(cast(AuditAction, SimpleNamespace(value="<u>")), YEAR, scenario.body_id, 10**6, odd), NewEvent(AuditAction.ANSWERS_SAVED, 1990, scenario.body_id, None, odd)])
        db.session.commit()
    client = signed_in(careless, "administrator", "kk")
    page = client.get("/audit").text
    assert "<script>alert" not in page and "<u>" not in page and "<b>" not in page and "&lt;script&gt;" in page
    whole = page.count('class="audit-time"')
    for value in ("\x00", "x", "99999999999999999999", "٢٠٢٤", '"%'):
        # What is no choice keeps the page to nothing.
        response = client.get("/audit", query_string=dict.fromkeys(("before", "year", "code", "group", "unknown"), value))
        assert response.status_code == 200 and response.text.count('class="audit-time"') == whole, value
    for value in ("\x00", "'; --", "%_\\", "é" * 5000, "☃ ☃"):
        words = dict.fromkeys(("body", "organisation", "person", "batch"), value)
        assert client.get("/audit", query_string=words).status_code == 200, value
    for value in ("\x00", "0001-01-01", "9999-12-31", "31.03.99999", "31.03.2020"):
        assert client.get("/audit", query_string={"since": value, "until": value}).status_code == 200, value


def test_every_event_has_an_action_of_the_enumeration() -> None:
    """No text is written as an action in place of a member, and every member has a label and fits its column."""
    actions = []
    for path in (ROOT / "evaluation").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
            if name in ("NewEvent", "NewEventColumns") and isinstance(node, ast.Call):
                actions.append(node.args[0])
    constants = [part.value for action in actions for part in ast.walk(action) if isinstance(part, ast.Constant)]
    assert actions and not constants
    assert all(action.label and action.group.label and len(action) <= 32 for action in AuditAction)
