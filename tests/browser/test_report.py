"""One organisation's report in a real browser: by keyboard alone, saved as it is typed, cut off, closed, and by two at once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from evaluation.criteria import Order
from evaluation.language import language
from tests.browser.conftest import NewPage, served, sign_in
from tests.browser.desk import Hands, Site
from tests.places import first

WIDTHS = (1280, 390)


@pytest.fixture
def site(tmp_path: Path, order: Order) -> Iterator[Site]:
    with served(tmp_path) as address:
        yield Site(address, tmp_path, order)


def state_of(page: Page, code: str, state: str) -> None:
    expect(page.locator(f"#field-{code} [data-word]")).to_have_attribute("data-state", state)


def typed(page: Page, code: str, text: str) -> None:
    """Type over what stands in a field, and leave it."""
    field = page.locator(f"#answer-{code}")
    field.fill(text)
    field.press("Tab")


def assert_for_everybody(page: Page, width: int) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    found = Axe().run(page)
    assert not found.violations_count, found.generate_report()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("code", ["kk", "ru"])
def test_one_organisation_by_keyboard_alone(code: str, width: int, site: Site, new_page: NewPage, order: Order) -> None:
    """Every answer costs its characters and one key to go on; yes, no and choices cost one key."""
    kind = order.kinds[1].code
    own, items = site.place.own[kind][1], order.asked_of(kind)
    letters = {"kk": "и", "ru": "д"}
    text = {"money": "12500000,50", "date": "31.05.2025", "whole": "3"}
    with new_page(site.address, code, width, email=site.place.clerk) as page:
        page.goto(f"{site.place.url(own)}#field-{items[0].code}")
        hands = Hands(page)
        expect(page.locator(f"#answer-{items[0].code}")).to_be_focused()
        for item in items:
            if item.type in text:
                hands.type(text[item.type])
                hands.press("Enter")
            else:
                hands.press(letters[code] if item.type == "yes_no" else "1")
        expect(page.locator("[data-next]")).to_be_focused()
        count = language(code).gettext("answered %(given)s of %(asked)s", given=len(items), asked=len(items))
        expect(page.locator("[data-answered]")).to_have_text(count)
        for item in items:
            state_of(page, item.code, "saved")
        money = first(order, kind, "money")
        expect(page.locator(f"#answer-{money}")).to_have_value(language(code).number(12_500_000.5, 2))
        expect(page.locator("[data-queue]")).to_have_text(language(code).gettext("Everything is saved."))
        assert hands.strokes == sum(len(text[item.type]) + 1 if item.type in text else 1 for item in items)
        following = site.place.own[order.kinds[2].code][0]
        hands.press("Enter")
        page.wait_for_url(f"**/{following}*")
    answers = site.stored(own)
    assert set(answers) == {item.code for item in items} and answers[money] == 1_250_000_050


def test_what_is_not_asked_is_passed_over(site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[1].code
    own = site.place.own[kind][1]
    item = next(each for each in order.asked_of(kind) if each.asked_when is not None)
    condition: Any = item.asked_when
    asking, dependent = f"#answer-{condition.left}", f"#answer-{item.code}"
    after = order.asked_of(kind)[[each.code for each in order.asked_of(kind)].index(item.code) + 1]
    with new_page(site.address, "en", email=site.place.clerk) as page:
        page.goto(site.place.url(own))
        page.locator(asking).fill("0")
        page.keyboard.press("Enter")
        expect(page.locator(f"#answer-{after.code}")).to_be_focused()
        expect(page.locator(f"#field-{item.code} .idle-words")).to_be_visible()
        page.locator(asking).fill("5")
        page.keyboard.press("Enter")
        expect(page.locator(dependent)).to_be_focused()
        typed(page, item.code, "31.05.2025")
        state_of(page, item.code, "saved")
        typed(page, condition.left, "0")
        expect(page.locator(f"#field-{item.code} .finding.error")).to_be_visible()
        expect(page.locator(dependent)).to_have_value("31.05.2025"), "nothing is emptied"


def test_keys_choose_empty_and_lead_on(site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (own, other), codes = site.place.own[kind], [item.code for item in order.asked_of(kind)]
    choice = first(order, kind, "choice")
    with new_page(site.address, "en", email=site.place.clerk) as page:
        page.goto(f"{site.place.url(own)}#field-{choice}")
        expect(page.locator(f"#answer-{choice}-0")).to_be_focused()
        page.keyboard.press("3")
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
        page.wait_for_url(f"**/{own}*")
    assert site.stored(own) == {codes[0]: 100}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("code", ["kk", "ru"])
def test_what_is_not_valid_stays_on_the_page(code: str, width: int, site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (own, _), money = site.place.own[kind], first(order, kind, "money")
    say = language(code).gettext
    with new_page(site.address, code, width, email=site.place.clerk) as page:
        page.goto(site.place.url(own))
        typed(page, money, "1 250")
        state_of(page, money, "saved")
        expect(page.locator(f"#field-{money} [data-word]")).to_have_text(say("Saved"))
        expect(page.locator(f"#answer-{money}")).to_have_value("1\xa0250")
        typed(page, money, "көп")
        state_of(page, money, "invalid")
        expect(page.locator(f"#field-{money} [data-word]")).to_have_text(say("Not valid, not saved"))
        expect(page.locator(f"#error-{money}")).to_contain_text("көп")
        assert_for_everybody(page, width)
        page.reload()
        state_of(page, money, "invalid")
        expect(page.locator(f"#answer-{money}")).to_have_value("көп")
        assert site.stored(own) == {money: 125_000}
        typed(page, money, "1300")
        state_of(page, money, "saved")
        page.reload()
        expect(page.locator(f"#answer-{money}")).to_have_value("1\xa0300")
        assert_for_everybody(page, width)
    assert site.stored(own) == {money: 130_000}


@pytest.mark.parametrize(("code", "width"), [("kk", 390), ("ru", 1280)])
def test_two_browsers_in_one_cell(code: str, width: int, site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (own, _), money, choice = site.place.own[kind], first(order, kind, "money"), first(order, kind, "choice")
    url = site.place.url(own)
    with (
        new_page(site.address, code, width, email=site.place.clerk) as mine,
        new_page(site.address, code, width, email=site.place.colleague) as theirs,
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
        expect(clash.locator("[data-theirs]")).to_have_text("700")
        expect(clash.locator("[data-mine]")).to_have_text("100")
        expect(clash.locator("[data-who]")).to_contain_text("The clerk, ")
        assert_for_everybody(mine, width)
        assert site.stored(own) == {money: 70_000, choice: "violated"}
        mine.reload()
        state_of(mine, money, "conflict")
        clash.locator("[data-keep]").click()
        state_of(mine, money, "saved")
        mine.locator(f"#field-{choice} [data-take]").click()
        expect(mine.locator(f"#answer-{choice}-3")).to_be_checked()
        expect(mine.locator("[data-queue]")).to_have_attribute("data-state", "saved")
        assert site.stored(own) == {money: 10_000, choice: "violated"}
        # What was taken is what the next change starts from.
        mine.locator(f"#answer-{choice}-2").check()
        state_of(mine, choice, "saved")
    assert site.stored(own) == {money: 10_000, choice: "compliant"}


def test_a_cut_connection_loses_nothing(site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (own, _), money, choice = site.place.own[kind], first(order, kind, "money"), first(order, kind, "choice")
    with new_page(site.address, "ru", email=site.place.clerk) as page:
        page.goto(site.place.url(own))
        page.context.set_offline(True)
        typed(page, money, "100")
        state_of(page, money, "offline")
        page.locator(f"#answer-{choice}-1").check()
        typed(page, money, "200")
        expect(page.locator("[data-queue]")).to_have_attribute("data-state", "trouble")
        assert site.stored(own) == {}
        page.context.set_offline(False)
        state_of(page, money, "saved")
        state_of(page, choice, "saved")
        expect(page.locator("[data-queue]")).to_have_text(language("ru").gettext("Everything is saved."))
    assert site.stored(own) == {money: 20_000, choice: order.choices[order.by_code[choice].choices or ""][0].value}


def test_a_closed_tab_loses_nothing(site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (own, other), money = site.place.own[kind], first(order, kind, "money")
    with new_page(site.address, "kk", email=site.place.clerk) as page:
        page.goto(site.place.url(own))
        page.context.set_offline(True)
        typed(page, money, "100")
        state_of(page, money, "offline")
        page.close()
        page.context.set_offline(False)
        again = page.context.new_page()
        # The form of another organisation of the body sends it too.
        again.goto(site.place.url(other))
        expect(again.locator("[data-queue]")).to_have_text(language("kk").gettext("Everything is saved."))
        assert site.stored(own) == {money: 10_000}
        again.goto(site.place.url(own))
        expect(again.locator(f"#answer-{money}")).to_have_value("100")


def test_an_answer_that_never_arrived_back_is_sent_again(site: Site, new_page: NewPage, order: Order) -> None:
    """The server stored it, the connection broke before it could say so, and somebody went on typing meanwhile."""
    kind = order.kinds[0].code
    (own, _), money = site.place.own[kind], first(order, kind, "money")
    with new_page(site.address, "en", email=site.place.clerk) as page:
        page.goto(site.place.url(own))
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
        expect(page.locator("[data-queue]")).to_have_attribute("data-state", "trouble")
        assert site.stored(own) == {money: 10_000}
        typed(page, money, "200")
        state_of(page, money, "saved")
        expect(page.locator("[data-queue]")).to_have_attribute("data-state", "saved")
        assert page.locator(".conflict").count() == 0 and len(cut) >= 3
    assert site.stored(own) == {money: 20_000}


def test_a_session_that_ended_loses_nothing(site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (own, _), money = site.place.own[kind], first(order, kind, "money")
    with new_page(site.address, "ru", email=site.place.clerk) as page:
        page.goto(site.place.url(own))
        page.context.clear_cookies()
        typed(page, money, "100")
        expect(page.locator("[data-queue] a")).to_have_text(language("ru").gettext("Sign in again"))
        again = page.context.new_page()
        sign_in(again, site.place.clerk)
        page.bring_to_front()
        page.evaluate("window.dispatchEvent(new Event('focus'))")
        state_of(page, money, "saved")
    assert site.stored(own) == {money: 10_000}


def test_another_person_at_the_same_browser_sends_nothing_of_mine(site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (own, _), money = site.place.own[kind], first(order, kind, "money")
    with new_page(site.address, "en", email=site.place.clerk) as page:
        page.goto(site.place.url(own))
        page.context.clear_cookies()
        again = page.context.new_page()
        sign_in(again, site.place.colleague)
        typed(page, money, "100")
        expect(page.locator("[data-queue]")).to_contain_text("Another person has signed in here")
        again.goto(site.place.url(own))
        expect(again.locator(f"#answer-{money}")).to_have_value("")
    assert site.stored(own) == {}


def test_two_tabs_of_one_browser_share_their_queue(site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (own, _), money, choice = site.place.own[kind], first(order, kind, "money"), first(order, kind, "choice")
    with new_page(site.address, "en", email=site.place.clerk) as page:
        page.goto(site.place.url(own))
        other = page.context.new_page()
        other.goto(site.place.url(own))
        page.context.set_offline(True)
        typed(page, money, "100")
        other.locator(f"#answer-{choice}-2").check()
        typed(other, money, "300")
        page.context.set_offline(False)
        for tab in (page, other):
            expect(tab.locator("[data-queue]")).to_have_attribute("data-state", "saved")
            assert tab.locator(".conflict").count() == 0
    assert site.stored(own) == {money: 30_000, choice: "compliant"}


def test_a_warning_is_kept_by_a_reason(site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (own, _), choice, money = site.place.own[kind], first(order, kind, "choice"), first(order, kind, "money")
    with new_page(site.address, "en", email=site.place.clerk) as page:
        page.goto(site.place.url(own))
        page.locator(f"#answer-{choice}-3").check()
        warning = page.locator(f"#field-{choice} .finding.warning")
        warning.locator("summary").click()
        warning.locator("textarea").fill("The act is kept at the akimat.")
        typed(page, money, "100")
        state_of(page, money, "saved")
        expect(warning.locator("textarea")).to_have_value("The act is kept at the akimat.")
        warning.locator("[data-justify]").click()
        expect(warning.locator("[data-reason]")).to_have_text("The act is kept at the akimat.")
        warning.locator("[data-withdraw]").click()
        expect(warning.locator("[data-justify]")).to_have_count(1)


@pytest.mark.parametrize(("code", "width"), [("kk", 1280), ("ru", 390)])
def test_without_javascript(code: str, width: int, site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (own, _), money, choice = site.place.own[kind], first(order, kind, "money"), first(order, kind, "choice")
    with new_page(site.address, code, width, email=site.place.clerk, java_script_enabled=False) as page:
        page.goto(site.place.url(own))
        page.fill(f"#answer-{money}", "көп")
        page.locator(f"#answer-{choice}-3").check()
        page.press(f"#answer-{money}", "Enter")
        expect(page.locator(f"#error-{money}")).to_contain_text("көп")
        expect(page.locator(f"#answer-{choice}-3")).to_be_checked()
        expect(page.locator(f"#field-{choice} .cost")).to_be_visible()
        page.fill(f"#answer-{money}", "100")
        site.enter(own, {money: 70_000})
        page.click("button[value=stay]")
        expect(page.locator(f"#field-{money} .conflict")).to_contain_text("700")
        page.check(f"#mine-{money}")
        page.click("button[value=stay]")
        expect(page.locator(f"#answer-{money}")).to_have_value("100")
        expect(page.locator(".conflict")).to_have_count(0)
        page.click(f"#field-{choice} .why-kept summary")
        page.fill(f"#field-{choice} .why-kept textarea", "Акт әкімдікте сақтаулы.")
        page.click(f"#field-{choice} [data-justify]")
        expect(page.locator(f"#field-{choice} [data-reason]")).to_have_text("Акт әкімдікте сақтаулы.")
        page.click("button[value=next]")
        page.wait_for_url(f"**/{site.place.own[kind][1]}*")
    assert site.stored(own) == {money: 10_000, choice: "violated"}


@pytest.mark.parametrize("code", ["kk", "ru", "en"])
def test_the_page_is_for_everybody(code: str, site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[1].code
    own, money = site.place.own[kind][0], first(order, kind, "money")
    site.enter(own, {money: -5, first(order, kind, "choice"): "violated"})
    for width in WIDTHS:
        for email in (site.place.clerk, site.place.observer):
            with new_page(site.address, code, width, email=email) as page:
                page.goto(site.place.url(own))
                assert_for_everybody(page, width)
