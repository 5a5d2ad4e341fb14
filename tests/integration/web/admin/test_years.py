"""The pages of years: opened, changed, extended, and what a locked draft says."""

import re
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
from evaluation.registry.admin import operations as upkeep
from evaluation.registry.models import ReportingYear
from evaluation.submissions.models import SUBMITTED, Extension
from tests.integration.web.core.test_pages import assert_valid
from tests.support.accounts import signed_in, token_of
from tests.support.deadline_scenario import ENTRY_URL, YEAR_URL, extend, scenario_with_deadline, set_submission_status, set_dates
from tests.support.scenario import EMPTY_BODY, OTHER_BODY, BODY, YEAR, Scenario
from tests.support.factories import bin_of


@pytest.fixture
def scenario(app: Flask, order: Order, tmp_path: Path) -> Scenario:
    return scenario_with_deadline(app, order, tmp_path)


def test_an_administrator_opens_a_year_with_its_days_and_changes_them(scenario: Scenario) -> None:
    admin, order = scenario.client("administrator"), scenario.order
    new = {"year": f"{YEAR + 1}", "order_code": order.code, "starts_on": "01.02.2026", "deadline": "2026-03-31"}
    for wrong in ({"starts_on": "01.04.2026"}, {"starts_on": "31.12.2024"}, {"deadline": "31.12.2025"}, {"starts_on": "күз"}):
        assert send(admin, "/registry/years", **new | wrong).status_code == 422
    assert send(admin, "/registry/years", **new).status_code == 303
    page, seen = f"/registry/years/{YEAR + 1}", {"was_starts_on": "01.02.2026", "was_deadline": "31.03.2026"}
    text = admin.get(page).text
    assert all(f'name="{name}" value="{value}"' in text for name, value in seen.items())
    wrong = send(admin, page, **seen, starts_on="02.04.2026", deadline="01.04.2026")
    assert wrong.status_code == 422 and "not later" in wrong.text
    assert send(admin, page, **seen, starts_on="", deadline="15.04.2026").status_code == 303
    stale = send(admin, page, **seen, starts_on="01.01.2026", deadline="")
    assert stale.status_code == 409 and 'name="was_deadline" value="15.04.2026"' in stale.text
    assert_valid(stale, "en")
    with scenario.app.app_context():
        opened = db.session.get(ReportingYear, YEAR + 1)
        assert opened and (opened.starts_on, opened.deadline) == (None, date(2026, 4, 15))
        told = {each.action: each.data for each in db.session.query(AuditEvent).filter_by(year=YEAR + 1)}
        assert told["year_opened"]["starts_on"] == [None, "2026-02-01"] and told["first_day_changed"] == {
            "starts_on": ["2026-02-01", None]
        }
        assert told["deadline_changed"] == {"deadline": ["2026-03-31", "2026-04-15"]}
        for viewer in (scenario.viewer(Role.HEAD), scenario.viewer(Role.REVIEWER)):
            with pytest.raises(Forbidden):
                upkeep.change_year_dates(viewer, opened, (None, None), (None, None))


def send(client: FlaskClient, url: str, **given: str) -> Any:
    return client.post(url, data={"csrf_token": token_of(client, url), **given})


def test_an_extension_is_given_by_pages(scenario: Scenario) -> None:
    admin, today = scenario.client("administrator"), clock.today()
    with scenario.app.app_context():
        set_dates(None, today - timedelta(days=3))
        set_submission_status(scenario, SUBMITTED, today, EMPTY_BODY)
    until = f"{today + timedelta(days=4):%d.%m.%Y}"
    text = admin.get(YEAR_URL).text
    assert "2 bodies" in text and f'href="/bodies?year={YEAR}&amp;state=draft"' in text and "No extension has been given" in text
    several = send(admin, f"{YEAR_URL}/extension", body="інші", until=until, reason="Себеп")
    assert several.status_code == 422 and several.text.count('name="body-match"') == 3
    for wrong in (
        {"body": bin_of(77)},
        {"until": "кеше"},
        {"until": ""},
        {"reason": " "},
        {"until": f"{today - timedelta(1):%d.%m.%Y}"},
    ):
        answer = send(admin, f"{YEAR_URL}/extension", **{"body": "екінші", "until": until, "reason": "Себеп"} | wrong)
        assert answer.status_code == 422 and "invalid-feedback" in answer.text
        assert_valid(answer, "en")
    given = send(admin, f"{YEAR_URL}/extension", body="екінші", until=until, reason="Өтініш № 5 <b>")
    assert given.status_code == 303 and given.location == f"{YEAR_URL}#extensions"
    shown = admin.get(YEAR_URL).text
    assert "Өтініш № 5 &lt;b&gt;" in shown and f"/registry/bodies/{OTHER_BODY}" in shown and until in shown
    beside = f"{YEAR_URL}/extension?body={BODY}"
    assert f'href="{beside}"' in admin.get(f"/registry/bodies/{BODY}").text and f'value="{BODY}"' in admin.get(beside).text
    given = send(admin, beside, body=BODY, until=until, reason="Бірінші себеп")
    assert given.status_code == 303 and given.location == f"/registry/bodies/{BODY}#years"
    shorter = f"{today:%d.%m.%Y}"
    assert send(admin, beside, body=BODY, until=shorter, reason="Екінші себеп").status_code == 303
    assert "replaced by a later one" in admin.get(YEAR_URL).text and "Бірінші себеп" in admin.get(beside).text
    for role in ("reviewer", "clerk"):
        seen = scenario.client(role).get(f"/bodies/{BODY}/{YEAR}").text
        assert "Екінші себеп" in seen and "Not submitted, 3 days overdue" in seen
    assert "Екінші себеп" not in scenario.client("observer").get(f"/bodies/{BODY}/{YEAR}").text
    assert admin.get(f"{YEAR_URL}/extension?body={bin_of(77)}").status_code == 404
    assert "Give an extension" not in admin.get(f"/registry/bodies/{EMPTY_BODY}").text
    for code in ("kk", "ru"):
        client = scenario.client("administrator", code=code)
        for url in (YEAR_URL, beside, f"{YEAR_URL}/extension", f"/registry/bodies/{BODY}", "/registry/years"):
            assert_valid(client.get(url), code)


