"""Files that cost their reader much: few are read at once, within limits, and the sender is told what to do instead."""

import io
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from evaluation import heavy_work
from evaluation.answers.issues import WorkbookRejected
from evaluation.criteria import Order
from evaluation.heavy_work import Busy, turn
from evaluation.language import language
from evaluation.policy import Viewer
from evaluation.review.verification import code_extraction
from evaluation.review.verification.code_extraction import BUSY, PDF_LIMITS
from evaluation.review.verification.pdf_text import MAX_OPERATIONS, extract_text
from evaluation.review.verification.verify import verify
from evaluation.sandbox import ParserError, run_parser
from evaluation.workbooks.format.reader import read_workbook
from evaluation.workbooks.upload import reading
from evaluation.xlsx.errors import UnreadableWorkbook
from evaluation.xlsx.safe_open import SafeWorkbook
from tests.support.accounts import token_of
from tests.support.factories import bin_of, clean, row, workbook
from tests.support.hostile_files import hostile_pdf, with_rows

NOBODY = Viewer.nobody()
YEAR = 2024


@pytest.fixture
def app(make_app: Callable[..., Flask], tmp_path: Path) -> Flask:
    return make_app(f"sqlite:///{tmp_path / 'evaluation.db'}")


def send(client: FlaskClient, data: bytes) -> Any:
    form = {"csrf_token": token_of(client, "/verify"), "file": (io.BytesIO(data), "sheet.pdf")}
    return client.post("/verify", data=form, content_type="multipart/form-data")


def test_a_page_of_too_many_operators_is_not_read() -> None:
    data = hostile_pdf()
    assert len(data) < 25_000
    for repetitions in (400_000, MAX_OPERATIONS):
        with pytest.raises(ParserError, match="Limit"):
            run_parser(extract_text, hostile_pdf(repetitions), PDF_LIMITS)
    assert b"a" in run_parser(extract_text, hostile_pdf(100), PDF_LIMITS)


def test_one_file_is_read_at_a_time_and_the_site_goes_on(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, running, peak = threading.Lock(), 0, 0
    started = threading.Event()

    def counted(*arguments: Any) -> bytes:
        nonlocal running, peak
        with lock:
            running += 1
            peak = max(peak, running)
        started.set()
        try:
            return run_parser(*arguments)
        finally:
            with lock:
                running -= 1

    monkeypatch.setattr(code_extraction, "run_parser", counted)
    monkeypatch.setattr(heavy_work, "WAIT_SECONDS", 60)
    data, outcomes = hostile_pdf(), []

    def check() -> None:
        with app.app_context():
            outcomes.append(verify(NOBODY, data).outcome)

    threads = [threading.Thread(target=check) for _ in range(5)]
    for thread in threads:
        thread.start()
    started.wait(30)
    assert app.test_client().get("/account/sign-in").status_code == 200 and len(outcomes) < 5, "pages are answered meanwhile"
    for thread in threads:
        thread.join(120)
    assert peak == 1 and [outcome.value for outcome in outcomes] == ["unknown"] * 5


def test_a_person_enters_the_code_while_other_files_are_read(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heavy_work, "WAIT_SECONDS", 0.1)
    client = app.test_client()
    with app.app_context(), turn("pdf"):
        response = send(client, hostile_pdf(10))
    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert language("kk").gettext(BUSY) in response.text and 'name="code"' in response.text
    assert send(client, hostile_pdf(10)).status_code == HTTPStatus.OK


def test_packed_files_of_an_address_are_limited(app: Flask) -> None:
    client = app.test_client()
    plain = [send(client, b"%%PDF-1.7 0000-0000-0000 plain %d" % number).status_code for number in range(7)]
    assert set(plain) == {HTTPStatus.OK}, "a file with a code in plain text costs nothing"
    packed = [send(client, hostile_pdf(number)) for number in range(1, 8)]
    assert [response.status_code for response in packed] == [200] * 5 + [429] * 2
    assert 'name="code"' in packed[-1].text


def test_turns_are_counted_and_returned(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heavy_work, "WAIT_SECONDS", 0.2)

    with app.app_context():
        with ExitStack() as stack:
            stack.enter_context(turn("test", 2))
            stack.enter_context(turn("test", 2))
            start = time.monotonic()
            with pytest.raises(Busy):
                stack.enter_context(turn("test", 2))
            assert time.monotonic() - start < 5
            with turn("other", 2):
                pass
        with pytest.raises(ZeroDivisionError), turn("test", 1):
            raise ZeroDivisionError
        with turn("test", 1):
            pass


CELLS = b"<c><v>1</v></c>" * 100


@pytest.mark.parametrize("cells", [CELLS, CELLS.replace(b"<v>", b"<f>1</f><v>")], ids=["plain", "formulas"])
def test_a_workbook_of_the_same_cells_is_refused_before_it_is_unpacked(order: Order, cells: bytes) -> None:
    data = with_rows(workbook(order, YEAR, {}), cells, 12 * 2**20)
    assert len(data) < 400_000
    with pytest.raises(UnreadableWorkbook) as caught:
        SafeWorkbook(data)
    assert caught.value.reason == "repetitive"


def test_large_workbooks_are_read_in_turns_and_once(app: Flask, order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heavy_work, "WAIT_SECONDS", 0.1)
    calls = []
    monkeypatch.setattr(reading, "read_workbook", lambda *values: calls.append(values) or read_workbook(*values))
    kind = next(iter(order.kind))
    data = workbook(order, YEAR, {kind: [row(order, bin_of(1), bin_of(10), clean(order, kind))]})
    orders = app.extensions["orders"]
    with app.app_context():
        with turn("workbook"):
            first = reading.read_once(data, orders, frozenset({bin_of(1), bin_of(10)}))
            monkeypatch.setattr(heavy_work, "HEAVY_WORKBOOK_BYTES", 0)
            assert reading.read_once(data, orders, frozenset({bin_of(10), bin_of(1)})) is first and len(calls) == 1
            with pytest.raises(Busy):
                reading.read_once(data, orders, frozenset({bin_of(2)}))
        with pytest.raises(WorkbookRejected):
            reading.read_once(data[:-30], orders, frozenset())
        assert (
            reading.read_once(data, replace(orders, opened={YEAR: order.code}), frozenset({bin_of(1), bin_of(10)})) is not first
        )
