"""What more points would take, in a browser: from the sheet's row to a step, a trial, and the points that it moves."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPage
from tests.browser.entry_helpers import VIEWS, assert_copy_accessible

YEAR = 2024


@pytest.mark.parametrize(("code", "width"), VIEWS)
def test_from_a_row_of_the_sheet_to_a_trial(demo_site: str, new_page: NewPage, code: str, width: int) -> None:
    with (
        new_page(demo_site, code, width, role="reviewer", java_script_enabled=code == "ru") as page,
        new_page(demo_site, code, width, role="reviewer") as scripted,
    ):
        page.goto(f"/ranking/{YEAR}?sort=points&order=asc")
        page.locator("main table tbody th a").first.click()
        page.goto(page.url.partition("?")[0].partition("#")[0].rstrip("/") + "/sheet")
        reason = page.locator("details.why").first
        reason.locator("summary").click()
        expect(reason.locator("dl > div").last).to_be_visible()
        page.locator('a[href$="/improvement"]').click()
        assert_copy_accessible(page, scripted, width)
        page.locator("table.steps a").last.click()
        expect(page.locator("#step")).to_be_in_viewport()
        page.locator('a[href*="/trial?organisation="]').click()
        page.locator("fieldset input.form-control").first.fill("123456")
        page.locator("form .btn-primary").last.click()
        expect(page.locator(".trial-question.is-changed").first).to_be_visible()
        expect(page.locator(".trial-result tfoot")).to_be_visible()
        assert_copy_accessible(page, scripted, width)
