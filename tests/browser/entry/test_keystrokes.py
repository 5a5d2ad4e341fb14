"""Two tasks counted in keys: in the product, in Excel and in DHIS2.

The year of five: the answers of five state enterprises are typed from paper. The year of 600: the answers of 600 state
enterprises stand in another spreadsheet and are in the clipboard.

For the product the test counts the keys that the browser receives; a click counts as one key. Excel and DHIS2 are counted in
their favour: no mouse movement, no correction, no pause. Opening the first page or file and submitting the year are left out of
all three.
"""

from datetime import date

import pytest
from flask import Flask
from playwright.sync_api import expect

from evaluation.criteria import Order
from evaluation.criteria.model import Indicator
from evaluation.database import db
from evaluation.language import language
from evaluation.registry import operations
from evaluation.registry import queries as registry
from evaluation.registry.operations import NewBody
from tests.browser.conftest import NewPage
from tests.browser.entry_helpers import CountingKeyboard, Site
from tests.browser.grid_helpers import GridSite, block
from tests.browser.grid_site import CLERKS, SIX_HUNDRED, address, widest
from tests.support.accounts import make_account
from tests.support.factories import bin_of
from tests.support.scenario import SYSTEM, YEAR

BODY = bin_of(500)
FIVE = [bin_of(501 + n) for n in range(5)]
TYPED = {"money": "12500000", "date": "31.05.2025", "whole": "3"}


def register(app: Flask, order: Order) -> str:
    """Register a body with five enterprises; return the e-mail address of its clerk."""
    with app.app_context():
        operations.register_bodies(SYSTEM, [NewBody(BODY, "Бес")])
        operations.register_organisations(SYSTEM, [(bin_, order.kinds[1].code, f"Ұйым {bin_}", "") for bin_ in FIVE])
        index = registry.registry_index(SYSTEM)
        since = date(2020, 1, 1)
        operations.add_supervision(SYSTEM, [(index.organisations[bin_][0], index.bodies[BODY], since, None) for bin_ in FIVE])
        db.session.commit()
        body = index.bodies[BODY]
    return make_account(app, "clerk", [body], email="five@example.org")


def in_excel(items: tuple[Indicator, ...]) -> int:
    """Keys in the product's Excel template: each text and Tab; for an answer of a list one letter, which Excel completes, and
    Tab; Home and Down before each further row; one key to save."""
    line = sum(len(TYPED[item.type]) + 1 if item.type in TYPED else 1 + 1 for item in items)
    return len(FIVE) * line + 2 * (len(FIVE) - 1) + 1


def in_dhis2(items: tuple[Indicator, ...], organisations: int = len(FIVE)) -> int:
    """Keys in DHIS2's data entry: one click chooses the organisation, then each text and Tab; for a yes, a no or an
    option one key and Tab; a date takes the same characters."""
    form = 1 + sum(len(TYPED[item.type]) + 1 if item.type in TYPED else 1 + 1 for item in items)
    return organisations * form


def mailed_from_excel() -> int:
    """Keys to paste the copied columns into the open template, save it and mail it to the ministry: one click creates the
    mail with the file, a letter and Tab complete the address, Ctrl+Enter sends it."""
    return 1 + 1 + 1 + 2 + 1


def test_the_year_of_five(site: Site, new_page: NewPage, order: Order, capsys: pytest.CaptureFixture[str]) -> None:
    clerk = site.run(lambda app: register(app, order), whole=True)
    items = order.indicators_of(order.kinds[1].code)
    with new_page(site.address, "kk", email=clerk) as page:
        page.goto(f"/bodies/{BODY}/{YEAR}/organisations/{FIVE[0]}#field-{items[0].code}")
        keyboard = CountingKeyboard(page)
        for organisation_bin in FIVE:
            expect(page.locator(f"#answer-{items[0].code}")).to_be_focused()
            for item in items:
                if item.type in TYPED:
                    keyboard.type(TYPED[item.type])
                    keyboard.press("Enter")
                else:
                    keyboard.press("и" if item.type == "yes_no" else "1")
            if organisation_bin != FIVE[-1]:
                expect(page.locator("[data-next]")).to_be_focused()
                keyboard.press("Enter")
                page.wait_for_url(f"**/{FIVE[FIVE.index(organisation_bin) + 1]}*")
        expect(page.locator("[data-queue-status]")).to_have_text(language("kk").gettext("Everything is saved."))
    for organisation_bin in FIVE:
        assert site.stored_values(organisation_bin).keys() == {item.code for item in items}
    assert keyboard.strokes < in_dhis2(items) and keyboard.strokes < in_excel(items)
    with capsys.disabled():
        print(f"\nThe year of five: {keyboard.strokes} keys here, {in_excel(items)} in Excel, {in_dhis2(items)} in DHIS2")


def test_the_year_of_600(large_grid: GridSite, new_page: NewPage, order: Order, capsys: pytest.CaptureFixture[str]) -> None:
    """DHIS2 has no paste of blocks, so every value is typed there."""
    items, allowed = order.indicators_of(widest(order)), ["clipboard-read", "clipboard-write"]
    with new_page(large_grid.address, "kk", email=CLERKS[0], permissions=allowed) as page:
        page.goto(address(order))
        page.evaluate("text => navigator.clipboard.writeText(text)", block(order, "kk", SIX_HUNDRED))
        keyboard = CountingKeyboard(page)
        keyboard.click(page.locator("td.is-active"))
        keyboard.press("Control+v")
        expect(page.locator("[data-count=new]")).to_have_text(language("kk").number(SIX_HUNDRED * len(items)))
        expect(page.locator("#grid-preview [data-action=apply]")).to_be_focused()
        keyboard.press("Enter")
        expect(page.locator("td.is-saved")).to_have_count(SIX_HUNDRED * len(items))
    stored = large_grid.answers()
    assert len(stored) == SIX_HUNDRED and all(answers.keys() == {item.code for item in items} for answers in stored.values())
    excel, dhis2 = mailed_from_excel(), in_dhis2(items, SIX_HUNDRED)
    assert keyboard.strokes < excel and keyboard.strokes < dhis2
    with capsys.disabled():
        print(f"\nThe year of 600: {keyboard.strokes} keys here, {excel} in Excel, {dhis2} in DHIS2")
