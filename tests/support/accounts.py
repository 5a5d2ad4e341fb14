"""Accounts for tests with a cheap password hash, and signing in by the form."""

import uuid
from collections.abc import Iterable

from flask import Flask, session
from flask.testing import FlaskClient
from flask_security import hash_password
from flask_wtf.csrf import generate_csrf

from evaluation.accounts.models import Account, AccountBody
from evaluation.database import db
from evaluation.policy import BODY_ROLES
from evaluation.registry.models import Body
from tests.support.html import csrf_token

PASSWORD = "a password of tests"
CHEAP = {"SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": {"argon2__rounds": 1, "argon2__memory_cost": 8, "argon2__parallelism": 1}}
"""Settings of every test app: a fast hash is strong enough for tests."""


def make_account(
    app: Flask, role: str, bodies: Iterable[int] = (), region: str | None = None, email: str | None = None, **columns: object
) -> str:
    """Create an account with PASSWORD that belongs to the bodies of these ids; returns its address."""
    address = email or f"{role}-{uuid.uuid4().hex[:8]}@example.org"
    with app.app_context():
        account = Account(
            email=address,
            name=f"The {role}",
            role=role,
            region=region,
            password=hash_password(PASSWORD),
            fs_uniquifier=uuid.uuid4().hex,
        )
        for name, value in columns.items():
            setattr(account, name, value)
        db.session.add(account)
        db.session.flush()
        db.session.add_all(AccountBody(account_id=account.id, body_id=body_id) for body_id in bodies)
        db.session.commit()
    return address


def sign_in(client: FlaskClient, email: str, password: str = PASSWORD, url: str = "/account/sign-in") -> FlaskClient:
    """Sign the client in by the form; returns the client."""
    response = client.post(url, data={"email": email, "password": password, "csrf_token": new_token(client)})
    assert response.status_code == 302, response.text
    return client


def signed_in(app: Flask, role: str, code: str = "en", bodies: Iterable[int] = (), **more: str) -> FlaskClient:
    """A new client in a language, signed in with a new account."""
    client = app.test_client()
    client.set_cookie("language", code)
    return sign_in(client, make_account(app, role, bodies, **more))


def shared_client(app: Flask, role: str, code: str = "en") -> FlaskClient:
    """A new client in a language, signed in with the app's only account of that role; it belongs to every body."""
    emails = app.extensions.setdefault("test accounts", {})
    with app.app_context():
        bodies = [id_ for (id_,) in db.session.query(Body.id)] if role in BODY_ROLES else []
    emails[role] = emails.get(role) or make_account(app, role)
    assign_bodies(app, emails[role], bodies)
    client = app.test_client()
    client.set_cookie("language", code)
    return sign_in(client, emails[role])


def assign_bodies(app: Flask, email: str, bodies: Iterable[int]) -> None:
    """Assign exactly these bodies to an account."""
    with app.app_context():
        id_ = db.session.query(Account.id).filter_by(email=email).scalar()
        db.session.query(AccountBody).filter_by(account_id=id_).delete()
        db.session.add_all(AccountBody(account_id=id_, body_id=body_id) for body_id in bodies)
        db.session.commit()


def new_token(client: FlaskClient) -> str:
    """A CSRF token of the client's session without a request for a page."""
    with client.session_transaction() as stored, client.application.test_request_context():
        session.update(stored)
        token = generate_csrf()
        stored.update(session)
    return token


def token_of(client: FlaskClient, url: str) -> str:
    """The CSRF token in the page's form; empty where the app requires none."""
    return csrf_token(client.get(url))
