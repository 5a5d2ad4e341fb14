"""A clerk's way from a filled workbook to a downloaded PDF; accessibility and print of every page."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from evaluation.criteria import Order
from evaluation.language import language
from tests.browser.conftest import NewPage, served
from tests.browser.entry_helpers import VIEWS, assert_accessible, press
from tests.browser.workbook_site import BODY, CLERK, YEAR, prepare, rows
from tests.support.factories import bin_of, workbook


def workbook_file(path: Path, order: Order, **cells: object) -> Path:
    """Two organisations of each kind under one body; `cells` go into the first of each."""
    path.write_bytes(workbook(order, YEAR, rows(order, answered=True, **cells)))
    return path


@pytest.fixture
def blank_site(journey_url: str) -> Iterator[str]:
    """A server with one body without answers."""
    prepare(journey_url, answered=False)
    with served(journey_url) as address:
        yield address


def text_of(pdf: Path) -> str:
    return subprocess.run(["pdftotext", "-layout", str(pdf), "-"], check=True, capture_output=True, text=True, timeout=30).stdout


@pytest.mark.parametrize("code", ["kk", "ru"])
def test_from_workbook_to_pdf(code: str, blank_site: str, new_page: NewPage, order: Order, tmp_path: Path) -> None:
    say = language(code).gettext
    with new_page(blank_site, "en", email=CLERK) as page:
        page.goto("/workbook")
        assert press(page, f"a[hreflang={code}]") == 200
        assert page.get_attribute("html", "lang") == code
        press(page, "nav a[href='/workbook']")

        money = next(item.code for item in order.indicators if item.type == "money" and item.min is None)
        book = tmp_path / "кітап.xlsx"
        page.set_input_files("#file", workbook_file(book, order, **{money: "?"}))
        assert press(page, "#send") == 200
        assert say("The workbook cannot be applied") in page.inner_text("h1")
        assert page.locator(".issue-table[id^=worksheet]").count() == len(order.kinds)
        assert order.by_code[money].label[code] in page.inner_text("main")

        page.goto("/workbook")
        page.set_input_files("#file", workbook_file(book, order, **{money: -5}))
        assert press(page, "#send") == 200
        assert say("What the workbook would change") in page.inner_text("h1")
        assert press(page, "#apply") == 200
        assert say("The workbook is applied") in page.inner_text("h1")

        page.goto(f"/bodies/{BODY}/{YEAR}")
        press(page, "main a[href$='/sheet']")
        assert page.inner_text("h1") == order.form.title[code]
        page.click("details >> nth=0")
        assert page.locator("details >> nth=0").get_by_text(bin_of(10)).is_visible()
        with page.expect_download() as download:
            page.click("a[href*='sheet.pdf']")
        pdf = tmp_path / download.value.suggested_filename
        download.value.save_as(pdf)
    text = text_of(pdf)
    assert pdf.suffix == ".pdf" and BODY in pdf.name
    assert order.form.title[code] in text and order.form.form_mark[code] in text
    assert f"Әкімдік {BODY}" in text and language(code).period(YEAR) in text
    assert all(table.total[code] in text for table in order.form.tables)
    assert order.form.title["ru" if code == "kk" else "kk"] not in text


def addresses(page: Page) -> list[str]:
    """Return a page of each layout, of the body with blanks. The sheet is in the page's language, on an English page in both."""
    page.goto("/bodies?level=district")
    body = page.locator("tbody tr", has_text="–").last.locator("a").get_attribute("href")
    return ["/bodies", "/bodies?q=nothing+like+it", f"{body}", f"{body}/sheet", "/nowhere"]


@pytest.mark.parametrize(("code", "width"), VIEWS)
def test_every_page_is_accessible(code: str, width: int, demo_site: str, new_page: NewPage) -> None:
    """axe reports no violation and no page scrolls sideways, on a desktop and on a telephone."""
    with new_page(demo_site, code, role="reviewer") as page:
        # In English only the sheet differs: the page shows it in two languages.
        for address in addresses(page)[3 if code == "en" else 0 : 4 if code == "en" else None]:
            page.goto(address)
            assert_accessible(page, width)


def test_pages_work_by_keyboard_and_without_javascript(demo_site: str, new_page: NewPage) -> None:
    with new_page(demo_site, role="reviewer", java_script_enabled=False) as page:
        page.goto("/bodies")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.url.endswith("#content")
        page.keyboard.press("Tab")
        page.keyboard.type("Жаңақорған")
        page.keyboard.press("Enter")
        page.wait_for_url("**q=*")
        assert page.locator("tbody tr").count() == 1
        press(page, "tbody a")
        press(page, "main a[href$='/sheet']")
        page.locator("summary").first.press("Enter")
        assert page.locator("details[open] dl").first.is_visible()


@pytest.mark.parametrize("chosen", ["kk", "kk+ru"])
def test_the_sheet_on_paper(chosen: str, demo_site: str, new_page: NewPage, order: Order, tmp_path: Path) -> None:
    """The print has the form and then the annex, expanded reasons, no navigation, and every page is marked as provisional."""
    with new_page(demo_site, "kk", role="reviewer") as page:
        body = next(address for address in addresses(page) if address.startswith("/bodies/"))
        page.goto(f"{body}/sheet?lang={chosen.replace('+', '%2B')}")
        reasons = page.locator("details dd").count()
        pdf = tmp_path / "sheet.pdf"
        page.pdf(path=str(pdf), prefer_css_page_size=True)
    say = language("kk").gettext
    pages = text_of(pdf).rstrip("\f").split("\f")
    assert reasons and len(pages) > 2
    assert all(say("Provisional: some data are missing") in page_text for page_text in pages)
    text = "\n".join(pages)
    assert say("Readings") in text and say("Send a workbook") not in text and "DOCX" not in text
    assert text.index(order.form.title.kk) < text.index(say("Additional information: not part of the approved form"))
