"""Colours and motion that a reader has set in the operating system."""

import pytest
from playwright.sync_api import Page

from tests.browser.access.conftest import AccessSite
from tests.browser.access.site import PEOPLE, YEAR
from tests.browser.conftest import NewPage

CONTRAST = {"forced_colors": "active", "color_scheme": "dark"}
COLOR_OF = "element => [getComputedStyle(element).backgroundColor, getComputedStyle(element).color].join()"


def address_of(access_site: AccessSite, endpoint: str) -> str:
    """The address of the first page of an endpoint: of the draft."""
    return next(case.address for case in access_site.pages if case.endpoint == endpoint)


def test_forced_colours_leave_states_visible(access_site: AccessSite, new_page: NewPage) -> None:
    """Charts stay on a white ground, and selected cells, the focus and the current page differ by more than a background."""
    with new_page(access_site.address, "kk", email=PEOPLE["head"], **CONTRAST) as page:
        page.goto(address_of(access_site, "grid.page"))
        cells = page.locator("tbody tr").first.locator("td")
        cells.first.click()
        page.keyboard.press("Shift+ArrowRight")
        assert cells.nth(1).evaluate(COLOR_OF) != cells.nth(2).evaluate(COLOR_OF)
        assert _outline(page) >= 2
        page.goto(f"/pictures/{YEAR}")
        assert (
            page.locator("svg.chart").first.evaluate("element => getComputedStyle(element).backgroundColor")
            == "rgb(255, 255, 255)"
        )
        current = page.locator("main [aria-current=page]").first
        assert current.evaluate("element => parseFloat(getComputedStyle(element).borderBottomWidth)") >= 2
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert _outline(page) >= 2


def _outline(page: Page) -> float:
    """Width in pixels of the outline of the control with the focus."""
    return float(page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)"))


@pytest.mark.parametrize("endpoint", ["grid.page", "report.page", "uploads.workbook", "jobs.show"])
def test_reduced_motion_moves_nothing(access_site: AccessSite, new_page: NewPage, endpoint: str) -> None:
    """No animation runs, also not that of a form at work, and nothing scrolls smoothly."""
    with new_page(access_site.address, "ru", 390, email=PEOPLE["clerk"], reduced_motion="reduce") as page:
        page.goto(address_of(access_site, endpoint))
        page.evaluate("document.querySelectorAll('.busy-status').forEach(status => { status.textContent = '…' })")
        assert page.evaluate("document.getAnimations().length") == 0
        assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
