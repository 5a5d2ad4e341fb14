"""Why points changed, in a browser: from the country through a bar of the figure and a body to the report of an organisation."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPage
from tests.browser.entry_helpers import VIEWS, assert_accessible

YEAR = 2024


@pytest.mark.parametrize(("code", "width"), VIEWS)
def test_from_the_country_to_an_organisation(demo_site: str, new_page: NewPage, code: str, width: int) -> None:
    with new_page(demo_site, code, width, role="reviewer") as page:
        page.goto(f"/changes/{YEAR}")
        assert_accessible(page, width)
        page.locator(".change-figure svg a").first.click()
        expect(page).to_have_url(f"{demo_site}/changes/{YEAR}?scope=country&sort=loss#source-fixed")
        expect(page.locator("#source-fixed")).to_be_in_viewport()
        with page.expect_navigation():
            page.locator(".change-bodies tbody th a").first.click()
        assert page.url.endswith(f"/{YEAR}/point-changes")
        assert_accessible(page, width)
        with page.expect_navigation():
            page.locator(".change-organisations a").first.click()
        expect(page.locator("[id^=field-]").first).to_be_visible()
