"""The page that uploads a workbook, and its report of all errors by cell."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from evaluation.answers.models import Report
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.language import language
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Body, Organisation, ReportingYear
from evaluation.workbooks.load import load_workbook
from evaluation.workbooks.models import Upload
from tests.integration.web.core.test_pages import CODES, YEAR, assert_valid
from tests.integration.web.entry.test_uploads import form_fields
from tests.support.accounts import make_account, sign_in, signed_in, token_of
from tests.support.factories import bin_of, clean, row, workbook
from tests.support.html import parse, texts
from tests.support.upload_cases import count

BODY = bin_of(1)


@pytest.fixture
def site(tmp_path: Path, make_app: Callable[..., Flask], order: Order) -> Flask:
    """Return an app with one body and one organisation of each kind, without answers."""
    app = make_app(f"sqlite:///{tmp_path / 'evaluation.db'}", FILES_FOLDER=tmp_path / "files")
    register(app, order)
    return app


def register(app: Flask, order: Order, rows: int = 1) -> None:
    with app.app_context():
        blank = {
            kind: [row(order, BODY, bin_of(10 + kind_index + 10 * number), {}) for number in range(rows)]
            for kind_index, kind in enumerate(order.kind)
        }
        load_workbook(Viewer.system(), workbook(order, YEAR, blank), app.extensions["orders"], register=True)
        db.session.commit()


def good(order: Order, **cells: Any) -> bytes:
    return workbook(
        order,
        YEAR,
        {kind: [row(order, BODY, bin_of(10 + index), clean(order, kind), **cells)] for index, kind in enumerate(order.kind)},
    )


def clerk(app: Flask, code: str = "en") -> FlaskClient:
    with app.app_context():
        bodies = list(registry.registry_index(Viewer.system()).bodies.values())
    return signed_in(app, "clerk", code, bodies)


def send(client: FlaskClient, data: bytes | None) -> TestResponse:
    """Upload a workbook and return the page after the redirect."""
    form: dict[str, Any] = {"mode": "overwrite", "csrf_token": token_of(client, "/workbook")}
    if data is not None:
        form["file"] = (io.BytesIO(data), "кітап.xlsx")
    return client.post("/workbook", data=form, content_type="multipart/form-data", follow_redirects=True)


def stored(app: Flask) -> tuple[int, ...]:
    with app.app_context():
        models = ReportingYear, Body, Organisation, Report, Upload
        return tuple(db.session.scalar(select(func.count()).select_from(model)) or 0 for model in models)


@pytest.mark.parametrize("code", CODES)
def test_the_page_links_to_the_workbooks_to_fill_in(site: Flask, code: str) -> None:
    page = clerk(site, code).get("/workbook")
    assert_valid(page, code)
    assert f"/bodies/{BODY}/{YEAR}/workbook.xlsx" in page.text and f"/template/{YEAR}.xlsx?lang=ru" in page.text
    assert 'name="register"' not in page.text, "only the administrator changes the registry"


@pytest.mark.parametrize("code", CODES)
def test_the_changes_of_an_upload_are_shown_and_not_stored(site: Flask, order: Order, code: str) -> None:
    before = stored(site)
    response = send(clerk(site, code), good(order))
    assert response.status_code == 200
    assert_valid(response, code)
    assert stored(site)[:-1] == before[:-1]
    value_count = sum(len(clean(order, kind)) for kind in order.kind)
    assert count(response.text, "new") == value_count and "/apply" in response.text
    for kind in order.kinds:
        assert kind.plural[code] in response.text


def test_a_workbook_without_organisations_changes_nothing(site: Flask, order: Order) -> None:
    response = send(clerk(site), workbook(order, YEAR, {}))
    assert response.status_code == 200
    assert_valid(response, "en")
    assert "<h1>The workbook changes nothing</h1>" in response.text
    assert "The workbook contains no organisation" in response.text and "/apply" not in response.text


@pytest.mark.parametrize("code", CODES)
def test_all_errors_of_a_workbook_are_listed(tmp_path: Path, make_app: Callable[..., Flask], order: Order, code: str) -> None:
    site = make_app(f"sqlite:///{tmp_path / 'evaluation.db'}", FILES_FOLDER=tmp_path / "files")
    register(site, order, rows=5)
    first, second = list(order.kind)[:2]
    money = order.indicators_of(first)[0].code
    rows = {
        first: [row(order, BODY, bin_of(10 + 10 * number), clean(order, first), **{money: "zzz"}) for number in range(5)],
        second: [row(order, BODY, "123456789012", clean(order, second))],
    }
    rows[first][2][money] = 5
    response = send(clerk(site, code), workbook(order, YEAR, rows))
    assert_valid(response, code)
    # One message for four cells, as ranges; then the other worksheet's.
    assert "E4:E5, E7:E8" in response.text and response.text.count("zzz") == 1
    times = language(code).ngettext("%(num)d time", "%(num)d times", 4)
    assert texts(response, '.issue-count:not([aria-labelledby="warnings"] *)') == [times]
    assert f"{order.by_code[money].label[code]} <code>{money}</code>" in response.text
    assert 'id="worksheet-1"' in response.text and "/apply" not in response.text
    summary = language(code).ngettext("%(num)d error; nothing was stored.", "%(num)d errors; nothing was stored.", 5)
    assert summary in response.text


@pytest.mark.parametrize("year", [0, 1, "0000", "0001", "жыл", 9999, 2019, None])
def test_a_workbook_of_an_invalid_year_is_rejected_and_can_be_annotated(site: Flask, order: Order, year: object) -> None:
    kind = order.kinds[0].code
    client, rows = clerk(site), {kind: [row(order, BODY, bin_of(10), clean(order, kind))]}
    response = send(client, workbook(order, YEAR, rows, about={"order": order.code, "year": year}))
    assert response.status_code == 200 and "The workbook cannot be applied" in response.text
    assert_valid(response, "en")
    assert client.get(f"{response.request.path}/annotated.xlsx").status_code == 200


@pytest.mark.parametrize("data", [b"", b"no workbook", None])
def test_a_file_that_is_no_workbook_is_rejected(site: Flask, data: bytes | None) -> None:
    before = stored(site)
    response = send(clerk(site), data)
    assert response.status_code == 422
    assert_valid(response, "en")
    assert stored(site) == before, "the file is not stored either"


def test_only_the_first_of_a_thousand_messages_are_shown(site: Flask, order: Order) -> None:
    kind = order.kinds[0].code
    money = order.indicators_of(kind)[0].code
    rows = [row(order, BODY, bin_of(5000 + number), clean(order, kind), **{money: f"x{number}"}) for number in range(700)]
    response = send(clerk(site), workbook(order, YEAR, {kind: rows}))
    assert "1400 errors" in response.text and "400 more messages are not shown" in response.text


def test_long_lists_are_shortened_and_complete_on_pages(tmp_path: Path, make_app: Callable[..., Flask], order: Order) -> None:
    site = make_app(f"sqlite:///{tmp_path / 'evaluation.db'}", FILES_FOLDER=tmp_path / "files")
    register(site, order, rows=150)
    rows = {
        kind: [row(order, BODY, bin_of(10 + kind_index + 10 * number), clean(order, kind)) for number in range(150)]
        for kind_index, kind in enumerate(order.kind)
    }
    client = clerk(site)
    response = send(client, workbook(order, YEAR, rows))
    value_count = sum(150 * len(clean(order, kind)) for kind in order.kind)
    assert len(parse(response).select("ins")) == 30 and "All:" in response.text
    address = response.request.path
    pages = -(-value_count // 500)
    first, last = (client.get(f"{address}?show=new&page={number}") for number in (1, pages + 5))
    for page in (first, last):
        assert_valid(page, "en")
    assert len(parse(first).select("ins")) == 500 and len(parse(last).select("ins")) == value_count - 500 * (pages - 1)


def test_a_file_that_is_too_large_is_answered_with_413(tmp_path: Path, make_app: Callable[..., Flask], order: Order) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'evaluation.db'}", MAX_CONTENT_LENGTH=2**20)
    register(app, order)
    response = send(clerk(app), b"x" * 2**21)
    assert response.status_code == 413
    assert_valid(response, "en")
    assert "1 MB" in response.text


def test_a_form_with_a_text_that_is_too_long_says_so(site: Flask) -> None:
    response = clerk(site).post("/workbook", data={"mode": "x" * 600_000}, content_type="multipart/form-data")
    assert response.status_code == 413
    assert "The text in the form is too long" in response.text and "MB" not in response.text


def test_a_form_without_csrf_token_is_rejected(site: Flask, order: Order) -> None:
    before = stored(site)
    data = {"file": (io.BytesIO(good(order)), "кітап.xlsx"), "mode": "overwrite"}
    response = clerk(site).post("/workbook", data=data, content_type="multipart/form-data")
    assert response.status_code == 400 and "expired" in response.text
    assert_valid(response, "en")
    assert stored(site) == before


def test_an_unexpected_error_stores_nothing_and_shows_the_error_page(
    site: Flask, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("after everything was written")

    client = clerk(site, "kk")
    address = send(client, good(order)).request.path
    before, page = stored(site), client.get(address).text
    monkeypatch.setattr("evaluation.audit.operations.append_events", fail)
    site.config["PROPAGATE_EXCEPTIONS"] = False
    response = client.post(f"{address}/apply", data=form_fields(page, f"{address}/apply"))
    assert response.status_code == 500
    assert_valid(response, "kk")
    assert stored(site) == before
    monkeypatch.undo()
    assert client.post(f"{address}/apply", data=form_fields(page, f"{address}/apply")).status_code == 303


def test_pages_of_real_data_are_not_marked_as_invented(site: Flask) -> None:
    client = clerk(site)
    for url in ("/workbook", "/uploads", f"/bodies/{BODY}/{YEAR}", f"/bodies/{BODY}/{YEAR}/sheet"):
        assert "nvented" not in client.get(url).text


def test_a_clerk_without_bodies_has_no_workbook_to_fill_in(site: Flask) -> None:
    client = sign_in(site.test_client(), make_account(site, "clerk"))
    page = client.get("/workbook")
    assert page.status_code == 200 and "workbook.xlsx" not in page.text


def test_a_workbook_whose_file_is_missing_can_be_sent_again(site: Flask, order: Order) -> None:
    client, data = clerk(site), good(order)
    address = send(client, data).request.path
    for path in Path(site.config["FILES_FOLDER"]).rglob("*"):
        if path.is_file():
            path.unlink()
    page = client.get(address)
    assert page.status_code == 410 and 'name="file"' in page.text
    assert_valid(page, "en")
    assert "can be restored from a backup" in page.text and client.get("/uploads").status_code == 200
    send(client, data)
    assert client.get(address).status_code == 200, "the same bytes restore the file"
