"""The grid with many cells at once, two users in one cell, and a lost connection."""

import re

import pytest
from playwright.sync_api import expect

from evaluation.criteria import Order
from evaluation.language import language
from tests.browser.conftest import NewPage
from tests.browser.entry_helpers import VIEWS, fits
from tests.browser.grid_helpers import GridSite, block, cell, first_of, open_grid, saved, status, words
from tests.browser.grid_site import CLERKS, SIX_HUNDRED, organisation_bin, widest

WAITING = "No connection. Not sent yet: {0}. It will be sent when the connection is back."


@pytest.mark.parametrize(("code", "width"), VIEWS)
def test_six_hundred_organisations_by_one_paste(
    code: str, width: int, large_grid: GridSite, new_page: NewPage, order: Order
) -> None:
    """Two keys store all answers of 600 organisations, conditional ones included: one pastes, one confirms."""
    columns = order.indicators_of(widest(order))
    assert any(item.applies_when for item in columns)
    count = SIX_HUNDRED * len(columns)
    money, _ = first_of(order, "money")
    allowed = ["clipboard-read", "clipboard-write"]
    with new_page(large_grid.address, code, width, email=CLERKS[0], permissions=allowed) as page:
        open_grid(page, order)
        page.evaluate("text => navigator.clipboard.writeText(text)", block(order, code, SIX_HUNDRED))
        page.keyboard.press("Control+v")
        expect(page.locator("[data-count=new]")).to_have_text(language(code).number(count))
        expect(page.locator("[data-count=rejected]")).to_have_text("0")
        expect(page.locator("#grid-preview [data-action=apply]")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("td.is-saved")).to_have_count(count)
        expect(page.locator("#grid-preview")).to_be_hidden()
        saved(cell(page, SIX_HUNDRED - 1, money), "1\xa0250,50")
        stored = large_grid.answers()
        assert len(stored) == SIX_HUNDRED and all(len(answers) == len(columns) for answers in stored.values())
        page.keyboard.press("Control+z")
        expect(cell(page, SIX_HUNDRED - 1, len(columns) - 1)).to_have_text("")
    assert not any(large_grid.answers().values())


@pytest.mark.parametrize(("code", "width"), [("kk", 390), ("ru", 1280)])
def test_two_people_in_one_cell(code: str, width: int, grid: GridSite, new_page: NewPage, order: Order) -> None:
    """The second user keeps the typed answer of one cell and takes the stored answer of another."""
    column, item = first_of(order, "money")
    with (
        new_page(grid.address, code, width, email=CLERKS[0]) as first,
        new_page(grid.address, code, width, email=CLERKS[1], reduced_motion="reduce") as second,
    ):
        open_grid(first, order)
        open_grid(second, order)
        for page, amounts in ((first, ("100", "300")), (second, ("200", "400"))):
            for row, amount in enumerate(amounts):
                page.keyboard.type(amount)
                page.keyboard.press("Enter")
                if page == first:
                    saved(cell(page, row, column), amount)
        for row in (0, 1):
            expect(cell(second, row, column)).to_have_class(re.compile("is-conflict"))
        assert [grid.answers()[organisation_bin(row)] for row in (0, 1)] == [{item: 100_00}, {item: 300_00}]
        dialog = second.locator("#grid-conflict")
        for row, typed_text, stored_text, action in ((1, "400", "300", "take-stored"), (0, "200", "100", "prefer-typed")):
            second.keyboard.press("ArrowUp")
            second.keyboard.press("Enter")
            expect(dialog.locator("[data-part=typed]")).to_have_text(typed_text)
            expect(dialog.locator("[data-part=stored]")).to_have_text(stored_text)
            expect(dialog.locator("[data-part=author]")).to_contain_text("The clerk")
            fits(second, width)
            dialog.locator(f"[data-action={action}]").click()
            expect(dialog).to_be_hidden()
            saved(cell(second, row, column), typed_text if action == "prefer-typed" else stored_text)
        # The first user undoes both answers: the one that nobody else changed goes, the other one is a conflict.
        first.keyboard.press("Control+z")
        saved(cell(first, 1, column), "")
        first.keyboard.press("Control+z")
        expect(cell(first, 0, column)).to_have_class(re.compile("is-conflict"))
        # A further undo gives that up and shows what is stored.
        first.keyboard.press("Control+y")
        saved(cell(first, 0, column), "200")
    assert [grid.answers()[organisation_bin(row)] for row in (0, 1)] == [{item: 200_00}, {}]


def test_a_lost_connection_loses_nothing(grid: GridSite, new_page: NewPage, order: Order) -> None:
    column, code = first_of(order, "money")
    with new_page(grid.address, "ru", email=CLERKS[0]) as page:
        open_grid(page, order)
        page.context.set_offline(True)
        page.keyboard.type("5")
        page.keyboard.press("Enter")
        page.keyboard.type("6")
        page.keyboard.press("Enter")
        expect(status(page)).to_contain_text(words(language("ru").gettext(WAITING)))
        page.context.set_offline(False)
        saved(cell(page, 0, column), "5")
        saved(cell(page, 1, column), "6")
        page.context.set_offline(True)
        page.keyboard.type("7")
        page.keyboard.press("Enter")
        expect(cell(page, 2, column)).to_have_text("7")
        expect(status(page)).to_contain_text(words(language("ru").gettext(WAITING)))
        again = page.context.new_page()
        page.close()
        again.context.set_offline(False)
        open_grid(again, order)
        saved(cell(again, 2, column), "7")
    stored = grid.answers()
    assert [stored[organisation_bin(n)] for n in range(3)] == [{code: 5_00}, {code: 6_00}, {code: 7_00}]
