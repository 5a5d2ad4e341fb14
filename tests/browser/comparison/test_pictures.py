"""The pictures in a browser: they fit the window, are accessible, and their shapes lead to the lists behind them."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPage
from tests.browser.entry_helpers import VIEWS, assert_accessible, assert_copy_accessible

PAGES = {"map": "", "heat-map": "/heat-map", "distribution": "/distribution", "trends": "/trends?level=district&region=31"}


@pytest.mark.parametrize(("code", "width"), VIEWS)
def test_pictures_fit_and_their_shapes_are_links(demo_site: str, new_page: NewPage, code: str, width: int) -> None:
    with new_page(demo_site, code, width, role="observer") as page:
        for name, address in PAGES.items():
            page.goto(f"/pictures/2024{address}")
            assert_accessible(page, width)
            shape = page.locator(".picture svg a").last
            target = str(shape.get_attribute("href"))
            assert shape.locator("title").text_content(), name
            # The text of a field lets the click through to the field.
            shape.click()
            page.wait_for_url(re.compile(re.escape(urlsplit(target).path)))
            assert page.url.endswith(target)
            expect(page.locator("h1")).to_be_visible()


@pytest.mark.parametrize(("code", "width"), VIEWS)
def test_bodies_side_by_side_are_chosen_by_search(demo_site: str, new_page: NewPage, code: str, width: int) -> None:
    with (
        new_page(demo_site, code, width, role="observer", java_script_enabled=code == "ru") as page,
        new_page(demo_site, code, width, role="observer") as scripted,
    ):
        page.goto("/pictures/2024/side-by-side")
        for count in (1, 2):
            page.fill("#q", "талас")
            page.press("#q", "Enter")
            page.locator(".picture-matches a").nth(count).click()
            expect(page.locator(".picture-bodies li")).to_have_count(count)
        expect(page.locator("figure.picture").first).to_be_visible()
        assert_copy_accessible(page, scripted, width)
