"""The work of a clerk, a head and a reviewer by key presses alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from evaluation.criteria import Order
from evaluation.database import db
from tests.browser.conftest import NewPage, served
from tests.browser.entry.test_entry_to_submission import in_a_thread
from tests.browser.entry_helpers import VIEWS
from tests.support import accounts
from tests.support.scenario import BODY, YEAR, two_kind_scenario

MAX_TABS = 150
"""Tab presses to a control, above what any page of the journeys has."""
PEOPLE = {role: f"keys-{role}@example.org" for role in ("clerk", "head", "reviewer")}
FOCUS = "document.activeElement"
NOTE_OPENING = """field => field.addEventListener("click", event => {
  event.preventDefault();
  field.dataset.opened = "yes";
})"""


@dataclass(frozen=True)
class Year:
    """A server with a body whose year is complete, an organisation of it and the code of one of its amounts."""

    address: str
    organisation: str
    code: str


@pytest.fixture
def year(tmp_path: Path, order: Order) -> Iterator[Year]:
    def prepare(app: Flask) -> tuple[str, str]:
        scenario = two_kind_scenario(app, order)
        code = next(item.code for item in order.indicators_of(scenario.kinds[0]) if item.type == "money")
        with app.app_context():
            scenario.fill()
            db.session.commit()
        for role, email in PEOPLE.items():
            accounts.make_account(app, role, [scenario.bodies[BODY]] if role != "reviewer" else (), email=email)
        return scenario.organisation_bins[0], code

    with served(tmp_path) as address:
        yield Year(address, *in_a_thread(tmp_path, prepare))


class Keys:
    """Works in a page with the keyboard."""

    def __init__(self, page: Page):
        self.page = page

    def reach(self, selector: str) -> None:
        """Press Tab until a control has the focus. Fails where the focus does not come to it."""
        for _ in range(MAX_TABS):
            if self.page.evaluate(f"selector => {FOCUS}.matches(selector)", selector):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{self.page.url}: the focus does not reach {selector}")

    def activate(self, selector: str, key: str = "Enter") -> None:
        """Reach a control and press a key on it."""
        self.reach(selector)
        self.page.keyboard.press(key)

    def open(self, selector: str) -> None:
        """Reach a link or a button and follow it to the next page."""
        self.reach(selector)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def type(self, selector: str, text: str) -> None:
        """Reach a field and replace its text."""
        self.reach(selector)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def sign_in(self, email: str) -> None:
        """Sign in by the form. The password may be pasted, and password managers know the fields (WCAG 3.3.8)."""
        self.page.goto("/account/sign-in")
        expect(self.page.locator("#email")).to_have_attribute("autocomplete", "username")
        expect(self.page.locator("#password")).to_have_attribute("autocomplete", "current-password")
        self.type("#email", email)
        self.reach("#password")
        self.page.keyboard.insert_text(accounts.PASSWORD)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def skip_to_content(self) -> None:
        """The first Tab of a page reaches the link that skips the header."""
        self.page.keyboard.press("Tab")
        assert self.page.evaluate(f"{FOCUS}.matches('.skip-link')")
        assert self.page.evaluate(f"{FOCUS}.getBoundingClientRect().left") >= 0
        self.page.keyboard.press("Enter")
        assert self.page.evaluate(f"{FOCUS}.matches('main')")

    def open_menu(self, selector: str) -> None:
        """Follow a link of the header, on a narrow screen by its menu."""
        if self.page.locator(".site-menu-button").is_visible():
            self.activate(".site-menu-button")
        self.open(selector)


def clerk_works(keys: Keys, year: Year, workbook: Path) -> None:
    """Enter in the form and in the grid, upload a workbook, look at the readiness and at the messages."""
    page = keys.page
    keys.sign_in(PEOPLE["clerk"])
    keys.skip_to_content()
    keys.open(f"main a[href*='/organisations/{year.organisation}']")
    keys.type(f"#answer-{year.code}", "1000,50")
    page.keyboard.press("Tab")
    status = page.locator(f"#field-{year.code} [data-save-status]")
    expect(status).to_have_attribute("data-state", "saved")
    expect(page.locator("[data-queue-status][role=status]")).not_to_be_empty()

    page.goto(f"/bodies/{BODY}/{YEAR}/entry")
    keys.open("main a[href*='/grid/']")
    keys.reach("td[role=gridcell]")
    index = page.locator(f"thead th[data-code='{year.code}']").evaluate("head => head.cellIndex")
    for _ in range(index):
        if page.evaluate(f"{FOCUS}.cellIndex") == index:
            break
        page.keyboard.press("ArrowRight")
    page.keyboard.type("2000")
    page.keyboard.press("Enter")
    expect(page.locator("#grid-status[role=status]")).not_to_be_empty()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert not page.evaluate(f"{FOCUS}.matches('[role=grid] *')"), "Esc, then Tab leaves the table"

    page.goto("/bodies")
    keys.open_menu(".site-nav a[href='/workbook']")
    # The dialog of the operating system is no part of the page: the key opens it, and the test chooses the file.
    page.locator("#file").evaluate(NOTE_OPENING)
    keys.activate("#file")
    expect(page.locator("#file")).to_have_attribute("data-opened", "yes")
    page.set_input_files("#file", workbook)
    keys.open("#send")
    expect(page.locator("h1")).to_be_visible()
    # Every question is answered: the year waits for the head.
    keys.open_menu(".site-nav a[href='/']")
    expect(page.locator(".due-next")).to_be_visible()
    keys.open_menu(".site-messages")
    expect(page.locator("h1")).to_be_visible()


def head_submits(keys: Keys) -> None:
    keys.sign_in(PEOPLE["head"])
    keys.open(f"main a[href$='/{YEAR}/submission']")
    keys.open("main form button[type=submit], main form input[type=submit]")
    expect(keys.page.locator(".due-next")).to_be_visible()


def reviewer_returns(keys: Keys, year: Year) -> None:
    """Search the list, open the body's year and an organisation, make a remark, return the year; look at the ranking."""
    page = keys.page
    keys.sign_in(PEOPLE["reviewer"])
    page.goto("/bodies")
    keys.type("#q", BODY)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    keys.open(f"main tbody a[href='/bodies/{BODY}/{YEAR}']")
    keys.open(f"main a[href*='/organisations/{year.organisation}']")
    keys.activate(f"#field-{year.code} .remark-new summary")
    keys.type(f"#remark-text-{year.code}", "Неге сонша аз?")
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto(f"/bodies/{BODY}/{YEAR}")
    keys.activate("details:has(#return_submission-send) > summary")
    keys.open("#return_submission-send")
    expect(page.locator(".submission-step .refused")).to_be_visible()
    keys.open_menu(".site-nav a[href^='/ranking']")
    expect(page.locator("h1")).to_be_visible()


@pytest.mark.parametrize(("code", "width"), VIEWS)
def test_a_year_by_keys_alone(year: Year, new_page: NewPage, tmp_path: Path, code: str, width: int) -> None:
    workbook = tmp_path / "book.xlsx"
    with new_page(year.address, code, width, email=PEOPLE["clerk"]) as page:
        workbook.write_bytes(page.context.request.get(f"/bodies/{BODY}/{YEAR}/workbook.xlsx").body())
    with new_page(year.address, code, width) as page:
        clerk_works(Keys(page), year, workbook)
    with new_page(year.address, code, width) as page:
        head_submits(Keys(page))
    with new_page(year.address, code, width) as page:
        reviewer_returns(Keys(page), year)
