"""Attacks: access to data of other people, and malformed requests; on both databases if the data matter."""

import io
import json
import struct
import zlib

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from evaluation.answers.evidence.content import EvidenceRejected, detect_file_type
from evaluation.criteria import Order
from tests.support.accounts import assign_bodies, make_account, sign_in, token_of
from tests.support.html import attributes
from tests.support.scenario import BODY, OTHER_BODY, YEAR, two_kind_scenario
from tests.support.visits import DEEP_JSON, SIGN_IN, anonymous_client, audit_entries, change_account, post

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


@pytest.mark.parametrize("typed", ["a\x00b", "x" * 70_000, "a " * 100, "% _ \\ ' \" ) ("])
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
