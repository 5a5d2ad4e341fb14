"""Requests of a person in a browser, the messages on the page, and the audit events that follow."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from evaluation.accounts.models import Account, AccountSession
from evaluation.audit.actions import AuditAction
from evaluation.audit.models import AuditEvent
from evaluation.database import db
from tests.support.accounts import PASSWORD, token_of
from tests.support.html import texts

CODES = ("kk", "ru", "en")
SIGN_IN = "/account/sign-in"
NEW_PASSWORD = "another one for tests"
"""A password to change to."""
DEEP_JSON = "[" * 100_000
"""JSON nested deeper than any parser accepts."""


def anonymous_client(app: Flask, code: str = "en") -> FlaskClient:
    """A client that has not signed in."""
    client = app.test_client()
    client.set_cookie("language", code)
    return client


def post(client: FlaskClient, url: str, shown_at: str | None = None, **data: str) -> TestResponse:
    """Send the form of the page `shown_at`, or of the address itself."""
    return client.post(url, data=data | {"csrf_token": token_of(client, shown_at or url)})


def attempt(client: FlaskClient, email: str, password: str = PASSWORD, **more: str) -> TestResponse:
    return post(client, SIGN_IN, email=email, password=password, **more)


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/account/").status_code == 200


def audit_entries(app: Flask) -> list[tuple[str, str]]:
    """Actor and action of each event, in order, without the events that start the log and its chains."""
    with app.app_context():
        events = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id))
        return [
            (event.actor, event.action)
            for event in events
            if event.action not in (AuditAction.LOG_STARTED, AuditAction.CHAIN_STARTED)
        ]


def change_account(app: Flask, email: str, **columns: object) -> None:
    with app.app_context():
        account = db.session.scalars(select(Account).where(Account.email == email)).one()
        for name, value in columns.items():
            setattr(account, name, value)
        db.session.commit()


def change_sessions(app: Flask, **columns: object) -> None:
    """Change every stored session."""
    with app.app_context():
        db.session.execute(update(AccountSession).values(**columns))
        db.session.commit()


def messages(response: TestResponse) -> list[str]:
    """Texts of the page's refusals and notices."""
    return texts(response, "p.refused, p.notice")
