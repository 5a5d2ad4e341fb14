"""A workbook's way in: everything or nothing, and every error in its place."""

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from evaluation.collection.models import Report
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.language import language
from evaluation.registry.models import Body, Organisation, ReportingYear
from tests.factories import bin_of, clean, row, workbook
from tests.integration.test_pages import CODES, YEAR, assert_valid, client

BODY = bin_of(1)


@pytest.fixture
def empty(tmp_path: Path, make_app: Callable[..., Flask]) -> Flask:
    """An app with nothing stored yet."""
    return make_app(f"sqlite:///{tmp_path / 'evaluation.db'}", WTF_CSRF_ENABLED=False)


def good(order: Order, **cells: Any) -> bytes:
    return workbook(
        order,
        YEAR,
        {kind: [row(order, BODY, bin_of(10 + place), clean(order, kind), **cells)] for place, kind in enumerate(order.kind)},
    )


def send(app: Flask, data: bytes | None, button: str = "store", register: bool = True, code: str = "en") -> TestResponse:
    form: dict[str, Any] = {button: "1"} | ({"register": "y"} if register else {})
    if data is not None:
        form["file"] = (io.BytesIO(data), "кітап.xlsx")
    return client(app, code).post("/workbook", data=form, content_type="multipart/form-data")


def stored(app: Flask) -> tuple[int, ...]:
    with app.app_context():
        models = ReportingYear, Body, Organisation, Report
        return tuple(db.session.scalar(select(func.count()).select_from(model)) or 0 for model in models)


def test_a_workbook_is_stored_and_its_bodies_are_linked(empty: Flask, order: Order) -> None:
    response = send(empty, good(order))
    assert response.status_code == 200
    assert_valid(response, "en")
    count = len(order.kinds)
    assert stored(empty) == (1, 1, count, count)
    link = f"/bodies/{BODY}/{YEAR}"
    assert f'href="{link}"' in response.text and client(empty).get(link).status_code == 200
    assert re.search(rf"New reports</dt><dd>{count}<", response.text)
    assert "Incomplete in the registry" in response.text
    again = send(empty, good(order), register=False)
    assert re.search(rf"Unchanged reports</dt><dd>{count}<", again.text)


def test_a_check_stores_nothing(empty: Flask, order: Order) -> None:
    response = send(empty, good(order), button="check")
    assert response.status_code == 200
    assert "nothing was stored" in response.text and f'href="/bodies/{BODY}' not in response.text
    assert_valid(response, "en")
    assert stored(empty) == (0, 0, 0, 0)


def ticked(response: TestResponse) -> bool:
    return bool(re.search(r'<input[^>]* checked[^>]* name="register"', response.text))


def test_to_register_is_asked_for_each_time(empty: Flask, order: Order) -> None:
    """After a check the tick stays, so that what was shown can be stored; after a store it is gone."""
    assert ticked(send(empty, good(order), button="check"))
    assert not ticked(send(empty, good(order)))
    assert not ticked(send(empty, good(order), button="check", register=False))
    refused = workbook(order, YEAR, {order.kinds[0].code: [row(order, BODY, "1", {})]})
    assert ticked(send(empty, refused))


@pytest.mark.parametrize("button", ["check", "store"])
def test_a_workbook_without_organisations_is_not_called_stored(empty: Flask, order: Order, button: str) -> None:
    response = send(empty, workbook(order, YEAR, {}), button=button)
    assert response.status_code == 200
    assert_valid(response, "en")
    assert "<h1>There is nothing to store</h1>" in response.text
    assert "The workbook names no organisation" in response.text
    assert "workbook is stored" not in response.text and "can be stored" not in response.text
    assert "New reports" not in response.text and "brought" not in response.text
    assert stored(empty)[1:] == (0, 0, 0)


