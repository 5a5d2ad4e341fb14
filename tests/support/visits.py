"""What visitors do: ask for pages, send their forms, read what they are told; and what the record then has."""

import re

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from evaluation.accounts.models import Account
from evaluation.audit.chain import CHAIN_BEGUN, RECORD_BEGUN
from evaluation.audit.models import AuditEvent
from evaluation.database import db
from tests.support.accounts import PASSWORD, token_of

CODES = ("kk", "ru", "en")
SIGN_IN = "/account/sign-in"
NEW = "another one for tests"
"""A password to change to."""
DEEP = "[" * 100_000
"""JSON deeper than any reader follows."""


def visitor(app: Flask, code: str = "en") -> FlaskClient:
    """Somebody who has not signed in."""
    client = app.test_client()
    client.set_cookie("language", code)
    return client


def post(client: FlaskClient, url: str, shown_at: str | None = None, **data: str) -> TestResponse:
    """Send the form that stands at `shown_at`, or at the address itself."""
    return client.post(url, data=data | {"csrf_token": token_of(client, shown_at or url)})


def attempt(client: FlaskClient, email: str, password: str = PASSWORD, **more: str) -> TestResponse:
    return post(client, SIGN_IN, email=email, password=password, **more)


def is_in(client: FlaskClient) -> bool:
    return client.get("/account/").status_code == 200


def record(app: Flask) -> list[tuple[str, str]]:
    """Actor and action of each event, in their order, without those that the record writes of itself."""
    with app.app_context():
        told = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id))
        return [(event.actor, event.action) for event in told if event.action not in (RECORD_BEGUN, CHAIN_BEGUN)]


def change(app: Flask, email: str, **columns: object) -> None:
    with app.app_context():
        account = db.session.scalars(select(Account).where(Account.email == email)).one()
        for name, value in columns.items():
            setattr(account, name, value)
        db.session.commit()


def said(response: TestResponse) -> list[str]:
    return [text.strip() for text in re.findall(r'<p class="(?:refused|notice)"[^>]*>(.*?)</p>', response.text)]
