"""The grid in a real browser: by keyboard, by paste, by two people at once, without a connection, without scripts."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from evaluation.collection.grid.reading import table
from evaluation.criteria import Order
from evaluation.language import language
from evaluation.registry import queries as registry
from tests.browser import grid_site
from tests.browser.conftest import NewPage, served
from tests.browser.grid_site import BODY, CLERKS, SYSTEM, YEAR, own_bin

COUNT = 600
ORGANISATIONS = 12


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def site(folder: Path) -> Iterator[str]:
    """A body with a dozen organisations, nothing answered."""
    grid_site.prepare(folder, ORGANISATIONS)
    with served(folder) as address:
        yield address


@pytest.fixture
def large_site(folder: Path) -> Iterator[str]:
    """A body with 600 organisations, nothing answered."""
    grid_site.prepare(folder, COUNT)
    with served(folder) as address:
        yield address


def answers(folder: Path, order: Order) -> dict[str, Any]:
    """What is stored, by BIN."""

    def read(app: Flask) -> dict[str, Any]:
        with app.app_context():
            body = registry.known(SYSTEM).bodies[BODY]
            return {line.bin: line.answers for line in table(SYSTEM, YEAR, body, grid_site.widest(order))}

    found = grid_site.in_thread(folder, read)
    assert isinstance(found, dict)
    return found


def open_grid(page: Page, order: Order) -> None:
    page.goto(grid_site.address(order))
    expect(page.locator("#grid[data-ready]")).to_be_visible()
    page.locator("td.active").focus()


def cell(page: Page, number: int, column: int) -> Locator:
    return page.locator(f"tr[data-bin='{own_bin(number)}'] > :nth-child({column + 2})")


def first_of(order: Order, type_: str) -> tuple[int, str]:
    """The place of the first column of a type, and its code."""
    asked = order.asked_of(grid_site.widest(order))
    return next((place, item.code) for place, item in enumerate(asked) if item.type == type_ and item.asked_when is None)


def saved(where: Locator, text: str) -> None:
    expect(where).to_have_text(text)
    expect(where).to_have_class(re.compile(r"\bsaved\b"))


def press_letter(page: Page, letter: str, code: str = "", control: bool = False) -> None:
    """Press a key of a Kazakh or Russian keyboard."""
    session = page.context.new_cdp_session(page)
    held = {"modifiers": 2} if control else {"text": letter}
    for type_ in ("keyDown", "keyUp"):
        session.send("Input.dispatchKeyEvent", {"type": type_, "key": letter, "code": code, **held})


def status(page: Page) -> Locator:
    return page.locator("#grid-status")


def words(message: str) -> str:
    """A message up to what is filled into it."""
    return message.split("{")[0].strip()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("code", ["kk", "ru"])
def test_answers_are_typed_chosen_corrected_and_undone_by_keys(
    code: str, width: int, site: str, folder: Path, new_page: NewPage, order: Order
) -> None:
    spoken = language(code)
    money, money_code = first_of(order, "money")
    choice, choice_code = first_of(order, "choice")
    yes_no, yes_no_code = first_of(order, "yes_no")
    with new_page(site, code, width, email=CLERKS[0]) as page:
        open_grid(page, order)
        keys = page.keyboard
        keys.type("12500000,5")
        keys.press("Enter")
        saved(cell(page, 0, money), "12\xa0500\xa0000,50")
        keys.type("?")
        keys.press("Tab")
        expect(cell(page, 1, money)).to_have_attribute("aria-invalid", "true")
        expect(cell(page, 1, money)).to_have_text("?")
        expect(status(page)).to_contain_text(words(spoken.gettext("Not stored because they are not valid: {0}")))
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
        keys.press("Escape")
        keys.press("Tab")
        expect(page.locator("table :focus")).to_have_count(0)
    assert answers(folder, order)[own_bin(0)] == {money_code: 12_500_000_50, choice_code: "violated", yes_no_code: True}
    assert answers(folder, order)[own_bin(1)] == {money_code: 7_00}


def test_six_hundred_organisations_by_one_paste(large_site: str, folder: Path, new_page: NewPage, order: Order) -> None:
    """All that is asked of 600 organisations costs two strokes: one pastes, one takes what the preview shows."""
    asked = [item for item in order.asked_of(grid_site.widest(order)) if item.asked_when is None]
    given = {"money": "1 250,5", "whole": "1", "date": "31.05.2025", "yes_no": "да", "choice": "нарушений нет", "text": "да"}
    block = "\t".join(["БИН", *(item.label.ru for item in asked)]) + "\r\n"
    block += "".join("\t".join([own_bin(n), *(given[item.type] for item in asked)]) + "\r\n" for n in reversed(range(COUNT)))
    strokes = 0
    with new_page(large_site, "ru", email=CLERKS[0], permissions=["clipboard-read", "clipboard-write"]) as page:
        open_grid(page, order)
        page.evaluate("text => navigator.clipboard.writeText(text)", block)
        for stroke in ("Control+v", "Enter"):
            page.keyboard.press(stroke)
            strokes += 1
            if strokes == 1:
                expect(page.locator("[data-count=new]")).to_have_text(language("ru").number(COUNT * len(asked)))
                expect(page.locator("[data-count=wrong]")).to_have_text("0")
        expect(page.locator("td.saved")).to_have_count(COUNT * len(asked))
        expect(page.locator("#grid-preview")).to_be_hidden()
        assert strokes == 2
        stored = answers(folder, order)
        assert len(stored) == COUNT and all(len(each) == len(asked) for each in stored.values())
        page.keyboard.press("Control+z")
        expect(cell(page, COUNT - 1, len(asked) - 1)).to_have_text("")
    assert not any(answers(folder, order).values())


def test_cells_are_copied_pasted_repeated_and_emptied(site: str, folder: Path, new_page: NewPage, order: Order) -> None:
    money, code = first_of(order, "money")
    with new_page(site, "ru", email=CLERKS[0], permissions=["clipboard-read", "clipboard-write"]) as page:
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
        page.locator("[data-do=take]").click()
        saved(cell(page, 3, money), "1\xa0234\xa0567,80")
        keys.press("Delete")
        expect(page.locator("[data-count=emptied]")).to_have_text("4")
        page.locator("[data-do=take]").click()
        saved(cell(page, 3, money), "")
        page.evaluate("navigator.clipboard.writeText('1\\n?\\n3')")
        keys.press("Control+Home")
        keys.press("Control+v")
        expect(page.locator("[data-count=wrong]")).to_have_text("1")
        page.locator("[data-do=take]").click()
        saved(cell(page, 2, money), "3")
        expect(cell(page, 1, money)).to_have_text("?")
        expect(cell(page, 1, money)).to_have_attribute("aria-invalid", "true")
    stored = answers(folder, order)
    assert [stored[own_bin(n)].get(code) for n in range(4)] == [1_00, None, 3_00, None]


def test_blanks_of_the_organisations_shown_are_filled_and_undone(
    site: str, folder: Path, new_page: NewPage, order: Order
) -> None:
    place, code = first_of(order, "choice")
    with new_page(site, "kk", email=CLERKS[0]) as page:
        open_grid(page, order)
        page.fill("#grid-search", "ЕМХАНА")
        expect(page.locator("tbody tr:visible")).to_have_count(9)
        cell(page, 0, place).click()
        page.locator("[data-do=fill]").click()
        expect(page.locator("#grid-fill-code")).to_have_value(code)
        page.keyboard.press("Enter")
        page.locator("[data-do=take]").click()
        expect(page.locator("td.saved")).to_have_count(9)
        assert sum(code in each for each in answers(folder, order).values()) == 9
        page.locator("[data-do=undo]").click()
        expect(cell(page, 0, place)).to_have_text("")
    assert not any(answers(folder, order).values())


@pytest.mark.parametrize("which", ["mine", "theirs"])
def test_two_people_in_one_cell(which: str, site: str, folder: Path, new_page: NewPage, order: Order) -> None:
    place, code = first_of(order, "money")
    with new_page(site, "ru", email=CLERKS[0]) as first, new_page(site, "kk", email=CLERKS[1]) as second:
        open_grid(first, order)
        open_grid(second, order)
        first.keyboard.type("100")
        first.keyboard.press("Enter")
        saved(cell(first, 0, place), "100")
        second.keyboard.type("200")
        second.keyboard.press("Enter")
        expect(cell(second, 0, place)).to_have_class(re.compile("conflict"))
        assert answers(folder, order)[own_bin(0)] == {code: 100_00}
        second.keyboard.press("ArrowUp")
        second.keyboard.press("Enter")
        dialog = second.locator("#grid-conflict")
        expect(dialog.locator("[data-part=mine]")).to_have_text("200")
        expect(dialog.locator("[data-part=theirs]")).to_have_text("100")
        expect(dialog.locator("[data-part=who]")).to_contain_text("The clerk")
        dialog.locator(f"[data-do={which}]").click()
        saved(cell(second, 0, place), "200" if which == "mine" else "100")
    assert answers(folder, order)[own_bin(0)] == {code: 200_00 if which == "mine" else 100_00}


def test_a_lost_connection_loses_nothing(site: str, folder: Path, new_page: NewPage, order: Order) -> None:
    place, code = first_of(order, "money")
    with new_page(site, "ru", email=CLERKS[0]) as page:
        open_grid(page, order)
        page.context.set_offline(True)
        page.keyboard.type("5")
        page.keyboard.press("Enter")
        page.keyboard.type("6")
        page.keyboard.press("Enter")
        expect(status(page)).to_contain_text(words(language("ru").gettext(WAITING)))
        page.context.set_offline(False)
        saved(cell(page, 0, place), "5")
        saved(cell(page, 1, place), "6")
        page.context.set_offline(True)
        page.keyboard.type("7")
        page.keyboard.press("Enter")
        expect(cell(page, 2, place)).to_have_text("7")
        expect(status(page)).to_contain_text(words(language("ru").gettext(WAITING)))
        again = page.context.new_page()
        page.close()
        again.context.set_offline(False)
        open_grid(again, order)
        saved(cell(again, 2, place), "7")
    stored = answers(folder, order)
    assert [stored[own_bin(n)] for n in range(3)] == [{code: 5_00}, {code: 6_00}, {code: 7_00}]


WAITING = "No connection. Not sent yet: {0}. It will be sent when the connection is back."


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("code", ["kk", "ru"])
def test_the_grid_is_for_everybody(code: str, width: int, site: str, new_page: NewPage, order: Order) -> None:
    """Nothing for axe to object to, and nothing to scroll sideways for but the table."""
    # Colours on their way from one to another are not what anybody reads.
    with new_page(site, code, width, email=CLERKS[0], reduced_motion="reduce") as page:
        open_grid(page, order)
        fits(page, width)
        page.locator("[data-do=fill]").click()
        fits(page, width)
        page.locator("#grid-fill button[type=submit]").click()
        expect(page.locator("#grid-preview")).to_be_visible()
        fits(page, width)
        page.goto(f"{grid_site.address(order)}?plain=1")
        fits(page, width)


def fits(page: Page, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page)
    assert not found.violations_count, found.generate_report()


def test_without_scripts_the_grid_is_a_form_page_by_page(site: str, folder: Path, new_page: NewPage, order: Order) -> None:
    _, code = first_of(order, "money")
    with new_page(site, "ru", email=CLERKS[0], java_script_enabled=False) as page:
        page.goto(grid_site.address(order))
        page.wait_for_url("**plain=1")
        page.fill(f"[name='{own_bin(0)}-{code}']", "1 000")
        page.click("form:has(.grid-scroll) button")
        expect(page.locator("main [role=status]")).to_be_visible()
        expect(page.locator(f"[name='{own_bin(0)}-{code}']")).to_have_value("1\xa0000")
    assert answers(folder, order)[own_bin(0)] == {code: 1000_00}
