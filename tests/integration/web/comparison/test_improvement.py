"""What more points would take, and the trial of other answers: pages with the right numbers, and nothing stored."""

import re

import pytest
from flask import Flask
from sqlalchemy import func, select

from evaluation.answers.models import Report
from evaluation.audit.models import AuditEvent
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.language import language
from evaluation.policy import Role
from evaluation.registry import queries as registry
from evaluation.review.operations import accept
from evaluation.sheets.queries import body_sheet
from evaluation.web.sheets.sheet_presenter import OTHERWISE_LABEL
from tests.integration.web.core.test_pages import assert_valid
from tests.integration.web.review.test_year_summary import loss_code, with_a_loss
from tests.support.html import attributes, csrf_token, find, parse, texts, visible_text
from tests.support.scenario import BODY, OTHER_BODY, SYSTEM, TODAY, YEAR, Scenario, stored_values, two_kind_scenario

ADDRESS, TRIAL = f"/bodies/{BODY}/{YEAR}/improvement", f"/bodies/{BODY}/{YEAR}/trial"
STEPS = "table.steps tbody tr"


@pytest.fixture
def scenario(app: Flask, order: Order) -> Scenario:
    """One organisation has a loss; the body declared 0 losses last year, so that the row has no points."""
    return with_a_loss(two_kind_scenario(app, order))


def points(scenario: Scenario) -> tuple[int, int]:
    with scenario.app.app_context():
        sheet = body_sheet(SYSTEM, BODY, YEAR)
        assert sheet and sheet.low == sheet.high
        return sheet.low, sheet.max


def event_count(scenario: Scenario) -> int:
    with scenario.app.app_context():
        return db.session.scalar(select(func.count()).select_from(AuditEvent)) or 0


def test_the_step_names_the_organisation_and_its_rows(scenario: Scenario) -> None:
    client, bin_ = scenario.client("head"), scenario.organisation_bins[0]
    low, maximum = points(scenario)
    page = client.get(ADDRESS)
    assert_valid(page, "en")
    (step,) = parse(page).select(STEPS)
    assert texts(step, "th") == [f"+{maximum - low}"]
    assert texts(step, "td.num")[:2] == ["1", f"{maximum} / {maximum}"]
    assert bin_ in visible_text(find(page, "table.losses tbody th")) and "−500.00" in visible_text(page).replace("-", "−")
    assert attributes(page, "table.losses tbody td a", "href") == [
        f"{scenario.report_url(bin_)}?field={loss_code(scenario)}#field-{loss_code(scenario)}"
    ]
    assert attributes(page, "section p a", "href") == [f"{TRIAL}?organisation={bin_}"]
    assert client.get(f"/bodies/{OTHER_BODY}/{YEAR}/improvement").status_code == 404


def test_an_accepted_year_is_locked_and_its_sheet_says_what_would_change_the_points(scenario: Scenario) -> None:
    with scenario.app.app_context():
        scenario.submit()
        db.session.flush()
        accept(scenario.viewer(Role.REVIEWER), YEAR, scenario.body(), 1, TODAY)
        db.session.commit()
    client = scenario.client("observer")
    page = client.get(ADDRESS)
    assert "is accepted" in visible_text(page) and len(parse(page).select(STEPS)) == 1
    details = [
        element.get_text(" ") for element in parse(client.get(f"/bodies/{BODY}/{YEAR}/sheet?lang=ru")).select("details.why")
    ]
    label = language("ru").gettext(OTHERWISE_LABEL)
    assert details and all(label in text for text in details)


