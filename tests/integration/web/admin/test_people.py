"""The pages of accounts for the administrator, from adding a person to the first sign-in."""

import io
import re
import socketserver
import threading
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path
from queue import Queue
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import Workbook
from sqlalchemy import select
from werkzeug.test import TestResponse

from evaluation.accounts import queries
from evaluation.accounts.models import Account
from evaluation.accounts.roles import ROLE_NAMES
from evaluation.database import db
from evaluation.language import language
from evaluation.policy import Role
from tests.integration.accounts.test_people import CITY, SYSTEM, VILLAGE, enter_bodies, ids
from tests.integration.web.core.test_pages import assert_valid
from tests.support.accounts import make_account, sign_in, signed_in, token_of
from tests.support.factories import bin_of
from tests.support.html import attributes, find, form_values, texts


@pytest.fixture
def site(tmp_path: Path, make_app: Callable[..., Flask]) -> Flask:
    """Provide an application with bodies."""
    app = make_app(f"sqlite:///{tmp_path / 'people.db'}")
    with app.app_context():
        enter_bodies()
        db.session.commit()
    return app


def post(client: FlaskClient, address: str, **data: object) -> TestResponse:
    token = token_of(client, "/people/new")
    return client.post(address, data={"csrf_token": token, **data})


def account_of(app: Flask, email: str) -> Account:
    with app.app_context():
        return db.session.scalars(select(Account).where(Account.email == email)).one()


def link_in(response: TestResponse) -> str:
    """Return the path of the one-time link that a page shows."""
    link = find(response, "textarea#link").get_text()
    assert link and not any(character.isspace() for character in link), response.text
    return urlsplit(link).path


def test_from_adding_a_person_to_their_first_sign_in(site: Flask) -> None:
    admin = signed_in(site, "administrator")
    entered = {"name": "Aigul", "email": "Aigul@example.kz", "role": "clerk", "language": "kk"}
    searched = post(admin, "/people/new", **entered, find="шенгельды", search="1")
    assert searched.status_code == 200 and VILLAGE in searched.text and 'value="Aigul"' in searched.text
    assert CITY not in searched.text
    with_search = post(admin, "/people/new", **entered, find="Қонаев", save="1")
    assert with_search.status_code == 200 and CITY in with_search.text, (
        "an unanswered search is answered before anything is saved"
    )
    by_bin = post(admin, "/people/new", **entered, find=CITY, search="1", bodies=[VILLAGE])
    assert {CITY, VILLAGE} <= set(attributes(by_bin, "input[checked]", "value"))
    added = post(admin, "/people/new", **entered, bodies=[VILLAGE], find=CITY, save="1")
    assert added.status_code == 200 and "no-store" in added.headers["Cache-Control"]
    with site.app_context():
        account = queries.account_by_email(SYSTEM, "aigul@example.kz")
        assert account is not None and account.password is None
        assert {body.bin for body in queries.bodies_of(SYSTEM, [account.id])[account.id]} == {CITY, VILLAGE}
    assert link_in(added) not in admin.get(f"/people/{account.id}").text, "the link is shown once"

    person, address = site.test_client(), link_in(added)
    token = token_of(person, address)
    new = "three green apples"
    changed = person.post(address, data={"csrf_token": token, "password": new, "password_confirm": new})
    assert changed.status_code == 302
    sign_in(site.test_client(), "aigul@example.kz", new)
    again = site.test_client().get(address)
    assert again.status_code == 302 or "password_confirm" not in again.text, "it works once"


TABLE = f"""E-mail address	Full name	Role	BINs of the bodies	Region
aigul@example.kz	Айгүл Сейітова	Clerk	{CITY}, {VILLAGE}
 BOLAT@example.kz	Болат	ROLE		19
"""


