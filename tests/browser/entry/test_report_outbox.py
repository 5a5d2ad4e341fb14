"""The report with a second user, a lost connection or a closed page: no value is lost."""

from typing import Any

import pytest
from playwright.sync_api import expect

from evaluation.criteria import Order
from evaluation.language import language
from tests.browser.conftest import NewPage, sign_in
from tests.browser.entry_helpers import VIEWS, Site, assert_accessible, state_of, typed
from tests.support.scenario import YEAR, first_indicator
from tests.support.submission_states import set_status


@pytest.mark.parametrize(("code", "width"), VIEWS)
def test_two_browsers_in_one_cell(code: str, width: int, site: Site, new_page: NewPage, order: Order) -> None:
    """The second user keeps the typed answer of one question and takes the stored answer of another."""
    kind = order.kinds[0].code
    (organisation_bin, _), money, choice = (
        site.scenario.bins_of(kind),
        first_indicator(order, kind, "money"),
        first_indicator(order, kind, "choice"),
    )
    url = site.scenario.report_url(organisation_bin)
    with (
        new_page(site.address, code, width, email=site.scenario.emails["clerk"]) as second_user,
        new_page(site.address, code, width, email=site.scenario.emails["colleague"]) as first_user,
    ):
        second_user.goto(url)
        first_user.goto(url)
        typed(first_user, money, "700")
        first_user.locator(f"#answer-{choice}-3").check()
        state_of(first_user, money, "saved")
        state_of(first_user, choice, "saved")
        second_user.locator(f"#answer-{choice}-2").check()
        typed(second_user, money, "100")
        for item in (money, choice):
            state_of(second_user, item, "conflict")
        conflict = second_user.locator(f"#field-{money} .conflict")
        expect(conflict.locator("[data-stored]")).to_have_text("700")
        expect(conflict.locator("[data-typed]")).to_have_text("100")
        expect(conflict.locator("[data-author]")).to_contain_text("The clerk, ")
        assert_accessible(second_user, width)
        assert site.stored_values(organisation_bin) == {money: 70_000, choice: "violated"}
        second_user.reload()
        state_of(second_user, money, "conflict")
        conflict.locator("[data-prefer-typed]").click()
        state_of(second_user, money, "saved")
        second_user.locator(f"#field-{choice} [data-take-stored]").click()
        expect(second_user.locator(f"#answer-{choice}-3")).to_be_checked()
        expect(second_user.locator("[data-queue-status]")).to_have_attribute("data-state", "saved")
        assert site.stored_values(organisation_bin) == {money: 10_000, choice: "violated"}
        # The next change starts from the stored answer.
        second_user.locator(f"#answer-{choice}-2").check()
        state_of(second_user, choice, "saved")
    assert site.stored_values(organisation_bin) == {money: 10_000, choice: "compliant"}


