"""A fault never leaves anybody signed in, on both databases: nothing of a failed request stays but the page that says so."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import psycopg
import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from evaluation.accounts.models import Account, AccountSession
from evaluation.database import db
from tests.integration.web.account.test_second_factor import next_code, with_second_factor
from tests.support.accounts import PASSWORD, make_account, new_token
from tests.support.settings import change_settings
from tests.support.visits import SIGN_IN, anonymous_client, audit_entries, is_signed_in


@contextmanager
def _connections_with(app: Flask, *statements: str) -> Iterator[None]:
    """Every new connection of the app runs these statements first."""

    def prepare(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        cursor.close()
        connection.commit()

    with app.app_context():
        engine = db.engine
    event.listen(engine, "connect", prepare)
    engine.dispose()
    try:
        yield
    finally:
        event.remove(engine, "connect", prepare)
        engine.dispose()


@contextmanager
def read_only(app: Flask) -> Iterator[None]:
    with app.app_context():
        is_sqlite = db.engine.dialect.name == "sqlite"
    with _connections_with(app, "PRAGMA query_only = ON" if is_sqlite else "SET default_transaction_read_only = on"):
        yield


@contextmanager
def locked(app: Flask) -> Iterator[None]:
    """Another program writes for longer than anybody waits."""
    with app.app_context():
        url, is_sqlite = db.engine.url, db.engine.dialect.name == "sqlite"
    if is_sqlite:
        other: Any = sqlite3.connect(str(url.database), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        wait = "PRAGMA busy_timeout = 1"
    else:
        other = psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
        other.execute("LOCK TABLE account, account_session, audit_event, chain_head IN SHARE MODE")
        wait = "SET lock_timeout = '50ms'"
    try:
        with _connections_with(app, wait):
            yield
    finally:
        other.close()


@contextmanager
def replaced_key(app: Flask) -> Iterator[None]:
    with app.app_context():
        key = app.config["AUDIT_KEY"]
    change_settings(app, audit_key="another key")
    yield
    change_settings(app, audit_key=key)


@contextmanager
def lost_key(app: Flask) -> Iterator[None]:
    key = app.config["AUDIT_KEY"]
    change_settings(app, audit_key="")
    yield
    change_settings(app, audit_key=key)


@contextmanager
def failing_commit(app: Flask) -> Iterator[None]:
    """The disk is full when the transaction is to be stored."""

    def fail(_: Any) -> None:
        raise OperationalError("COMMIT", {}, Exception("database or disk is full"))

    with app.app_context():
        sessions = db.sessionmaker
    event.listen(sessions, "before_commit", fail)
    yield
    event.remove(sessions, "before_commit", fail)


@contextmanager
def failing_response(app: Flask) -> Iterator[None]:
    """A function that runs after the view and the commit fails, for every response but that of the error page."""

    def fail(response: Response) -> Response:
        if response.status_code < 400:
            raise RuntimeError("after the view")
        return response

    functions = app.after_request_funcs[None]
    functions.insert(0, fail)
    yield
    functions.remove(fail)


Fault = Callable[[Flask], AbstractContextManager[None]]
FAULTS: dict[Fault, int] = {
    read_only: 503,
    locked: 503,
    failing_commit: 503,
    lost_key: 500,
    replaced_key: 500,
    failing_response: 500,
}
"""Fault → status of the page."""


@pytest.fixture
def careless(app: Flask) -> Flask:
    """The app as it answers in production; the log and its chains have begun."""
    app.testing = False
    make_account(app, "clerk", email="first@example.org")
    client = anonymous_client(app)
    send(client, SIGN_IN, email="first@example.org", password=PASSWORD)
    assert is_signed_in(client)
    return app


def send(client: FlaskClient, url: str, **data: str) -> Any:
    """Send a form; its token needs no page."""
    return client.post(url, data=data | {"csrf_token": new_token(client)})


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_failed_sign_in_signs_nobody_in(careless: Flask, fault: Fault) -> None:
    email, client = make_account(careless, "administrator"), anonymous_client(careless)
    client.get(SIGN_IN)
    entries = audit_entries(careless)
    with fault(careless):
        response = send(client, SIGN_IN, email=email, password=PASSWORD)
        assert response.status_code == FAULTS[fault]
        assert not [cookie for cookie in response.headers.getlist("Set-Cookie") if not cookie.startswith("session=")]
        assert not is_signed_in(client)
    assert not is_signed_in(client)
    if fault is not failing_response:
        with careless.app_context():
            account = db.session.scalars(select(Account).where(Account.email == email)).one()
            assert not db.session.scalars(select(AccountSession).where(AccountSession.account_id == account.id)).all()
        assert audit_entries(careless) == entries
    assert send(client, SIGN_IN, email=email, password=PASSWORD).status_code == 302 and is_signed_in(client)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_the_second_factor_stands_during_a_fault(careless: Flask, fault: Fault) -> None:
    """A code that failed with its request signs in once afterwards, not twice."""
    email = make_account(careless, "clerk")
    telephone = with_second_factor(careless, email)
    client, code = anonymous_client(careless), next_code(telephone)
    assert send(client, SIGN_IN, email=email, password=PASSWORD).headers["Location"].startswith("/account/code")
    with fault(careless):
        assert send(client, "/account/code", code=code).status_code == FAULTS[fault] and not is_signed_in(client)
        elsewhere = anonymous_client(careless)
        send(elsewhere, SIGN_IN, email=email, password=PASSWORD)
        assert not is_signed_in(elsewhere)
    results = []
    for _ in range(2):
        visitor = anonymous_client(careless)
        send(visitor, SIGN_IN, email=email, password=PASSWORD)
        send(visitor, "/account/code", code=code)
        results.append(is_signed_in(visitor))
    # What fails after the commit has used the code.
    assert results == [fault is not failing_response, False]


@pytest.mark.parametrize("fault", [read_only, replaced_key, failing_commit], ids=lambda fault: fault.__name__)
def test_a_failed_sign_out_says_so(careless: Flask, fault: Fault) -> None:
    client = anonymous_client(careless)
    send(client, SIGN_IN, email=make_account(careless, "clerk"), password=PASSWORD)
    with fault(careless):
        assert send(client, "/account/sign-out").status_code == FAULTS[fault]
    assert is_signed_in(client)
