"""The grid in a real browser: keyboard, copying, filling, without scripts, accessibility."""

import re

import pytest
from playwright.sync_api import Page, expect

from evaluation.criteria import Order
from evaluation.language import language
from tests.browser import grid_site
from tests.browser.conftest import NewPage
from tests.browser.entry_helpers import VIEWS, fits
from tests.browser.grid_helpers import GridSite, cell, drag_handle, first_of, open_grid, saved, status, words
from tests.browser.grid_site import CLERKS, SORTS, organisation_bin


def press_letter(page: Page, letter: str, code: str = "", control: bool = False) -> None:
    """Press a key of a Kazakh or Russian keyboard."""
    session = page.context.new_cdp_session(page)
    options = {"modifiers": 2} if control else {"text": letter}
    for type_ in ("keyDown", "keyUp"):
        session.send("Input.dispatchKeyEvent", {"type": type_, "key": letter, "code": code, **options})


@pytest.mark.parametrize(("code", "width"), VIEWS)
def test_answers_are_typed_chosen_corrected_and_undone_by_keys(
    code: str, width: int, grid: GridSite, new_page: NewPage, order: Order
) -> None:
    page_language = language(code)
    money, money_code = first_of(order, "money")
    choice, choice_code = first_of(order, "choice")
    yes_no, yes_no_code = first_of(order, "yes_no")
    with new_page(grid.address, code, width, email=CLERKS[0]) as page:
        open_grid(page, order)
        keys = page.keyboard
        keys.type("12500000,5")
        keys.press("Enter")
        saved(cell(page, 0, money), "12\xa0500\xa0000,50")
        keys.type("?")
        keys.press("Tab")
        expect(cell(page, 1, money)).to_have_attribute("aria-invalid", "true")
        expect(cell(page, 1, money)).to_have_text("?")
        expect(status(page)).to_contain_text(words(page_language.gettext("Not stored because they are not valid: {0}")))
        keys.press("Shift+Tab")
        keys.press("F2")
        keys.press("Backspace")
        keys.type("7")
        keys.press("Shift+Enter")
        saved(cell(page, 1, money), "7")
        expect(cell(page, 0, money)).to_be_focused()
        for _ in range(choice - money):
            keys.press("ArrowRight")
        expect(cell(page, 0, choice)).to_be_focused()
        keys.press("3")
        saved(cell(page, 0, choice), order.choices[order.by_code[choice_code].choices or ""][2].label[code])
        keys.press("Control+ArrowRight")
        keys.press("Control+Home")
        for _ in range(yes_no - money):
            keys.press("ArrowRight")
        press_letter(page, {"kk": "и", "ru": "д"}[code])
        saved(cell(page, 0, yes_no), {"kk": "иә", "ru": "да"}[code])
        keys.press("Delete")
        saved(cell(page, 0, yes_no), "")
        press_letter(page, "я", "KeyZ", control=True)
        saved(cell(page, 0, yes_no), {"kk": "иә", "ru": "да"}[code])
        # Undo and redo name the cell that they change.
        label = order.by_code[yes_no_code].label[code]
        expect(status(page)).to_contain_text(f"№ 001 {SORTS[0]}, {label}")
        expect(cell(page, 0, yes_no)).to_have_class(re.compile(r"\bis-reverted\b"))
        keys.press("Control+Shift+z")
        saved(cell(page, 0, yes_no), "")
        expect(status(page)).to_contain_text(words(page_language.gettext("Done again: {0}: “{1}”.")))
        keys.press("Control+Home")
        keys.press("Control+z")
        saved(cell(page, 0, yes_no), {"kk": "иә", "ru": "да"}[code])
        expect(cell(page, 0, yes_no)).to_be_focused()
        keys.press("Escape")
        keys.press("Tab")
        expect(page.locator("table :focus")).to_have_count(0)
    assert grid.answers()[organisation_bin(0)] == {money_code: 12_500_000_50, choice_code: "violated", yes_no_code: True}
    assert grid.answers()[organisation_bin(1)] == {money_code: 7_00}