def test_people_are_added_from_a_table_all_or_nobody(site: Flask) -> None:
    admin, url = signed_in(site, "administrator"), "/people/table"
    role = language("ru").gettext(ROLE_NAMES[Role.REVIEWER])
    table = TABLE.replace("ROLE", role.upper())
    assert post(admin, url, text=" ", check="1").status_code == 422
    wrong = table + f"x\t\tдиректор\t{bin_of(900)}\nAIGUL@example.kz\tA\thead\t{CITY.lstrip('0')}\n"
    refused = post(admin, url, text=wrong, save="1")
    assert refused.status_code == 422 and "3 rows with errors; nobody was added." in refused.text
    problems = texts(refused, "tbody td:last-child")
    assert problems[1] == "–" and "twice" in problems[0] and "twice" in problems[3]
    assert all(part in problems[2] for part in ("e-mail address", "the person's name", "not a role", bin_of(900)))
    checked = post(admin, url, text=table, check="1")
    assert checked.status_code == 200 and "2 people, without errors. Nobody has been added yet." in checked.text
    assert_valid(checked, "en")
    with site.app_context():
        assert queries.account_by_email(SYSTEM, "aigul@example.kz") is None
    added = post(admin, url, text=form_values(find(checked, "main form"))["text"], save="1")
    assert added.status_code == 200 and "2 people were added" in added.text
    assert_valid(added, "en")
    with site.app_context():
        account = queries.account_by_email(SYSTEM, "aigul@example.kz")
        assert account and {item.bin for item in queries.bodies_of(SYSTEM, [account.id])[account.id]} == {CITY, VILLAGE}
        other = queries.account_by_email(SYSTEM, "bolat@example.kz")
        assert other is not None and (other.role, other.region) == ("reviewer", "19")
    assert "password_confirm" in site.test_client().get(urlsplit(texts(added, ".one-time-link")[0]).path).text
    again = post(admin, url, text=table, save="1")
    assert again.status_code == 422 and "has an account already" in again.text


def test_people_are_added_from_a_workbook(site: Flask) -> None:
    admin, book = signed_in(site, "administrator"), Workbook()
    book.active.append(["aigul@example.kz", "Айгүл", "clerk", int(CITY)])
    data = io.BytesIO()
    book.save(data)
    checked = post(admin, "/people/table", file=(io.BytesIO(data.getvalue()), "people.xlsx"), check="1")
    assert checked.status_code == 200 and "1 person, without errors" in checked.text
    assert "Айгүл" in form_values(find(checked, "main form"))["text"], "the table can be corrected on the page"
    for content in (b"x", b"%PDF-1.7"):
        refused = post(admin, "/people/table", file=(io.BytesIO(content), "people.xlsx"), check="1")
        assert refused.status_code == 422 and find(refused, "#file-error")


def test_a_new_link_ends_the_session_and_the_link_before(site: Flask) -> None:
    admin, email = signed_in(site, "administrator"), make_account(site, "observer")
    person = sign_in(site.test_client(), email)
    assert person.get("/account/").status_code == 200
    number = account_of(site, email).id
    first = link_in(post(admin, f"/people/{number}/link"))
    assert person.get("/account/").status_code == 303, "signed out"
    second = link_in(post(admin, f"/people/{number}/link"))
    assert "password_confirm" in site.test_client().get(second).text
    assert "password_confirm" not in site.test_client().get(first).text


def test_errors_are_shown_at_their_fields(site: Flask) -> None:
    admin = signed_in(site, "administrator")
    make_account(site, "observer", email="taken@example.kz")
    rejected = post(admin, "/people/new", name="", email="taken@example.kz", save="1")
    assert rejected.status_code == 422 and "taken@example.kz has an account already." in rejected.text
    rejected = post(admin, "/people/new", name=" ", email="nothing", save="1")
    assert {f'id="{name}-error"' in rejected.text for name in ("name", "email", "role")} == {True}, "all at once"
    rejected = post(admin, "/people/new", name="X", email="TAKEN@example.kz", role="head", save="1")
    assert rejected.status_code == 422
    assert "taken@example.kz has an account already." in rejected.text and 'id="bodies-error"' in rejected.text
    assert 'value="TAKEN@example.kz"' in rejected.text, "the typed value stays in the form"


def test_a_person_is_changed_disabled_and_enabled(site: Flask) -> None:
    admin, email = signed_in(site, "administrator"), make_account(site, "observer")
    number = account_of(site, email).id
    page = f"/people/{number}"
    assert admin.get(page).status_code == 200
    saved = post(admin, page, name="Renamed", email=email, role="reviewer", region="19", save="1")
    assert saved.status_code == 303 and "The account is saved." in admin.get(saved.location).text
    account = account_of(site, email)
    assert (account.name, account.role, account.region) == ("Renamed", "reviewer", "19")
    # Fields that the role does not use are ignored: they may be hidden.
    assert post(admin, page, name="Renamed", email=email, role="observer", bodies=[CITY], region="", save="1").status_code == 303
    person = sign_in(site.test_client(), email)
    assert post(admin, f"{page}/disable").status_code == 303
    assert person.get("/account/").status_code == 303
    assert f"{page}/disable" not in admin.get(page).text and "Disabled" in admin.get("/people?state=disabled").text
    assert post(admin, f"{page}/link").status_code == 422, "a disabled account gets no link"
    assert post(admin, f"{page}/enable").status_code == 303
    sign_in(site.test_client(), email)