@pytest.mark.parametrize(("code", "width"), VIEWS)
def test_a_cut_connection_loses_nothing(code: str, width: int, site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (organisation_bin, _), money, choice = (
        site.scenario.bins_of(kind),
        first_indicator(order, kind, "money"),
        first_indicator(order, kind, "choice"),
    )
    say = language(code).gettext
    with new_page(site.address, code, width, email=site.scenario.emails["clerk"]) as page:
        page.goto(site.scenario.report_url(organisation_bin))
        page.context.set_offline(True)
        typed(page, money, "100")
        state_of(page, money, "offline")
        expect(page.locator(f"#field-{money} [data-save-status]")).to_have_text(say("No connection: stored in this browser"))
        page.locator(f"#answer-{choice}-1").check()
        typed(page, money, "200")
        queue = page.locator("[data-queue-status]")
        cut = say("No connection. Stored in this browser until it is back: {waiting}.")
        expect(queue).to_contain_text(cut.format(waiting=2))
        expect(queue).to_have_attribute("data-state", "trouble")
        assert_accessible(page, width)
        assert site.stored_values(organisation_bin) == {}
        page.context.set_offline(False)
        state_of(page, money, "saved")
        state_of(page, choice, "saved")
        expect(queue).to_have_text(say("Everything is saved."))
        expect(page.locator(f"#answer-{money}")).to_have_value("200")
    assert site.stored_values(organisation_bin) == {
        money: 20_000,
        choice: order.choices[order.by_code[choice].choices or ""][0].value,
    }


def test_a_closed_tab_loses_nothing(site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (organisation_bin, other), money = site.scenario.bins_of(kind), first_indicator(order, kind, "money")
    with new_page(site.address, "kk", email=site.scenario.emails["clerk"]) as page:
        page.goto(site.scenario.report_url(organisation_bin))
        page.context.set_offline(True)
        typed(page, money, "100")
        state_of(page, money, "offline")
        page.close()
        page.context.set_offline(False)
        again = page.context.new_page()
        # The form of another organisation of the body sends it too.
        again.goto(site.scenario.report_url(other))
        expect(again.locator("[data-queue-status]")).to_have_text(language("kk").gettext("Everything is saved."))
        assert site.stored_values(organisation_bin) == {money: 10_000}
        again.goto(site.scenario.report_url(organisation_bin))
        expect(again.locator(f"#answer-{money}")).to_have_value("100")


def test_an_answer_that_never_arrived_back_is_sent_again(site: Site, new_page: NewPage, order: Order) -> None:
    """The server stores the answer, the connection breaks before its response, and the user goes on typing."""
    kind = order.kinds[0].code
    (organisation_bin, _), money = site.scenario.bins_of(kind), first_indicator(order, kind, "money")
    with new_page(site.address, "en", email=site.scenario.emails["clerk"]) as page:
        page.goto(site.scenario.report_url(organisation_bin))
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
        assert site.stored_values(organisation_bin) == {money: 10_000}
        typed(page, money, "200")
        state_of(page, money, "saved")
        expect(page.locator("[data-queue-status]")).to_have_attribute("data-state", "saved")
        assert page.locator(".conflict").count() == 0 and len(cut) >= 3
    assert site.stored_values(organisation_bin) == {money: 20_000}


def test_a_session_that_ended_loses_nothing(site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (organisation_bin, _), money = site.scenario.bins_of(kind), first_indicator(order, kind, "money")
    with new_page(site.address, "ru", email=site.scenario.emails["clerk"]) as page:
        page.goto(site.scenario.report_url(organisation_bin))
        page.context.clear_cookies()
        typed(page, money, "100")
        expect(page.locator("[data-queue-status] a")).to_have_text(language("ru").gettext("Sign in again"))
        again = page.context.new_page()
        sign_in(again, site.scenario.emails["clerk"])
        page.bring_to_front()
        page.evaluate("window.dispatchEvent(new Event('focus'))")
        state_of(page, money, "saved")
    assert site.stored_values(organisation_bin) == {money: 10_000}


def test_an_answer_typed_in_a_locked_year_is_proposed_after_the_return(site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (organisation_bin, _), money = site.scenario.bins_of(kind), first_indicator(order, kind, "money")
    site.store_answers(organisation_bin, {money: -125_000_000})
    with new_page(site.address, "ru", email=site.scenario.emails["clerk"]) as page:
        page.goto(site.scenario.report_url(organisation_bin))
        site.run(lambda _: set_status(YEAR, site.scenario.body_id))
        typed(page, money, "123")
        expect(page.locator("[data-queue-status]")).to_have_attribute("data-state", "trouble")
        site.run(lambda _: set_status(YEAR, site.scenario.body_id, "returned"))
        page.goto(site.scenario.report_url(organisation_bin))
        state_of(page, money, "conflict")
        conflict = page.locator(f"#field-{money} .conflict")
        expect(conflict.locator("[data-cause]")).to_contain_text("до того, как год был представлен")
        expect(conflict.locator("[data-stored]")).to_have_text("-1\xa0250\xa0000")
        expect(conflict.locator("[data-typed]")).to_have_text("123")
        assert site.stored_values(organisation_bin) == {money: -125_000_000}
        conflict.locator("[data-take-stored]").click()
        state_of(page, money, "saved")
    assert site.stored_values(organisation_bin) == {money: -125_000_000}


def test_another_person_at_the_same_browser_sends_nothing_of_mine(site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (organisation_bin, _), money = site.scenario.bins_of(kind), first_indicator(order, kind, "money")
    with new_page(site.address, "en", email=site.scenario.emails["clerk"]) as page:
        page.goto(site.scenario.report_url(organisation_bin))
        page.context.clear_cookies()
        again = page.context.new_page()
        sign_in(again, site.scenario.emails["colleague"])
        typed(page, money, "100")
        expect(page.locator("[data-queue-status]")).to_contain_text("Another person has signed in here")
        again.goto(site.scenario.report_url(organisation_bin))
        expect(again.locator(f"#answer-{money}")).to_have_value("")
    assert site.stored_values(organisation_bin) == {}


def test_two_tabs_of_one_browser_share_their_queue(site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (organisation_bin, _), money, choice = (
        site.scenario.bins_of(kind),
        first_indicator(order, kind, "money"),
        first_indicator(order, kind, "choice"),
    )
    with new_page(site.address, "en", email=site.scenario.emails["clerk"]) as page:
        page.goto(site.scenario.report_url(organisation_bin))
        other = page.context.new_page()
        other.goto(site.scenario.report_url(organisation_bin))
        page.context.set_offline(True)
        typed(page, money, "100")
        other.locator(f"#answer-{choice}-2").check()
        typed(other, money, "300")
        page.context.set_offline(False)
        for tab in (page, other):
            expect(tab.locator("[data-queue-status]")).to_have_attribute("data-state", "saved")
            assert tab.locator(".conflict").count() == 0
    assert site.stored_values(organisation_bin) == {money: 30_000, choice: "compliant"}
