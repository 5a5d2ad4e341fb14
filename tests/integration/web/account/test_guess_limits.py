"""Limits of guessing: by address, by account and by device, whatever the database does, and for all processes with Redis."""

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.integration.web.account.test_sign_in_faults import failing_commit, read_only, replaced_key, send
from tests.support.accounts import PASSWORD, make_account, sign_in
from tests.support.visits import SIGN_IN, anonymous_client, attempt, audit_entries, change_account, is_signed_in, post

ADDRESSES = ("198.51.100.7", "198.51.100.8", "198.51.100.9")


def guess(client: FlaskClient, email: str, password: str = "wrong", address: str = ADDRESSES[0]) -> int:
    """Send the form of signing in from a network address; return the status."""
    client.environ_base["REMOTE_ADDR"] = address
    status: int = send(client, SIGN_IN, email=email, password=password).status_code
    return status


@pytest.mark.parametrize("fault", [read_only, replaced_key, failing_commit], ids=lambda fault: fault.__name__)
def test_guesses_count_although_the_database_cannot(app: Flask, fault: Callable[..., object]) -> None:
    """By account, from any address: ten in a quarter of an hour, whatever the answers are."""
    app.testing = False
    email, other = make_account(app, "administrator"), make_account(app, "clerk")
    assert guess(anonymous_client(app), other, PASSWORD) == 302, "the audit log has begun"
    with fault(app):  # type: ignore[attr-defined]
        statuses = [guess(anonymous_client(app), email, address=f"198.51.100.{number}") for number in range(12)]
        assert all(status >= 500 for status in statuses[:10]) and statuses[10:] == [429, 429]
        assert guess(anonymous_client(app), email, PASSWORD) == 429
    assert guess(anonymous_client(app), email, PASSWORD) == 429
    assert guess(anonymous_client(app), other, PASSWORD) == 302


def test_unstorable_guesses_count_for_the_address(app: Flask) -> None:
    app.testing = False
    clients = [guess(anonymous_client(app), f"a\0{number}@example.kz") for number in range(32)]
    assert clients == [400] * 30 + [429] * 2


def test_guesses_of_the_second_factor_count_for_the_account(app: Flask) -> None:
    from tests.integration.web.account.test_second_factor import with_second_factor

    app.testing = False
    email = make_account(app, "clerk")
    with_second_factor(app, email)
    with replaced_key(app):
        for number in range(10):
            client = anonymous_client(app)
            assert guess(client, email, PASSWORD, f"198.51.100.{number}") == 302, "the right password counts no guess"
            assert send(client, "/account/code", code="000000").status_code == 500
        assert send(client, "/account/code", code="000000").status_code == 429


def test_an_office_is_not_shut_out_by_one_of_its_people(app: Flask) -> None:
    """With a device that the owner has used before, the right password is accepted whatever others do from the address."""
    email = make_account(app, "head")
    office = sign_in(anonymous_client(app), email)
    post(office, "/account/sign-out", "/account/")
    for number in range(30):
        assert guess(anonymous_client(app), f"unknown{number}@example.org") == 200
    assert guess(anonymous_client(app), email, PASSWORD) == 429
    for _ in range(12):
        guess(anonymous_client(app), email, "wrong", ADDRESSES[1])
    assert guess(anonymous_client(app), email, PASSWORD, ADDRESSES[2]) == 429, "the account's own count"
    assert guess(office, email, PASSWORD) == 302 and is_signed_in(office)
    post(office, "/account/sign-out", "/account/")
    statuses = [guess(office, email) for _ in range(11)]
    assert statuses == [200] * 10 + [429], "a device has a count of its own"
    change_account(app, email, trusted_locked_until=None)
    assert guess(office, email, PASSWORD) == 429


def test_a_new_password_by_a_link_begins_the_count_anew(app: Flask) -> None:
    from evaluation.accounts.links import reset_link
    from evaluation.accounts.models import Account
    from evaluation.database import db

    email = make_account(app, "clerk")
    for _ in range(11):
        guess(anonymous_client(app), email)
    assert guess(anonymous_client(app), email, PASSWORD) == 429
    with app.app_context():
        link = "/" + reset_link(db.session.query(Account).filter_by(email=email).one()).split("/", 3)[3]
    client = anonymous_client(app)
    new = "another one for tests"
    assert send(client, link, password=new, password_confirm=new).status_code == 302
    assert guess(client, email, new) == 302


def test_a_refused_new_password_is_no_guess(app: Flask) -> None:
    client = sign_in(anonymous_client(app), make_account(app, "clerk"))
    form = {"password": PASSWORD, "new_password": "short", "new_password_confirm": "short"}
    assert [send(client, "/account/password", **form).status_code for _ in range(12)] == [200] * 12
    form["password"] = "wrong"
    statuses = [send(client, "/account/password", **form).status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[str]:
    """The URL of a Redis server of the test's own."""
    program = shutil.which("redis-server")
    assert program, "redis-server is not installed; `make test` installs it"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"redis://127.0.0.1:{port}/0"
    server.terminate()
    server.wait()


def test_with_redis_all_processes_count_together(tmp_path: Path, make_app: Callable[..., Flask], redis: str) -> None:
    url = f"sqlite:///{tmp_path / 'evaluation.db'}"
    apps = [make_app(url, RATE_LIMIT_STORAGE=redis) for _ in range(2)]
    email = make_account(apps[0], "clerk")
    statuses = [guess(anonymous_client(apps[number % 2]), f"unknown{number}@example.org") for number in range(31)]
    assert statuses == [200] * 30 + [429]
    assert guess(anonymous_client(apps[1]), email, PASSWORD) == 429
    assert ("", "sign_in_failed") in audit_entries(apps[0])
    assert attempt(anonymous_client(apps[1]), email).status_code == 302, "from another address"
