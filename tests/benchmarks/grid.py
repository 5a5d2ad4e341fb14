"""The grid of 600 organisations in headless Chromium beside a bare table of as many inputs, and a paste of 600 rows beside the
same rows through the workbook's checks."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from app import create_app
from evaluation.answers.checks import check_answers
from evaluation.answers.columns import documents, read_column
from evaluation.answers.grid.formatting import value_formatter
from evaluation.answers.grid.queries import grid_rows
from evaluation.clock import today
from evaluation.criteria import Order, load_orders
from evaluation.language import language
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.web.core.access import allow
from tests.browser import grid_site
from tests.browser.conftest import ARGUMENTS, served, sign_in
from tests.browser.grid_site import BODY, CLERKS, SYSTEM, YEAR, organisation_bin
from tests.support import accounts

Pair = tuple[Callable[[], Any], Callable[[], Any]]

ROWS = 600
KEYS = 40
BLANK = 0.3


def prepare_grid(folder: Path) -> None:
    """A body of 600 organisations, seven in ten of their answers given."""
    grid_site.prepare(folder, ROWS, BLANK)


@contextmanager
def opening(folder: Path) -> Iterator[Pair]:
    """Open the grid, from asking the server to its first row being ready for keys; floor: a bare table of as many inputs with the
    same values, from a file."""
    with pages(folder) as (grid, bare):
        yield lambda: open_grid(grid), lambda: open_bare(bare, folder)


@contextmanager
def typing(folder: Path) -> Iterator[Pair]:
    """Forty answers typed one under the other, each of three digits and the key that goes on; floor: the same in the bare table.

    The grid stores each of them meanwhile."""
    with pages(folder) as (grid, bare):
        open_grid(grid)
        open_bare(bare, folder)

        def ours() -> None:
            grid.keyboard.press("Control+Home")
            type_answers(grid, "Enter")

        def floor() -> None:
            bare.locator("input").first.focus()
            type_answers(bare, "Tab")

        yield ours, floor


@contextmanager
def preview(folder: Path) -> Iterator[Pair]:
    """The request that shows what a block of 600 rows would change and what is wrong with it; floor: a request by the same person
    that only puts the same cells through the workbook's own reading of columns and its checks across them."""
    order = load_orders().latest
    app = create_app({"DATABASE_URL": f"sqlite:///{folder / 'evaluation.db'}", "SECRET_KEY": "bench", **accounts.CHEAP})
    app.config["WTF_CSRF_ENABLED"] = False
    kind = grid_site.widest(order)
    indicators, rows = order.indicators_of(kind), values(folder, order)
    cells = list(zip(*rows, strict=True))

    @app.post("/floor")
    @allow(Action.EDIT)
    def checks() -> dict[str, int]:
        read = {item.code: read_column(order, item, YEAR, column)[0] for item, column in zip(indicators, cells, strict=True)}
        nothing: list[dict[str, Any]] = [{}] * len(rows)
        issues = check_answers(order, YEAR, kind, documents(read, len(rows)), nothing, [None] * len(rows), today(), order)
        return {"found": len(issues)}

    client = accounts.sign_in(app.test_client(), CLERKS[0])
    content = {"text": "\n".join("\t".join(row) for row in rows), "organisation": organisation_bin(0), "code": indicators[0].code}

    def ours() -> None:
        assert client.post(f"{grid_site.address(order)}/paste", json=content).status_code == 200

    def floor() -> None:
        assert client.post("/floor").status_code == 200

    yield ours, floor


def values(folder: Path, order: Order) -> list[list[str]]:
    """What a clerk copies from Excel: the answers as typed, every amount another than the stored one."""
    app = create_app({"DATABASE_URL": f"sqlite:///{folder / 'evaluation.db'}", "SECRET_KEY": "bench", **accounts.CHEAP})
    kind, lang = grid_site.widest(order), language("ru")
    indicators = order.indicators_of(kind)
    writers = [value_formatter(order, item, lang) for item in indicators]
    with app.app_context():
        rows = grid_rows(SYSTEM, YEAR, registry.registry_index(SYSTEM).bodies[BODY], kind)
    return [
        [
            write(value + 1 if item.type == "money" and value is not None else value)
            for item, write, value in (
                (item, write, row.answers.get(item.code)) for item, write in zip(indicators, writers, strict=True)
            )
        ]
        for row in rows
    ]


@contextmanager
def pages(folder: Path) -> Iterator[tuple[Page, Page]]:
    """A page of the product, signed in, and one for the bare table, which is written into the folder."""
    order = load_orders().latest
    bare_table = folder / "bare.html"
    cells = "".join(
        "<tr><th>" + organisation_bin(number) + "</th>" + "".join(f'<td><input value="{text}"></td>' for text in row) + "</tr>\n"
        for number, row in enumerate(values(folder, order))
    )
    bare_table.write_text(f"<!doctype html><meta charset=utf-8><title>Bare</title><table>{cells}</table>", encoding="utf-8")
    with served(folder) as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium-headless-shell"), args=ARGUMENTS)
        context = browser.new_context(base_url=site, locale="ru", viewport={"width": 1280, "height": 900})
        grid = context.new_page()
        sign_in(grid, CLERKS[0])
        yield grid, browser.new_page(viewport={"width": 1280, "height": 900})
        browser.close()


def open_grid(page: Page) -> None:
    page.bring_to_front()
    page.goto(grid_site.address(load_orders().latest))
    page.locator("#grid[data-ready] td.is-active").focus()
    painted(page)


def open_bare(page: Page, folder: Path) -> None:
    page.bring_to_front()
    page.goto((folder / "bare.html").as_uri())
    page.locator("input").first.focus()
    painted(page)


def painted(page: Page) -> None:
    """Wait for the frame that shows it."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def type_answers(page: Page, onward: str) -> None:
    page.bring_to_front()
    for number in range(KEYS):
        for key in (*str(100 + number), onward):
            page.keyboard.press(key)
    painted(page)


JOBS: dict[str, tuple[Callable[[Path], None], Callable[[Path], Any], float]] = {
    "opening": (prepare_grid, opening, 3.0),
    "typing": (prepare_grid, typing, 1.5),
    "preview": (prepare_grid, preview, 2.0),
}
"""Name → what makes its data in a folder, the job itself, and the most it may cost as a multiple of its floor."""