def test_cells_are_copied_pasted_repeated_and_emptied(grid: GridSite, new_page: NewPage, order: Order) -> None:
    money, code = first_of(order, "money")
    with new_page(grid.address, "ru", email=CLERKS[0], permissions=["clipboard-read", "clipboard-write"]) as page:
        open_grid(page, order)
        keys = page.keyboard
        keys.type("1234567,8")
        keys.press("Enter")
        saved(cell(page, 0, money), "1\xa0234\xa0567,80")
        keys.press("ArrowUp")
        keys.press("Control+c")
        assert page.evaluate("navigator.clipboard.readText()") == "1234567,80"
        for _ in range(3):
            keys.press("Shift+ArrowDown")
        expect(page.locator("[aria-selected=true]")).to_have_count(4)
        keys.press("Control+v")
        page.locator("[data-action=apply]").click()
        saved(cell(page, 3, money), "1\xa0234\xa0567,80")
        keys.press("Delete")
        expect(page.locator("[data-count=emptied]")).to_have_text("4")
        page.locator("[data-action=apply]").click()
        saved(cell(page, 3, money), "")
        expect(status(page)).to_have_text(
            language("ru").ngettext("%(num)d answer was cleared.", "%(num)d answers were cleared.", 4)
        )
        # Undo and redo of the clearing; cutting clears one answer and copies it.
        keys.press("Control+z")
        saved(cell(page, 3, money), "1\xa0234\xa0567,80")
        keys.press("Control+y")
        saved(cell(page, 3, money), "")
        keys.press("Control+z")
        saved(cell(page, 3, money), "1\xa0234\xa0567,80")
        keys.press("Control+Home")
        keys.press("Control+x")
        saved(cell(page, 0, money), "")
        assert page.evaluate("navigator.clipboard.readText()") == "1234567,80"
        # Ctrl+D repeats the first selected row, or the row above; what only fills blanks is stored without a question.
        cell(page, 3, money).click()
        for _ in range(3):
            keys.press("Shift+ArrowDown")
        keys.press("Control+d")
        saved(cell(page, 6, money), "1\xa0234\xa0567,80")
        keys.press("Control+End")
        cell(page, 7, money).click()
        keys.press("Control+d")
        saved(cell(page, 7, money), "1\xa0234\xa0567,80")
        drag_handle(page, cell(page, 7, money), cell(page, 9, money))
        saved(cell(page, 9, money), "1\xa0234\xa0567,80")
        for _ in range(4):
            page.locator("[data-action=undo]").click()
        saved(cell(page, 0, money), "1\xa0234\xa0567,80")
        cell(page, 0, money).click()
        for _ in range(3):
            keys.press("Shift+ArrowDown")
        keys.press("Delete")
        page.locator("[data-action=apply]").click()
        saved(cell(page, 3, money), "")
        page.evaluate("navigator.clipboard.writeText('1\\n?\\n3')")
        keys.press("Control+Home")
        keys.press("Control+v")
        expect(page.locator("[data-count=rejected]")).to_have_text("1")
        page.locator("[data-action=apply]").click()
        saved(cell(page, 2, money), "3")
        expect(status(page)).to_contain_text(language("ru").gettext("Invalid and not stored: %(count)s.", count=1))
        expect(cell(page, 1, money)).to_have_text("?")
        expect(cell(page, 1, money)).to_have_attribute("aria-invalid", "true")
    stored = grid.answers()
    assert [stored[organisation_bin(n)].get(code) for n in range(4)] == [1_00, None, 3_00, None]


def test_blanks_of_the_organisations_shown_are_filled_and_undone(grid: GridSite, new_page: NewPage, order: Order) -> None:
    column, code = first_of(order, "choice")
    with new_page(grid.address, "kk", email=CLERKS[0]) as page:
        open_grid(page, order)
        page.fill("#grid-search", "ЕМХАНА")
        expect(page.locator("tbody tr:visible")).to_have_count(9)
        cell(page, 0, column).click()
        page.locator("[data-action=fill]").click()
        expect(page.locator("#grid-fill-code")).to_have_value(code)
        expect(page.locator("#grid-fill :checked:not(option)")).to_have_count(0)
        # The dialog refuses to fill without an answer.
        page.keyboard.press("Enter")
        expect(page.locator("#grid-fill [data-part=refused]")).to_be_visible()
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        description = order.choices[order.by_code[code].choices or ""][0].label["kk"]
        for text in ("9", order.by_code[code].label["kk"], description):
            expect(page.locator("[data-part=filled]")).to_contain_text(text)
        page.locator("[data-action=apply]").click()
        expect(page.locator("td.is-saved")).to_have_count(9)
        assert sum(code in answers for answers in grid.answers().values()) == 9
        page.locator("[data-action=undo]").click()
        expect(cell(page, 0, column)).to_have_text("")
    assert not any(grid.answers().values())


@pytest.mark.parametrize(("code", "width"), VIEWS)
def test_the_grid_is_accessible(code: str, width: int, grid: GridSite, new_page: NewPage, order: Order) -> None:
    """axe finds no violation, and only the table scrolls sideways."""
    # Reduced motion, because during a transition axe would measure an intermediate colour.
    with new_page(grid.address, code, email=CLERKS[0], reduced_motion="reduce") as page:
        open_grid(page, order)
        fits(page, width)
        page.locator("[data-action=fill]").click()
        expect(page.locator("#grid-fill")).to_be_visible()
        fits(page, width)
        page.locator("#grid-fill-typed").fill("0")
        page.locator("#grid-fill button[type=submit]").click()
        expect(page.locator("#grid-preview")).to_be_visible()
        fits(page, width)
        page.goto(f"{grid_site.address(order)}?plain=1")
        fits(page, width)


def test_without_scripts_the_grid_is_a_form_page_by_page(grid: GridSite, new_page: NewPage, order: Order) -> None:
    _, code = first_of(order, "money")
    with new_page(grid.address, "ru", email=CLERKS[0], java_script_enabled=False) as page:
        page.goto(grid_site.address(order))
        page.wait_for_url("**plain=1")
        page.fill(f"[name='{organisation_bin(0)}-{code}']", "1 000")
        page.click("form:has(.grid-scroll) button")
        expect(page.locator("main [role=status]")).to_be_visible()
        expect(page.locator(f"[name='{organisation_bin(0)}-{code}']")).to_have_value("1\xa0000")
    assert grid.answers()[organisation_bin(0)] == {code: 1000_00}
