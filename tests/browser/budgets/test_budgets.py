"""Budget decisions in a browser: sent, corrected, stored, looked at, compared, exported; by keyboard and without JavaScript."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage
from tests.browser.entry_helpers import VIEWS, Site, assert_accessible
from tests.support.paths import ROOT
from tests.support.scenario import BODY, YEAR

LIST = f"/bodies/{BODY}/{YEAR}/budgets"
TEXTS = ROOT / "tests" / "support" / "budgets"
KONAEV, TALAS = TEXTS / "konaev-2026.ru.txt", TEXTS / "talas-2021.ru.txt"


def store(page: Page, number: str) -> None:
    """Store the draft for the open year under a number."""
    page.fill("#number", number)
    page.fill("#year", str(YEAR))
    with page.expect_navigation():
        page.click("#store")


@pytest.mark.parametrize(("code", "width"), VIEWS)
def test_from_the_text_to_the_export(entered: Site, new_page: NewPage, code: str, width: int, tmp_path: Path) -> None:
    entered.renew()
    wrong = tmp_path / "decision.txt"
    wrong.write_text(KONAEV.read_text(encoding="utf-8").replace("\n443 992\n", "\n443 99Z\n", 1), encoding="utf-8")
    with new_page(entered.address, code, width, email=entered.scenario.emails["clerk"]) as page:
        page.goto(f"{LIST}/new")
        assert_accessible(page, width)
        page.set_input_files("#file", wrong)
        with page.expect_navigation():
            page.press("#send", "Enter")
        assert_accessible(page, width)
        # The line that could not be read is settled by keyboard alone.
        line = page.locator("fieldset.unread-line[id]").first
        line.locator("select").press("ArrowDown")
        for style, typed in (
            (".is-short", "3"),
            (".is-name", "Поступления от продажи основного капитала"),
            (".is-amount", "443 992"),
        ):
            line.locator(f"{style} input").fill(typed)
        with page.expect_navigation():
            line.locator(".is-amount input").press("Enter")
        expect(page.locator("fieldset.unread-line[id]:not(:has(:invalid))").first).to_be_visible()
        with page.expect_navigation():
            page.locator("#rows ~ nav.years a").nth(1).click()
        assert_accessible(page, width)
        store(page, "61-208")
        group = page.locator("details.budget-group").nth(1)
        group.locator("summary").focus()
        page.keyboard.press("Enter")
        expect(group.locator("table")).to_be_visible()
        assert_accessible(page, width)
        with page.expect_navigation():
            group.locator("a.line-link").first.click()
        expect(page.locator("tr.is-marked")).to_be_in_viewport()
        assert_accessible(page, width)

        page.goto(f"{LIST}/new")
        # Typing three thousand lines takes the browser a minute.
        page.locator("#text").evaluate("(field, text) => { field.value = text }", KONAEV.read_text(encoding="utf-8"))
        with page.expect_navigation():
            page.click("#send")
        store(page, "61-209")
        with page.expect_download() as download:
            page.click('a[href$=".xlsx"]')
        assert download.value.path().stat().st_size > 5_000
        with page.expect_navigation():
            page.click('a[href$="/comparison"]')
        assert_accessible(page, width)
        page.goto(LIST)
        assert_accessible(page, width)
        expect(page.locator("figure svg a")).to_have_count(3)


def test_one_annex_of_fourteen_without_javascript(entered: Site, new_page: NewPage) -> None:
    entered.renew()
    with new_page(entered.address, "ru", 390, email=entered.scenario.emails["clerk"], java_script_enabled=False) as page:
        page.goto(f"{LIST}/new")
        page.set_input_files("#file", TALAS)
        with page.expect_navigation():
            page.click("#send")
        choices = page.locator(".budget-choice label")
        expect(choices).to_have_count(14)
        choices.filter(has_text="Ушарал").click()
        with page.expect_navigation():
            page.locator(".budget-choice button").click()
        expect(page.locator(".budget-choice summary")).to_contain_text("Ушарал")
        # What the decision itself prints wrongly is stored with it.
        expect(page.locator("table.inconsistencies tbody tr")).to_have_count(2)
        store(page, "11-2")
        expect(page.locator("table.inconsistencies tbody tr")).to_have_count(2)
