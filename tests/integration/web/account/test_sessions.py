"""Sessions: ended at the server by signing out, elsewhere, by an administrator or with the password; notices to their owner."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from evaluation.accounts import sessions
from evaluation.accounts.models import Account, AccountSession
from evaluation.clock import now
from evaluation.database import db
from evaluation.language import language
from evaluation.notifications.models import Notification
from tests.integration.web.core.test_pages import assert_valid
from tests.support.accounts import PASSWORD, make_account, sign_in
from tests.support.html import find, texts
from tests.support.scenario import SYSTEM
from tests.support.visits import (
    CODES,
    NEW_PASSWORD,
    anonymous_client,
    audit_entries,
    change_account,
    change_sessions,
    is_signed_in,
    messages,
    post,
)

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
PAGE = "/account/sessions"


def copy_of(client: FlaskClient) -> FlaskClient:
    """A client with the same session cookie: what a thief of the cookie has."""
    thief, cookie = anonymous_client(client.application), client.get_cookie("session")
    assert cookie
    thief.set_cookie("session", cookie.value)
    return thief


def id_of(app: Flask, email: str) -> int:
    with app.app_context():
        return int(db.session.scalars(select(Account.id).where(Account.email == email)).one())


def notices(app: Flask, email: str) -> list[dict[str, Any]]:
    with app.app_context():
        statement = select(Notification.data).join(Account, Account.id == Notification.account_id)
        return list(db.session.scalars(statement.where(Account.email == email).order_by(Notification.id)))


def stored(app: Flask) -> list[AccountSession]:
    with app.app_context():
        return list(db.session.scalars(select(AccountSession).order_by(AccountSession.started_at)))


def test_signing_out_ends_the_session_for_a_copied_cookie(app: Flask) -> None:
    client = sign_in(anonymous_client(app), make_account(app, "clerk"))
    thief = copy_of(client)
    assert is_signed_in(thief)
    post(client, "/account/sign-out", "/account/")
    assert not is_signed_in(thief) and not stored(app)
    assert any("ended elsewhere" in text for text in messages(thief.get("/account/sign-in")))


def test_the_cookie_alone_is_worth_nothing(app: Flask) -> None:
    """The stored id is not the cookie's token, and a token counts for its own account only."""
    email, other = make_account(app, "clerk"), make_account(app, "administrator")
    client, second = sign_in(anonymous_client(app), email), sign_in(anonymous_client(app), other)
    with client.session_transaction() as session, second.session_transaction() as others:
        assert {item.id for item in stored(app)} == {sessions.session_id(session["token"]), sessions.session_id(others["token"])}
        session["_user_id"] = others["_user_id"]
    assert not is_signed_in(client)


@pytest.mark.parametrize("code", CODES)
def test_the_page_lists_sessions_and_ends_them(app: Flask, code: str) -> None:
    email = make_account(app, "clerk")
    client = anonymous_client(app, code)
    client.environ_base["HTTP_USER_AGENT"] = FIREFOX
    sign_in(client, email)
    second, third = (sign_in(anonymous_client(app), email) for _ in range(2))
    page = client.get(PAGE)
    assert_valid(page, code)
    assert "Firefox, Linux" in page.text
    assert len(texts(page, ".sessions > li")) == 3 and "127.0.0.1" in page.text
    gettext = language(code).gettext
    assert texts(page, ".sessions .mark") == texts(page, ".sessions > li:first-child .mark") == [gettext("Current session")]
    assert texts(page, ".sessions > li:nth-child(2) button") == [gettext("End the session")]
    address = str(find(page, ".sessions form")["action"])
    assert post(client, address, PAGE).headers["Location"] == PAGE
    assert messages(client.get(PAGE)) == [gettext("The session is ended.")]
    assert is_signed_in(client) and is_signed_in(second) + is_signed_in(third) == 1
    assert post(client, f"{PAGE}/end-others", PAGE).status_code == 303
    assert is_signed_in(client) and not is_signed_in(second) and not is_signed_in(third)
    assert [action for _, action in audit_entries(app)].count("sessions_ended") == 2
    assert post(client, f"{PAGE}/{stored(app)[0].id}/end", PAGE).status_code == 400, "one's own is ended by signing out"


