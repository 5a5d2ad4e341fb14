"""The second factor: setup, use, loss, disabling, and roles that require it."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import Tag
from flask import Flask
from flask.testing import FlaskClient
from passlib.totp import TOTP
from sqlalchemy import select
from werkzeug.test import TestResponse

from evaluation.accounts.models import Account
from evaluation.database import db
from evaluation.language import language
from tests.integration.web.core.test_pages import assert_valid
from tests.support.accounts import PASSWORD, make_account, sign_in
from tests.support.html import find, form_values, texts
from tests.support.visits import CODES, anonymous_client, attempt, audit_entries, is_signed_in, messages, post

WRONG = (
    "The code is wrong or was already used. Try again with the code that the app shows now; if it is the one you used last, "
    "wait for the next."
)


def with_second_factor(app: Flask, email: str) -> TOTP:
    """Set up the second factor through the pages; return the authenticator."""
    client = sign_in(anonymous_client(app), email)
    return set_up(client, post(client, "/account/second-factor", setup="authenticator"))[0]


def set_up(client: FlaskClient, page: TestResponse, typed: str | None = None) -> tuple[TOTP, TestResponse]:
    """Send the authenticator's code, or another text."""
    telephone, form = TOTP(key_on(page)), code_form(page)
    code = telephone.generate().token if typed is None else typed
    return telephone, client.post(str(form["action"]), data=form_values(form) | {"code": code})


def code_form(page: TestResponse) -> Tag:
    """Return the form that takes the code of the authenticator app."""
    form = find(page, 'form[method="post"]:has(input[name="code"])')
    assert str(form["action"]).startswith("/account/"), form["action"]
    return form


def key_on(page: TestResponse) -> str:
    [key] = texts(page, ".secret-key")
    assert key, page.text
    return key


def codes_on(page: TestResponse) -> list[str]:
    return texts(page, ".codes li > code")


def next_code(telephone: TOTP) -> str:
    """Return the code of the next period, which is accepted early: the current code was used for the setup."""
    return str(telephone.generate(time=int(time.time()) + 30).token)


@pytest.mark.parametrize("code", CODES)
def test_the_second_factor_from_end_to_end(app: Flask, code: str) -> None:
    say, email = language(code).gettext, make_account(app, "administrator")
    client = sign_in(anonymous_client(app, code), email)
    page = post(client, "/account/second-factor", setup="authenticator")
    assert_valid(page, code)
    used = TOTP(key_on(page)).generate().token
    telephone, response = set_up(client, page, used)
    assert response.status_code == 200
    assert messages(response) == [say("From now on signing in takes a code from your authenticator app.")]
    assert_valid(response, code)
    first = codes_on(response)
    assert len(set(first)) == 8 and 'href="/account/"' in response.text
    account_page = client.get("/account/")
    assert_valid(account_page, code)
    page = post(client, "/account/recovery-codes", generate_new_codes="1")
    codes = codes_on(page)
    assert len(set(codes)) == 8 and not set(codes) & set(first)
    assert not codes_on(client.get("/account/recovery-codes?show_codes=1"))

    client = anonymous_client(app, code)
    response = attempt(client, email, next="/account/")
    assert response.headers["Location"] == "/account/code?next=/account/" and not is_signed_in(client)
    page = client.get(response.headers["Location"])
    assert_valid(page, code)
    wrong = post(client, "/account/code", code="000000")
    assert say(WRONG) in wrong.text and not is_signed_in(client)
    again = post(client, "/account/code", code=used)
    assert say(WRONG) in again.text and not is_signed_in(client), "the code of the setup is not accepted twice"
    right = next_code(telephone)
    response = post(client, "/account/code?next=/account/", code=f"{right[:3]} {right[3:]}")
    assert response.headers["Location"] == "/account/" and is_signed_in(client)

    for expected in (302, 200):
        client = anonymous_client(app, code)
        attempt(client, email)
        assert post(client, "/account/recovery-code", code=codes[0].upper()).status_code == expected
        assert is_signed_in(client) == (expected == 302)
    client = anonymous_client(app, code)
    attempt(client, email)
    post(client, "/account/recovery-code", code=codes[1])
    assert post(client, "/account/second-factor", setup="disable").headers["Location"] == "/account/"
    assert attempt(anonymous_client(app), email).headers["Location"] == "/"
    actions = [action for _, action in audit_entries(app)]
    assert (
        actions.count("recovery_codes_created") == 2
        and {"second_factor_enabled", "second_factor_disabled"} < set(actions)
        and actions.count("sign_in_failed") == 3
    )
    with app.app_context():
        account = db.session.scalars(select(Account)).one()
        assert account.mf_recovery_codes is None and account.tf_totp_secret is None


def test_the_secret_is_stored_encrypted(app: Flask) -> None:
    email = make_account(app, "clerk")
    telephone = with_second_factor(app, email)
    with app.app_context():
        account = db.session.scalars(select(Account)).one()
        assert (
            account.tf_totp_secret and telephone.base32_key not in account.tf_totp_secret and "enckey" in account.tf_totp_secret
        )


