"""Passwords: changed by their owner, or set by a one-time link from a mail or from the administrator."""

import re
import socketserver
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from evaluation.accounts.links import reset_link
from evaluation.accounts.models import Account
from evaluation.clock import now
from evaluation.database import db
from evaluation.demo.recipes import data
from evaluation.language import language
from tests.integration.web.core.test_pages import assert_valid
from tests.support.accounts import PASSWORD, make_account, sign_in, token_of
from tests.support.html import parse
from tests.support.visits import (
    CODES,
    NEW_PASSWORD,
    SIGN_IN,
    anonymous_client,
    attempt,
    audit_entries,
    is_signed_in,
    messages,
    post,
)

GUESSED = (
    "121212121212",
    "qwerty123456",
    "password2024",
    "Almaty202424",
    "abcdefghijkl" * 9,
    # The same row of keys and the same words in Cyrillic.
    "йцукен123456",
    "Пароль202424",
    "қазақстан2024",
)


def test_the_passwords_of_the_demonstration_and_of_people_are_good(app: Flask) -> None:
    email = make_account(app, "clerk")
    client, old = sign_in(anonymous_client(app), email), PASSWORD
    for word in (
        data("people")["password"],
        "алма мен үш кітап",
        "синий трамвай едет",
        "two brown kettles sing on the roof " * 3,
        NEW_PASSWORD,
    ):
        word = word.strip()
        response = post(client, "/account/password", password=old, new_password=word, new_password_confirm=word)
        assert response.status_code == 302, word
        old = word


def test_a_password_is_changed(app: Flask) -> None:
    email = make_account(app, "clerk")
    here, elsewhere = sign_in(anonymous_client(app), email), sign_in(anonymous_client(app), email)
    url = "/account/password"
    for old, new, again, problem in (
        ("wrong", NEW_PASSWORD, NEW_PASSWORD, "The password is wrong."),
        (PASSWORD, NEW_PASSWORD, "other", "The two passwords differ."),
        (PASSWORD, "short", "short", "at least 12 characters"),
        *((PASSWORD, word, word, "easy to guess") for word in GUESSED),
        (PASSWORD, f"my {email} is", f"my {email} is", "easy to guess"),
        (PASSWORD, PASSWORD, PASSWORD, "the same as the old one"),
    ):
        response = post(here, url, password=old, new_password=new, new_password_confirm=again)
        assert response.status_code == 200 and problem in response.text, problem
        assert_valid(response, "en")
    response = post(here, url, password=PASSWORD, new_password=NEW_PASSWORD, new_password_confirm=NEW_PASSWORD)
    assert response.headers["Location"] == "/account/"
    assert any("changed" in text for text in messages(here.get("/account/"))) and not is_signed_in(elsewhere)
    assert (
        attempt(anonymous_client(app), email).status_code == 200
        and attempt(anonymous_client(app), email, NEW_PASSWORD).status_code == 302
    )
    assert [action for _, action in audit_entries(app)].count("password_changed") == 1


@pytest.mark.parametrize("code", CODES)
def test_a_link_sets_a_password_once(app: Flask, code: str) -> None:
    email = make_account(app, "clerk", failures=4, locked_until=now() + timedelta(minutes=5), password=None)
    with app.app_context():
        link = reset_link(db.session.scalars(select(Account)).one())
    assert link.startswith("http://127.0.0.1:")
    path, client = link.partition("127.0.0.1")[2].partition("/")[2], anonymous_client(app, code)
    page = client.get(f"/{path}")
    assert_valid(page, code)
    assert page.status_code == 200 and email in page.text
    response = post(client, f"/{path}", password=NEW_PASSWORD, password_confirm=NEW_PASSWORD)
    assert response.headers["Location"] == SIGN_IN
    page = client.get(SIGN_IN)
    assert messages(page) == [language(code).gettext("The password is set. Sign in with it.")]
    assert f'value="{email}"' in page.text, "the form contains the e-mail address"
    assert f'value="{email}"' not in anonymous_client(app).get(SIGN_IN).text
    again = anonymous_client(app, code)
    assert again.get(f"/{path}").headers["Location"] == "/account/new-password"
    assert messages(again.get("/account/new-password"))[0] == language(code).gettext(
        "This link is no longer valid. Request a new one."
    )
    assert attempt(client, email, NEW_PASSWORD).status_code == 302
    assert audit_entries(app)[0] == ("The clerk", "password_reset")


