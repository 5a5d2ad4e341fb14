"""Changing other people's accounts takes a password or second factor of the last 15 minutes, and loses nothing that was typed."""

import time

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from evaluation.accounts.models import Account
from evaluation.database import db
from tests.integration.web.account.test_sign_in_faults import failing_commit, send
from tests.integration.web.core.test_pages import assert_valid
from tests.support.accounts import PASSWORD, make_account, new_token, sign_in
from tests.support.html import find, form_values
from tests.support.visits import CODES, anonymous_client, audit_entries, messages

MINUTES = 15
PERSON = {"name": "Айгүл «Сейітова»", "email": "new@example.kz", "role": "observer", "region": "", "language": "kk", "save": "1"}


def administrator(app: Flask, code: str = "en") -> FlaskClient:
    return sign_in(anonymous_client(app, code), make_account(app, "administrator"))


def age(client: FlaskClient, minutes: float) -> None:
    with client.session_transaction() as session:
        session["fs_paa"] = time.time() - 60 * minutes


def emails(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Account.email)))


@pytest.mark.parametrize("code", CODES)
def test_a_late_form_waits_for_the_password(app: Flask, code: str) -> None:
    client = administrator(app, code)
    data = PERSON | {"csrf_token": new_token(client)}
    age(client, MINUTES + 0.1)
    response = client.post("/people/new", data=data)
    assert_valid(response, code)
    assert response.status_code == 200 and "new@example.kz" not in emails(app)
    form = find(response, 'form[action="/people/new"]')
    wrong = client.post("/people/new", data=form_values(form) | {"confirmation-password": "wrong"})
    assert wrong.status_code == 200 and find(wrong, "#confirmation-password-error")
    assert audit_entries(app)[-1][1] == "sign_in_failed" and "new@example.kz" not in emails(app)
    sent = form_values(find(wrong, 'form[action="/people/new"]')) | {"confirmation-password": PASSWORD}
    again = client.post("/people/new", data=sent)
    assert again.status_code == 307 and again.headers["Location"] == "/people/new", "the browser sends the form once more"
    assert client.post("/people/new", data=sent).status_code == 200
    with app.app_context():
        assert db.session.scalars(select(Account.name).where(Account.email == "new@example.kz")).one() == PERSON["name"]


def test_pages_with_forms_ask_first_and_return(app: Flask) -> None:
    client = administrator(app)
    age(client, MINUTES - 0.5)
    assert client.get("/people/new").status_code == 200, "nothing is asked within 15 minutes"
    age(client, MINUTES + 0.1)
    assert client.get("/people").status_code == 200, "the list changes nothing"
    for address in ("/people/new", "/people/1", "/people/table"):
        assert client.get(address).headers["Location"] == f"/account/confirm?next={address}"
    assert "Enter your password again to continue." in messages(client.get("/account/confirm?next=/people/new"))
    values = {"password": PASSWORD, "next": "/people/new", "csrf_token": new_token(client)}
    assert client.post("/account/confirm", data=values).headers["Location"] == "/people/new"
    assert client.get("/people/new").status_code == 200
    age(client, -60)
    assert client.get("/people/new").status_code == 303, "a confirmation in the future is none"


@pytest.mark.parametrize("action", ["", "/disable", "/enable", "/link", "/second-factor"])
def test_every_change_of_a_person_asks(app: Flask, action: str) -> None:
    client, email = administrator(app), make_account(app, "clerk")
    with app.app_context():
        person = db.session.scalars(select(Account.id).where(Account.email == email)).one()
    events = audit_entries(app)
    age(client, MINUTES + 0.1)
    data = MultiDict([*PERSON.items(), ("bodies", "1"), ("bodies", "2"), ("csrf_token", new_token(client))])
    response = client.post(f"/people/{person}{action}", data=data)
    assert response.status_code == 200 and audit_entries(app) == events
    values = [str(field["value"]) for field in find(response, "main").select('input[type="hidden"][name="bodies"]')]
    assert values == ["1", "2"], "repeated fields are kept too"


def test_many_wrong_passwords_lock_the_account(app: Flask) -> None:
    client = administrator(app)
    age(client, MINUTES + 0.1)
    for _ in range(5):
        data = {"confirmation-password": "wrong", "csrf_token": new_token(client)}
        assert client.post("/people/new", data=data).status_code == 200
    data = {"confirmation-password": PASSWORD, "csrf_token": new_token(client)}
    locked = client.post("/people/new", data=data)
    assert locked.status_code == 200 and "There were too many wrong attempts. Try again later." in messages(locked)


def test_wrong_passwords_count_although_the_database_cannot(app: Flask) -> None:
    app.testing = False
    client = administrator(app)
    age(client, MINUTES + 0.1)
    with failing_commit(app):
        statuses = [send(client, "/people/new", **{"confirmation-password": "wrong"}).status_code for _ in range(11)]
    assert all(status >= 500 for status in statuses[:10]) and statuses[10] == 429
    assert send(client, "/people/new", **{"confirmation-password": PASSWORD}).status_code == 429
