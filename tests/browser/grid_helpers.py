"""Helpers of the browser tests of the grid: a server with a body of many organisations, and locators of the page's elements."""

import re
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Locator, Page, expect

from evaluation.answers.grid.queries import grid_rows
from evaluation.criteria import Order
from evaluation.registry import queries as registry
from tests.browser import grid_site
from tests.browser.database_copies import Copy
from tests.browser.grid_site import BODY, SYSTEM, YEAR, organisation_bin


class GridSite:
    """A server with a body of many organisations, and its database."""

    def __init__(self, address: str, folder: Path, order: Order):
        self.address, self.folder, self.order = address, folder, order
        self._prepared = Copy(folder)

    def renew(self) -> None:
        """Restore the database to its prepared state."""
        self._prepared.put_back()

    def answers(self) -> dict[str, Any]:
        """Return BIN → stored answers."""

        def read(app: Flask) -> dict[str, Any]:
            with app.app_context():
                body = registry.registry_index(SYSTEM).bodies[BODY]
                return {row.bin: row.answers for row in grid_rows(SYSTEM, YEAR, body, grid_site.widest(self.order))}

        answers = grid_site.in_thread(self.folder, read)
        assert isinstance(answers, dict)
        return answers


def open_grid(page: Page, order: Order) -> None:
    """Open the grid and focus its first cell."""
    page.goto(grid_site.address(order))
    expect(page.locator("#grid[data-ready]")).to_be_visible()
    page.locator("td.is-active").focus()


def cell(page: Page, number: int, column: int) -> Locator:
    return page.locator(f"tr[data-bin='{organisation_bin(number)}'] > :nth-child({column + 2})")


def first_of(order: Order, type_: str) -> tuple[int, str]:
    """Return the position and the code of the first column of a type."""
    indicators = order.indicators_of(grid_site.widest(order))
    return next(
        (position, item.code) for position, item in enumerate(indicators) if item.type == type_ and item.applies_when is None
    )


def drag_handle(page: Page, start: Locator, end: Locator) -> None:
    """Drag the fill handle of a cell to another cell."""
    start.scroll_into_view_if_needed()
    box = start.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] - 3, box["y"] + box["height"] - 3)
    page.mouse.down()
    end.hover()
    page.mouse.up()


def saved(where: Locator, text: str) -> None:
    """Wait until a cell shows a text and that it is stored."""
    expect(where).to_have_text(text)
    expect(where).to_have_class(re.compile(r"\bis-saved\b"))


def status(page: Page) -> Locator:
    return page.locator("#grid-status")


def words(message: str) -> str:
    """Return the text of a message before its first placeholder."""
    return message.split("{")[0].strip()


def block(order: Order, code: str, count: int) -> str:
    """Return a block as a spreadsheet copies it: headings and all answers of `count` organisations, the last one first."""
    indicators = order.indicators_of(grid_site.widest(order))
    labels = {"kk": ("БСН", "иә"), "ru": ("БИН", "да")}[code]
    samples = {"money": "1 250,5", "whole": "1", "date": "31.05.2025", "yes_no": labels[1]}
    cells = [samples.get(item.type) or order.choices[item.choices or ""][0].label[code] for item in indicators]
    lines = [
        [labels[0], *(item.label[code] for item in indicators)],
        *([organisation_bin(n), *cells] for n in reversed(range(count))),
    ]
    return "".join("\t".join(line) + "\r\n" for line in lines)
