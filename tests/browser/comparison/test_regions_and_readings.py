"""A reviewer's task in a browser, counted in clicks, on an invented country; pages of regions and other readings."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from evaluation.criteria import Order
from evaluation.database import db
from evaluation.demo.store import store
from evaluation.demo.synthetic import country
from tests.browser.conftest import NewPage, email_of, served
from tests.browser.entry.test_entry_to_submission import in_a_thread
from tests.browser.entry_helpers import VIEWS, assert_accessible
from tests.support import accounts

BODIES, ORGANISATIONS, YEAR = 150, 2400, 2024
MAX_CLICKS = 8
WIDE = 1000
"""The width in pixels from which the header shows its sections without a menu."""


@pytest.fixture(scope="module")
def country_site(tmp_path_factory: pytest.TempPathFactory, order: Order) -> Iterator[str]:
    """A server with an invented country, whose jobs run at once."""
    folder = tmp_path_factory.mktemp("country")

    def fill(app: Flask) -> None:
        with app.app_context():
            store(order, country(order, BODIES, ORGANISATIONS))
            db.session.commit()

    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("JOB_QUEUE_URL", "memory:")
        with served(folder) as address:
            in_a_thread(folder, fill)
            yield address


class Clicks:
    """Clicks links and buttons and counts them."""

    def __init__(self, page: Page):
        self.page, self.count = page, 0

    def click(self, locator: Locator) -> None:
        """Click something and wait for the page that it leads to."""
        self.count += 1
        with self.page.expect_navigation():
            locator.click()

    def open_menu(self) -> None:
        """On a narrow screen, open the menu of the header."""
        if (self.page.viewport_size or {"width": WIDE})["width"] < WIDE:
            self.count += 1
            self.page.locator(".site-menu-button").click()


@pytest.mark.parametrize(("code", "width"), VIEWS)
def test_the_worst_region_by_the_weakest_row_why_and_who(country_site: str, new_page: NewPage, code: str, width: int) -> None:
    """From the sign-in: the region that is worst in the weakest row, the reason, and the five organisations that change most."""
    with new_page(country_site, code, width) as page:
        page.goto("/account/sign-in")
        page.fill("#email", email_of("reviewer"))
        page.fill("#password", accounts.PASSWORD)
        clicks = Clicks(page)
        clicks.click(page.locator("main form").filter(has=page.locator("#password")).locator("[type=submit], button").first)
        clicks.open_menu()
        clicks.click(page.locator(".site-nav a[href^='/ranking']"))
        clicks.click(page.locator(f"main a[href='/regions/{YEAR}']"))
        assert_accessible(page, width)
        weakest = page.locator("section[aria-labelledby=rows] tbody tr").first
        row, region = (weakest.locator(part).inner_text() for part in ("th", "td a"))
        clicks.click(weakest.locator("td a"))
        expect(page.locator("h1")).to_contain_text(region)
        expect(page.locator("tr.is-chosen th").first).to_contain_text(row.splitlines()[0])
        # Why: the rule, and how many bodies have which line of the scale.
        expect(page.locator("section[aria-labelledby=why] p").first).not_to_be_empty()
        tables = page.locator("section[aria-labelledby=why] table")
        assert tables.first.locator("tbody tr").count() >= 1
        organisations = tables.nth(1).locator("tbody tr")
        expect(organisations).to_have_count(5)
        assert_accessible(page, width)
        clicks.click(organisations.first.locator("th a"))
        expect(page.locator("[id^=field-]").first).to_be_visible()
        assert clicks.count <= MAX_CLICKS


@pytest.mark.parametrize(("code", "width"), VIEWS)
def test_bodies_are_scored_under_another_reading(country_site: str, new_page: NewPage, code: str, width: int) -> None:
    with new_page(country_site, code, width, role="reviewer") as page:
        page.goto(f"/readings/{YEAR}")
        assert_accessible(page, width)
        page.locator("input[value=R3]").check()
        with page.expect_navigation():
            page.locator("main form button").click()
        with page.expect_navigation():
            page.locator("a[href*='/readings/results/']").click()
        assert_accessible(page, width)
        with page.expect_navigation():
            page.locator("section[aria-labelledby=bodies] tbody th a").first.click()
        assert_accessible(page, width)
        page.goto("/method/47-2022")
        assert_accessible(page, width)