def test_nobody_ends_the_sessions_of_others(app: Flask) -> None:
    client = sign_in(anonymous_client(app), make_account(app, "clerk"))
    other = sign_in(anonymous_client(app), make_account(app, "administrator"))
    with other.session_transaction() as session:
        id_ = sessions.session_id(session["token"])
    assert post(client, f"{PAGE}/{id_}/end", PAGE).status_code == 303
    assert post(client, f"{PAGE}/end-others", PAGE).status_code == 303
    assert is_signed_in(other) and "sessions_ended" not in dict(audit_entries(app)).values()


def test_an_abandoned_session_ends_no_other_one(app: Flask) -> None:
    email = make_account(app, "clerk")
    client, other = sign_in(anonymous_client(app), email), sign_in(anonymous_client(app), email)
    with client.session_transaction() as session:
        session["fs_paa"] -= 3600
    address = f"{PAGE}/end-others"
    assert "Enter your password" in post(client, address, PAGE).text and is_signed_in(other)
    assert post(client, address, PAGE, **{"confirmation-password": PASSWORD}).status_code == 307
    assert post(client, address, PAGE).status_code == 303
    assert not is_signed_in(other)


def test_an_administrator_ends_the_sessions_of_a_person(app: Flask) -> None:
    email, admin = make_account(app, "clerk"), sign_in(anonymous_client(app), make_account(app, "administrator"))
    client = sign_in(anonymous_client(app), email)
    page = f"/people/{id_of(app, email)}"
    assert "Sign out everywhere" in admin.get(page).text
    assert post(admin, f"{page}/sessions", page).status_code == 303
    assert not is_signed_in(client) and "Sign out everywhere" not in admin.get(page).text
    assert ("The administrator", "sessions_ended_by_administrator") in audit_entries(app)
    assert is_signed_in(sign_in(client, email)), "the password is still valid"


def test_changes_of_credentials_delete_the_sessions(app: Flask) -> None:
    from evaluation.accounts import operations

    email = make_account(app, "clerk")
    for change in (
        lambda account: operations.reset_password(SYSTEM, account),
        lambda account: operations.remove_second_factor(SYSTEM, account),
        lambda account: operations.disable_account(SYSTEM, account),
    ):
        client = sign_in(anonymous_client(app), email)
        with app.app_context():
            account = db.session.scalars(select(Account).where(Account.email == email)).one()
            password = account.password
            change(account)
            account.password, account.active = password, True
            db.session.commit()
        assert not stored(app) and not is_signed_in(client)
    here, elsewhere = sign_in(anonymous_client(app), email), sign_in(anonymous_client(app), email)
    form = {"password": PASSWORD, "new_password": NEW_PASSWORD, "new_password_confirm": NEW_PASSWORD}
    post(here, "/account/password", **form)
    assert len(stored(app)) == 1 and is_signed_in(here) and not is_signed_in(elsewhere)


def test_requests_write_once_a_minute_and_never_wait(app: Flask) -> None:
    client = sign_in(anonymous_client(app), make_account(app, "clerk"))
    written: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if not statement.startswith("SELECT"):
            written.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    for _ in range(3):
        client.get("/account/")
    assert not [statement for statement in written if "account_session" in statement]
    early = now() - timedelta(minutes=2)
    change_sessions(app, last_request_at=early)
    written.clear()
    for _ in range(3):
        client.get("/account/")
    assert len([statement for statement in written if "account_session" in statement]) == 1
    assert stored(app)[0].last_request_at > early
    change_sessions(app, last_request_at=early)
    with engine.begin() as writer:
        writer.exec_driver_sql("UPDATE account_session SET device = 'x'")
        assert client.get("/account/").status_code == 200, "the page does not wait for a writer"
    event.remove(engine, "before_cursor_execute", note)


