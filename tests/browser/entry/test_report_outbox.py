"""One organisation's report where somebody else saves it too, the connection is cut, or the page goes: no value is lost."""

from typing import Any

import pytest
from playwright.sync_api import expect

from evaluation.criteria import Order
from evaluation.language import language
from tests.browser.conftest import NewPage, sign_in
from tests.browser.entry_desk import WIDTHS, Site, assert_for_everybody, state_of, typed
from tests.support.scenario import first_indicator


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("code", ["kk", "ru"])
def test_two_browsers_in_one_cell(code: str, width: int, site: Site, new_page: NewPage, order: Order) -> None:
    """Mine is chosen of one answer, theirs of another."""
    kind = order.kinds[0].code
    (own, _), money, choice = site.scenario.bins_of(kind), first_indicator(order, kind, "money"), first_indicator(order, kind, "choice")
    url = site.scenario.report_url(own)
    with (
        new_page(site.address, code, width, email=site.scenario.emails["clerk"]) as mine,
        new_page(site.address, code, width, email=site.scenario.emails["colleague"]) as theirs,
    ):
        mine.goto(url)
        theirs.goto(url)
        typed(theirs, money, "700")
        theirs.locator(f"#answer-{choice}-3").check()
        state_of(theirs, money, "saved")
        state_of(theirs, choice, "saved")
        mine.locator(f"#answer-{choice}-2").check()
        typed(mine, money, "100")
        for item in (money, choice):
            state_of(mine, item, "conflict")
        clash = mine.locator(f"#field-{money} .conflict")
        expect(clash.locator("[data-stored]")).to_have_text("700")
        expect(clash.locator("[data-typed]")).to_have_text("100")
        expect(clash.locator("[data-author]")).to_contain_text("The clerk, ")
        assert_for_everybody(mine, width)
        assert site.stored(own) == {money: 70_000, choice: "violated"}
        mine.reload()
        state_of(mine, money, "conflict")
        clash.locator("[data-keep-typed]").click()
        state_of(mine, money, "saved")
        mine.locator(f"#field-{choice} [data-take-stored]").click()
        expect(mine.locator(f"#answer-{choice}-3")).to_be_checked()
        expect(mine.locator("[data-queue-status]")).to_have_attribute("data-state", "saved")
        assert site.stored(own) == {money: 10_000, choice: "violated"}
        # What was taken is what the next change starts from.
        mine.locator(f"#answer-{choice}-2").check()
        state_of(mine, choice, "saved")
    assert site.stored(own) == {money: 10_000, choice: "compliant"}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("code", ["kk", "ru"])
