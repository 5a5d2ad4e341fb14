"""Attacks on the pages for signing in, on both databases."""

import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from evaluation.accounts import operations
from evaluation.accounts.models import Account
from evaluation.audit.models import AuditEvent
from evaluation.database import db
from tests.integration.web.account.test_second_factor import codes_on, next_code, set_up, with_second_factor
from tests.support.accounts import make_account, sign_in, token_of
from tests.support.scenario import SYSTEM
from tests.support.settings import change_settings
from tests.support.visits import DEEP_JSON, SIGN_IN, anonymous_client, attempt, change_account, is_signed_in, messages, post

ELSEWHERE = ("//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "https:evil.example", " //evil.example")
UNREADABLE = ("//[", "http://[")


# The second factor


def test_a_code_is_taken_once(app: Flask) -> None:
    email = make_account(app, "administrator")
    telephone = with_second_factor(app, email)
    overheard = next_code(telephone)
    for status in (302, 200):
        client = anonymous_client(app)
        attempt(client, email)
        assert post(client, "/account/code", code=overheard).status_code == status
        assert is_signed_in(client) == (status == 302)
    earlier = telephone.generate(time=int(time.time()) - 30).token
    assert post(client, "/account/code", code=earlier).status_code == 200, "an earlier code is not accepted either"


def test_a_code_and_a_recovery_code_open_one_session_of_many_at_once(app: Flask) -> None:
    email = make_account(app, "administrator")
    telephone = with_second_factor(app, email)
    client = sign_in_with(app, email, next_code(telephone))
    recovery = codes_on(post(client, "/account/recovery-codes", generate_new_codes="1"))[0]
    change_account(app, email, tf_counter=None)
    for url, code in (("/account/code", next_code(telephone)), ("/account/recovery-code", recovery)):
        clients = [anonymous_client(app) for _ in range(6)]
        for visitor in clients:
            attempt(visitor, email)
        sent = [{"code": code, "csrf_token": token_of(visitor, url)} for visitor in clients]
        with ThreadPoolExecutor(len(clients)) as senders:
            list(senders.map(lambda visitor, form, url=url: visitor.post(url, data=form), clients, sent))  # type: ignore[misc]
        assert sum(map(is_signed_in, clients)) == 1, url
        change_account(app, email, failures=0, locked_until=None)


@pytest.mark.parametrize(("seconds", "opens"), [(540, True), (660, False)])
def test_the_second_factor_follows_the_password_soon(app: Flask, seconds: int, opens: bool) -> None:
    """A cookie that stayed in a browser after the password is worth nothing later."""
    email = make_account(app, "administrator")
    telephone = with_second_factor(app, email)
    client = anonymous_client(app)
    attempt(client, email)
    form = {"code": next_code(telephone), "csrf_token": token_of(client, "/account/code")}
    with client.session_transaction() as session:
        session["first_factor_at"] -= seconds
    response = client.post("/account/code", data=form)
    assert is_signed_in(client) == opens
    if not opens:
        assert response.headers["Location"] == SIGN_IN
        assert "Too much time has passed. Sign in again." in messages(client.get(SIGN_IN))
        attempt(client, email)
        assert post(client, "/account/code", code=form["code"]).status_code == 302 and is_signed_in(client)


def test_an_abandoned_setup_does_not_replace_the_owners_factor(app: Flask) -> None:
    change_settings(app, two_factor_roles=frozenset({"administrator"}))
    email = make_account(app, "administrator")
    thief, owner = anonymous_client(app), anonymous_client(app)
    for client in (thief, owner):
        attempt(client, email)
    begun = post(thief, "/account/second-factor", setup="authenticator")
    set_up(owner, post(owner, "/account/second-factor", setup="authenticator"))
    change_account(app, email, tf_counter=None)
    set_up(thief, begun)
    assert is_signed_in(owner) and not is_signed_in(thief)


def test_a_role_that_requires_the_factor_ends_sessions(app: Flask) -> None:
    change_settings(app, two_factor_roles=frozenset({"administrator"}))
    email = make_account(app, "observer")
    client = sign_in(anonymous_client(app), email)
    with app.app_context():
        account = db.session.scalars(select(Account).where(Account.email == email)).one()
        operations.change_account(SYSTEM, account, email, "Someone else", "observer")
        db.session.commit()
    assert is_signed_in(client), "a new name does not end sessions"
    with app.app_context():
        operations.change_account(SYSTEM, db.session.scalars(select(Account)).one(), email, "Someone else", "administrator")
        db.session.commit()
    assert not is_signed_in(client) and attempt(client, email).headers["Location"] == "/account/second-factor"


def sign_in_with(app: Flask, email: str, code: str) -> FlaskClient:
    client = anonymous_client(app)
    attempt(client, email)
    assert post(client, "/account/code", code=code).status_code == 302
    return client


# Signing in


def test_a_password_in_the_wrong_field_is_not_recorded(app: Flask) -> None:
    make_account(app, "clerk")
    for typed in ("correct horse battery", "nobody@example.org"):
        attempt(anonymous_client(app), typed)
    with app.app_context():
        events = db.session.scalars(select(AuditEvent).where(AuditEvent.seq > 1).order_by(AuditEvent.id))
        assert [event.data["email"] for event in events] == ["", "nobody@example.org"]


def test_no_link_leads_elsewhere_after_signing_in(careless: Flask) -> None:
    email = make_account(careless, "clerk")
    for target in (*ELSEWHERE, *UNREADABLE):
        client, url = anonymous_client(careless), f"{SIGN_IN}?next={quote(target)}"
        form = {"email": email, "password": "a password of tests", "csrf_token": token_of(client, SIGN_IN), "next": target}
        response = client.post(url, data=form)
        if target in UNREADABLE:
            assert response.status_code == 400
        else:
            there = response.headers["Location"]
            assert there.startswith(("/", "%5C")) and not there.startswith(("//", "/\\"))
        assert client.get(f"/language/ru?next={quote(target)}").headers["Location"] == "/"
    assert anonymous_client(careless).post("/people/1", headers={"Referer": UNREADABLE[1]}).status_code == 303


def test_pages_of_signing_in_take_forms_alone(careless: Flask) -> None:
    client = anonymous_client(careless)
    token = {"X-CSRFToken": token_of(client, SIGN_IN)}
    with careless.app_context():
        pages = [
            rule.rule
            for rule in careless.url_map.iter_rules()
            if rule.endpoint.startswith("security.") and "POST" in (rule.methods or ())
        ]
    for page in pages:
        for sent in ("[1]", '{"email": {"a": 1}, "password": 5}', '{"email": 5, "code": 5, "next": 5}', "null", DEEP_JSON):
            url = page.replace("<token>", "x")
            response = client.post(url, data=sent, content_type="application/json", headers=token)
            assert response.status_code in (303, 400, 401), (url, sent[:20])


def test_logs_contain_no_secrets(app: Flask) -> None:
    """A database error is logged with its statement, without the password's hash."""
    email = make_account(app, "clerk")
    with app.app_context():
        account = db.session.scalars(select(Account).where(Account.email == email)).one()
        account.role = "nothing there is"
        account.password = "hash of a secret"
        with pytest.raises(IntegrityError) as caught:
            db.session.flush()
    assert (
        "UPDATE account" in str(caught.value)
        and "hash of a secret" not in f"{caught.value.statement}{caught.value}".partition("DETAIL")[0]
    )
