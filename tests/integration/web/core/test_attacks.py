"""Attacks: access to data of other people, and malformed requests; on both databases if the data matter."""

import io
import json
import struct
import zlib
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from evaluation.accounts.models import Account
from evaluation.answers.evidence.content import EvidenceRejected, detect_file_type
from evaluation.criteria import Order
from evaluation.database import db
from tests.support.accounts import assign_bodies, make_account, sign_in, token_of
from tests.support.html import attributes
from tests.support.scenario import BODY, OTHER_BODY, YEAR, two_kind_scenario
from tests.support.visits import DEEP_JSON, SIGN_IN, anonymous_client, attempt, audit_entries, change_account, post

# A shared computer after signing out


def test_browsers_cache_no_page_of_a_signed_in_person(app: Flask, order: Order) -> None:
    scenario = two_kind_scenario(app, order)
    client = scenario.client("clerk")
    at = f"/bodies/{BODY}/{YEAR}"
    for url in (
        "/account/",
        "/account/recovery-codes",
        f"{at}/entry",
        f"{at}/organisations/{scenario.organisation_bins[0]}",
        f"{at}/state",
        "/nowhere",
    ):
        directives = client.get(url).headers.get_all("Cache-Control")
        assert directives == ["private, no-store"], url


# While signed in


def test_what_is_taken_away_is_gone_with_the_next_request(app: Flask, order: Order) -> None:
    scenario = two_kind_scenario(app, order)
    email = make_account(app, "clerk", [scenario.bodies[BODY]])
    client, url = sign_in(anonymous_client(app), email), f"/bodies/{BODY}/{YEAR}/entry"
    assert client.get(url).status_code == 200
    assign_bodies(app, email, [scenario.bodies[OTHER_BODY]])
    assert client.get(url).status_code == 404
    assign_bodies(app, email, [])
    change_account(app, email, role="observer")
    assert client.get(url).status_code == 403
    change_account(app, email, active=False)
    assert client.get(f"/bodies/{BODY}/{YEAR}").headers["Location"].startswith(SIGN_IN)


def test_nothing_is_sent_without_a_token(careless: Flask, order: Order) -> None:
    scenario = two_kind_scenario(careless, order)
    arguments = {
        "bin_": BODY,
        "organisation_bin": scenario.organisation_bins[0],
        "year": YEAR,
        "kind": scenario.kinds[0],
        "token": "x",
        "name": "change",
    }
    clients = [scenario.client("head"), scenario.client("administrator"), anonymous_client(careless)]
    before = len(audit_entries(careless))
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
    assert len(audit_entries(careless)) == before


# Requests of scripts