def test_a_lost_key_is_a_wrong_code_and_an_old_one_still_reads(tmp_path: Path, make_app: Callable[..., Flask]) -> None:
    url = f"sqlite:///{tmp_path / 'evaluation.db'}"
    app = make_app(url)
    email = make_account(app, "clerk")
    telephone = with_second_factor(app, email)
    for fallbacks, status in (((), 200), (("tests",), 302)):
        other = make_app(url, SECRET_KEY="another", SECRET_KEY_FALLBACKS=list(fallbacks))
        client = anonymous_client(other)
        attempt(client, email)
        assert post(client, "/account/code", code=next_code(telephone)).status_code == status


def test_a_role_may_have_to_have_it(tmp_path: Path, make_app: Callable[..., Flask]) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'evaluation.db'}", TWO_FACTOR_ROLES=frozenset({"administrator"}))
    assert attempt(anonymous_client(app), make_account(app, "clerk")).headers["Location"] == "/"
    client, email = anonymous_client(app), make_account(app, "administrator")
    assert attempt(client, email).headers["Location"] == "/account/second-factor"
    assert not is_signed_in(client)
    assert_valid(client.get("/account/second-factor"), "en")
    assert "Your role requires" in post(client, "/account/second-factor", setup="disable").text
    begun = post(client, "/account/second-factor", setup="authenticator")
    wrong = set_up(client, begun, "000000")[1]
    assert key_on(wrong) == key_on(begun) and WRONG in wrong.text and not is_signed_in(client)
    _, response = set_up(client, wrong)
    assert len(codes_on(response)) == 8 and is_signed_in(client)
    assert "Sign out" in response.text and 'href="/"' in response.text, "signed in, with a link to the next page"
    assert [action for _, action in audit_entries(app)][-3:] == ["signed_in", "second_factor_enabled", "recovery_codes_created"]


def test_a_wrong_code_shows_the_same_key(app: Flask) -> None:
    client = sign_in(anonymous_client(app), make_account(app, "clerk"))
    begun = post(client, "/account/second-factor", setup="authenticator")
    address = str(code_form(begun)["action"])
    assert address.startswith("/account/second-factor/")
    for typed in ("000000", "", "12345x"):
        wrong = set_up(client, begun, typed)[1]
        assert wrong.status_code == 200 and key_on(wrong) == key_on(begun) and 'class="qr"' in wrong.text
        assert 'id="code-error"' in wrong.text and messages(wrong) == []
        assert_valid(wrong, "en")
    again = client.get(address)
    assert key_on(again) == key_on(begun), "the page loads again, as after a change of the language"
    other = sign_in(anonymous_client(app), make_account(app, "clerk"))
    assert other.get(address).headers["Location"] == "/account/second-factor", "the key belongs to one session"
    assert other.get("/account/second-factor/strange").headers["Location"] == "/account/second-factor"
    assert len(codes_on(set_up(client, wrong)[1])) == 8


def test_changing_the_app_does_not_replace_the_recovery_codes(app: Flask) -> None:
    client = sign_in(anonymous_client(app), make_account(app, "clerk"))
    set_up(client, post(client, "/account/second-factor", setup="authenticator"))
    with app.app_context():
        account = db.session.scalars(select(Account)).one()
        account.tf_counter, codes = 0, account.mf_recovery_codes
        db.session.commit()
    changed = set_up(client, post(client, "/account/second-factor", setup="authenticator"))[1]
    assert changed.headers["Location"] == "/account/"
    with app.app_context():
        assert db.session.scalars(select(Account)).one().mf_recovery_codes == codes


def test_what_only_the_owner_changes_takes_the_password_again(app: Flask) -> None:
    client = sign_in(anonymous_client(app), make_account(app, "clerk"))
    with client.session_transaction() as session:
        session["fs_paa"] -= 3600
    for url in ("/account/second-factor", "/account/recovery-codes"):
        assert client.get(url).headers["Location"] == f"/account/confirm?next={url}"
    assert "Enter your password again to continue." in messages(client.get("/account/confirm"))
    assert "The password is wrong." in post(client, "/account/confirm", password="wrong").text
    response = post(client, "/account/confirm", password=PASSWORD, next="/account/second-factor")
    assert response.headers["Location"] == "/account/second-factor"
    assert client.get("/account/second-factor").status_code == 200


def test_a_right_password_alone_does_not_begin_the_count_anew(app: Flask) -> None:
    """A person with the password but without the code cannot guess codes without limit."""
    email = make_account(app, "head")
    with_second_factor(app, email)
    for _ in range(5):
        client = anonymous_client(app)
        assert attempt(client, email).headers["Location"] == "/account/code?next=/"
        assert messages(post(client, "/account/code", code="000000")) == []
    assert attempt(anonymous_client(app), email).status_code == 200