def test_expired_sessions_are_deleted_by_the_workers(app: Flask) -> None:
    sign_in(anonymous_client(app), make_account(app, "clerk"))
    queue = app.extensions["jobs"]
    queue._look_for_work()
    assert len(stored(app)) == 1
    change_sessions(app, started_at=now() - timedelta(hours=13))
    queue._look_for_work()
    assert not stored(app)


# Notices


def test_a_sign_in_from_a_new_browser_is_announced(app: Flask) -> None:
    email, client = make_account(app, "clerk"), anonymous_client(app)
    sign_in(client, email)
    post(client, "/account/sign-out", "/account/")
    sign_in(client, email)
    assert notices(app, email) == [], "neither the first sign-in nor one with a browser used before"
    elsewhere = anonymous_client(app, "ru")
    elsewhere.environ_base["HTTP_USER_AGENT"] = FIREFOX
    sign_in(elsewhere, email)
    expected = {"event": "new_device", "device": "Firefox, Linux", "address": "127.0.0.1", "by": ""}
    assert notices(app, email) == [expected]
    page = client.get("/notifications")
    assert_valid(page, "en")
    assert "Sign-in from a new browser" in page.text and "Firefox, Linux" in page.text and "tell the administrator" in page.text
    link = str(find(page, ".inbox h2 a")["href"])
    assert client.get(link).headers["Location"] == PAGE


def test_changes_of_credentials_are_announced(app: Flask) -> None:
    from tests.integration.web.account.test_second_factor import set_up

    email = make_account(app, "clerk")
    client = sign_in(anonymous_client(app), email)
    set_up(client, post(client, "/account/second-factor", setup="authenticator"))
    post(client, "/account/second-factor", setup="disable")
    form = {"password": PASSWORD, "new_password": NEW_PASSWORD, "new_password_confirm": NEW_PASSWORD}
    post(client, "/account/password", **form)
    admin = sign_in(anonymous_client(app), make_account(app, "administrator"))
    page = f"/people/{id_of(app, email)}"
    change_account(app, email, tf_primary_method="authenticator", tf_totp_secret="x")
    post(admin, f"{page}/second-factor", page)
    post(admin, f"{page}/link", page)
    events = [data["event"] for data in notices(app, email)]
    assert events == ["factor_added", "factor_removed", "password_changed", "all_factors_removed", "password_removed"]
    assert [data["by"] for data in notices(app, email)][-2:] == ["The administrator"] * 2


@pytest.mark.parametrize("code", ["kk", "ru"])
def test_a_new_address_is_announced_to_both_addresses(
    database_url: str, make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    from evaluation.notifications.email import MailConnection
    from tests.support.html import form_values

    app, mails = make_app(database_url, SMTP_URL="smtp://127.0.0.1:1"), []
    monkeypatch.setattr(MailConnection, "send", lambda _, mail: mails.append(mail))
    email, new = make_account(app, "reviewer", language=code), "new-address@example.org"
    admin = sign_in(anonymous_client(app), make_account(app, "administrator"))
    page = admin.get(f"/people/{id_of(app, email)}")
    values = form_values(find(page, "form.person")) | {"email": new, "save": "1"}
    assert admin.post(f"/people/{id_of(app, email)}", data=values).status_code == 303
    gettext = language(code).gettext
    title = gettext("The e-mail address of your account was changed")
    advice = gettext("If this was not you or not agreed with you, change your password and tell the administrator at once.")
    assert {(mail.recipient, mail.subject) for mail in mails} == {(email, title), (new, title)}
    for mail in mails:
        assert email in mail.text and new in mail.text and "/new-password/" not in mail.text
        assert advice in mail.text
