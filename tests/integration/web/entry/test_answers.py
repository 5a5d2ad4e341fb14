"""Answers that scripts save: the result of each cell, conflicts, progress and issues; on both databases."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from evaluation.answers.checks import BreachCost
from evaluation.answers.values import format_value
from evaluation.audit.models import AuditEvent
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.language import language
from evaluation.web.entry.answers import MAX_EDITS, cost_text
from tests.support.accounts import sign_in, token_of
from tests.support.scenario import (
    BODY,
    FOREIGN_ORGANISATION,
    OTHER_BODY,
    YEAR,
    Scenario,
    all_kinds_scenario,
    first_indicator,
    store_answers,
    stored_values,
)
from tests.support.submission_states import set_status

ANSWERS, STATE = f"/bodies/{BODY}/{YEAR}/answers", f"/bodies/{BODY}/{YEAR}/state"


@pytest.fixture
def scenario(app: Flask, order: Order) -> Scenario:
    return all_kinds_scenario(app, order)


def client_of(app: Flask, email: str, code: str = "en") -> FlaskClient:
    client = app.test_client()
    client.set_cookie("language", code)
    return sign_in(client, email)


def send(client: FlaskClient, scenario: Scenario, *edits: dict[str, Any], url: str = ANSWERS, **more: Any) -> Any:
    token = token_of(client, "/account/password")
    headers = {"X-CSRFToken": token, "Accept": "application/json"}
    return client.post(url, json={"edits": list(edits), **more}, headers=headers)


def edit(organisation_bin: str, code: str, typed: str, expected: Any = None) -> dict[str, Any]:
    return {"organisation": organisation_bin, "code": code, "typed": typed, "expected": expected}


def test_every_cell_gets_its_result(app: Flask, order: Order, scenario: Scenario) -> None:
    kind = order.kinds[1].code
    organisation_bin = scenario.bins_of(kind)[1]
    money, amount = (
        first_indicator(order, kind, "money", has_minimum=False),
        first_indicator(order, kind, "money", has_minimum=True),
    )
    yes, choice = first_indicator(order, kind, "yes_no"), first_indicator(order, kind, "choice")
    client = client_of(app, scenario.emails["clerk"], "ru")
    sent = (
        edit(organisation_bin, money, " -12 500 000,5"),
        edit(organisation_bin, amount, "-1"),
        edit(organisation_bin, yes, "yes"),
        edit(organisation_bin, choice, "?"),
        edit(organisation_bin, next(item.code for item in order.indicators_of(kind) if item.type == "date"), "15.04.2015"),
        edit(organisation_bin, first_indicator(order, kind, "whole"), "5 тыс."),
    )
    cells = send(client, scenario, *sent).get_json()["cells"]
    assert [cell["state"] for cell in cells] == ["saved", "invalid", "saved", "invalid", "invalid", "invalid"]
    assert set(cells[0]) == {"organisation", "code", "state", "value", "text", "message", "stored"}
    assert (cells[0]["value"], cells[0]["text"]) == (-1_250_000_050, "-12\xa0500\xa0000,50")
    assert f"от 01.01.{YEAR} до 31.12.{YEAR + 2}" in cells[4]["message"] and "полностью: 5\xa0000" in cells[5]["message"]
    assert cells[1]["text"] == "-1" and "-1" in cells[1]["message"] and cells[2]["text"] == "да"
    with app.app_context():
        assert stored_values(organisation_bin) == {money: -1_250_000_050, yes: True}
        event = db.session.query(AuditEvent).filter_by(action="answers_saved", actor="The clerk", year=YEAR).one()
        assert event.data == {money: [None, -1_250_000_050], yes: [None, True]}
    again = send(
        client, scenario, edit(organisation_bin, money, "-12500000.50"), edit(organisation_bin, yes, "", True)
    ).get_json()["cells"]
    assert [(cell["state"], cell["value"]) for cell in again] == [("unchanged", -1_250_000_050), ("saved", None)]


def test_a_concurrent_value_is_shown_and_not_overwritten(app: Flask, order: Order, scenario: Scenario) -> None:
    kind = order.kinds[0].code
    organisation_bin, money = scenario.bins_of(kind)[0], first_indicator(order, kind, "money")
    send(client_of(app, scenario.emails["colleague"]), scenario, edit(organisation_bin, money, "700"))
    client = client_of(app, scenario.emails["clerk"])
    [cell] = send(client, scenario, edit(organisation_bin, money, "100")).get_json()["cells"]
    assert cell["state"] == "conflict" and cell["message"] is None
    assert (cell["stored"]["value"], cell["stored"]["text"], cell["stored"]["author"]) == (70_000, "700", "The clerk")
    assert cell["stored"]["changed_at"].count(":") == 1
    with app.app_context():
        assert stored_values(organisation_bin) == {money: 70_000}
    [cell] = send(client, scenario, edit(organisation_bin, money, "100", expected=70_000)).get_json()["cells"]
    assert cell["state"] == "saved"


def test_an_answer_typed_in_another_state_of_the_year_is_proposed(app: Flask, order: Order, scenario: Scenario) -> None:
    kind = order.kinds[0].code
    organisation_bin, money = scenario.bins_of(kind)[0], first_indicator(order, kind, "money")
    client = client_of(app, scenario.emails["clerk"])
    with app.app_context():
        store_answers(order, organisation_bin, {money: -500})
        set_status(YEAR, scenario.body_id, "submitted")
        db.session.commit()
    sent = edit(organisation_bin, money, "123", expected=-500) | {"year_state": "0/"}
    assert send(client, scenario, sent).status_code == 409
    with app.app_context():
        set_status(YEAR, scenario.body_id, "returned")
        db.session.commit()
    [cell] = send(client, scenario, sent).get_json()["cells"]
    assert cell["state"] == "conflict" and cell["stored"]["is_outdated"] and cell["stored"]["text"] == "-5"
    with app.app_context():
        assert stored_values(organisation_bin) == {money: -500}
    [cell] = send(client, scenario, sent | {"year_state": cell["stored"]["year_state"]}).get_json()["cells"]
    assert cell["state"] == "saved"


def test_malformed_requests_are_rejected_completely(app: Flask, order: Order, scenario: Scenario) -> None:
    kind = order.kinds[0].code
    organisation_bin, money = scenario.bins_of(kind)[0], first_indicator(order, kind, "money")
    client, right = client_of(app, scenario.emails["clerk"]), edit(organisation_bin, money, "1")
    for body in ([right, right], [right | {"typed": 1}], ["x"], []):
        response = send(client, scenario, *body)
        assert response.status_code == 400 and response.get_json()["message"]
    for content in ([], {"edits": 1}, None):
        token = token_of(client, "/account/password")
        assert client.post(ANSWERS, json=content, headers={"X-CSRFToken": token}).status_code == 400
    many = [edit(organisation_bin, f"{n}", "") for n in range(MAX_EDITS + 1)]
    assert "10000" in send(client, scenario, *many).get_json()["message"].replace(",", "")
    assert client.post(ANSWERS, json={"edits": [right]}).status_code == 400, "no token"
    with app.app_context():
        assert stored_values(organisation_bin) == {}


def test_an_unknown_cell_does_not_stop_the_valid_ones(app: Flask, order: Order, scenario: Scenario) -> None:
    kind = order.kinds[0].code
    organisation_bin, money = scenario.bins_of(kind)[0], first_indicator(order, kind, "money")
    sent = (
        edit(FOREIGN_ORGANISATION, money, "1"),
        edit(organisation_bin, "nothing", "1"),
        edit("x", money, "1"),
        edit(organisation_bin, money, "1"),
    )
    cells = send(client_of(app, scenario.emails["clerk"]), scenario, *sent).get_json()["cells"]
    assert [cell["state"] for cell in cells] == ["invalid", "invalid", "invalid", "saved"]
    with app.app_context():
        assert stored_values(organisation_bin) == {money: 100} and stored_values(FOREIGN_ORGANISATION) == {}


def test_strange_characters_do_no_harm(app: Flask, order: Order, scenario: Scenario) -> None:
    """NUL and surrogates, which the databases cannot store."""
    kind = order.kinds[0].code
    organisation_bin = scenario.bins_of(kind)[0]
    note = next(item.code for item in order.evidence_of(kind) if item.type == "text")
    client = client_of(app, scenario.emails["clerk"])
    sent = (edit(organisation_bin, note, "a\x00b\ud800c", "\ud800"), edit("\x00" * 12, note, "1"), edit("\ud800", "\x00", "1"))
    assert [cell["state"] for cell in send(client, scenario, *sent).get_json()["cells"]] == ["conflict", "invalid", "invalid"]
    assert send(client, scenario, edit(organisation_bin, note, "a\x00b\ud800c")).get_json()["cells"][0]["value"] == "ab?c"
    assert client.get(STATE, query_string={"organisation": ["\ufffe", "\u0661" * 12]}).get_json()["organisations"] == {}


def test_only_people_of_the_body_save(app: Flask, order: Order, scenario: Scenario) -> None:
    kind = order.kinds[0].code
    right = edit(scenario.bins_of(kind)[0], first_indicator(order, kind, "money"), "1")
    assert send(client_of(app, scenario.emails["stranger"]), scenario, right).status_code == 404
    assert (
        send(client_of(app, scenario.emails["clerk"]), scenario, right, url=ANSWERS.replace(BODY, OTHER_BODY)).status_code == 404
    )
    assert send(client_of(app, scenario.emails["reviewer"]), scenario, right).status_code == 403
    assert (
        send(client_of(app, scenario.emails["clerk"]), scenario, right, url=ANSWERS.replace(str(YEAR), "1999")).status_code == 404
    )
    nobody = app.test_client()
    signed_out = nobody.post(ANSWERS, json={"edits": [right]}, headers={"Accept": "application/json"})
    assert signed_out.status_code == 401 and "sign-in" in signed_out.get_json()["sign_in"]
    another = send(client_of(app, scenario.emails["clerk"]), scenario, right, account=999_999)
    assert another.status_code == 401 and another.get_json()["message"]
    with app.app_context():
        assert stored_values(right["organisation"]) == {}


def test_a_submitted_year_rejects_answers(app: Flask, order: Order, scenario: Scenario) -> None:
    kind = order.kinds[0].code
    organisation_bin, money = scenario.bins_of(kind)[0], first_indicator(order, kind, "money")
    with app.app_context():
        set_status(YEAR, scenario.body_id)
        db.session.commit()
    response = send(client_of(app, scenario.emails["clerk"]), scenario, edit(organisation_bin, money, "1"))
    assert response.status_code == 409 and str(YEAR) in response.get_json()["message"]


@pytest.mark.parametrize(
    "points, worst, text",
    [(-2, -2, "breaches row 1: −2"), (0, -2, "breaches row 1: at worst −2"), (0, 0, "breaches row 1: no points are lost")],
)
def test_a_breach_below_a_threshold_costs_nothing(points: int, worst: int, text: str) -> None:
    assert cost_text(BreachCost("kind", "1", "1", points, worst, (), 0), language("en")) == text


def test_the_state_has_progress_issues_and_costs(app: Flask, order: Order, scenario: Scenario) -> None:
    kind = order.kinds[0].code
    (organisation_bin, other), money = scenario.bins_of(kind), first_indicator(order, kind, "money", has_minimum=False)
    with app.app_context():
        store_answers(order, organisation_bin, {money: -100})
        store_answers(order, other, {money: -100})
        db.session.commit()
        last_year = stored_values(organisation_bin, YEAR - 1)
        last_year_texts = {
            item.code: format_value(order, item, last_year.get(item.code), language("en")) for item in order.indicators_of(kind)
        }
    client = client_of(app, scenario.emails["observer"])
    response = client.get(STATE, query_string={"organisation": organisation_bin}).get_json()
    assert list(response["organisations"]) == [organisation_bin]
    state = response["organisations"][organisation_bin]
    required_count = len(order.indicators_of(kind))
    assert (state["answered"], state["required"], len(state["blank"])) == (1, required_count, required_count - 1)
    [cost] = state["costs"]
    # Last year's count is unknown, because one of the two organisations has no report of last year.
    assert cost["codes"] == [money] and cost["points"] == -1
    assert cost["text"] == f"breaches row {cost['row']}: −1, at worst −2; 1 other organisation does too"
    assert {"code", "severity", "rule", "message", "reason", "evidence"} == set(state["issues"][0])
    every = client.get(STATE).get_json()["organisations"]
    assert set(every) == {bin_ for bins in scenario.bins_by_kind.values() for bin_ in bins}
    named = client.get(STATE, query_string={"organisation": [organisation_bin, FOREIGN_ORGANISATION], "names": 1}).get_json()[
        "organisations"
    ]
    assert {bin_: organisation["name"] for bin_, organisation in named.items()} == {
        organisation_bin: f"Ұйым {organisation_bin}"
    } and "name" not in state
    rows = client.get(STATE, query_string={"organisation": [organisation_bin, other], "last_year": 1}).get_json()["organisations"]
    assert rows[organisation_bin]["last_year"] == {code: text for code, text in last_year_texts.items() if text}
    assert rows[organisation_bin]["last_year"][money] and rows[other]["last_year"] == {} and "last_year" not in state
    assert client.get(STATE, query_string={"organisation": [FOREIGN_ORGANISATION, ""]}).get_json()["organisations"] == {}
    assert client.get(STATE, query_string={"organisation": ["x"] * 301}).status_code == 400
    assert client_of(app, scenario.emails["stranger"]).get(STATE).status_code == 404


def test_saving_one_cell_takes_a_limited_number_of_queries(app: Flask, order: Order, scenario: Scenario) -> None:
    """Reads year, body, organisation and report; writes the change, its event and the stale mark. No scoring, no issues."""
    kind = order.kinds[0].code
    organisation_bin, money = scenario.bins_of(kind)[0], first_indicator(order, kind, "money")
    client = client_of(app, scenario.emails["clerk"])
    token = token_of(client, "/account/password")
    statements: list[str] = []
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda _c, _r, statement, *_: statements.append(statement))
    answer = client.post(ANSWERS, json={"edits": [edit(organisation_bin, money, "1")]}, headers={"X-CSRFToken": token})
    assert answer.get_json()["cells"][0]["state"] == "saved"
    assert len([statement for statement in statements if statement.startswith("SELECT")]) <= 9, statements
    # The report, the event with its batch, the chain head, the mark of the stale results.
    assert sum(statement.lstrip().startswith(("INSERT", "UPDATE")) for statement in statements) <= 5, statements
