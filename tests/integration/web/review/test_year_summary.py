"""What a head reads before submitting and a reviewer before accepting: points, what costs them, warnings kept with a reason."""

from collections.abc import Callable

import pytest
from flask import Flask

from evaluation.answers.prior_year_counts import CountInput, save_declared_counts
from evaluation.answers.progress.queries import body_progress
from evaluation.answers.readiness.queries import readiness
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Role
from evaluation.review.operations import accept
from evaluation.sheets.queries import body_sheet
from tests.integration.web.core.test_pages import assert_valid
from tests.support.accounts import token_of
from tests.support.html import attributes, csrf_token, find, form_values, parse, texts, visible_text
from tests.support.scenario import BODY, SYSTEM, TODAY, YEAR, Scenario, justify_warnings, two_kind_scenario

ADDRESS = f"/bodies/{BODY}/{YEAR}"
SUBMISSION, ACCEPTANCE = f"{ADDRESS}/submission", f"{ADDRESS}/submission/accept"
LOSSES = 'section[aria-labelledby="losses"]'


@pytest.fixture
def scenario(app: Flask, order: Order) -> Scenario:
    return with_a_loss(two_kind_scenario(app, order))


def with_a_loss(scenario: Scenario) -> Scenario:
    """Complete the first body's year with a breach, the amount `loss_code` of its first organisation; warnings are justified."""
    with scenario.app.app_context():
        scenario.fill()
        scenario.answer(scenario.organisation_bins[0], **{loss_code(scenario): -500_00})
        justify_warnings(scenario.order, scenario.body_id)
        missing = readiness(SYSTEM, scenario.order, YEAR, scenario.body(), TODAY).missing_counts
        counts = [CountInput(*entry.key, 0, None) for entry in missing]
        assert not save_declared_counts(scenario.viewer(Role.CLERK), scenario.order, YEAR, scenario.body_id, counts)
        db.session.commit()
    return scenario


def loss_code(scenario: Scenario) -> str:
    """The money question of the first organisation whose amount may be below 0."""
    items = scenario.order.indicators_of(scenario.kinds[0])
    return next(item.code for item in items if item.type == "money" and item.min is None)


def lost_points(scenario: Scenario) -> int:
    with scenario.app.app_context():
        sheet = body_sheet(SYSTEM, BODY, YEAR)
        assert sheet
        return sheet.max - sheet.low


def test_the_head_sees_what_costs_points_before_submitting(scenario: Scenario) -> None:
    head, bin_, code = scenario.client("head"), scenario.organisation_bins[0], loss_code(scenario)
    page = head.get(SUBMISSION)
    assert_valid(page, "en")
    row = find(page, f"{LOSSES} tbody tr")
    assert bin_ in visible_text(row) and texts(row, "td.num") == [str(lost_points(scenario))]
    assert attributes(row, "a", "href") == [f"{scenario.report_url(bin_)}?field={code}#field-{code}"]
    assert "−500.00" in visible_text(row).replace("-", "−")
    with scenario.app.app_context():
        sheet = body_sheet(SYSTEM, BODY, YEAR)
    assert sheet and f"{sheet.low} / {sheet.max}" in visible_text(find(page, 'section[aria-labelledby="points"] tfoot'))
    # A year that is not complete shows what is missing and no points.
    with scenario.app.app_context():
        scenario.answer(bin_, **{code: None})
        db.session.commit()
    assert not parse(head.get(SUBMISSION)).select(LOSSES)


def test_accepting_asks_first(scenario: Scenario) -> None:
    reviewer, head = scenario.client("reviewer"), scenario.client("head")
    assert "nothing to accept" in visible_text(reviewer.get(ACCEPTANCE)) and not form_in(reviewer.get(ACCEPTANCE).text)
    with scenario.app.app_context():
        scenario.submit()
        db.session.commit()
    page = reviewer.get(ADDRESS)
    assert ACCEPTANCE in attributes(page, "a.btn", "href") and not parse(page).select(f'form[action="{ACCEPTANCE}"]')
    assert f"{ADDRESS}/grid/{scenario.kinds[0]}" in attributes(page, "caption a", "href")
    page = reviewer.get(ACCEPTANCE)
    assert_valid(page, "en")
    shown = visible_text(page)
    assert scenario.organisation_bins[0] in visible_text(find(page, LOSSES)) and "Accept as revision 1?" in shown
    assert "PUBLIC_URL" in shown and "cannot be undone" in shown
    with scenario.app.app_context():
        progress = body_progress(SYSTEM, scenario.order, YEAR, scenario.body_id, TODAY)
        justified = [issue for item in progress.organisations.values() for issue in item.issues if issue.justification]
    assert len(parse(page).select(".justified-warnings tbody tr")) == len(justified)
    assert ("No warnings remain." in shown) == (not justified)
    assert head.get(ACCEPTANCE).status_code == 403
    # A second reviewer decided meanwhile: the page asks again instead of accepting at once.
    values = form_values(find(page, f'form[action="{ACCEPTANCE}"]'))
    stale = reviewer.post(ACCEPTANCE, data=values | {"version": "7"})
    assert stale.status_code == 409 and ACCEPTANCE in attributes(stale, "a.btn", "href") and not form_in(stale.text)
    assert reviewer.post(ACCEPTANCE, data=values).status_code == 303
    # The accepted sheet shows the same losses.
    assert scenario.organisation_bins[0] in visible_text(find(reviewer.get(ADDRESS), LOSSES))
    assert "nothing to accept" in visible_text(reviewer.get(ACCEPTANCE))


def form_in(page: str) -> bool:
    return bool(parse(page).select(f'form[action="{ACCEPTANCE}"]'))


def test_the_public_address_is_set(database_url: str, make_app: Callable[..., Flask], order: Order) -> None:
    scenario = with_a_loss(two_kind_scenario(make_app(database_url, PUBLIC_URL="http://localhost"), order))
    with scenario.app.app_context():
        scenario.submit()
        db.session.commit()
    reviewer = scenario.client("reviewer")
    bulk = f"/bodies/accept/{YEAR}"
    choice = {"csrf_token": token_of(reviewer, bulk), "chosen": f"{BODY}:1"}
    for page in (reviewer.get(ACCEPTANCE), reviewer.post(f"{bulk}/preview", data=choice)):
        assert csrf_token(page) and "PUBLIC_URL" not in page.text and "cannot be undone" in page.text


def test_a_body_of_an_accepted_year_without_losses(app: Flask, order: Order) -> None:
    scenario = two_kind_scenario(app, order)
    with app.app_context():
        scenario.fill()
        scenario.submit()
        accept(scenario.viewer(Role.REVIEWER), YEAR, scenario.body(), 1, TODAY)
        db.session.commit()
    assert not parse(scenario.client("observer").get(ADDRESS)).select(f"{LOSSES} tbody tr")