@pytest.mark.parametrize("code", CODES)
def test_a_refused_workbook_says_everything_at_once(empty: Flask, order: Order, code: str) -> None:
    first, second = list(order.kind)[:2]
    money = order.asked_of(first)[0].code
    rows = {
        first: [row(order, BODY, bin_of(10 + place), clean(order, first), **{money: "zzz"}) for place in range(5)],
        second: [row(order, BODY, "123456789012", clean(order, second))],
    }
    rows[first][2][money] = 5
    response = send(empty, workbook(order, YEAR, rows), code=code)
    assert response.status_code == 422
    assert_valid(response, code)
    assert stored(empty) == (0, 0, 0, 0)
    # One message for four cells, as ranges; then the other worksheet's.
    assert "E4:E5, E7:E8" in response.text and response.text.count("zzz") == 1
    assert "Times" not in response.text
    times = language(code).ngettext("%(num)d time", "%(num)d times", 4)
    assert response.text.count('class="times"') == 1 and f">{times}<" in response.text
    assert f"{order.by_code[money].label[code]} <code>{money}</code>" in response.text
    assert response.text.index(order.kind[first].plural[code]) < response.text.index(order.kind[second].plural[code])
    said = language(code).ngettext("%(num)d error; nothing was stored.", "%(num)d errors; nothing was stored.", 5)
    assert said in response.text


def test_nothing_is_stored_where_the_registry_refuses(empty: Flask, order: Order) -> None:
    send(empty, good(order))
    before = stored(empty)
    kind = order.kinds[0].code
    moved = workbook(
        order,
        YEAR,
        {kind: [row(order, bin_of(2), bin_of(10), clean(order, kind)), row(order, BODY, bin_of(50), clean(order, kind))]},
    )
    for register in (True, False):
        response = send(empty, moved, register=register)
        assert response.status_code == 422
        assert stored(empty) == before


@pytest.mark.parametrize("data", [b"", b"no workbook", None])
def test_what_is_no_workbook_is_refused(empty: Flask, data: bytes | None) -> None:
    response = send(empty, data)
    assert response.status_code == 422
    assert_valid(response, "en")


def test_many_errors_are_counted_and_the_first_are_shown(empty: Flask, order: Order) -> None:
    kind = order.kinds[0].code
    money = order.asked_of(kind)[0].code
    rows = [row(order, BODY, bin_of(10 + place), clean(order, kind), **{money: f"x{place}"}) for place in range(1_200)]
    response = send(empty, workbook(order, YEAR, {kind: rows}))
    assert response.status_code == 422
    assert "1200 errors" in response.text and "200 more messages are not shown" in response.text


def test_a_file_too_large_is_413(tmp_path: Path, make_app: Callable[..., Flask]) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'evaluation.db'}", MAX_CONTENT_LENGTH=2**20, WTF_CSRF_ENABLED=False)
    response = send(app, b"x" * 2**21)
    assert response.status_code == 413
    assert_valid(response, "en")
    assert "1 MB" in response.text


def test_a_form_without_its_token_is_refused(tmp_path: Path, make_app: Callable[..., Flask], order: Order) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'evaluation.db'}")
    response = send(app, good(order))
    assert response.status_code == 400 and "expired" in response.text
    assert_valid(response, "en")
    assert stored(app) == (0, 0, 0, 0)


def test_an_unexpected_error_stores_nothing_and_has_its_page(empty: Flask, order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("after everything was written")

    monkeypatch.setattr("evaluation.web.entry._bodies", fail)
    empty.config["PROPAGATE_EXCEPTIONS"] = False
    response = send(empty, good(order), code="kk")
    assert response.status_code == 500
    assert_valid(response, "kk")
    assert stored(empty) == (0, 0, 0, 0)


def test_real_data_carry_no_mark_of_invention(empty: Flask, order: Order) -> None:
    send(empty, good(order))
    for url in ("/", "/workbook", f"/bodies/{BODY}/{YEAR}", f"/bodies/{BODY}/{YEAR}/sheet"):
        assert "nvented" not in client(empty).get(url).text
