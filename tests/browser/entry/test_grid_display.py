"""Display of the grid: rejected cells of a paste, names on a phone, toolbar, print."""

import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect

from evaluation.criteria import Order
from evaluation.language import language
from tests.browser import grid_site
from tests.browser.conftest import NewPage
from tests.browser.grid_helpers import GridSite, cell, first_of, open_grid, saved, status, words
from tests.browser.grid_site import CLERKS, SIX_HUNDRED, organisation_bin

CLIPBOARD = ["clipboard-read", "clipboard-write"]


def test_undoing_a_paste_removes_its_rejected_cells(grid: GridSite, new_page: NewPage, order: Order) -> None:
    money, code = first_of(order, "money")
    with new_page(grid.address, "ru", email=CLERKS[0], permissions=CLIPBOARD) as page:
        open_grid(page, order)
        keys = page.keyboard
        keys.type("5")
        keys.press("Enter")
        saved(cell(page, 0, money), "5")
        keys.press("ArrowDown")
        page.evaluate("navigator.clipboard.writeText('16 543 тыс\\n7\\n8 тыс\\n9 тыс')")
        keys.press("Control+Home")
        keys.press("Control+v")
        expect(page.locator("[data-count=rejected]")).to_have_text("3")
        page.locator("[data-action=apply]").click()
        saved(cell(page, 1, money), "7")
        expect(cell(page, 0, money)).to_have_text("16 543 тыс")
        # The user types one of them again, still invalid, and corrects another one.
        cell(page, 2, money).click()
        keys.type("8 т")
        keys.press("Enter")
        expect(status(page)).to_contain_text(words(language("ru").gettext("Not stored because they are not valid: {0}")))
        keys.press("Control+Home")
        keys.type("9")
        keys.press("Enter")
        saved(cell(page, 0, money), "9")
        # Undo first restores the stored values of the typed cells, then the cells before the paste, with the rejected ones.
        for row, text in ((0, "5"), (2, "")):
            page.locator("[data-action=undo]").click()
            saved(cell(page, row, money), text)
        expect(cell(page, 3, money)).to_have_text("9 тыс")
        for action, texts in (("undo", ("", "", "")), ("redo", ("7", "8 тыс", "9 тыс")), ("undo", ("", "", ""))):
            page.locator(f"[data-action={action}]").click()
            for row, text in enumerate(texts, 1):
                expect(cell(page, row, money)).to_have_text(text)
        expect(page.locator("[aria-invalid=true]")).to_have_count(0)
        assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('outbox/'))") == []
        page.reload()
        expect(page.locator("#grid[data-ready]")).to_be_visible()
        expect(page.locator("td.is-invalid")).to_have_count(0)
        # What was changed before the page was opened is not undone.
        page.locator("[data-action=undo]").click()
        message = "There is no further change to undo in this table since the page was opened."
        expect(status(page)).to_have_text(language("ru").gettext(message))
    assert {bin_: answers for bin_, answers in grid.answers().items() if answers} == {organisation_bin(0): {code: 5_00}}


def test_rows_are_sorted_filtered_and_selected_and_widths_changed_by_keys(
    grid: GridSite, new_page: NewPage, order: Order
) -> None:
    money, code = first_of(order, "money")
    with new_page(grid.address, "ru", email=CLERKS[0]) as page:
        open_grid(page, order)
        keys = page.keyboard
        for amount in ("5", "-7", "1000"):
            keys.type(amount)
            keys.press("Enter")
        saved(cell(page, 2, money), "1\xa0000")
        keys.press("Control+Home")
        keys.press("ArrowUp")
        keys.press("Enter")
        menu = page.locator("#grid-column")
        expect(menu.locator("h2")).to_have_text(order.by_code[code].label.ru)
        menu.locator("[data-action=descending]").click()
        names = page.locator("tbody tr:visible th a")
        assert [name[:5] for name in names.all_inner_texts()[:4]] == ["№ 003", "№ 001", "№ 002", "№ 004"]
        expect(page.locator("th[aria-sort=descending]")).to_have_attribute("data-code", code)
        keys.press("ContextMenu")
        page.fill("#grid-column-text", "> 4")
        keys.press("Enter")
        expect(page.locator("tbody tr:visible")).to_have_count(2)
        keys.press("Control+Space")
        expect(page.locator("[aria-selected=true]")).to_have_count(2)
        keys.press("Control+Home")
        keys.press("Shift+Space")
        expect(page.locator("[aria-selected=true]")).to_have_count(len(order.indicators_of(grid_site.widest(order))))
        keys.press("ContextMenu")
        width = cell(page, 0, money).evaluate("(each) => each.offsetWidth")
        menu.locator("[data-action=wider]").click()
        assert cell(page, 0, money).evaluate("(each) => each.offsetWidth") == width + 32
        keys.press("Escape")
        page.reload()
        expect(page.locator("#grid[data-ready]")).to_be_visible()
        assert cell(page, 0, money).evaluate("(each) => each.offsetWidth") == width + 32
        # The panel says which points the answer costs, and covers no row.
        cell(page, 1, money).click()
        expect(page.locator("#grid-cell [data-part=details]")).to_contain_text("−2")
        frame, panel = page.locator(".grid-scroll").bounding_box(), page.locator("#grid-cell").bounding_box()
        assert frame and panel and panel["y"] >= frame["y"] + frame["height"] - 1
        # No word of a heading is broken or cut.
        cut = "(all) => all.filter((each) => each.scrollWidth > each.clientWidth + 1).length"
        assert page.locator(".grid-label").evaluate_all(cut) == 0


