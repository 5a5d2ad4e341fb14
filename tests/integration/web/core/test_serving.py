"""Probes, numbers of requests, the log of requests and refusals, static files, modes of files."""

import logging
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from evaluation.logs import log_numbers
from evaluation.monitoring import readiness
from evaluation.policy import Action
from evaluation.web.core.access import allow
from tests.support import accounts
from tests.support.accounts import make_account, sign_in
from tests.support.log_lines import LogLines, collected_lines
from tests.support.visits import SIGN_IN, attempt

LONG = 3600


@pytest.fixture
def lines() -> Iterator[LogLines]:
    with collected_lines() as lines:
        yield lines


@pytest.fixture
def clerk(app: Flask) -> FlaskClient:
    return sign_in(app.test_client(), make_account(app, "clerk"))


def test_a_number_of_a_trusted_proxy_is_used_if_it_is_plain(database_url: str, make_app: Callable[..., Flask]) -> None:
    direct, behind = make_app(database_url).test_client(), make_app(database_url, TRUSTED_PROXIES=1).test_client()
    for client, sent, is_used in (
        (behind, "a-1.b_2", True),
        (direct, "a-1", False),
        (behind, "x" * 65, False),
        (behind, "a b", False),
    ):
        number = client.get(SIGN_IN, headers={"X-Request-ID": sent}).headers["X-Request-ID"]
        assert (number == sent) == is_used and re.fullmatch(r"[A-Za-z0-9._-]{1,64}", number)


def test_the_page_of_an_error_shows_the_number(careless: Flask) -> None:
    def fail() -> str:
        raise RuntimeError

    careless.view_functions["verify.page"] = allow(Action.PUBLIC)(fail)
    response = careless.test_client().get("/verify")
    assert response.status_code == 500 and f"<code>{response.headers['X-Request-ID']}</code>" in response.text


def test_refusals_are_logged_with_account_and_address(app: Flask, clerk: FlaskClient, lines: LogLines) -> None:
    clerk.get("/people")
    clerk.get("/bodies/990140900065/2024")
    clerk.post("/account/sign-out", data={"csrf_token": "forged"})
    clerk.get("/bodies/990140900064/2024/state", headers={"Accept": "application/json"})
    app.test_client().get("/bodies", headers={"Accept": "application/json"})
    refused = lines.of("evaluation.refused")
    assert [line["reason"] for line in refused] == ["forbidden", "not_found", "form_token", "not_found", "signed_out"]
    assert all(line["address"] == "127.0.0.1" for line in refused) and all("account" in line for line in refused[:4])
    assert refused[1]["route"] == "/bodies/<bin_>/<int(min=1000, max=9999):year>" and "99014090006" not in "".join(lines.texts)


def test_a_locked_account_is_logged_as_refused(app: Flask, lines: LogLines) -> None:
    email = make_account(app, "clerk")
    for _ in range(6):
        attempt(app.test_client(), email, "wrong")
    assert [line["reason"] for line in lines.of("evaluation.refused")] == ["locked"] and email not in "".join(lines.texts)


def test_lines_hide_what_looks_personal(lines: LogLines) -> None:
    with log_numbers("a-7", 3):
        logging.getLogger("evaluation.x").warning("no mail to person.name@example.kz of 990140900064: %s", "990140900064")
    text = lines.texts[0]
    assert "example.kz" not in text and "990140900064" not in text and text.count("[hidden]") == 3


def test_a_service_that_hangs_is_not_ready_within_the_limit(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = threading.Event()
    monkeypatch.setattr(readiness, "LIMIT_SECONDS", 0.3)
    monkeypatch.setattr(readiness.schema, "is_current", lambda: hanging.wait(LONG))
    client = app.test_client()
    for _ in range(3):
        response = client.get("/readyz")
        states = response.json["checks"]  # type: ignore[index]
        assert response.status_code == 503 and states["clock"] == "unknown"
        assert states["database"] == "ok" and states["schema"] == states["files"] == "failed"
    assert sum(thread.name.endswith("(_check)") for thread in threading.enumerate()) == 1, "no second run while one hangs"
    assert client.get("/healthz").json == {"status": "ok"}
    hanging.set()
    # A check that ends after the database is closed would leave its connection open.
    for thread in threading.enumerate():
        if thread.name.endswith("(_check)"):
            thread.join(60)


def test_too_little_space_and_a_missing_worker_are_not_ready(
    database_url: str, make_app: Callable[..., Flask], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A busy machine must not make the other checks fail.
    monkeypatch.setattr(readiness, "LIMIT_SECONDS", 60)
    app = make_app(database_url, DISK_RESERVE_MEGABYTES=10**9, JOB_QUEUE_URL="", JOB_FOLDER=tmp_path, JOB_WORKERS=0)
    response = app.test_client().get("/readyz")
    states = response.json["checks"]  # type: ignore[index]
    assert response.status_code == 503 and {name for name, state in states.items() if state == "failed"} == {"disk", "worker"}
    assert "X-Request-ID" not in response.headers and "Set-Cookie" not in response.headers


def test_demonstration_data_are_not_ready_for_production(database_url: str, make_app: Callable[..., Flask]) -> None:
    app = make_app(database_url, APP_ENV="production")
    assert app.test_client().get("/readyz").json["checks"]["data"] == "ok"  # type: ignore[index]
    make_account(app, "clerk", email="clerk@demo.invalid")
    app = make_app(database_url, APP_ENV="production")
    assert app.test_client().get("/readyz").json["checks"]["data"] == "failed"  # type: ignore[index]


def test_only_addresses_with_the_hash_are_cached(app: Flask) -> None:
    client = app.test_client()
    addresses = re.findall(r'(?:src|href)="([^"]*/static/[^"]*)', client.get(SIGN_IN).text)
    assert len(addresses) > 5
    for address in addresses:
        response = client.get(address)
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable", address
        assert "Cookie" not in response.headers.get("Vary", "")
        other = re.sub("/[0-9a-f]{16}/", "/0123456789abcdef/", address)
        current = client.get(other)
        assert other != address and current.data == response.data and "immutable" not in current.headers["Cache-Control"]
        assert client.get(address.replace(".", ".no")).status_code == 404


def test_files_of_the_product_are_for_its_user_alone(app: Flask, tmp_path: Path) -> None:
    accounts.make_account(app, "clerk")
    (tmp_path / "made").write_text("")
    assert (tmp_path / "made").stat().st_mode & 0o077 == 0