def test_nonsense_instead_of_answers_is_refused(careless: Flask, order: Order) -> None:
    scenario = two_kind_scenario(careless, order)
    client, url = scenario.client("clerk"), f"/bodies/{BODY}/{YEAR}/answers"
    token = {"X-CSRFToken": token_of(client, "/account/")}
    code = order.indicators_of(scenario.kinds[0])[0].code
    edit = {"organisation": scenario.organisation_bins[0], "code": code, "typed": "1", "expected": None}

    def send(text: str) -> int:
        return client.post(url, data=text, content_type="application/json", headers=token).status_code

    for text in (
        DEEP_JSON,
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
    for wrong in (
        {"typed": 1},
        {"code": ["a"]},
        {"organisation": None},
        {"expected": float("nan")},
        {"expected": [[]]},
        {"expected": {"a": 1}},
    ):
        assert send(json.dumps({"edits": [edit | wrong]})) == 400, wrong
    assert send(json.dumps({"edits": [edit] * 10_001})) == 400
    assert send(json.dumps({"edits": [edit]}).replace("null", "9" * 5_000)) == 400
    for strange in ({"organisation": "\x00" * 12}, {"organisation": "9" * 400}, {"code": "\ud800"}, {"typed": "\x00\ud800"}):
        assert send(json.dumps({"edits": [edit | strange]})) == 200, "answered for by itself"
    assert send(json.dumps({"edits": [edit], "account": []})) == 401


def test_an_answer_nobody_can_see_is_blank(app: Flask, order: Order) -> None:
    scenario = two_kind_scenario(app, order)
    client, url = scenario.client("clerk"), f"/bodies/{BODY}/{YEAR}/answers"
    code = next(code for code in order.codes_of(scenario.kinds[0]) if order.by_code[code].type == "text")
    edit = {"organisation": scenario.organisation_bins[0], "code": code, "typed": "\u200b \u2060", "expected": None}
    response = client.post(url, json={"edits": [edit]}, headers={"X-CSRFToken": token_of(client, "/account/")})
    assert response.json and [cell["state"] for cell in response.json["cells"]] == ["unchanged"]


def test_numbers_of_people_beyond_the_database(careless: Flask) -> None:
    client = sign_in(anonymous_client(careless), make_account(careless, "administrator"))
    for number in ("0", "2147483647", "2147483648", "9" * 30):
        assert client.get(f"/people/{number}").status_code == 404


UNSTORABLE = ("%00", "a%00b")


@pytest.mark.parametrize("typed", UNSTORABLE)
def test_text_that_no_database_stores_is_refused_before_a_view_reads_it(careless: Flask, order: Order, typed: str) -> None:
    scenario = two_kind_scenario(careless, order)
    client, kind = scenario.client("administrator"), scenario.kinds[0]
    token = token_of(client, "/account/")
    for url in (f"/people?q={typed}", f"/people?{typed}=1", f"/language/kk?next=/{typed}"):
        response = client.get(url)
        assert response.status_code == 400 and "<h1" in response.text, url
    assert client.get(f"/bodies/{typed}/{YEAR}").status_code == 404
    with careless.app_context():
        account = db.session.scalar(select(Account.id).where(Account.email == make_account(careless, "clerk")))
    form = {"content_type": "application/x-www-form-urlencoded", "headers": {"X-CSRFToken": token}}
    for url in (f"/people/{account}", "/people/new", "/registry/workbook/undo"):
        assert client.post(url, data=f"bodies={typed}&batch={typed}", **form).status_code == 400, url
    clerk = scenario.client("clerk")
    headers = {"X-CSRFToken": token_of(clerk, "/account/")}
    for url in (f"/bodies/{BODY}/{YEAR}/grid/{kind}/undo", "/verify"):
        assert clerk.post(url, data={"batch": "a\x00b"}, headers=headers).status_code == 400, url
    assert clerk.post("/verify", data={"file": (io.BytesIO(b"x"), "a\x00.pdf")}, headers=headers).status_code == 400
    # In JSON it is dropped from the text of a cell.
    assert clerk.post(f"/bodies/{BODY}/{YEAR}/grid/{kind}/undo", json={"batch": "a\x00\ud800"}, headers=headers).status_code < 500


def test_a_guess_with_such_text_counts(database_url: str, make_app: Callable[..., Flask]) -> None:
    app = make_app(database_url, GUESS_LIMIT="3 per minute", TESTING=False)
    make_account(app, "clerk")
    client = anonymous_client(app)
    assert [attempt(client, "a\x00b@example.org").status_code for _ in range(4)] == [400, 400, 400, 429]


def test_numbers_beyond_the_database(careless: Flask) -> None:
    client = sign_in(anonymous_client(careless), make_account(careless, "administrator"))
    for year in (10**20, 2**63 - 1, -(10**20), 0):
        response = post(client, "/registry/years", year=str(year), order_code=careless.extensions["orders"].latest.code)
        assert response.status_code == 422, year
    for url in ("/people?page=", "/registry/organisations?page=", "/audit?before=", "/bodies?year="):
        for number in (10**20, -(10**20), 2**63 - 1, 10**400):
            assert client.get(f"{url}{number}").status_code in (200, 303, 400), (url, number)
    for number in ("٣", "1" * 5_000, "-1", "1e3"):
        assert client.get(f"/people/{number}").status_code == 404, number


@pytest.mark.parametrize("typed", ["x" * 70_000, "a " * 100, "% _ \\ ' \" ) ("])
def test_words_that_databases_do_not_look_for(careless: Flask, order: Order, typed: str) -> None:
    scenario = two_kind_scenario(careless, order)
    client = scenario.client("administrator")
    for url in ("/people", "/bodies", "/registry/bodies", "/registry/organisations"):
        assert client.get(url, query_string={"q": typed[:2_000], "body": typed[:2_000]}).status_code == 200
    for url, name in (
        ("/registry/bodies/new", "parent"),
        ("/registry/organisations/new", "body"),
        (f"/registry/organisations/{scenario.organisation_bins[0]}/move", "body"),
    ):
        ticked = {name: "x", f"{name}-typed": "x", f"{name}-match": typed}
        for values in ({name: typed}, ticked):
            assert post(client, url, expected=expected_on(client, url), **values).status_code == 422


def expected_on(client: FlaskClient, url: str) -> str:
    """Return the state that a page's form is based on; empty where it is based on none."""
    return next(iter(attributes(client.get(url), 'input[name="expected"]', "value")), "")


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
        assert detect_file_type(good).suffix == suffix
    for bad in (
        progressive[:-2] + last * 200 + progressive[-2:],
        plain[:2] + b"\xff\xe1\x00\x02" * 1_000_000 + plain[2:],
        png[:33] + png_part(b"prVt") * 100_000 + png[33:],
        png[:33] + png_part(b"iCCP", b"a\0\0" + zlib.compress(b"x" * 10**8)) * 200 + png[33:],
        progressive[: len(progressive) // 2],
        progressive[:-2],
        plain[:-2],
        png[:-12],
    ):
        with pytest.raises(EvidenceRejected):
            detect_file_type(bad)
