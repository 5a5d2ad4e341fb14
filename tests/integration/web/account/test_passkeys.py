"""Passkeys as second factor: adding, signing in, confirming, removing, and what an attacker would try."""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from evaluation.accounts import passkeys
from evaluation.accounts.models import Account, Passkey, UsedChallenge
from evaluation.clock import now
from evaluation.database import db
from evaluation.web.account.security.passkeys import PasskeyUtil
from tests.integration.web.account.test_second_factor import codes_on, next_code, set_up
from tests.integration.web.core.test_pages import assert_valid
from tests.support.accounts import make_account, sign_in
from tests.support.authenticator import SecurityKey
from tests.support.html import find, form_values, texts
from tests.support.scenario import SYSTEM
from tests.support.visits import CODES, anonymous_client, attempt, audit_entries, is_signed_in, messages, post

LIST, SIGN_IN_PAGE, CONFIRMATION = "/account/passkeys", "/account/passkey", "/account/confirm-by-passkey"


def add(client: FlaskClient, key: SecurityKey, name: str = "Key") -> TestResponse:
    """Add a passkey through the pages; return the answer."""
    return answer(client, post(client, LIST, name=name), key.create)


def answer(client: FlaskClient, page: TestResponse, respond: Callable[[str], str]) -> TestResponse:
    """Send what the authenticator answers to the options on the page."""
    form = find(page, "form[data-passkey]")
    values = form_values(form) | {"credential": respond(str(form["data-options"]))}
    return client.post(str(form["action"]), data=values)


def use(client: FlaskClient, key: SecurityKey, address: str = SIGN_IN_PAGE) -> TestResponse:
    return answer(client, post(client, address), key.sign)


def names(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Passkey.name).order_by(Passkey.id)))


def actions(app: Flask) -> list[str]:
    return [action for _, action in audit_entries(app)]


@pytest.mark.parametrize("code", CODES)
def test_a_passkey_from_end_to_end(app: Flask, code: str) -> None:
    key, email = SecurityKey(), make_account(app, "reviewer")
    client = sign_in(anonymous_client(app, code), email)
    assert_valid(client.get(LIST), code)
    page = post(client, LIST, name="Менің  кілтім")
    assert_valid(page, code)
    added = answer(client, page, key.create)
    assert len(codes_on(added)) == 8, "the first second factor comes with recovery codes"
    assert names(app) == ["Менің кілтім"] and texts(client.get(LIST), "th[scope=row]") == names(app)
    assert_valid(client.get(LIST), code)
    assert_valid(client.get("/account/"), code)

    client = anonymous_client(app, code)
    assert attempt(client, email, next="/account/").headers["Location"] == "/account/passkey?next=/account/"
    assert_valid(client.get(SIGN_IN_PAGE), code)
    assert not is_signed_in(client)
    page = post(client, SIGN_IN_PAGE)
    assert_valid(page, code)
    assert answer(client, page, key.sign).headers["Location"] == "/" and is_signed_in(client)
    assert post(client, "/account/passkeys/remove", LIST, name="Менің кілтім").headers["Location"] == LIST
    assert names(app) == []
    assert client.get("/notifications").text.count("Менің кілтім") == 2, "both messages name the passkey"
    with app.app_context():
        assert db.session.scalars(select(Account)).one().mf_recovery_codes is None
    assert attempt(anonymous_client(app), email).headers["Location"] == "/"
    assert [action for action in actions(app) if action != "signed_in"] == [
        "passkey_added",
        "recovery_codes_created",
        "passkey_used",
        "passkey_removed",
    ]


def test_a_person_without_passkeys_confirms_by_password(app: Flask) -> None:
    client = sign_in(anonymous_client(app), make_account(app, "clerk"))
    response = client.get("/account/confirm-by-passkey?next=/account/sessions")
    assert response.headers["Location"] == "/account/confirm?next=/account/sessions"
    assert "Enter your password again to continue." in client.get("/account/confirm").text


def test_names_are_distinct_and_printable(app: Flask) -> None:
    client = sign_in(anonymous_client(app), make_account(app, "clerk"))
    add(client, SecurityKey(), "Key")
    assert "You already have a passkey with this name." in post(client, LIST, name=" Key ").text
    for name in ("", "  ", "x" * 65, "\u200b"):
        assert find(post(client, LIST, name=name), "#name-error"), repr(name)
    assert add(client, SecurityKey(), "<b>").headers["Location"] == LIST and "<b>" not in client.get(LIST).text
    assert names(app) == ["Key", "<b>"]


