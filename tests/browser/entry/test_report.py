"""The report of one organisation in a real browser: keyboard, automatic saving, without JavaScript."""

from typing import Any

import pytest
from playwright.sync_api import Route, expect

from evaluation.criteria import Order
from evaluation.language import language
from tests.browser.conftest import NewPage
from tests.browser.entry_helpers import VIEWS, CountingKeyboard, Site, assert_accessible, state_of, typed
from tests.support.factories import A_PDF
from tests.support.scenario import first_indicator


@pytest.mark.parametrize(("code", "width"), VIEWS)
def test_one_organisation_by_keyboard_alone(code: str, width: int, site: Site, new_page: NewPage, order: Order) -> None:
    """An answer takes its characters and one key to go on; yes, no and choices take one key."""
    kind = order.kinds[1].code
    organisation_bin, items = site.scenario.bins_of(kind)[1], order.indicators_of(kind)
    letters = {"kk": "и", "ru": "д"}
    text = {"money": "12500000,50", "date": "31.05.2025", "whole": "3"}
    with new_page(site.address, code, width, email=site.scenario.emails["clerk"]) as page:
        page.goto(f"{site.scenario.report_url(organisation_bin)}#field-{items[0].code}")
        keyboard = CountingKeyboard(page)
        expect(page.locator(f"#answer-{items[0].code}")).to_be_focused()
        for item in items:
            if item.type in text:
                keyboard.type(text[item.type])
                keyboard.press("Enter")
            else:
                keyboard.press(letters[code] if item.type == "yes_no" else "1")
        expect(page.locator("[data-next]")).to_be_focused()
        count = language(code).gettext("Answered %(answered)s of %(required)s", answered=len(items), required=len(items))
        expect(page.locator("[data-answer-count]")).to_have_text(count)
        for item in items:
            state_of(page, item.code, "saved")
        money = first_indicator(order, kind, "money")
        expect(page.locator(f"#answer-{money}")).to_have_value(language(code).number(12_500_000.5, 2))
        expect(page.locator("[data-queue-status]")).to_have_text(language(code).gettext("Everything is saved."))
        assert keyboard.strokes == sum(len(text[item.type]) + 1 if item.type in text else 1 for item in items)
        following = site.scenario.bins_of(order.kinds[2].code)[0]
        keyboard.press("Enter")
        page.wait_for_url(f"**/{following}*")
    answers = site.stored_values(organisation_bin)
    assert set(answers) == {item.code for item in items} and answers[money] == 1_250_000_050