def test_a_cut_connection_loses_nothing(code: str, width: int, site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (own, _), money, choice = site.scenario.bins_of(kind), first_indicator(order, kind, "money"), first_indicator(order, kind, "choice")
    say = language(code).gettext
    with new_page(site.address, code, width, email=site.scenario.emails["clerk"]) as page:
        page.goto(site.scenario.report_url(own))
        page.context.set_offline(True)
        typed(page, money, "100")
        state_of(page, money, "offline")
        expect(page.locator(f"#field-{money} [data-save-status]")).to_have_text(say("No connection: kept in this browser"))
        page.locator(f"#answer-{choice}-1").check()
        typed(page, money, "200")
        queue = page.locator("[data-queue-status]")
        cut = say("No connection. Kept in this browser until it is back: {waiting}.")
        expect(queue).to_contain_text(cut.format(waiting=2))
        expect(queue).to_have_attribute("data-state", "trouble")
        assert_for_everybody(page, width)
        assert site.stored(own) == {}
        page.context.set_offline(False)
        state_of(page, money, "saved")
        state_of(page, choice, "saved")
        expect(queue).to_have_text(say("Everything is saved."))
        expect(page.locator(f"#answer-{money}")).to_have_value("200")
    assert site.stored(own) == {money: 20_000, choice: order.choices[order.by_code[choice].choices or ""][0].value}


def test_a_closed_tab_loses_nothing(site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (own, other), money = site.scenario.bins_of(kind), first_indicator(order, kind, "money")
    with new_page(site.address, "kk", email=site.scenario.emails["clerk"]) as page:
        page.goto(site.scenario.report_url(own))
        page.context.set_offline(True)
        typed(page, money, "100")
        state_of(page, money, "offline")
        page.close()
        page.context.set_offline(False)
        again = page.context.new_page()
        # The form of another organisation of the body sends it too.
        again.goto(site.scenario.report_url(other))
        expect(again.locator("[data-queue-status]")).to_have_text(language("kk").gettext("Everything is saved."))
        assert site.stored(own) == {money: 10_000}
        again.goto(site.scenario.report_url(own))
        expect(again.locator(f"#answer-{money}")).to_have_value("100")


def test_an_answer_that_never_arrived_back_is_sent_again(site: Site, new_page: NewPage, order: Order) -> None:
    """The server stored it, the connection broke before it could say so, and somebody went on typing meanwhile."""
    kind = order.kinds[0].code
    (own, _), money = site.scenario.bins_of(kind), first_indicator(order, kind, "money")
    with new_page(site.address, "en", email=site.scenario.emails["clerk"]) as page:
        page.goto(site.scenario.report_url(own))
        cut: list[str] = []

        def lose(route: Any) -> None:
            cut.append(route.request.post_data)
            if len(cut) == 1:
                route.fetch()
                route.abort()
            else:
                route.continue_()

        page.route("**/answers", lose)
        typed(page, money, "100")
        expect(page.locator("[data-queue-status]")).to_have_attribute("data-state", "trouble")
        assert site.stored(own) == {money: 10_000}
        typed(page, money, "200")
        state_of(page, money, "saved")
        expect(page.locator("[data-queue-status]")).to_have_attribute("data-state", "saved")
        assert page.locator(".conflict").count() == 0 and len(cut) >= 3
    assert site.stored(own) == {money: 20_000}


def test_a_session_that_ended_loses_nothing(site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (own, _), money = site.scenario.bins_of(kind), first_indicator(order, kind, "money")
    with new_page(site.address, "ru", email=site.scenario.emails["clerk"]) as page:
        page.goto(site.scenario.report_url(own))
        page.context.clear_cookies()
        typed(page, money, "100")
        expect(page.locator("[data-queue-status] a")).to_have_text(language("ru").gettext("Sign in again"))
        again = page.context.new_page()
        sign_in(again, site.scenario.emails["clerk"])
        page.bring_to_front()
        page.evaluate("window.dispatchEvent(new Event('focus'))")
        state_of(page, money, "saved")
    assert site.stored(own) == {money: 10_000}


def test_another_person_at_the_same_browser_sends_nothing_of_mine(site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (own, _), money = site.scenario.bins_of(kind), first_indicator(order, kind, "money")
    with new_page(site.address, "en", email=site.scenario.emails["clerk"]) as page:
        page.goto(site.scenario.report_url(own))
        page.context.clear_cookies()
        again = page.context.new_page()
        sign_in(again, site.scenario.emails["colleague"])
        typed(page, money, "100")
        expect(page.locator("[data-queue-status]")).to_contain_text("Another person has signed in here")
        again.goto(site.scenario.report_url(own))
        expect(again.locator(f"#answer-{money}")).to_have_value("")
    assert site.stored(own) == {}


def test_two_tabs_of_one_browser_share_their_queue(site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (own, _), money, choice = site.scenario.bins_of(kind), first_indicator(order, kind, "money"), first_indicator(order, kind, "choice")
    with new_page(site.address, "en", email=site.scenario.emails["clerk"]) as page:
        page.goto(site.scenario.report_url(own))
        other = page.context.new_page()
        other.goto(site.scenario.report_url(own))
        page.context.set_offline(True)
        typed(page, money, "100")
        other.locator(f"#answer-{choice}-2").check()
        typed(other, money, "300")
        page.context.set_offline(False)
        for tab in (page, other):
            expect(tab.locator("[data-queue-status]")).to_have_attribute("data-state", "saved")
            assert tab.locator(".conflict").count() == 0
    assert site.stored(own) == {money: 30_000, choice: "compliant"}