def test_with_both_factors_either_is_chosen_and_losing_one_leaves_the_other(app: Flask) -> None:
    key, email = SecurityKey(), make_account(app, "reviewer")
    client = sign_in(anonymous_client(app), email)
    telephone, _ = set_up(client, post(client, "/account/second-factor", setup="authenticator"))
    assert add(client, key).headers["Location"] == LIST, "the recovery codes of the app stay"
    for which, address in (("authenticator", "/account/code"), ("webauthn", SIGN_IN_PAGE)):
        client = anonymous_client(app)
        assert attempt(client, email).headers["Location"].startswith("/account/second-factors")
        assert_valid(client.get("/account/second-factors"), "en")
        assert post(client, "/account/second-factors", which=which).headers["Location"].startswith(address)
        assert "Choose another way" in client.get(address).text and not is_signed_in(client)
        done = use(client, key) if which == "webauthn" else post(client, address, code=next_code(telephone))
        assert done.status_code == 302 and is_signed_in(client)
    assert post(client, "/account/second-factor", setup="disable").status_code == 302
    client = anonymous_client(app)
    assert attempt(client, email).headers["Location"].startswith(SIGN_IN_PAGE)
    assert post(client, "/account/code", SIGN_IN_PAGE, code="000000").status_code != 302 and not is_signed_in(client)
    assert use(client, key).status_code == 302 and is_signed_in(client)
    with app.app_context():
        assert len(db.session.scalars(select(Account)).one().mf_recovery_codes or ()) == 8


def test_a_role_that_requires_a_second_factor_takes_a_passkey(tmp_path: Path, make_app: Callable[..., Flask]) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'evaluation.db'}", TWO_FACTOR_ROLES=frozenset({"administrator"}))
    key, client, email = SecurityKey(), anonymous_client(app), make_account(app, "administrator")
    assert attempt(client, email).headers["Location"] == "/account/second-factor"
    assert f'href="{LIST}"' in client.get("/account/second-factor").text, "the page offers both"
    assert_valid(client.get(LIST), "en")
    assert client.get("/people").status_code == 303 and not is_signed_in(client)
    done = add(client, key)
    assert len(codes_on(done)) == 8 and is_signed_in(client) and client.get("/people").status_code == 200
    assert "Your role requires" in str(messages(client.get(post(client, "/account/passkeys/remove", LIST, name="Key").location)))
    second = SecurityKey()
    assert add(client, second, "Second").status_code == 302
    assert post(client, "/account/passkeys/remove", LIST, name="Key").status_code == 302 and names(app) == ["Second"]
    client = anonymous_client(app)
    attempt(client, email)
    assert client.get(LIST).headers["Location"].startswith("/account/sign-in"), "who has one cannot add one before it is shown"
    assert use(client, key).headers["Location"] == SIGN_IN_PAGE and not is_signed_in(client)
    assert use(client, second).headers["Location"] == "/" and is_signed_in(client)


def test_the_passkey_of_one_person_does_not_complete_the_sign_in_of_another(app: Flask) -> None:
    """Who finds a security key and has an account of their own must not come in as the key's owner, nor the other way round."""
    lost_key, thief_key = SecurityKey(), SecurityKey()
    owner, thief = make_account(app, "administrator"), make_account(app, "clerk")
    for email, key in ((owner, lost_key), (thief, thief_key)):
        add(sign_in(anonymous_client(app), email), key)
    for email, key in ((thief, lost_key), (owner, thief_key)):
        client = anonymous_client(app)
        attempt(client, email)
        refused = use(client, key)
        assert refused.headers["Location"] == SIGN_IN_PAGE and not is_signed_in(client)
        assert "This passkey belongs to another account." in messages(client.get(SIGN_IN_PAGE))
    assert actions(app).count("sign_in_failed") == 2


def test_an_answer_counts_once_and_in_one_session(app: Flask) -> None:
    key, email = SecurityKey(), make_account(app, "clerk")
    add(sign_in(anonymous_client(app), email), key)
    first, second = anonymous_client(app), anonymous_client(app)
    for client in (first, second):
        attempt(client, email)
    page = post(first, SIGN_IN_PAGE)
    form = find(page, "form[data-passkey]")
    credential = key.sign(str(form["data-options"]))
    post(second, SIGN_IN_PAGE)
    stolen = post(second, str(form["action"]), SIGN_IN_PAGE, credential=credential)
    assert stolen.headers["Location"] == SIGN_IN_PAGE and not is_signed_in(second)
    values = form_values(form) | {"credential": credential}
    assert first.post(str(form["action"]), data=values).headers["Location"] == "/"
    with first.session_transaction() as session:
        assert "passkey_challenge" not in session


