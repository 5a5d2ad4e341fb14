"""A real server and a real browser."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from queue import Queue

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import BaseWSGIServer, make_server

from app import create_app
from evaluation import database
from evaluation.database import db
from evaluation.demo import demonstration
from evaluation.demo.store import store
from evaluation.policy import SIGN_IN_ROLES
from tests import people

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


@contextmanager
def served(folder: Path, demo: bool = False) -> Iterator[str]:
    """The address of the product on a free port of this computer, with an empty database or the demonstration."""
    started: Queue[BaseWSGIServer | Exception] = Queue()

    # The app lives in a thread of its own: the browser's event loop runs in this one, and the two do not get on.
    def serve() -> None:
        try:
            app = create_app({"DATABASE_URL": f"sqlite:///{folder / 'evaluation.db'}", "SECRET_KEY": "tests", **people.CHEAP})
            with app.app_context():
                database.upgrade()
            if demo:
                fill(app)
            for role in SIGN_IN_ROLES:
                people.make_account(app, role, email=email_of(role))
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
    """The address of the person that every site of the tests has for each role. Clerk and head belong to no body."""
    return f"{role}@example.org"


def sign_in(page: Page, email: str, password: str = people.PASSWORD) -> None:
    """Sign in by the form, as people do; the page stands where the form leads."""
    page.goto("/account/sign-in")
    page.fill("#email", email)
    page.fill("#password", password)
    with page.expect_navigation():
        page.press("#password", "Enter")
    assert not page.url.endswith("/account/sign-in")


def fill(app: Flask) -> None:
    order = app.extensions["orders"].latest
    with app.app_context():
        store(order, demonstration(order))
        db.session.commit()


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
def browser() -> Iterator[Browser]:
    """Closed with its module, since while it is open no app can be used in this thread."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
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
        context = browser.new_context(viewport={"width": width, "height": 900}, base_url=site, locale=code, **options)  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        page = context.new_page()
        try:
            if role or email:
                sign_in(page, email or email_of(str(role)))
            yield page
        finally:
            context.close()

    return open_page
