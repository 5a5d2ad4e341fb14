"""The second factor: set up, asked for, lost, turned off, and required of a role."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from passlib.totp import TOTP
from sqlalchemy import select
from werkzeug.test import TestResponse

from evaluation.accounts.models import Account
from evaluation.database import db
from evaluation.language import language
from tests.integration.test_pages import assert_valid
from tests.people import PASSWORD, make_account, sign_in
from tests.visits import CODES, attempt, is_in, post, record, said, visitor


def with_second_factor(app: Flask, email: str) -> TOTP:
    """Set the second factor up as people do; the app on the telephone."""
    client = sign_in(visitor(app), email)
    return set_up(client, post(client, "/account/second-factor", setup="authenticator"))[0]


def set_up(client: FlaskClient, page: TestResponse) -> tuple[TOTP, TestResponse]:
    key, action = (
        re.search(r'class="key">([^<]+)<', page.text),
        re.search(r'<form method="post" action="(/account/(?!sign)[^"]+)"', page.text),
    )
    assert key and action
    token = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)[-1]
    telephone = TOTP(key[1])
    return telephone, client.post(action[1], data={"code": telephone.generate().token, "csrf_token": token})


def next_code(telephone: TOTP) -> str:
    """The code of half a minute from now, which is taken already: the one of now was used to set the factor up."""
    return str(telephone.generate(time=int(time.time()) + 30).token)


@pytest.mark.parametrize("code", CODES)
def test_the_second_factor_from_end_to_end(app: Flask, code: str) -> None:
    say, email = language(code).gettext, make_account(app, "administrator")
    client = sign_in(visitor(app, code), email)
    page = post(client, "/account/second-factor", setup="authenticator")
    assert_valid(page, code)
    telephone, response = set_up(client, page)
    assert response.headers["Location"] == "/account/"
    own = client.get("/account/")
    assert said(own) == [say("From now on signing in takes a code from your authenticator app.")]
    assert_valid(own, code)
    page = post(client, "/account/recovery-codes", generate_new_codes="1")
    codes = re.findall(r"<li><code>([^<]+)<", page.text)
    assert len(set(codes)) == 8
    assert "<li><code>" not in client.get("/account/recovery-codes?show_codes=1").text

    client = visitor(app, code)
    response = attempt(client, email, next="/account/")
    assert response.headers["Location"] == "/account/code?next=/account/" and not is_in(client)
    page = client.get(response.headers["Location"])
    assert_valid(page, code)
    wrong = post(client, "/account/code", code="000000")
    assert say("The code is wrong or no longer valid.") in wrong.text and not is_in(client)
    right = next_code(telephone)
    response = post(client, "/account/code?next=/account/", code=f"{right[:3]} {right[3:]}")
    assert response.headers["Location"] == "/account/" and is_in(client)

    for expected in (302, 200):
        client = visitor(app, code)
        attempt(client, email)
        assert post(client, "/account/recovery-code", code=codes[0].upper()).status_code == expected
        assert is_in(client) == (expected == 302)
    client = visitor(app, code)
    attempt(client, email)
    post(client, "/account/recovery-code", code=codes[1])
    assert post(client, "/account/second-factor", setup="disable").headers["Location"] == "/account/"
    assert attempt(visitor(app), email).headers["Location"] == "/"
    actions = [action for _, action in record(app)]
    assert {"second_factor_on", "second_factor_off"} < set(actions) and actions.count("sign_in_failed") == 2
    with app.app_context():
        account = db.session.scalars(select(Account)).one()
        assert account.mf_recovery_codes is None and account.tf_totp_secret is None


def test_the_secret_is_kept_encrypted(app: Flask) -> None:
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
        client = visitor(other)
        attempt(client, email)
        assert post(client, "/account/code", code=next_code(telephone)).status_code == status


def test_a_role_may_have_to_have_it(tmp_path: Path, make_app: Callable[..., Flask]) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'evaluation.db'}", TWO_FACTOR_ROLES=frozenset({"administrator"}))
    assert attempt(visitor(app), make_account(app, "clerk")).headers["Location"] == "/"
    client, email = visitor(app), make_account(app, "administrator")
    assert attempt(client, email).headers["Location"] == "/account/second-factor"
    assert not is_in(client)
    assert_valid(client.get("/account/second-factor"), "en")
    assert "Your role requires" in post(client, "/account/second-factor", setup="disable").text
    _, response = set_up(client, post(client, "/account/second-factor", setup="authenticator"))
    assert response.status_code == 302 and is_in(client)


def test_what_only_the_owner_changes_takes_the_password_again(app: Flask) -> None:
    client = sign_in(visitor(app), make_account(app, "clerk"))
    with client.session_transaction() as session:
        session["fs_paa"] -= 3600
    for url in ("/account/second-factor", "/account/recovery-codes"):
        assert client.get(url).headers["Location"] == f"/account/confirm?next={url}"
    assert "Give your password once more to go on." in said(client.get("/account/confirm"))
    assert "The password is wrong." in post(client, "/account/confirm", password="wrong").text
    response = post(client, "/account/confirm", password=PASSWORD, next="/account/second-factor")
    assert response.headers["Location"] == "/account/second-factor"
    assert client.get("/account/second-factor").status_code == 200


def test_a_right_password_alone_does_not_begin_the_count_anew(app: Flask) -> None:
    """Who knows the password but not the code may not guess codes for ever."""
    email = make_account(app, "head")
    with_second_factor(app, email)
    for _ in range(5):
        client = visitor(app)
        assert attempt(client, email).headers["Location"] == "/account/code?next=/"
        assert said(post(client, "/account/code", code="000000")) == []
    assert attempt(visitor(app), email).status_code == 200
