"""Fixtures with a running server and a browser."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from queue import Queue

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from werkzeug.serving import BaseWSGIServer, make_server

from app import create_app
from evaluation import schema
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.demo import demonstration
from evaluation.demo.store import store
from evaluation.policy import SIGN_IN_ROLES
from tests.browser import grid_site
from tests.browser.database_copies import url_of
from tests.browser.entry_helpers import HEIGHT, Site
from tests.browser.grid_helpers import GridSite
from tests.support import accounts
from tests.support.html import csrf_token

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

NewPage = Callable[..., AbstractContextManager[Page]]

PATIENCE = 45_000
"""Milliseconds that a page may take: six hundred organisations on a computer that is busy with another test."""
expect.set_options(timeout=PATIENCE)


@contextmanager
def served(database: Path | str, demo: bool = False) -> Iterator[str]:
    """The address of the product on a free port of this computer, with an empty database or the demonstration.

    The database is a new one in a folder, or that of a URL.
    """
    started: Queue[BaseWSGIServer | Exception] = Queue()

    # The app runs in a thread of its own, because this thread runs the browser's event loop.
    def serve() -> None:
        try:
            app = create_app({"DATABASE_URL": url_of(database), "SECRET_KEY": "tests", **accounts.CHEAP})
            with app.app_context():
                schema.upgrade()
            if demo:
                fill(app)
            for role in SIGN_IN_ROLES:
                accounts.make_account(app, role, email=email_of(role))
            server = make_server("127.0.0.1", 0, app, threaded=True)
        except Exception as error:
            started.put(error)
            raise
        started.put(server)
        server.serve_forever()
        server.server_close()
        with app.app_context():
            db.engine.dispose()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    server = started.get(timeout=60)
    if isinstance(server, Exception):
        raise server
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(timeout=30)


def email_of(role: str) -> str:
    """Address of the account of a role on every test server. Clerk and head belong to no body."""
    return f"{role}@example.org"


def sign_in(page: Page, email: str, password: str = accounts.PASSWORD) -> None:
    """Sign in by the form; the page then shows the page that the form leads to."""
    page.goto("/account/sign-in")
    page.fill("#email", email)
    page.fill("#password", password)
    with page.expect_navigation():
        page.press("#password", "Enter")
    assert not page.url.endswith("/account/sign-in")


def let_in(context: BrowserContext, email: str) -> None:
    """Sign a browser in by sending the form without opening a page. test_sign_in tests the form itself."""
    form = context.request.get("/account/sign-in").text()
    token = csrf_token(form)
    assert token
    fields = {"email": email, "password": accounts.PASSWORD, "csrf_token": token}
    answer = context.request.post("/account/sign-in", form=fields, max_redirects=0)
    assert answer.status == 302, answer.text()


def fill(app: Flask) -> None:
    order = app.extensions["orders"].latest
    with app.app_context():
        store(order, demonstration(order))
        db.session.commit()


@pytest.fixture
def journey_url(request: pytest.FixtureRequest, tmp_path: Path, new_database: Callable[[str], str]) -> str:
    """The database of a journey that is the same in each language: PostgreSQL in Russian, SQLite otherwise."""
    case = getattr(request.node, "callspec", None)
    return new_database("postgresql") if case and case.params.get("code") == "ru" else url_of(tmp_path)


@pytest.fixture
def empty_site(tmp_path: Path) -> Iterator[str]:
    """A server with an empty database."""
    with served(tmp_path) as address:
        yield address


@pytest.fixture(scope="module")
def demo_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with the demonstration."""
    with served(tmp_path_factory.mktemp("site"), demo=True) as address:
        yield address


@pytest.fixture(scope="module")
def entered(tmp_path_factory: pytest.TempPathFactory, order: Order) -> Iterator[Site]:
    """A server with a body that has data to enter, shared by a module."""
    folder = tmp_path_factory.mktemp("entered")
    with served(folder) as address:
        yield Site(address, folder, order)


@pytest.fixture
def site(entered: Site) -> Site:
    """A server with a body that has no answers of the year."""
    entered.renew()
    return entered


@contextmanager
def served_grid(folder: Path, order: Order, count: int) -> Iterator[GridSite]:
    """Serve a body with a number of organisations of the kind with the most indicators, without answers."""
    grid_site.prepare(folder, count)
    with served(folder) as address:
        yield GridSite(address, folder, order)


@pytest.fixture(scope="module")
def grid_of_a_dozen(tmp_path_factory: pytest.TempPathFactory, order: Order) -> Iterator[GridSite]:
    with served_grid(tmp_path_factory.mktemp("grid"), order, grid_site.DOZEN) as grid_site_:
        yield grid_site_


@pytest.fixture(scope="module")
def grid_of_600(tmp_path_factory: pytest.TempPathFactory, order: Order) -> Iterator[GridSite]:
    with served_grid(tmp_path_factory.mktemp("grid"), order, grid_site.SIX_HUNDRED) as grid_site_:
        yield grid_site_


@pytest.fixture
def grid(grid_of_a_dozen: GridSite) -> GridSite:
    """A body with twelve organisations without answers."""
    grid_of_a_dozen.renew()
    return grid_of_a_dozen


@pytest.fixture
def large_grid(grid_of_600: GridSite) -> GridSite:
    """A body with 600 organisations without answers."""
    grid_of_600.renew()
    return grid_of_600


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for a module. It is closed with the module, because no app can be used in this thread while it is open."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium-headless-shell"), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser: Browser) -> NewPage:
    """Open a page in a browser of its own: its language, its width, with JavaScript or without, signed in with a role or an
    address, or signed out."""

    @contextmanager
    def open_page(
        site: str, code: str = "kk", width: int = 1280, role: str | None = None, email: str | None = None, **options: object
    ) -> Iterator[Page]:
        context = browser.new_context(viewport={"width": width, "height": HEIGHT}, base_url=site, locale=code, **options)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        try:
            if role or email:
                let_in(context, email or email_of(str(role)))
            yield context.new_page()
        finally:
            context.close()

    return open_page