def test_a_trial_moves_points_and_rank_and_stores_nothing(scenario: Scenario) -> None:
    client, head = scenario.client("reviewer"), scenario.client("head")
    bin_, code = scenario.organisation_bins[0], loss_code(scenario)
    low, maximum = points(scenario)
    page = client.get(f"{TRIAL}?organisation={bin_}")
    assert_valid(page, "en")
    events, answers = event_count(scenario), stored(scenario, bin_)
    fields = form_fields(page) | {f"o{bin_}-answer-{code}": "100"}
    result = client.post(TRIAL, data=fields | {"csrf_token": csrf_token(page), "organisation": bin_})
    assert_valid(result, "en")
    total = texts(find(result, ".trial-result tfoot"), "td")
    assert [re.search(r"\d+", text)[0] for text in total] == [str(low), str(maximum)]
    assert len(parse(result).select(".trial-result table.stacks tbody tr")) == 1
    assert "knows no rank" in visible_text(result) and parse(result).select(".trial-ranks tbody tr")
    assert "Stored: -500" in visible_text(find(result, ".trial-question.is-changed")).replace("−", "-")
    # The head of the only body may not count the others, so has no rank.
    fields["csrf_token"] = csrf_token(head.get(f"{TRIAL}?organisation={bin_}"))
    result = head.post(TRIAL, data=fields | {"organisation": bin_})
    assert texts(find(result, ".trial-result tfoot"), "td") == total and not parse(result).select(".trial-ranks")
    assert event_count(scenario) == events and stored(scenario, bin_) == answers


def test_an_accepted_year_has_a_trial_while_its_answers_give_the_points_of_the_sheet(scenario: Scenario) -> None:
    bin_, code = scenario.organisation_bins[0], loss_code(scenario)
    with scenario.app.app_context():
        scenario.submit()
        db.session.flush()
        accept(scenario.viewer(Role.REVIEWER), YEAR, scenario.body(), 1, TODAY)
        db.session.commit()
    client = scenario.client("observer")
    page = client.get(f"{TRIAL}?organisation={bin_}")
    data = form_fields(page) | {"csrf_token": csrf_token(page), "organisation": bin_, f"o{bin_}-answer-{code}": "100"}
    assert parse(client.post(TRIAL, data=data)).select(".trial-result table.stacks tbody tr")
    with scenario.app.app_context():
        id_ = registry.registry_index(SYSTEM).organisations[bin_][0]
        report = db.session.scalars(select(Report).where(Report.year == YEAR, Report.organisation_id == id_)).one()
        report.answers = report.answers | {code: 100}
        db.session.commit()
    result = client.post(TRIAL, data=data)
    assert_valid(result, "en")
    assert not parse(result).select(".trial-result, fieldset") and "have changed since the sheet" in visible_text(result)


def test_a_trial_shows_what_it_cannot_read_and_takes_organisations_in_and_out(scenario: Scenario) -> None:
    client, (first, second) = scenario.client("observer"), scenario.organisation_bins[:2]
    page = client.get(TRIAL)
    assert_valid(page, "en")
    assert not parse(page).select("fieldset")
    page = client.get(f"{TRIAL}?organisation={first}&organisation={second}&organisation={scenario.foreign_bin}")
    assert len(parse(page).select("fieldset")) == 2
    data = form_fields(page) | {"csrf_token": csrf_token(page), "organisation": [first, second]}
    name = f"o{first}-answer-{loss_code(scenario)}"
    result = client.post(TRIAL, data=data | {name: "much"})
    assert find(result, f'[name="{name}"]')["aria-invalid"] == "true" and "No row has other points" in visible_text(result)
    result = client.post(TRIAL, data=data | {"remove": first})
    assert attributes(result, 'fieldset [name="organisation"]', "value") == [second]


def stored(scenario: Scenario, bin_: str) -> dict[str, object]:
    with scenario.app.app_context():
        return stored_values(bin_)


def form_fields(page: object) -> dict[str, str]:
    """The answers of a trial's form as a browser sends them."""
    fields = {item["name"]: item.get("value", "") for item in parse(page).select("fieldset .trial-question input")}
    for select_ in parse(page).select("fieldset .trial-question select"):
        selected = select_.select("option[selected]")
        fields[select_["name"]] = selected[0]["value"] if selected else ""
    return fields