def test_a_token_that_expired_is_renewed(site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    organisation_bin, money = site.scenario.bins_of(kind)[0], first_indicator(order, kind, "money")
    sent: list[int] = []

    def spoil(route: Route) -> None:
        # As if somebody had signed in again in another tab since the page was opened.
        sent.append(len(sent))
        headers = route.request.headers
        route.continue_(headers=headers if len(sent) > 1 else headers | {"x-csrftoken": "old"})

    with new_page(site.address, "en", email=site.scenario.emails["clerk"]) as page:
        page.goto(site.scenario.report_url(organisation_bin))
        page.route("**/answers", spoil)
        page.locator(f"#answer-{money}").fill("1250")
        page.keyboard.press("Enter")
        state_of(page, money, "saved")
    assert len(sent) == 2 and site.stored_values(organisation_bin) == {money: 125_000}


def test_questions_that_are_not_required_are_skipped(site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[1].code
    organisation_bin = site.scenario.bins_of(kind)[1]
    item = next(indicator for indicator in order.indicators_of(kind) if indicator.applies_when is not None)
    condition: Any = item.applies_when
    asking, dependent = f"#answer-{condition.left}", f"#answer-{item.code}"
    after = order.indicators_of(kind)[[indicator.code for indicator in order.indicators_of(kind)].index(item.code) + 1]
    with new_page(site.address, "en", email=site.scenario.emails["clerk"]) as page:
        page.goto(site.scenario.report_url(organisation_bin))
        page.locator(asking).fill("0")
        page.keyboard.press("Enter")
        expect(page.locator(f"#answer-{after.code}")).to_be_focused()
        expect(page.locator(f"#field-{item.code} .not-required-note")).to_be_visible()
        page.locator(asking).fill("5")
        page.keyboard.press("Enter")
        expect(page.locator(dependent)).to_be_focused()
        typed(page, item.code, "31.05.2025")
        state_of(page, item.code, "saved")
        typed(page, condition.left, "0")
        expect(page.locator(f"#field-{item.code} .issue.is-error")).to_be_visible()
        expect(page.locator(dependent)).to_have_value("31.05.2025"), "nothing is emptied"


def test_keys_choose_empty_and_lead_on(site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (organisation_bin, other), codes = site.scenario.bins_of(kind), [item.code for item in order.indicators_of(kind)]
    choice = first_indicator(order, kind, "choice")
    with new_page(site.address, "en", email=site.scenario.emails["clerk"]) as page:
        page.goto(f"{site.scenario.report_url(organisation_bin)}#field-{choice}")
        expect(page.locator(f"#answer-{choice}-0")).to_be_focused()
        page.keyboard.press("3")
        focused = page.evaluate("document.activeElement.id")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == focused
        row = next(row.number for row in order.table[kind].scored_rows if row.criterion in order.by_code[choice].criteria)
        expect(page.locator(f"#field-{choice} .cost")).to_contain_text(f"breaches row {row}: −2")
        page.locator(f"#field-{choice} input:checked").focus()
        page.keyboard.press("Delete")
        state_of(page, choice, "saved")
        expect(page.locator(f"#field-{choice} input:checked")).to_have_value("")
        expect(page.locator(f"#field-{choice} .cost")).to_have_count(0)
        page.locator(f"#answer-{codes[0]}").fill("1")
        page.keyboard.press("Control+Enter")
        expect(page.locator(f"#field-{codes[1]} :focus")).to_have_count(1)
        page.keyboard.press("Alt+ArrowDown")
        page.wait_for_url(f"**/{other}*")
        page.keyboard.press("Alt+ArrowUp")
        page.wait_for_url(f"**/{organisation_bin}*")
    assert site.stored_values(organisation_bin) == {codes[0]: 100}


@pytest.mark.parametrize(("code", "width"), VIEWS)
def test_what_is_not_valid_stays_on_the_page(code: str, width: int, site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (organisation_bin, _), money = site.scenario.bins_of(kind), first_indicator(order, kind, "money")
    say = language(code).gettext
    with new_page(site.address, code, width, email=site.scenario.emails["clerk"]) as page:
        page.goto(site.scenario.report_url(organisation_bin))
        typed(page, money, "1 250")
        state_of(page, money, "saved")
        expect(page.locator(f"#field-{money} [data-save-status]")).to_have_text(say("Saved"))
        expect(page.locator(f"#answer-{money}")).to_have_value("1\xa0250")
        typed(page, money, "көп")
        state_of(page, money, "invalid")
        expect(page.locator(f"#field-{money} [data-save-status]")).to_have_text(say("Not valid, not saved"))
        expect(page.locator(f"#error-{money}")).to_contain_text("көп")
        assert_accessible(page, width)
        page.reload()
        state_of(page, money, "invalid")
        expect(page.locator(f"#answer-{money}")).to_have_value("көп")
        assert site.stored_values(organisation_bin) == {money: 125_000}
        typed(page, money, "1300")
        state_of(page, money, "saved")
        page.reload()
        expect(page.locator(f"#answer-{money}")).to_have_value("1\xa0300")
        assert_accessible(page, width)
    assert site.stored_values(organisation_bin) == {money: 130_000}


def test_a_warning_is_justified_by_a_reason(site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (organisation_bin, _), choice, money = (
        site.scenario.bins_of(kind),
        first_indicator(order, kind, "choice"),
        first_indicator(order, kind, "money"),
    )
    with new_page(site.address, "en", email=site.scenario.emails["clerk"]) as page:
        page.goto(site.scenario.report_url(organisation_bin))
        page.locator(f"#answer-{choice}-3").check()
        warning = page.locator(f"#field-{choice} .issue.is-warning")
        warning.locator("summary").click()
        warning.locator("textarea").fill("The act is kept at the akimat.")
        typed(page, money, "100")
        state_of(page, money, "saved")
        expect(warning.locator("textarea")).to_have_value("The act is kept at the akimat.")
        warning.locator("[data-justify]").click()
        expect(warning.locator("[data-reason-text]")).to_have_text("The act is kept at the akimat.")
        warning.locator("[data-withdraw]").click()
        expect(warning.locator("[data-justify]")).to_have_count(1)


@pytest.mark.parametrize(("code", "width"), VIEWS)
def test_without_javascript(code: str, width: int, site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (organisation_bin, _), money, choice = (
        site.scenario.bins_of(kind),
        first_indicator(order, kind, "money"),
        first_indicator(order, kind, "choice"),
    )
    with new_page(site.address, code, width, email=site.scenario.emails["clerk"], java_script_enabled=False) as page:
        page.goto(site.scenario.report_url(organisation_bin))
        page.fill(f"#answer-{money}", "көп")
        page.locator(f"#answer-{choice}-3").check()
        page.press(f"#answer-{money}", "Enter")
        expect(page.locator(f"#error-{money}")).to_contain_text("көп")
        expect(page.locator(f"#answer-{choice}-3")).to_be_checked()
        expect(page.locator(f"#field-{choice} .cost")).to_be_visible()
        page.fill(f"#answer-{money}", "100")
        site.store_answers(organisation_bin, {money: 70_000})
        page.click("button[value=stay]")
        expect(page.locator(f"#field-{money} .conflict")).to_contain_text("700")
        page.check(f"#typed-{money}")
        page.click("button[value=stay]")
        expect(page.locator(f"#answer-{money}")).to_have_value("100")
        expect(page.locator(".conflict")).to_have_count(0)
        page.click(f"#field-{choice} .justify summary")
        page.fill(f"#field-{choice} .justify textarea", "Акт әкімдікте сақтаулы.")
        page.click(f"#field-{choice} [data-justify]")
        expect(page.locator(f"#field-{choice} [data-reason-text]")).to_have_text("Акт әкімдікте сақтаулы.")
        act = {"name": "act.pdf", "mimeType": "application/pdf", "buffer": A_PDF}
        page.locator("input[type=file]").first.set_input_files([act])
        page.click("button[value=next]")
        page.wait_for_url(f"**/{site.scenario.bins_of(kind)[1]}*")
        page.goto(site.scenario.report_url(organisation_bin))
        expect(page.locator(".evidence-files a", has_text="act.pdf")).to_have_count(1)
    assert site.stored_values(organisation_bin) == {money: 10_000, choice: "violated"}


@pytest.mark.parametrize(("code", "width"), VIEWS)
def test_the_page_is_accessible(code: str, width: int, site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[1].code
    organisation_bin, money = site.scenario.bins_of(kind)[0], first_indicator(order, kind, "money")
    site.store_answers(organisation_bin, {money: -5, first_indicator(order, kind, "choice"): "violated"})
    for email in (site.scenario.emails["clerk"], site.scenario.emails["observer"]):
        with new_page(site.address, code, email=email) as page:
            page.goto(site.scenario.report_url(organisation_bin))
            assert_accessible(page, width)
