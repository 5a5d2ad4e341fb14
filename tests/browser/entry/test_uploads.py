"""The round trip of a workbook: download, change in Excel or LibreOffice, upload, preview, apply, undo."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from evaluation.criteria import Order
from evaluation.language import language
from tests.browser import workbook_site
from tests.browser.conftest import NewPage, served
from tests.browser.entry_helpers import VIEWS, assert_accessible, press
from tests.browser.workbook_site import BODY, CLERK, YEAR
from tests.support.upload_cases import sheet_of


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    workbook_site.prepare(tmp_path, answered=True)
    with served(tmp_path) as address:
        yield address


def saved_by_libreoffice(book: Path, home: Path) -> None:
    """Open a workbook in LibreOffice and save it in place."""
    out = home / "out"
    command = [
        "soffice",
        f"-env:UserInstallation=file://{home}/office",
        "--headless",
        "--convert-to",
        "xlsx:Calc MS Excel 2007 XML",
    ]
    process = subprocess.run([*command, "--outdir", str(out), str(book)], capture_output=True, text=True, timeout=180)
    assert process.returncode == 0, process.stderr
    shutil.move(out / book.name, book)


def change(book: Path, kind: str, **cells: object) -> None:
    """Write into a kind's first organisation, by column code."""
    opened = openpyxl.load_workbook(book)
    sheet = sheet_of(opened, kind)
    codes = [cell.value for cell in sheet[1]]
    for code, value in cells.items():
        sheet.cell(4, codes.index(code) + 1).value = value
    opened.save(book)


def download(page: Page, selector: str, folder: Path) -> Path:
    with page.expect_download() as download_info:
        page.click(selector)
    path = folder / download_info.value.suggested_filename
    download_info.value.save_as(path)
    return path


def send(page: Page, book: Path) -> None:
    page.goto("/workbook")
    page.set_input_files("#file", book)
    press(page, "#send")


@pytest.mark.parametrize(("code", "width"), VIEWS)
def test_the_round_trip(code: str, width: int, site: str, new_page: NewPage, order: Order, tmp_path: Path) -> None:
    kind = order.kinds[0].code
    money = next(item for item in order.indicators_of(kind) if item.type == "money")
    note = next(item for item in order.evidence_of(kind) if item.type == "text")
    with new_page(site, code, width, email=CLERK, java_script_enabled=False) as page:
        page.goto("/workbook")
        book = download(page, f"a[href='/bodies/{BODY}/{YEAR}/workbook.xlsx']", tmp_path)
        change(book, kind, **{money.code: "?"})
        send(page, book)
        expect(page.locator("h1")).to_have_text(language(code).gettext("The workbook cannot be applied"))
        marked = download(page, "a[href*='annotated.xlsx']", tmp_path)
        saved_by_libreoffice(marked, tmp_path)
        change(marked, kind, **{money.code: -5, note.code: "№ 7 акт"})
        saved_by_libreoffice(marked, tmp_path)
        send(page, marked)
        for name, number in (("new", 1), ("changed", 1), ("errors", 0)):
            expect(page.locator(f"[data-count={name}]")).to_have_text(str(number))
        expect(page.locator("main")).to_contain_text(money.label[code])
        expect(page.locator("ins")).to_have_text(["-5", "№ 7 акт"])
        press(page, "#apply")
        expect(page.locator("h1")).to_have_text(language(code).gettext("The workbook is applied"))
        send(page, marked)
        expect(page.locator("h1")).to_have_text(language(code).gettext("The workbook changes nothing"))
        page.goto("/uploads")
        press(page, "tbody tr:nth-child(2) a")
        press(page, "#undo")
        expect(page.locator("h1")).to_have_text(language(code).gettext("The workbook was undone"))
        send(page, marked)
        expect(page.locator("[data-count=changed]")).to_have_text("1")


@pytest.mark.parametrize(("code", "width"), VIEWS)
def test_every_page_of_uploads_is_accessible(
    code: str, width: int, site: str, new_page: NewPage, order: Order, tmp_path: Path
) -> None:
    kind = order.kinds[0].code
    money = next(item.code for item in order.indicators_of(kind) if item.type == "money")
    with new_page(site, code, email=CLERK) as page:
        page.goto("/workbook")
        assert_accessible(page, width)
        book = download(page, f"a[href='/bodies/{BODY}/{YEAR}/workbook.xlsx']", tmp_path)
        for value in ("?", None, -5):
            change(book, kind, **{money: value})
            send(page, book)
            assert_accessible(page, width)
            if value is None:
                page.goto(f"{page.url}?mode=clear")
                assert_accessible(page, width)
        page.goto(f"{page.url}?mode=blanks")
        assert_accessible(page, width)
        page.go_back()
        press(page, "#apply")
        assert_accessible(page, width)
        press(page, "#undo")
        assert_accessible(page, width)
        page.goto("/uploads")
        assert_accessible(page, width)


def test_a_form_that_takes_long_says_so(site: str, new_page: NewPage, tmp_path: Path) -> None:
    with new_page(site, "ru", email=CLERK) as page:
        page.goto("/workbook")
        book = download(page, f"a[href='/bodies/{BODY}/{YEAR}/workbook.xlsx']", tmp_path)
        page.set_input_files("#file", book)
        # The answer goes to another page, so that this one stays as it is while the request runs.
        page.eval_on_selector("form[data-busy]", "form => { form.target = '_blank' }")
        with page.expect_popup() as popup:
            page.click("#send")
        form = page.locator("form[data-busy]")
        expect(form).to_have_attribute("aria-busy", "true")
        expect(form.get_by_role("status")).to_have_text(str(form.get_attribute("data-busy")))
        expect(popup.value.locator("h1")).to_have_text(language("ru").gettext("The workbook changes nothing"))
        page.click("#send", force=True)
        assert len(page.context.pages) == 2, "a second press sends nothing"
