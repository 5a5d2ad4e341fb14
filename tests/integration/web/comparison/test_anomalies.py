"""The pages of anomalies: the queue, one anomaly with its decision and explanation, those of a body's year, the command."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from evaluation.anomalies.models import Anomaly
from evaluation.anomalies.operations import search
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.jobs.models import Job
from evaluation.language import LANGUAGE_CODES
from tests.support import accounts
from tests.support.html import attributes, find, form_values, texts, visible_text
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
QUEUE = f"/anomalies/{YEAR}"


@pytest.fixture
def scenario(app: Flask, order: Order) -> Scenario:
    """An organisation of each body has the same amount, to the tiyn; the year has been searched."""
    scenario = all_kinds_scenario(app, order)
    kind = next(iter(order.kind))
    with app.app_context():
        for bin_ in (FOREIGN_ORGANISATION, scenario.bins_of(kind)[1]):
            store_answers(order, bin_, {first_indicator(order, kind, "money"): AMOUNT})
        db.session.commit()
        assert search(SYSTEM, YEAR)
        db.session.commit()
    return scenario


def client(scenario: Scenario, name: str, code: str = "en") -> FlaskClient:
    client = scenario.app.test_client()
    client.set_cookie("language", code)
    return accounts.sign_in(client, scenario.emails[name])


def anomaly_url(scenario: Scenario, body_bin: str = BODY) -> str:
    with scenario.app.app_context():
        id_ = db.session.query(Anomaly.id).filter_by(body_id=scenario.bodies[body_bin]).scalar()
    return f"/bodies/{body_bin}/{YEAR}/anomalies/{id_}"


@pytest.mark.parametrize("code", LANGUAGE_CODES)
def test_the_queue_and_an_anomaly(scenario: Scenario, code: str) -> None:
    reviewer, kind = client(scenario, "reviewer", code), scenario.order.anomalies[0]
    page = reviewer.get(QUEUE)
    names = texts(page, "table.anomalies tbody th a")
    assert len(names) == 2 and all(name.startswith(kind.name[code]) for name in names)
    links = attributes(page, "table.anomalies tbody th a", "href")
    assert anomaly_url(scenario) in links
    detail = reviewer.get(anomaly_url(scenario))
    assert kind.text[code] in visible_text(detail) and kind.check[code] in visible_text(detail)
    assert FOREIGN_ORGANISATION in visible_text(find(detail, "dl.facts"))
    assert attributes(detail, "dl.facts a", "href")[0].startswith(f"/bodies/{BODY}/{YEAR}/organisations/")


def test_the_body_does_not_learn_the_counterpart(scenario: Scenario) -> None:
    clerk = client(scenario, "clerk")
    for url in (anomaly_url(scenario), QUEUE, f"/bodies/{BODY}/{YEAR}"):
        text = clerk.get(url).text
        assert FOREIGN_ORGANISATION not in text and OTHER_BODY not in text
    assert "a body that you do not see" in clerk.get(anomaly_url(scenario)).text
    assert clerk.get(anomaly_url(scenario, OTHER_BODY)).status_code == 404


def test_the_body_does_not_learn_the_counterparts_result(scenario: Scenario) -> None:
    kind = next(kind for kind in scenario.order.anomalies if kind.test == "two_results")
    item = scenario.order.by_code[kind.results[0].indicator]
    assert item.choices
    result, other = (choice for choice in scenario.order.choices[item.choices][:2])
    with scenario.app.app_context():
        anomaly = db.session.query(Anomaly).filter_by(body_id=scenario.bodies[BODY]).one()
        anomaly.code = kind.code
        anomaly.facts = {"values": [[item.code, result.value, other.value]], "document": [], "other_year": YEAR - 1}
        db.session.commit()
    for name, is_shown in (("reviewer", True), ("clerk", False)):
        for url in (anomaly_url(scenario), QUEUE):
            text = client(scenario, name).get(url).text
            assert result.label["en"] in text, name
            assert (f"{result.label['en']}; elsewhere {other.label['en']}" in text) is is_shown, name
        assert ("The other result" in client(scenario, name).get(anomaly_url(scenario)).text) is is_shown


def test_only_kinds_of_the_order_are_a_filter(scenario: Scenario) -> None:
    reviewer = client(scenario, "reviewer")
    everything = len(texts(reviewer.get(QUEUE), "table.anomalies tbody th a"))
    for kind in ("%01", "other"):
        page = reviewer.get(f"{QUEUE}?kind={kind}")
        assert page.status_code == 200 and len(texts(page, "table.anomalies tbody th a")) == everything


def test_the_page_of_the_year_shows_them_to_its_people_and_reviewers(scenario: Scenario) -> None:
    for name, is_shown in (("clerk", True), ("reviewer", True), ("observer", False)):
        page = client(scenario, name).get(f"/bodies/{BODY}/{YEAR}")
        assert bool(attributes(page, "table.anomalies th a", "href")) == is_shown, name
    assert client(scenario, "observer").get(QUEUE).status_code == 403


def test_explanation_and_decision(scenario: Scenario) -> None:
    url = anomaly_url(scenario)
    clerk, reviewer = client(scenario, "clerk"), client(scenario, "reviewer")
    explanation = form_values(find(clerk.get(url), 'form[action$="/explanation"]'))
    assert clerk.post(f"{url}/explanation", data=explanation | {"text": "Сол сома екі рет берілді"}).status_code == 303
    assert "Сол сома екі рет берілді" in reviewer.get(url).text
    decision = form_values(find(reviewer.get(url), 'form[action$="/decision"]'))
    refused = reviewer.post(f"{url}/decision", data=decision | {"state": "set_aside", "reason": ""})
    assert refused.status_code == 422 and "Write the reason" in refused.text
    assert reviewer.post(f"{url}/decision", data=decision | {"state": "set_aside", "reason": "Болмашы"}).status_code == 303
    stale = reviewer.post(f"{url}/decision", data=decision | {"state": "explained", "reason": "Кеш"})
    assert stale.status_code == 409 and "Someone else changed this" in stale.text
    assert clerk.post(f"{url}/decision", data=decision | {"state": "open"}).status_code == 403
    assert len(texts(reviewer.get(f"{QUEUE}?state=set_aside"), "table.anomalies tbody tr")) == 1
    history = visible_text(reviewer.get(f"/audit?body={BODY}&year={YEAR}"))
    assert "Anomaly decided" in history and "Set aside" in history


def test_a_search_is_started_as_a_job(scenario: Scenario) -> None:
    reviewer = client(scenario, "reviewer")
    answer = reviewer.post(f"{QUEUE}/search", data={"csrf_token": accounts.token_of(reviewer, QUEUE)})
    assert answer.status_code == 303 and answer.location.startswith("/jobs/")
    with scenario.app.app_context():
        assert db.session.query(Job.parameters).filter_by(kind="anomalies").scalar() == {"year": YEAR}
    assert client(scenario, "clerk").post(f"{QUEUE}/search").status_code in (400, 403)


def test_the_command(scenario: Scenario) -> None:
    run = scenario.app.test_cli_runner().invoke
    result = run(args=["anomalies", "detect", "--year", str(YEAR), "--lang", "en"])
    assert result.exit_code == 0 and f"{YEAR}: anomalies 2, of these new 0" in result.output
    missing = run(args=["anomalies", "detect", "--year", "1999", "--lang", "ru"])
    assert missing.exit_code == 1 and "1999" in missing.output
