"""The ranking in a browser: from the country to a level and a body, and the administrator's setting."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPage
from tests.browser.entry_helpers import VIEWS, assert_accessible

YEAR = 2024


@pytest.mark.parametrize(("code", "width"), VIEWS)
def test_from_the_country_to_a_body(demo_site: str, new_page: NewPage, code: str, width: int) -> None:
    with new_page(demo_site, code, width, role="reviewer") as page:
        page.goto(f"/ranking/{YEAR}")
        assert_accessible(page, width)
        # With scripts a choice applies at once.
        with page.expect_navigation():
            page.select_option("#scope", "level-rural")
        expect(page.locator("table.ranking tbody tr")).to_have_count(15)
        with page.expect_navigation():
            page.locator("table.ranking tbody th a").first.click()
        expect(page.locator(".body-ranks tbody tr").first).to_be_visible()
        with page.expect_navigation():
            page.locator(".body-ranks tbody a").nth(1).click()
        assert page.url.endswith(f"/ranking/{YEAR}?scope=level-rural")
    with new_page(demo_site, code, width, role="administrator") as page:
        page.goto("/ranking/access")
        assert_accessible(page, width)
        with page.expect_navigation():
            page.locator("main form .btn-primary").click()
        expect(page.locator("main [role=status]")).to_be_visible()
