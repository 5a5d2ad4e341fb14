"""Every page in every state by WCAG 2.2 AA, and colours and motion that a reader has set in the operating system.

EVERY_PAGE takes all pages in four views, otherwise a sample.
"""

import os
import random
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Page, Route

from tests.browser.access.checks import focus_violations, violations, violations_when_enlarged
from tests.browser.access.conftest import AccessSite
from tests.browser.access.site import PEOPLE, YEAR, PageCase
from tests.browser.conftest import NewPage
from tests.browser.entry_helpers import VIEWS, WIDTHS

EVERY_PAGE = "EVERY_PAGE" in os.environ
VIEWS_TAKEN = [(code, width) for code in ("kk", "ru") for width in WIDTHS] if EVERY_PAGE else VIEWS
SEND_EMPTY = "form => { form.noValidate = true; form.querySelector('[type=submit], button:not([type])').click() }"
PARTS = range(4 if EVERY_PAGE else 1)
"""All pages of a view are divided among so many tests."""
SAMPLE = 9
"""Pages of a view in the usual run."""


def sample(pages: list[PageCase], code: str, part: int) -> list[PageCase]:
    """Return the pages to visit in a language: a part of all, or a sample that is the same in every run."""
    in_language = [case for case in pages if case.endpoint.partition(" ")[2] in ("", "list", code)]
    return in_language[part :: len(PARTS)] if EVERY_PAGE else random.Random(code).sample(in_language, SAMPLE)


def show(page: Page, case: PageCase) -> bool:
    """Open the page of a case. Returns whether it is a page: an address can also lead to a file or to JSON."""
    if case.html:

        def answer(route: Route) -> None:
            route.fulfill(body=case.html, content_type="text/html; charset=utf-8")

        page.route(f"**{case.address}", answer)
    response = page.goto(case.address)
    form = page.locator("main form[method=post]")
    if case.sends_form and form.count():
        with page.expect_navigation():
            form.first.evaluate(
                "form => { form.noValidate = true; form.querySelector('[type=submit], button:not([type])').click() }"
            )
    return response is not None and "html" in (response.headers.get("content-type") or "")


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(("code", "width"), VIEWS_TAKEN)
def test_every_page_in_every_state(access_site: AccessSite, new_page: NewPage, code: str, width: int, part: int) -> None:
    problems: list[str] = []
    titles: dict[str, str] = {}
    with ExitStack() as stack:
        windows: dict[str | None, Page] = {}
        for case in sample(access_site.pages, code, part):
            if case.email not in windows:
                opened = new_page(access_site.address, code, width, email=case.email, reduced_motion="reduce")
                windows[case.email] = stack.enter_context(opened)
                if case.email:
                    windows[case.email].goto(f"/language/{code}?next=/account/")
            page = windows[case.email]
            if not show(page, case):
                continue
            name = f"{case.address} ({case.endpoint}, {case.email})"
            problems += (f"{name}: {text}" for text in _all_violations(page, case, width))
            other = _page_with_the_title(titles, page, case)
            problems += [f"{name}: has the title of {other}"] if other else []
    assert not problems, f"{len(problems)}\n" + "\n".join(problems)


def _page_with_the_title(titles: dict[str, str], page: Page, case: PageCase) -> str:
    """Note the title of a page; return the endpoint of another page that has it. Other states of a page have its title."""
    is_plain = "." in case.endpoint and not case.sends_form and page.url.endswith(case.address)
    if not is_plain or page.locator("main > .lead").count():
        return ""
    endpoint = titles.setdefault(page.title(), case.endpoint)
    return "" if endpoint == case.endpoint else endpoint


def _all_violations(page: Page, case: PageCase, width: int) -> Iterator[str]:
    assert page.title(), page.url
    yield from violations(page)
    if width == min(WIDTHS):
        yield from violations_when_enlarged(page)
    # In the grid, Tab moves from cell to cell: test_keyboard.py works in it.
    elif case.endpoint != "grid.page":
        yield from focus_violations(page)


# Colours and motion

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
        assert "rgb(255, 255, 255)" in page.locator("svg.chart").first.evaluate(COLOR_OF)
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