def test_an_answer_counts_once_although_the_cookie_is_copied(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that count no signatures leave it to the database: at sign-in and where the open session is confirmed."""
    key, email = SecurityKey(), make_account(app, "clerk")
    monkeypatch.setattr(key, "_authenticator_data", partial(uncounted, key))
    add(sign_in(anonymous_client(app), email), key)
    client = anonymous_client(app)
    attempt(client, email)
    assert answered_twice(app, client, key, SIGN_IN_PAGE) == [True, False]
    assert use(client, key, f"{CONFIRMATION}?next={LIST}").headers["Location"] == LIST
    with client.session_transaction() as session:
        session["fs_paa"] -= 3600
    assert answered_twice(app, client, key, f"{CONFIRMATION}?next={LIST}") == [True, False]
    with app.app_context():
        assert db.session.query(UsedChallenge).count() == 3
        passkeys.remove_used_challenges(SYSTEM)
        assert db.session.query(UsedChallenge).count() == 3, "they can still be sent again"
        db.session.query(UsedChallenge).update({"used_at": now() - timedelta(minutes=8)})
        passkeys.remove_used_challenges(SYSTEM)
        assert db.session.query(UsedChallenge).count() == 0


def uncounted(key: SecurityKey, domain: str, flags: int = 0) -> bytes:
    key.count = 0
    return SecurityKey._authenticator_data(key, domain, flags)


def answered_twice(app: Flask, client: FlaskClient, key: SecurityKey, address: str) -> list[bool]:
    """Send the same answer with the same cookies from two browsers; return which of them can open the page of passkeys."""
    page = post(client, address)
    form = find(page, "form[data-passkey]")
    values = form_values(form) | {"credential": key.sign(str(form["data-options"]))}
    other = app.test_client()
    for name in ("session", "language"):
        cookie = client.get_cookie(name)
        assert cookie is not None
        other.set_cookie(name, cookie.value)
    for browser in (client, other):
        browser.post(str(form["action"]), data=values)
    return [browser.get(LIST).status_code == 200 for browser in (client, other)]


def test_wrong_answers_lock_the_account(app: Flask) -> None:
    key, email = SecurityKey(), make_account(app, "clerk")
    add(sign_in(anonymous_client(app), email), key)
    client, foreign = anonymous_client(app), SecurityKey("https://false.example")
    attempt(client, email)
    foreign.key, foreign.id = key.key, key.id
    for respond in (foreign.sign, SecurityKey().sign, lambda _: "{}", lambda _: "x", foreign.sign):
        assert answer(client, post(client, SIGN_IN_PAGE), respond).headers["Location"] == SIGN_IN_PAGE
    assert use(client, key).status_code == 302 and not is_signed_in(client)
    assert "There were too many wrong attempts. Try again later." in messages(client.get(SIGN_IN_PAGE))
    assert actions(app).count("account_locked") == 1 and "sign_in_refused" in actions(app)


def test_confirming_by_passkey_requires_that_it_verifies_its_user(app: Flask) -> None:
    client = sign_in(anonymous_client(app), make_account(app, "clerk"))
    keys = {name: SecurityKey(can_verify_user=name == "PIN") for name in ("PIN", "bare")}
    for name, key in keys.items():
        add(client, key, name)
    with client.session_transaction() as session:
        session["fs_paa"] -= 3600
    assert client.get(LIST).headers["Location"] == f"/account/confirm?next={LIST}"
    assert CONFIRMATION in client.get(f"/account/confirm?next={LIST}").text
    assert_valid(client.get(CONFIRMATION), "en")
    assert use(client, keys["bare"], f"{CONFIRMATION}?next={LIST}").headers["Location"] == CONFIRMATION
    assert client.get(LIST).status_code == 302
    assert use(client, keys["PIN"], f"{CONFIRMATION}?next={LIST}").headers["Location"] == LIST
    assert client.get(LIST).status_code == 200


def test_in_production_passkeys_belong_to_the_public_address(tmp_path: Path, make_app: Callable[..., Flask]) -> None:
    """By whatever address a page is reached: another one of the same server cannot use them."""
    url, address = f"sqlite:///{tmp_path / 'evaluation.db'}", "https://evaluation.example.kz"
    app = make_app(url, APP_ENV="production", PREFERRED_URL_SCHEME="http", PUBLIC_URL=address)
    client = sign_in(anonymous_client(app), make_account(app, "observer"))
    for key in (SecurityKey(), SecurityKey(address)):
        page = post(client, LIST, name="Key")
        assert json.loads(str(find(page, "form[data-passkey]")["data-options"]))["rp"]["id"] == "evaluation.example.kz"
        assert answer(client, page, key.create).headers["Location"] == LIST and names(app) == []
    with app.test_request_context("/", base_url=address):
        assert PasskeyUtil(app).origin() == address


def test_an_administrator_removes_the_lost_passkeys_of_another_person(app: Flask) -> None:
    email = make_account(app, "clerk")
    add(sign_in(anonymous_client(app), email), SecurityKey())
    administrator = sign_in(anonymous_client(app), make_account(app, "administrator"))
    with app.app_context():
        person = db.session.scalars(select(Account.id).where(Account.email == email)).one()
    page = administrator.get(f"/people/{person}")
    assert "Remove the second factor" in page.text
    assert post(administrator, f"/people/{person}/second-factor", f"/people/{person}").status_code == 303
    assert names(app) == [] and attempt(anonymous_client(app), email).headers["Location"] == "/"