def test_a_link_does_not_last(app: Flask) -> None:
    make_account(app, "clerk")
    with app.app_context():
        link = reset_link(db.session.scalars(select(Account)).one())
    app.config["SECURITY_RESET_PASSWORD_WITHIN"] = timedelta(seconds=-1)
    client = anonymous_client(app)
    assert client.get("/" + link.split("/", 3)[3]).headers["Location"] == "/account/new-password"


def test_without_a_mail_server_the_page_names_the_administrator(app: Flask) -> None:
    client, email = anonymous_client(app), make_account(app, "clerk")
    page = client.get("/account/new-password")
    assert "Ask the administrator" in page.text and not parse(page).select("main form")
    sent = client.post("/account/new-password", data={"email": email, "csrf_token": token_of(client, SIGN_IN)})
    assert sent.status_code == 200 and not audit_entries(app)


class _Mailbox(socketserver.StreamRequestHandler):
    """A minimal mail server that accepts one mail."""

    def handle(self) -> None:
        self.wfile.write(b"220 tests\r\n")
        while line := self.rfile.readline().strip().upper():
            if line == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = []
                while (text := self.rfile.readline()) != b".\r\n":
                    lines.append(text)
                self.server.mails.put(b"".join(lines))  # type: ignore[attr-defined]
            self.wfile.write(b"221 bye\r\n" if line == b"QUIT" else b"250 ok\r\n")


@pytest.fixture
def mails() -> Iterator[tuple[str, "Queue[bytes]"]]:
    """Return the address of a mail server and the mails that it accepts."""
    with socketserver.TCPServer(("127.0.0.1", 0), _Mailbox) as server:
        server.mails = Queue()  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"smtp://127.0.0.1:{server.server_address[1]}", server.mails  # type: ignore[attr-defined]
        server.shutdown()


@pytest.mark.parametrize("code", CODES)
def test_a_link_is_mailed(tmp_path: Path, make_app: Callable[..., Flask], mails: tuple[str, "Queue[bytes]"], code: str) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'evaluation.db'}", SMTP_URL=mails[0])
    email, client = make_account(app, "clerk"), anonymous_client(app, code)
    existing = post(client, "/account/new-password", email=email)
    unknown = post(client, "/account/new-password", email="unknown@example.org")
    assert messages(existing)[0].replace(email, "") == messages(unknown)[0].replace("unknown@example.org", "")
    mail = message_from_bytes(mails[1].get(timeout=10), policy=policy.default)
    text = mail.get_content()  # type: ignore[attr-defined]
    assert mail["To"] == email and mail["Subject"] == language(code).gettext("A new password")
    match = re.search(r"http://[^/]+(/account/new-password/\S+)", text)
    assert match and client.get(match[1]).status_code == 200
    assert mails[1].empty() and audit_entries(app) == [("", "reset_link_mailed")]


def test_the_page_does_the_same_work_for_every_address(
    tmp_path: Path, make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its time tells nothing: the account is looked up, and its link is made, by a worker after the answer."""
    app = make_app(f"sqlite:///{tmp_path / 'evaluation.db'}", SMTP_URL="smtp://127.0.0.1:1")
    monkeypatch.setattr(app.extensions["jobs"], "_open", lambda: 1 / 0)
    emails = (
        make_account(app, "clerk"),
        make_account(app, "clerk", password=None),
        make_account(app, "clerk", active=False),
        "unknown@example.org",
        "no address",
    )
    monkeypatch.setattr(app.extensions["security"].pwd_context, "hash", lambda *_: pytest.fail("a password is hashed"))
    statements: dict[str, list[str]] = {}

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        statements[email].append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    for email in emails:
        client = anonymous_client(app)
        statements[email] = []
        token = token_of(client, SIGN_IN)
        statements[email].clear()
        assert client.post("/account/new-password", data={"email": email, "csrf_token": token}).status_code == 200
    event.remove(engine, "before_cursor_execute", note)
    assert statements[emails[0]] and len({tuple(executed) for executed in statements.values()}) == 1
    assert not audit_entries(app)
