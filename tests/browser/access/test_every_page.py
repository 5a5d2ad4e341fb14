"""Every page in every state by WCAG 2.2 AA. EVERY_PAGE takes all of them in four views, otherwise it is a sample."""

import os
import random
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Page, Route

from tests.browser.access.checks import focus_violations, violations, violations_when_enlarged
from tests.browser.access.conftest import AccessSite
from tests.browser.access.site import PageCase
from tests.browser.conftest import NewPage
from tests.browser.entry_helpers import VIEWS, WIDTHS

EVERY_PAGE = "EVERY_PAGE" in os.environ
VIEWS_TAKEN = [(code, width) for code in ("kk", "ru") for width in WIDTHS] if EVERY_PAGE else VIEWS
SEND_EMPTY = "form => { form.noValidate = true; form.querySelector('[type=submit], button:not([type])').click() }"
SAMPLE = 9
"""Pages of a view in the usual run."""


def sample(pages: list[PageCase], code: str) -> list[PageCase]:
    """Return the pages to visit in a language: all, or a sample that is the same in every run."""
    in_language = [case for case in pages if case.endpoint.partition(" ")[2] in ("", "list", code)]
    return in_language if EVERY_PAGE else random.Random(code).sample(in_language, SAMPLE)


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


@pytest.mark.parametrize(("code", "width"), VIEWS_TAKEN)
def test_every_page_in_every_state(access_site: AccessSite, new_page: NewPage, code: str, width: int) -> None:
    problems: list[str] = []
    with ExitStack() as stack:
        windows: dict[str | None, Page] = {}
        for case in sample(access_site.pages, code):
            if case.email not in windows:
                opened = new_page(access_site.address, code, width, email=case.email, reduced_motion="reduce")
                windows[case.email] = stack.enter_context(opened)
                if case.email:
                    windows[case.email].goto(f"/language/{code}?next=/account/")
            page = windows[case.email]
            if show(page, case):
                problems += (
                    f"{case.address} ({case.endpoint}, {case.email}): {text}" for text in _all_violations(page, case, width)
                )
    assert not problems, f"{len(problems)}\n" + "\n".join(problems)


def _all_violations(page: Page, case: PageCase, width: int) -> Iterator[str]:
    assert page.title(), page.url
    yield from violations(page)
    if width == min(WIDTHS):
        yield from violations_when_enlarged(page)
    # In the grid, Tab moves from cell to cell: test_keyboard.py works in it.
    elif case.endpoint != "grid.page":
        yield from focus_violations(page)