def test_a_locked_draft_says_so_on_every_page_until_it_is_extended(scenario: Scenario) -> None:
    clerk, today = scenario.client("clerk"), clock.today()
    own, kind = scenario.organisation_bins[0], scenario.kinds[0]
    report, grid = f"/bodies/{BODY}/{YEAR}/organisations/{own}", f"/bodies/{BODY}/{YEAR}/grid/{kind}"
    money = next(item.code for item in scenario.order.indicators_of(kind) if item.type == "money")
    with scenario.app.app_context():
        set_dates(None, None)
    token = token_of(clerk, ENTRY_URL)
    figure = re.findall(r'name="(last-[^"]+)"', clerk.get(ENTRY_URL).text)[0]
    cell = {"edits": [{"organisation": own, "code": money, "typed": "5", "expected": None}]}

    def answers() -> dict[str, int]:
        """What each page that writes says."""
        head = {"X-CSRFToken": token}
        form = {"csrf_token": token}
        return {
            "answers": clerk.post(f"/bodies/{BODY}/{YEAR}/answers", json=cell, headers=head).status_code,
            "report": clerk.post(report, data={**form, f"answer-{money}": "6", f"was-{money}": ""}).status_code,
            "paste": clerk.post(
                f"{grid}/paste", json={"text": "7", "organisation": own, "code": money}, headers=head
            ).status_code,
            "plain": clerk.post(grid, data={**form, "rows": own, f"{own}-{money}": "8"}).status_code,
            "figures": clerk.post(ENTRY_URL, data={**form, figure: "1"}).status_code,
            "hand over": clerk.get(f"/bodies/{BODY}/{YEAR}/submission").status_code,
        }

    with scenario.app.app_context():
        set_dates(None, today - timedelta(days=1))
    assert answers() == {"answers": 409, "report": 409, "paste": 409, "plain": 409, "figures": 409, "hand over": 200}
    since = f"{today:%d.%m.%Y}"
    home = clerk.get(ENTRY_URL).text
    assert (
        f"Answers are locked since {since}" in home
        and "asks the administrator for an extension" in home
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
    opened = answers()
    assert all(status in (200, 303) for status in opened.values()), opened
    assert "Extended until" in scenario.client("clerk", BODY, OTHER_BODY).get("/").text
    with scenario.app.app_context():
        set_dates(today + timedelta(days=1), None)
    assert "Answers are not entered yet" in clerk.get(ENTRY_URL).text and set(answers().values()) == {409, 200}
    # Complete, it can be handed over after all.
    with scenario.app.app_context():
        set_dates(None, None)
        db.session.query(Extension).delete()
        scenario.fill()
        set_dates(None, today - timedelta(days=2))
    head = scenario.client("head")
    assert "can still be handed over" in head.get(ENTRY_URL).text and "Hand the year over" in head.get(ENTRY_URL).text
    for code in ("kk", "ru"):
        for url in (ENTRY_URL, "/", report, grid):
            page = scenario.client("clerk", *((BODY, OTHER_BODY) if url == "/" else ()), code=code).get(url).text
            html5lib.HTMLParser(strict=True).parse(page)
            assert f'<html lang="{code}">' in page
    assert signed_in(scenario.app, "clerk").get(ENTRY_URL).status_code == 404
    sent = {"csrf_token": token_of(head, f"/bodies/{BODY}/{YEAR}/submission"), "version": "0", "nil": ""}
    assert head.post(f"/bodies/{BODY}/{YEAR}/submission", data=sent).status_code == 303
    assert "Handed over 2 days late" in clerk.get(ENTRY_URL).text