def test_names_differ_and_the_table_is_near_the_top_on_a_phone(grid: GridSite, new_page: NewPage, order: Order) -> None:
    with new_page(grid.address, "kk", 390, email=CLERKS[0]) as page:
        open_grid(page, order)
        assert page.locator(".grid-scroll").bounding_box()["y"] < 560  # type: ignore[index]
        lines = "(each) => Math.round(each.getBoundingClientRect().height / parseFloat(getComputedStyle(each).lineHeight))"
        name = page.locator("tbody tr:first-child th a")
        name.evaluate("(each) => { each.innerHTML = `<i>${'Мекеме '.repeat(12)}</i>«${'сөз '.repeat(40)}»`; }")
        assert name.evaluate(lines) == 3
        assert name.locator("i").evaluate("(each) => each.getBoundingClientRect().width") <= 1
        # The description of a cell is folded until the user opens it.
        description = page.locator("#grid-cell [data-part=description]")
        expect(description).to_be_hidden()
        page.locator("#grid-cell summary").click()
        expect(description).to_be_visible()


@pytest.mark.parametrize("code", ["kk", "ru", "en"])
def test_toolbar_is_one_line_and_rows_are_low(code: str, grid: GridSite, new_page: NewPage, order: Order) -> None:
    with new_page(grid.address, code, email=CLERKS[0]) as page:
        open_grid(page, order)
        tops = page.locator(".grid-tools > .btn:visible").evaluate_all("(all) => all.map((each) => each.offsetTop)")
        assert len(tops) == 4 and len(set(tops)) == 1
        assert page.locator("tbody tr").first.evaluate("(each) => each.offsetHeight") == 44


@pytest.mark.parametrize("code", ["kk", "ru"])
def test_on_paper_every_page_has_the_headings(
    code: str, large_grid: GridSite, new_page: NewPage, order: Order, tmp_path: Path
) -> None:
    with new_page(large_grid.address, code, email=CLERKS[0]) as page:
        open_grid(page, order)
        page.pdf(path=tmp_path / "grid.pdf", prefer_css_page_size=True)
    command = ["pdftotext", "-layout", str(tmp_path / "grid.pdf"), "-"]
    *sheets, _ = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.split("\f")
    assert "Алатау облысының әкімдігі" in sheets[0] and grid_site.BODY in sheets[0]
    columns = order.indicators_of(grid_site.widest(order))
    headings = {word for item in columns for word in item.label[code].split() if len(word) > 2}
    for sheet in sheets:
        # Every page shows every word of every heading without a line break in it.
        assert headings <= set(sheet.split()), headings - set(sheet.split())
    assert sum(sheet.count(organisation_bin(number)) for sheet in sheets for number in range(SIX_HUNDRED)) == SIX_HUNDRED
    assert language(code).gettext("Fill blank cells with…") not in sheets[0]


def test_static_files_are_loaded_once_and_by_addresses_with_their_hash(grid: GridSite, new_page: NewPage, order: Order) -> None:
    """All modules of a page, which import each other, come from the addresses that browsers keep."""
    resources = """performance.getEntriesByType("resource").filter(({ name }) => name.includes("/static/"))
        .map(({ name, transferSize }) => [new URL(name).pathname, transferSize])"""
    with new_page(grid.address, "ru", email=CLERKS[0]) as page:
        open_grid(page, order)
        first = page.evaluate(resources)
        page.goto(page.url)
        expect(page.locator("#grid[data-ready]")).to_be_visible()
        second = page.evaluate(resources)
    assert len(first) > 25 and len({path.split("/static/")[1].split("/")[0] for path, _ in first}) == 1
    assert all(re.match(r"(/bootstrap)?/static/[0-9a-f]{16}/", path) for path, _ in first)
    assert {path for path, _ in second} <= {path for path, _ in first}
    assert [path for path, size in second if size] == [], "these were loaded again"
