"""Helpers of the browser tests of data entry: a server with a body, a counting keyboard, and checks of a page."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from app import create_app
from evaluation.criteria import Order
from evaluation.database import db
from tests.browser.database_copies import Copy
from tests.support import accounts
from tests.support.scenario import Scenario, all_kinds_scenario, store_answers, stored_values

Result = TypeVar("Result")

WIDTHS = (1280, 390)
"""Widths in pixels of a desktop window and of a telephone."""
VIEWS = (("kk", WIDTHS[0]), ("ru", WIDTHS[1]))
"""Language and width of a page: each language and each width once."""
HEIGHT = 900
"""Height of every browser window in pixels."""


class Site:
    """A server with a body and its database. The database is used in a thread of its own, not in the browser's."""

    def __init__(self, address: str, folder: Path, order: Order):
        self.address, self.order = address, order
        self.url = f"sqlite:///{folder / 'evaluation.db'}"
        self.scenario: Scenario = self.run(lambda app: all_kinds_scenario(app, order), whole=True)
        self._prepared = Copy(folder)

    def renew(self) -> None:
        """Restore the database to its prepared state."""
        self._prepared.put_back()

    def run(self, work: Callable[[Flask], Result], whole: bool = False) -> Result:
        def task() -> Result:
            app = create_app({"DATABASE_URL": self.url, "SECRET_KEY": "tests", **accounts.CHEAP})
            if whole:
                return work(app)
            with app.app_context():
                done = work(app)
                db.session.commit()
                db.engine.dispose()
                return done

        with ThreadPoolExecutor(1) as pool:
            return pool.submit(task).result()

    def stored_values(self, organisation_bin: str) -> dict[str, Any]:
        return self.run(lambda _: stored_values(organisation_bin))

    def store_answers(self, organisation_bin: str, answers: dict[str, Any]) -> None:
        self.run(lambda _: store_answers(self.order, organisation_bin, answers))


class CountingKeyboard:
    """A keyboard that counts key presses."""

    def __init__(self, page: Page):
        self.page, self.strokes = page, 0

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.strokes += len(text)

    def click(self, where: Locator) -> None:
        """Click; this counts as one key press."""
        where.click()
        self.strokes += 1

    def press(self, key: str) -> None:
        if key.isascii():
            self.page.keyboard.press(key)
        else:
            # A key of the Kazakh or Russian layout, which Playwright does not know.
            with_layout = self.page.context.new_cdp_session(self.page)
            for type_ in ("keyDown", "keyUp"):
                with_layout.send("Input.dispatchKeyEvent", {"type": type_, "key": key, "text": key if type_ == "keyDown" else ""})
            with_layout.detach()
        self.strokes += 1


def state_of(page: Page, code: str, state: str) -> None:
    """Wait until a question of the form is in a state."""
    expect(page.locator(f"#field-{code} [data-save-status]")).to_have_attribute("data-state", state)


def typed(page: Page, code: str, text: str) -> None:
    """Replace the text of a field of the form, and leave the field."""
    field = page.locator(f"#answer-{code}")
    field.fill(text)
    field.press("Tab")


def press(page: Page, selector: str) -> int:
    """Click an element that opens another page; return the HTTP status of that page."""
    with page.expect_navigation() as navigation:
        page.click(selector)
    return navigation.value.status if navigation.value else 0


def assert_accessible(page: Page, *widths: int) -> None:
    """Expand all sections of the page and check at each width that it fits and that axe reports no violation."""
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    fits(page, *widths)


def assert_copy_accessible(page: Page, scripted: Page, *widths: int) -> None:
    """Check a page of a browser without JavaScript by a copy in one that has it, which axe needs."""
    scripted.goto(page.url)
    scripted.set_content(page.content())
    assert_accessible(scripted, *widths)


def fits(page: Page, *widths: int) -> None:
    """Check at each width that the page does not scroll sideways and that axe reports no violation."""
    for width in widths:
        if page.viewport_size != {"width": width, "height": HEIGHT}:
            page.set_viewport_size({"width": width, "height": HEIGHT})
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width, f"{page.url} at {width}"
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE_SCRIPT)
        results = AxeResults(page.evaluate("axe.run({resultTypes: ['violations']})"))
        assert not results.violations_count, f"{page.url} at {width}: {results.generate_report()}"
