"""Signing in and out: success, failures that reveal nothing, duration of sessions, and audit events."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from evaluation.accounts.models import Account
from evaluation.clock import now
from evaluation.database import db
from evaluation.language import language
from tests.integration.web.core.test_pages import assert_valid
from tests.support.accounts import PASSWORD, make_account, sign_in, token_of
from tests.support.html import find
from tests.support.visits import (
    CODES,
    SIGN_IN,
    anonymous_client,
    attempt,
    audit_entries,
    change_account,
    change_sessions,
    is_signed_in,
    messages,
    post,
)

WRONG = (
    "The e-mail address or the password is wrong. After several wrong attempts wait %(minutes)s minutes or request a new link."
)

# Signing in and out


def test_in_and_out(app: Flask) -> None:
    email, client = make_account(app, "clerk"), anonymous_client(app)
    assert client.get("/account/").headers["Location"] == f"{SIGN_IN}?next=/account/"
    response = attempt(client, email.upper(), next="/account/")
    assert (response.status_code, response.headers["Location"]) == (302, "/account/")
    page = client.get("/account/")
    assert email in page.text and "The clerk" in page.text
    assert_valid(page, "en")
    assert client.get("/account/sign-out").status_code == 405
    assert client.post("/account/sign-out").headers["Location"] == SIGN_IN and is_signed_in(client), (
        "without its token it does nothing"
    )
    assert post(client, "/account/sign-out", "/account/").status_code == 302
    assert not is_signed_in(client)
    assert audit_entries(app) == [("The clerk", "signed_in"), ("The clerk", "signed_out")]
    with app.app_context():
        account = db.session.scalars(select(Account)).one()
        assert account.signed_in_at and account.password and account.password.startswith("$argon2id$")


def test_the_cookie_is_hidden_from_scripts_and_other_sites(tmp_path: Path, make_app: Callable[..., Flask]) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'evaluation.db'}")
    response = attempt(anonymous_client(app), make_account(app, "clerk"))
    cookie = next(cookie for cookie in response.headers.getlist("Set-Cookie") if cookie.startswith("session="))
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Secure" not in cookie and "Expires" not in cookie
    assert response.headers["Cache-Control"].startswith(("no-store", "private"))


def test_signing_in_needs_the_token_of_the_form(app: Flask) -> None:
    client = anonymous_client(app)
    response = client.post(SIGN_IN, data={"email": make_account(app, "clerk"), "password": PASSWORD})
    assert (response.status_code, response.headers["Location"]) == (303, SIGN_IN) and not is_signed_in(client)


def test_signing_in_replaces_the_session(app: Flask) -> None:
    """A token from before the sign-in is not valid in the forms after it."""
    client = anonymous_client(app)
    before = token_of(client, SIGN_IN)
    sign_in(client, make_account(app, "clerk"))
    assert client.post("/account/sign-out", data={"csrf_token": before}).status_code == 303 and is_signed_in(client)


@pytest.mark.parametrize(
    "target",
    [
        "https://example.org/",
        "//example.org/",
        "///example.org/",
        "/\\example.org",
        "\\\\example.org",
        "/\t/example.org",
        "http:example.org",
        "javascript:alert(1)",
        " //example.org",
    ],
)
def test_nobody_is_led_away(tmp_path: Path, make_app: Callable[..., Flask], target: str) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'evaluation.db'}")
    response = attempt(anonymous_client(app), make_account(app, "clerk"), next=target)
    location = response.headers["Location"]
    assert response.status_code == 302 and "\\" not in location and "\t" not in location
    assert urlsplit(urljoin(f"http://localhost{SIGN_IN}", location)).netloc == "localhost"
    client = anonymous_client(app)
    client.get(SIGN_IN, query_string={"next": target})
    assert attempt(client, make_account(app, "clerk")).headers["Location"] == "/"


def test_a_script_gets_json(app: Flask) -> None:
    client, asks = anonymous_client(app), {"Accept": "application/json"}
    answer = client.get("/account/", headers=asks)
    assert answer.status_code == 401 and answer.json and answer.json["message"]
    assert answer.json["sign_in"] == SIGN_IN
    sent = client.post("/account/password", json={}, headers={"Referer": "http://localhost/workbook"})
    assert sent.status_code == 401 and sent.json and sent.json["sign_in"] == f"{SIGN_IN}?next=/workbook"
    elsewhere = client.post("/account/password", json={}, headers={"Referer": "http://example.org/workbook"})
    assert elsewhere.json and elsewhere.json["sign_in"] == SIGN_IN
    sign_in(client, make_account(app, "clerk"))
    old = client.post("/account/password", json={}, headers={"X-CSRFToken": "old"})
    assert old.status_code == 400 and old.json and old.json["csrf"]
    assert client.get("/people", headers=asks).status_code == 403
    assert (
        client.get("/people", headers=asks).json
        == client.get("/people", headers=asks | {"Content-Type": "application/json"}).json
    )


# Failures


@pytest.mark.parametrize("code", CODES)
def test_every_failure_has_the_same_message(app: Flask, code: str) -> None:
    closed, locked = (
        make_account(app, "clerk", active=False),
        make_account(app, "clerk", locked_until=now() + timedelta(minutes=5)),
    )
    waiting, existing = make_account(app, "clerk", password=None), make_account(app, "clerk")
    answers = set()
    for email, password in (
        (closed, PASSWORD),
        (locked, PASSWORD),
        (waiting, ""),
        (existing, "wrong"),
        ("unknown@example.org", "wrong"),
    ):
        client = anonymous_client(app, code)
        response = attempt(client, email, password or "wrong")
        assert response.status_code == 200 and not is_signed_in(client)
        assert_valid(response, code)
        content = find(response, "main")
        find(content, 'input[name="csrf_token"]').decompose()
        answers.add(str(content).replace(email, ""))
        answers.add(messages(response)[0])
    assert len(answers) == 2, answers
    assert language(code).gettext(WRONG, minutes=15) in answers
    assert {actor for actor, _ in audit_entries(app)} == {""}, "the actor is unknown"


def test_blanks_are_no_attempt(app: Flask) -> None:
    make_account(app, "head")
    response = attempt(anonymous_client(app), "", "")
    assert messages(response) == ["Enter the e-mail address and the password."] and not audit_entries(app)


def test_a_locked_account_opens_again(app: Flask) -> None:
    email, client = make_account(app, "head"), anonymous_client(app)
    for _ in range(5):
        attempt(client, email, "wrong")
    assert attempt(client, email).status_code == 200, "the account is locked"
    actions = [action for _, action in audit_entries(app)]
    assert actions == ["sign_in_failed"] * 5 + ["account_locked", "sign_in_refused"]
    change_account(app, email, locked_until=now() - timedelta(seconds=1))
    assert attempt(client, email).status_code == 302
    with app.app_context():
        account = db.session.scalars(select(Account)).one()
        assert (account.failures, account.locked_until) == (0, None)


def test_a_trusted_device_is_not_locked_by_failures_elsewhere(app: Flask) -> None:
    email = make_account(app, "head")
    here = sign_in(anonymous_client(app), email)
    cookie = here.get_cookie(*_device(app, email))
    assert cookie and cookie.http_only and cookie.path == "/account" and cookie.max_age == 90 * 24 * 3600
    post(here, "/account/sign-out", "/account/")
    for _ in range(5):
        attempt(anonymous_client(app), email, "wrong")
    assert attempt(anonymous_client(app), email).status_code == 200, "locked for other devices"
    assert attempt(here, email).status_code == 302
    assert attempt(anonymous_client(app), email).status_code == 200, (
        "a sign-in with a trusted device does not unlock other devices"
    )
    post(here, "/account/sign-out", "/account/")
    for _ in range(5):
        attempt(here, email, "wrong")
    assert attempt(here, email).status_code == 200, "a trusted device is locked by its own failures"
    change_account(app, email, trusted_locked_until=None, locked_until=None)
    assert attempt(anonymous_client(app), email).status_code == 302


def test_a_device_is_trusted_for_one_account_and_one_password(app: Flask) -> None:
    email, other = make_account(app, "head"), make_account(app, "clerk")
    here = sign_in(anonymous_client(app), email)
    name = _device(app, email)[0]
    token = here.get_cookie(*_device(app, email))
    assert token
    until = now() + timedelta(minutes=5)
    for about, device_cookies, value, changes in (
        (other, _device(app, other)[0], token.value, {}),
        # Not the last letter: some of its bits are unused.
        (email, name, token.value[:-5] + ("A" if token.value[-5] != "A" else "B") + token.value[-4:], {}),
        (email, name, token.value, {"fs_uniquifier": "f" * 32}),
    ):
        change_account(app, about, locked_until=until, **changes)
        client = anonymous_client(app)
        client.set_cookie(device_cookies, value, path="/account")
        assert attempt(client, about).status_code == 200, (about, changes)


def _device(app: Flask, email: str) -> tuple[str, str, str]:
    """Return the name, domain and path of the cookie of a trusted device."""
    with app.app_context():
        id_ = db.session.scalars(select(Account.id).where(Account.email == email)).one()
    return f"device-{id_}", "localhost", "/account"


def test_many_failures_from_one_address_are_too_many(tmp_path: Path, make_app: Callable[..., Flask]) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'evaluation.db'}", GUESS_LIMIT="3 per minute")
    email = make_account(app, "clerk")
    for _ in range(5):
        assert attempt(anonymous_client(app), email).status_code == 302, "a successful sign-in is not counted"
    for number in range(3):
        assert attempt(anonymous_client(app), f"unknown{number}@example.org").status_code == 200
    client = anonymous_client(app)
    response = attempt(client, email)
    assert response.status_code == 429 and not is_signed_in(client)
    assert_valid(response, "en")


# Duration


def test_a_session_ends_without_requests(app: Flask) -> None:
    client = sign_in(anonymous_client(app), make_account(app, "clerk"))
    for minutes, stays in ((29, True), (32, False)):
        change_sessions(app, last_request_at=now() - timedelta(minutes=minutes))
        assert is_signed_in(client) == stays
    assert any("signed out" in text for text in messages(client.get(SIGN_IN)))


def test_a_session_ends_after_a_working_day(app: Flask) -> None:
    client = sign_in(anonymous_client(app), make_account(app, "clerk"))
    for hours, stays in ((11, True), (13, False)):
        change_sessions(app, started_at=now() - timedelta(hours=hours))
        assert is_signed_in(client) == stays


def test_a_disabled_person_is_signed_out_immediately(app: Flask) -> None:
    email = make_account(app, "clerk")
    client = sign_in(anonymous_client(app), email)
    change_account(app, email, active=False)
    assert not is_signed_in(client)
