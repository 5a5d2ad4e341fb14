"""Fixtures for every test: real databases, SQLite and PostgreSQL, each test its own."""

import atexit
import os
import shutil
import tempfile
import uuid
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

if "INSTANCE" not in os.environ:
    # Created before the app is imported, and shared by all processes of the tests; the process that created it removes it.
    instance = tempfile.TemporaryDirectory(prefix="evaluation-tests-")
    atexit.register(instance.cleanup)
    os.environ["INSTANCE"] = instance.name
# One key for every process that opens a database of the tests, in any folder.
os.environ.setdefault("AUDIT_KEY", "the record of the tests")

from app import create_app
from evaluation import database, schema
from evaluation.criteria import Order, load_orders
from tests.support import accounts
from tests.support.postgresql import server as postgresql_server
from tests.support.settings import PRODUCTION
from tests.support.shared_compilation import share_compilation

share_compilation(os.environ["INSTANCE"])

SHEETS = ("tests/integration/sheets/test_sheets.py", "tests/integration/sheets/test_printed_sheets.py")
ALONE = ("tests/browser/", "tests/integration/serving/", "tests/integration/web/core/test_pages.py")
"""Modules whose tests share a slow fixture: a server and a browser, or the demonstration."""
PAGES = ("tests/integration/web/", "tests/integration/cli/")
"""Folders of tests of pages and commands."""
ONE_DATABASE = ("sqlite", "postgresql")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Run tests that share a slow fixture in one process and first; independent tests run last."""
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            module = nodeid.partition("::")[0]
            if module in SHEETS:
                return "sheets"
            return module if module.startswith(ALONE) else nodeid

    return Together(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run each test of pages and commands on one database, half of them on either; EVERY_DATABASE runs all on both.

    What reads and writes data is tested on both databases below the pages.
    """
    if "EVERY_DATABASE" in os.environ:
        return
    selected, deselected = [], []
    for item in items:
        parameters = getattr(item, "callspec", None)
        database_ = parameters.params.get("database_url") if parameters else None
        name = item.nodeid.partition("[")[0]
        is_other = database_ is not None and database_ != ONE_DATABASE[zlib.crc32(name.encode()) % 2]
        (deselected if name.startswith(PAGES) and is_other else selected).append(item)
    config.hook.pytest_deselected(items=deselected)
    items[:] = selected


@pytest.fixture(scope="session")
def order() -> Order:
    return load_orders().latest


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A PostgreSQL server of the tests' own on loopback: its URL without a database. A machine without PostgreSQL fails."""
    with postgresql_server() as url:
        yield url


def migrated(url: str) -> None:
    """Bring an empty database up to the newest revision, and let go of it."""
    app = create_app({"DATABASE_URL": url, "SECRET_KEY": "tests", "TESTING": True})
    with app.app_context():
        schema.upgrade()
        database.db.engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file without data: to copy it takes a tenth of the time."""
    file = tmp_path_factory.mktemp("template") / "evaluation.db"
    migrated(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgresql_template(postgresql: str) -> str:
    """The name of a migrated database without data."""
    import psycopg

    with psycopg.connect(f"{postgresql}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE migrated")
    migrated(f"postgresql+psycopg://{postgresql.partition('://')[2]}/migrated")
    return "migrated"


@pytest.fixture(scope="session")
def dropping() -> Iterator[Executor]:
    """What drops databases while the next test runs."""
    with ThreadPoolExecutor(1) as thread:
        yield thread


def drop(server: str, name: str) -> None:
    import psycopg

    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database of the test's own, migrated and without data; every test that asks for it runs on both."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "evaluation.db")
        yield f"sqlite:///{tmp_path / 'evaluation.db'}"
        return
    import psycopg

    server = request.getfixturevalue("postgresql")
    template = request.getfixturevalue("postgresql_template")
    dropping = request.getfixturevalue("dropping")
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE {template}')
    yield f"postgresql+psycopg://{server.partition('://')[2]}/{name}"
    dropping.submit(drop, server, name)


@pytest.fixture
def new_database(request: pytest.FixtureRequest, tmp_path: Path, dropping: Executor) -> Iterator[Callable[[str], str]]:
    """Make a database without tables: `new_database("sqlite" or "postgresql")`; its URL."""
    names: list[tuple[str, str]] = []

    def make(kind: str) -> str:
        name = f"test_{uuid.uuid4().hex}"
        if kind == "sqlite":
            (tmp_path / name).mkdir()
            (tmp_path / name / "evaluation.db").touch()
            return f"sqlite:///{tmp_path / name / 'evaluation.db'}"
        import psycopg

        server = request.getfixturevalue("postgresql")
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        names.append((server, name))
        return f"postgresql+psycopg://{server.partition('://')[2]}/{name}"

    yield make
    for server, name in names:
        dropping.submit(drop, server, name)


@pytest.fixture
def make_app(sqlite_template: Path) -> Iterator[Callable[..., Flask]]:
    """Make an app on a migrated database, which is created where it is missing; its connections are closed at the end."""
    apps: list[Flask] = []

    def make(url: str, **config: object) -> Flask:
        file = Path(url.removeprefix("sqlite:///"))
        if url.startswith("sqlite:") and not file.exists():
            shutil.copy(sqlite_template, file)
        # A background job runs in the process that starts it. Its files have a folder for each database.
        fixed = {"DATABASE_URL": url, "SECRET_KEY": "tests", "TESTING": True, "JOB_QUEUE_URL": "memory:", **accounts.CHEAP}
        if not url.startswith("sqlite:"):
            fixed["JOB_FOLDER"] = Path(os.environ["INSTANCE"]) / f"jobs-{url.rpartition('/')[2]}"
        if config.get("APP_ENV") == "production":
            fixed |= PRODUCTION
        app = create_app({**fixed, **config})
        apps.append(app)
        return app

    yield make
    for app in apps:
        with app.app_context():
            database.db.engine.dispose()


@pytest.fixture
def app(database_url: str, make_app: Callable[..., Flask]) -> Flask:
    return make_app(database_url)


@pytest.fixture
def careless(app: Flask) -> Flask:
    """The app as it answers in production: what goes wrong is an error page, not an exception."""
    app.testing = False
    return app


@pytest.fixture
def make_account() -> Callable[..., str]:
    """Make an account: `make_account(app, role, bodies=(ids), region=None, email=None)`; its address."""
    return accounts.make_account


@pytest.fixture
def sign_in() -> Callable[..., FlaskClient]:
    """Sign a client in by the form: `sign_in(client, email)`; the client."""
    return accounts.sign_in
