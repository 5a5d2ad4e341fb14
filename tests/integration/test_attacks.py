"""What somebody does who wants more than is theirs, or wants the product to fall over; on both databases where data matter."""

import io
import json
import re
import struct
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from evaluation.accounts.models import Account
from evaluation.accounts.operations import change_account
from evaluation.collection.evidence.contents import FileRefused, content_of
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.record.models import Event
from tests.bodies import FOREIGN, OWN, SYSTEM, YEAR, make_place
from tests.integration.test_second_factor import next_code, set_up, with_second_factor
from tests.people import belong, make_account, sign_in, token_of
from tests.visits import SIGN_IN, attempt, change, is_in, post, record, visitor

ELSEWHERE = ("//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "https:evil.example", " //evil.example")
UNREADABLE = ("//[", "http://[")
DEEP = "[" * 100_000


@pytest.fixture
def careless(app: Flask) -> Flask:
    """The app as it answers in production: what goes wrong is an error page, not an exception."""
    app.testing = False
    return app


# The second factor


def test_a_code_is_taken_once(app: Flask) -> None:
    email = make_account(app, "administrator")
    telephone = with_second_factor(app, email)
    overheard = next_code(telephone)
    for status in (302, 200):
        client = visitor(app)
        attempt(client, email)
        assert post(client, "/account/code", code=overheard).status_code == status
        assert is_in(client) == (status == 302)
    earlier = telephone.generate(time=int(time.time()) - 30).token
    assert post(client, "/account/code", code=earlier).status_code == 200, "nor is one from before it"


def test_a_code_and_a_recovery_code_open_one_session_of_many_at_once(app: Flask) -> None:
    email = make_account(app, "administrator")
    telephone = with_second_factor(app, email)
    client = sign_in_with(app, email, next_code(telephone))
    codes = post(client, "/account/recovery-codes", generate_new_codes="1").text.split("<li><code>")[1:]
    recovery = codes[0].partition("<")[0]
    change(app, email, tf_counter=None)
    for url, code in (("/account/code", next_code(telephone)), ("/account/recovery-code", recovery)):
        clients = [visitor(app) for _ in range(6)]
        for each in clients:
            attempt(each, email)
        sent = [{"code": code, "csrf_token": token_of(each, url)} for each in clients]
        with ThreadPoolExecutor(len(clients)) as senders:
            list(senders.map(lambda each, form, url=url: each.post(url, data=form), clients, sent))  # type: ignore[misc]
        assert sum(map(is_in, clients)) == 1, url
        change(app, email, failures=0, locked_until=None)


def test_whoever_began_to_set_the_factor_up_does_not_replace_the_owners(app: Flask) -> None:
    app.config["TWO_FACTOR_ROLES"] = frozenset({"administrator"})
    email = make_account(app, "administrator")
    thief, owner = visitor(app), visitor(app)
    for client in (thief, owner):
        attempt(client, email)
    begun = post(thief, "/account/second-factor", setup="authenticator")
    set_up(owner, post(owner, "/account/second-factor", setup="authenticator"))
    change(app, email, tf_counter=None)
    set_up(thief, begun)
    assert is_in(owner) and not is_in(thief)


def test_who_is_given_a_role_that_requires_the_factor_signs_in_anew(app: Flask) -> None:
    app.config["TWO_FACTOR_ROLES"] = frozenset({"administrator"})
    email = make_account(app, "observer")
    client = sign_in(visitor(app), email)
    with app.app_context():
        account = db.session.scalars(select(Account).where(Account.email == email)).one()
        change_account(SYSTEM, account, email, "Somebody else", "observer")
        db.session.commit()
    assert is_in(client), "a name is no such thing"
    with app.app_context():
        change_account(SYSTEM, db.session.scalars(select(Account)).one(), email, "Somebody else", "administrator")
        db.session.commit()
    assert not is_in(client) and attempt(client, email).headers["Location"] == "/account/second-factor"


def sign_in_with(app: Flask, email: str, code: str) -> FlaskClient:
    client = visitor(app)
    attempt(client, email)
    assert post(client, "/account/code", code=code).status_code == 302
    return client


# Signing in


def test_a_password_in_the_wrong_field_is_not_recorded(app: Flask) -> None:
    for typed in ("correct horse battery", "nobody@example.org"):
        attempt(visitor(app), typed)
    with app.app_context():
        assert [event.data["email"] for event in db.session.scalars(select(Event).order_by(Event.id))] == [
            "",
            "nobody@example.org",
        ]


def test_no_link_leads_elsewhere_after_signing_in(careless: Flask) -> None:
    email = make_account(careless, "clerk")
    for target in (*ELSEWHERE, *UNREADABLE):
        client, url = visitor(careless), f"{SIGN_IN}?next={quote(target)}"
        form = {"email": email, "password": "a password of tests", "csrf_token": token_of(client, SIGN_IN), "next": target}
        response = client.post(url, data=form)
        if target in UNREADABLE:
            assert response.status_code == 400
        else:
            there = response.headers["Location"]
            assert there.startswith(("/", "%5C")) and not there.startswith(("//", "/\\"))
        assert client.get(f"/language/ru?next={quote(target)}").headers["Location"] == "/"
    assert visitor(careless).post("/people/1", headers={"Referer": UNREADABLE[1]}).status_code == 303


def test_pages_of_signing_in_take_forms_alone(careless: Flask) -> None:
    client = visitor(careless)
    token = {"X-CSRFToken": token_of(client, SIGN_IN)}
    with careless.app_context():
        pages = [
            rule.rule
            for rule in careless.url_map.iter_rules()
            if rule.endpoint.startswith("security.") and "POST" in (rule.methods or ())
        ]
    for page in pages:
        for sent in ("[1]", '{"email": {"a": 1}, "password": 5}', '{"email": 5, "code": 5, "next": 5}', "null", DEEP):
            url = page.replace("<token>", "x")
            response = client.post(url, data=sent, content_type="application/json", headers=token)
            assert response.status_code in (303, 400, 401), (url, sent[:20])


def test_logs_hold_no_secrets(app: Flask) -> None:
    """An error of the database is logged with its statement; a password's hash must not stand in it."""
    email = make_account(app, "clerk")
    with app.app_context():
        account = db.session.scalars(select(Account).where(Account.email == email)).one()
        account.role = "nothing there is"
        account.password = "hash of a secret"
        with pytest.raises(IntegrityError) as caught:
            db.session.flush()
    assert (
        "UPDATE account" in str(caught.value)
        and "hash of a secret" not in f"{caught.value.statement}{caught.value}".partition("DETAIL")[0]
    )


# What is left behind on a shared computer


def test_browsers_keep_no_page_of_somebody_signed_in(app: Flask, order: Order) -> None:
    place = make_place(app, order)
    client = place.client("clerk")
    at = f"/bodies/{OWN}/{YEAR}"
    for url in (
        "/account/",
        "/account/recovery-codes",
        f"{at}/entry",
        f"{at}/organisations/{place.own[0]}",
        f"{at}/state",
        "/nowhere",
    ):
        kept = client.get(url).headers.get_all("Cache-Control")
        assert kept == ["private, no-store"], url


# While signed in


def test_what_is_taken_away_is_gone_with_the_next_request(app: Flask, order: Order) -> None:
    place = make_place(app, order)
    email = make_account(app, "clerk", [place.bodies[OWN]])
    client, url = sign_in(visitor(app), email), f"/bodies/{OWN}/{YEAR}/entry"
    assert client.get(url).status_code == 200
    belong(app, email, [place.bodies[FOREIGN]])
    assert client.get(url).status_code == 404
    belong(app, email, [])
    change(app, email, role="observer")
    assert client.get(url).status_code == 403
    change(app, email, active=False)
    assert client.get(f"/bodies/{OWN}/{YEAR}").headers["Location"].startswith(SIGN_IN)


def test_nothing_is_sent_without_a_token(careless: Flask, order: Order) -> None:
    place = make_place(careless, order)
    arguments = {"bin_": OWN, "own": place.own[0], "year": YEAR, "kind": place.kinds[0], "token": "x", "name": "change"}
    clients = [place.client("head"), place.client("administrator"), visitor(careless)]
    before = len(record(careless))
    for rule in careless.url_map.iter_rules():
        if "POST" not in (rule.methods or ()):
            continue
        url = careless.url_map.bind("localhost").build(
            rule.endpoint, {name: arguments.get(name, 1) for name in rule.arguments}, "POST"
        )
        for client in clients:
            for sent in ({"data": {"csrf_token": "x"}}, {"json": {"edits": []}}, {"headers": {"X-CSRFToken": "x"}}):
                status = client.post(url, **sent).status_code
                assert status in (303, 400, 401, 403, 404), (url, status)
    assert len(record(careless)) == before


# What scripts send


def test_nonsense_in_place_of_answers_is_refused(careless: Flask, order: Order) -> None:
    place = make_place(careless, order)
    client, url = place.client("clerk"), f"/bodies/{OWN}/{YEAR}/answers"
    token = {"X-CSRFToken": token_of(client, "/account/")}
    code = order.asked_of(place.kinds[0])[0].code
    edit = {"organisation": place.own[0], "code": code, "typed": "1", "was": None}

    def send(text: str) -> int:
        return client.post(url, data=text, content_type="application/json", headers=token).status_code

    for text in (
        DEEP,
        '{"a":' * 20_000,
        "",
        "null",
        "[]",
        '"x"',
        '{"edits": "x"}',
        '{"edits": {"0": 1}}',
        '{"edits": [[]]}',
        "\ud800".encode("utf-8", "surrogatepass"),
    ):
        assert send(text) == 400, text[:20]  # type: ignore[arg-type]
    for wrong in ({"typed": 1}, {"code": ["a"]}, {"organisation": None}, {"was": float("nan")}, {"was": [[]]}, {"was": {"a": 1}}):
        assert send(json.dumps({"edits": [edit | wrong]})) == 400, wrong
    assert send(json.dumps({"edits": [edit] * 10_001})) == 400
    assert send(json.dumps({"edits": [edit]}).replace("null", "9" * 5_000)) == 400
    for strange in ({"organisation": "\x00" * 12}, {"organisation": "9" * 400}, {"code": "\ud800"}, {"typed": "\x00\ud800"}):
        assert send(json.dumps({"edits": [edit | strange]})) == 200, "answered for by itself"
    assert send(json.dumps({"edits": [edit], "account": []})) == 401


def test_an_answer_nobody_can_see_is_blank(app: Flask, order: Order) -> None:
    place = make_place(app, order)
    client, url = place.client("clerk"), f"/bodies/{OWN}/{YEAR}/answers"
    code = next(code for code in order.codes_of(place.kinds[0]) if order.by_code[code].type == "text")
    edit = {"organisation": place.own[0], "code": code, "typed": "\u200b \u2060", "was": None}
    response = client.post(url, json={"edits": [edit]}, headers={"X-CSRFToken": token_of(client, "/account/")})
    assert response.json and [cell["state"] for cell in response.json["cells"]] == ["unchanged"]


def test_numbers_of_people_beyond_the_database(careless: Flask) -> None:
    client = sign_in(visitor(careless), make_account(careless, "administrator"))
    for number in ("0", "2147483647", "2147483648", "9" * 30):
        assert client.get(f"/people/{number}").status_code == 404


@pytest.mark.parametrize("typed", ["a\x00b", "x" * 70_000, "a " * 100, "% _ \\ ' \" ) ("])
def test_words_that_databases_do_not_look_for(careless: Flask, order: Order, typed: str) -> None:
    place = make_place(careless, order)
    client = place.client("administrator")
    for url in ("/people", "/bodies", "/registry/bodies", "/registry/organisations"):
        assert client.get(url, query_string={"q": typed[:2_000], "body": typed[:2_000]}).status_code == 200
    for url, name in (
        ("/registry/bodies/new", "parent"),
        ("/registry/organisations/new", "body"),
        (f"/registry/organisations/{place.own[0]}/move", "body"),
    ):
        ticked = {name: "x", f"{name}-typed": "x", f"{name}-match": typed}
        for given in ({name: typed}, ticked):
            assert post(client, url, seen=seen_on(client, url), **given).status_code == 422


def seen_on(client: FlaskClient, url: str) -> str:
    """The state that a form was made from, where it has one."""
    found = re.search(r'name="seen"[^>]*value="([^"]*)"', client.get(url).text)
    return unescape(found[1]) if found else ""


# Files


def jpeg(**options: object) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((300, 200), 60).save(out, "JPEG", **options)
    return out.getvalue()


def png_part(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def test_pictures_that_cost_hours(order: Order) -> None:
    plain, progressive = jpeg(exif=b"Exif\0\0" + b"\xff\xda" * 200, comment=b"\xff\xd9"), jpeg(progressive=True)
    last = progressive[progressive.rfind(b"\xff\xda") : -2]
    out = io.BytesIO()
    Image.new("L", (10, 10)).save(out, "PNG")
    png = out.getvalue()
    for good, suffix in ((plain, "jpg"), (progressive, "jpg"), (png, "png")):
        assert content_of(good).suffix == suffix
    for bad in (
        progressive[:-2] + last * 200 + progressive[-2:],
        plain[:2] + b"\xff\xe1\x00\x02" * 1_000_000 + plain[2:],
        png[:33] + png_part(b"prVt") * 100_000 + png[33:],
        png[:33] + png_part(b"iCCP", b"a\0\0" + zlib.compress(b"x" * 10**8)) * 10_000 + png[33:],
        progressive[: len(progressive) // 2],
        progressive[:-2],
        plain[:-2],
        png[:-12],
    ):
        began = time.perf_counter()
        with pytest.raises(FileRefused):
            content_of(bad)
        assert time.perf_counter() - began < 2
