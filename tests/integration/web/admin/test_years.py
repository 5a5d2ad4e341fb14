"""The pages of reporting years: opening, dates, extensions, and the messages of a locked draft."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient

from evaluation import clock
from evaluation.audit.models import AuditEvent
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Forbidden, Role
from evaluation.registry.admin import years as registry_years
from evaluation.registry.models import ReportingYear
from evaluation.submissions.models import SUBMITTED, Extension
from tests.integration.web.core.test_pages import assert_valid
from tests.support.accounts import signed_in, token_of
from tests.support.deadline_scenario import ENTRY_URL, YEAR_URL, extend, scenario_with_deadline, set_dates, set_submission_status
from tests.support.factories import bin_of
from tests.support.html import attributes, parse
from tests.support.scenario import BODY, EMPTY_BODY, OTHER_BODY, YEAR, Scenario


@pytest.fixture
def scenario(app: Flask, order: Order, tmp_path: Path) -> Scenario:
    return scenario_with_deadline(app, order, tmp_path)


def test_an_administrator_opens_a_year_and_changes_its_dates(scenario: Scenario) -> None:
    admin, order = scenario.client("administrator"), scenario.order
    new = {"year": f"{YEAR + 1}", "order_code": order.code, "starts_on": "01.02.2098", "deadline": "2098-03-31"}
    for invalid in ({"starts_on": "01.04.2098"}, {"starts_on": "31.12.2024"}, {"deadline": "31.12.2025"}, {"starts_on": "күз"}):
        assert send(admin, "/registry/years", **new | invalid).status_code == 422
    assert send(admin, "/registry/years", **new).status_code == 303
    page = f"/registry/years/{YEAR + 1}"
    expected = {"expected_starts_on": "01.02.2098", "expected_deadline": "31.03.2098"}
    text = admin.get(page).text
    assert all(f'name="{name}" value="{value}"' in text for name, value in expected.items())
    rejected = send(admin, page, **expected, starts_on="02.04.2098", deadline="01.04.2098")
    assert rejected.status_code == 422 and "cannot be later" in rejected.text
    assert send(admin, page, **expected, starts_on="", deadline="15.04.2098").status_code == 303
    conflict = send(admin, page, **expected, starts_on="01.01.2098", deadline="")
    assert conflict.status_code == 409 and 'name="expected_deadline" value="15.04.2098"' in conflict.text
    assert_valid(conflict, "en")
    with scenario.app.app_context():
        year = db.session.get(ReportingYear, YEAR + 1)
        assert year and (year.starts_on, year.deadline) == (None, date(2098, 4, 15))
        events = {event.action: event.data for event in db.session.query(AuditEvent).filter_by(year=YEAR + 1)}
        assert events["year_opened"]["starts_on"] == [None, "2098-02-01"] and events["first_day_changed"] == {
            "starts_on": ["2098-02-01", None]
        }
        assert events["deadline_changed"] == {"deadline": ["2098-03-31", "2098-04-15"]}
        for viewer in (scenario.viewer(Role.HEAD), scenario.viewer(Role.REVIEWER)):
            with pytest.raises(Forbidden):
                registry_years.change_year_dates(viewer, year, (None, None), (None, None))


def send(client: FlaskClient, url: str, **values: str) -> Any:
    return client.post(url, data={"csrf_token": token_of(client, url), **values})


def test_an_extension_is_granted_on_a_page(scenario: Scenario) -> None:
    admin, today = scenario.client("administrator"), clock.today()
    with scenario.app.app_context():
        set_dates(None, today - timedelta(days=3))
        set_submission_status(scenario, SUBMITTED, today, EMPTY_BODY)
    until = f"{today + timedelta(days=4):%d.%m.%Y}"
    text = admin.get(YEAR_URL).text
    assert (
        "2 bodies" in text and f'href="/bodies?year={YEAR}&amp;status=draft"' in text and "No extension has been granted" in text
    )
    several = send(admin, f"{YEAR_URL}/extension", body="інші", until=until, reason="Себеп")
    assert several.status_code == 422 and len(parse(several).select('[name="body-match"]')) == 3
    for invalid in (
        {"body": bin_of(77)},
        {"until": "кеше"},
        {"until": ""},
        {"reason": " "},
        {"until": f"{today - timedelta(1):%d.%m.%Y}"},
    ):
        answer = send(admin, f"{YEAR_URL}/extension", **{"body": "екінші", "until": until, "reason": "Себеп"} | invalid)
        assert answer.status_code == 422 and "invalid-feedback" in answer.text
        assert_valid(answer, "en")
    granted = send(admin, f"{YEAR_URL}/extension", body="екінші", until=until, reason="Өтініш № 5 <b>")
    assert granted.status_code == 303 and granted.location == f"{YEAR_URL}#extensions"
    shown = admin.get(YEAR_URL).text
    assert "Өтініш № 5 &lt;b&gt;" in shown and f"/registry/bodies/{OTHER_BODY}" in shown and until in shown
    body_url = f"{YEAR_URL}/extension?body={BODY}"
    assert f'href="{body_url}"' in admin.get(f"/registry/bodies/{BODY}").text and f'value="{BODY}"' in admin.get(body_url).text
    granted = send(admin, body_url, body=BODY, until=until, reason="Бірінші себеп")
    assert granted.status_code == 303 and granted.location == f"/registry/bodies/{BODY}#years"
    shorter = f"{today:%d.%m.%Y}"
    assert send(admin, body_url, body=BODY, until=shorter, reason="Екінші себеп").status_code == 303
    assert "replaced by a later one" in admin.get(YEAR_URL).text and "Бірінші себеп" in admin.get(body_url).text
    for role in ("reviewer", "clerk"):
        page = scenario.client(role).get(f"/bodies/{BODY}/{YEAR}").text
        assert "Екінші себеп" in page and "Not submitted, 3 days overdue" in page
    assert "Екінші себеп" not in scenario.client("observer").get(f"/bodies/{BODY}/{YEAR}").text
    assert admin.get(f"{YEAR_URL}/extension?body={bin_of(77)}").status_code == 404
    assert "Grant an extension" not in admin.get(f"/registry/bodies/{EMPTY_BODY}").text
    for code in ("kk", "ru"):
        client = scenario.client("administrator", code=code)
        for url in (YEAR_URL, body_url, f"{YEAR_URL}/extension", f"/registry/bodies/{BODY}", "/registry/years"):
            assert_valid(client.get(url), code)


def test_every_page_shows_that_a_draft_is_locked_until_it_is_extended(scenario: Scenario) -> None:
    clerk, today = scenario.client("clerk"), clock.today()
    organisation_bin, kind = scenario.organisation_bins[0], scenario.kinds[0]
    report, grid = f"/bodies/{BODY}/{YEAR}/organisations/{organisation_bin}", f"/bodies/{BODY}/{YEAR}/grid/{kind}"
    money = next(item.code for item in scenario.order.indicators_of(kind) if item.type == "money")
    with scenario.app.app_context():
        set_dates(None, None)
    token = token_of(clerk, ENTRY_URL)
    figure = attributes(clerk.get(ENTRY_URL), 'input[name^="count-"]', "name")[0]
    cell = {"edits": [{"organisation": organisation_bin, "code": money, "typed": "5", "expected": None}]}

    def statuses() -> dict[str, int]:
        """Return the HTTP status of each page that writes."""
        headers = {"X-CSRFToken": token}
        form = {"csrf_token": token}
        return {
            "answers": clerk.post(f"/bodies/{BODY}/{YEAR}/answers", json=cell, headers=headers).status_code,
            "report": clerk.post(report, data={**form, f"answer-{money}": "6", f"expected-{money}": ""}).status_code,
            "paste": clerk.post(
                f"{grid}/paste", json={"text": "7", "organisation": organisation_bin, "code": money}, headers=headers
            ).status_code,
            "plain": clerk.post(grid, data={**form, "rows": organisation_bin, f"{organisation_bin}-{money}": "8"}).status_code,
            "figures": clerk.post(ENTRY_URL, data={**form, figure: "1"}).status_code,
            "submit": clerk.get(f"/bodies/{BODY}/{YEAR}/submission").status_code,
        }

    with scenario.app.app_context():
        set_dates(None, today - timedelta(days=1))
    assert statuses() == {"answers": 409, "report": 409, "paste": 409, "plain": 409, "figures": 409, "submit": 200}
    since = f"{today:%d.%m.%Y}"
    home = clerk.get(ENTRY_URL).text
    assert (
        f"Answers are locked since {since}" in home
        and "ask the administrator for an extension" in home
        and "1 day late" in home.lower()
    )
    for url in (report, grid, f"{grid}?plain=1"):
        page = clerk.get(url)
        assert f"until {today - timedelta(days=1):%d.%m.%Y}" in page.text, url
    assert 'type="file"' not in clerk.get(report).text
    several = scenario.client("clerk", BODY, OTHER_BODY).get("/").text
    assert several.count(f"Answers are locked since {since}") == 2
    with scenario.app.app_context():
        extend(scenario, today, today, "Өтініш № 5")
    home = clerk.get(ENTRY_URL).text
    assert (
        "Өтініш № 5" in home and "Today is the last day" in home and "1 day late" in home.lower() and "locked since" not in home
    )
    after_extension = statuses()
    assert all(status in (200, 303) for status in after_extension.values()), after_extension
    assert "Extended until" in scenario.client("clerk", BODY, OTHER_BODY).get("/").text
    with scenario.app.app_context():
        set_dates(today + timedelta(days=1), None)
    assert "Answers are not entered yet" in clerk.get(ENTRY_URL).text and set(statuses().values()) == {409, 200}
    # A complete year can be submitted after the deadline.
    with scenario.app.app_context():
        set_dates(None, None)
        db.session.query(Extension).delete()
        scenario.fill()
        set_dates(None, today - timedelta(days=2))
    head = scenario.client("head")
    assert "can still be submitted" in head.get(ENTRY_URL).text and "Submit the year" in head.get(ENTRY_URL).text
    for code in ("kk", "ru"):
        for url in (ENTRY_URL, "/", report, grid):
            page = scenario.client("clerk", *((BODY, OTHER_BODY) if url == "/" else ()), code=code).get(url).text
            html5lib.HTMLParser(strict=True).parse(page)
            assert f'<html lang="{code}">' in page
    assert signed_in(scenario.app, "clerk").get(ENTRY_URL).status_code == 404
    form = {"csrf_token": token_of(head, f"/bodies/{BODY}/{YEAR}/submission"), "version": "0", "nil": ""}
    assert head.post(f"/bodies/{BODY}/{YEAR}/submission", data=form).status_code == 303
    assert "Submitted 2 days late" in clerk.get(ENTRY_URL).text