def test_an_administrator_cannot_disable_the_account_in_use(site: Flask) -> None:
    email = make_account(site, "administrator")
    make_account(site, "administrator")
    admin, number = sign_in(site.test_client(), email), account_of(site, email).id
    page = admin.get(f"/people/{number}").text
    assert "/disable" not in page and f"/people/{number}/link" not in page
    for action in ("disable", "link", "second-factor"):
        assert post(admin, f"/people/{number}/{action}").status_code == 422
    assert post(admin, f"/people/{number}", name="X", email=email, role="observer", save="1").status_code == 422
    assert admin.get("/people").status_code == 200, "still signed in"


def test_a_lost_second_factor_is_removed(site: Flask) -> None:
    admin, email = signed_in(site, "administrator"), make_account(site, "observer", tf_primary_method="authenticator")
    number = account_of(site, email).id
    assert f"/people/{number}/second-factor" in admin.get(f"/people/{number}").text
    assert post(admin, f"/people/{number}/second-factor").status_code == 303
    assert account_of(site, email).tf_primary_method is None
    assert f"/people/{number}/second-factor" not in admin.get(f"/people/{number}").text


def test_pages_are_for_administrators_only(site: Flask) -> None:
    number = account_of(site, make_account(site, "observer")).id
    with site.app_context():
        [city] = ids(CITY)
    for role in ("clerk", "head", "reviewer", "observer"):
        client = signed_in(site, role, bodies=[city] if role in ("clerk", "head") else ())
        for address in ("/people", "/people/new", f"/people/{number}"):
            assert client.get(address).status_code == 403
    assert signed_in(site, "administrator").get("/people/999999").status_code == 404


def test_an_unregistered_region_stays_selected(site: Flask) -> None:
    admin, email = signed_in(site, "administrator"), make_account(site, "reviewer", region="75")
    page = admin.get(f"/people/{account_of(site, email).id}")
    assert "75" in attributes(page, "option[selected]", "value")


class MailHandler(socketserver.StreamRequestHandler):
    """A mail server that receives one message."""

    def handle(self) -> None:
        def reply(line: bytes) -> None:
            self.wfile.write(line + b"\r\n")

        reply(b"220 tests")
        message = b""
        while line := self.rfile.readline():
            command = line[:4].upper()
            if command == b"DATA":
                reply(b"354 go on")
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    message += line
                self.server.received.put(message)  # type: ignore[attr-defined]
            reply(b"221 bye" if command == b"QUIT" else b"250 ok")
            if command == b"QUIT":
                return


def test_the_link_is_mailed_where_a_mail_server_is_configured(tmp_path: Path, make_app: Callable[..., Flask]) -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), MailHandler) as server:
        server.received = Queue()  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        app = make_app(f"sqlite:///{tmp_path / 'mail.db'}", SMTP_URL=f"smtp://127.0.0.1:{server.server_address[1]}")
        admin = signed_in(app, "administrator")
        sent = post(admin, "/people/new", name="Айгүл", email="a@example.kz", role="observer", language="en", save="1")
        message = message_from_bytes(server.received.get(timeout=30), policy=policy.default)  # type: ignore[attr-defined]
        server.shutdown()
    assert "a@example.kz" in message["To"] and 'id="link"' not in sent.text and "a@example.kz" in sent.text
    body = message.get_content()
    link = re.search(r"https?://\S+", body)
    assert link and "Айгүл" in body
    assert "password_confirm" in app.test_client().get(urlsplit(link[0]).path).text
    shown = post(admin, f"/people/{account_of(app, 'a@example.kz').id}/link", show="1")
    assert "password_confirm" in app.test_client().get(link_in(shown)).text
    assert "password_confirm" not in app.test_client().get(urlsplit(link[0]).path).text
