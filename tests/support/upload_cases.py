"""What tests of sent workbooks are made of: bodies with answers, workbooks changed, pages pressed."""

import io
import subprocess
from pathlib import Path
from typing import Any

import openpyxl
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from evaluation.answers import queries as collection
from evaluation.criteria import Order, load_orders
from evaluation.language import language
from evaluation.policy import Role, Viewer
from evaluation.registry import queries as registry
from evaluation.workbooks.format.worksheet_titles import labels_of, matched_codes
from evaluation.workbooks.upload.model import OVERWRITE, Mode, Plan
from evaluation.workbooks.upload.plan import make_plan, read_upload
from evaluation.workbooks.upload.prefill import write_prefilled_workbook
from tests.support.accounts import make_account, sign_in, token_of
from tests.support.factories import bin_of
from tests.support.html import form_values, parse, texts

SYSTEM = Viewer.system()
YEAR = 2024
BODY, OTHER = bin_of(1), bin_of(2)


def organisation_bin(kind: int, number: int) -> str:
    return bin_of(10 * (kind + 1) + number)


def declared(order: Order) -> str:
    return next(item.code for _, item in order.prior_year_counts())


def money(order: Order, kind: str) -> list[str]:
    return [item.code for item in order.indicators_of(kind) if item.type == "money"]


def clerk(app: Flask, *bodies: str, role: Role = Role.CLERK) -> Viewer:
    with app.app_context():
        body_ids = registry.registry_index(SYSTEM).bodies
        return Viewer("clerk@example.kz", role, frozenset(body_ids[bin_] for bin_ in bodies or (BODY,)), None)


def plan(app: Flask, viewer: Viewer, data: bytes, mode: Mode = OVERWRITE) -> Plan:
    with app.app_context():
        return make_plan(viewer, read_upload(viewer, data, app.extensions["orders"]), mode)


def error_cells(plan: Plan) -> list[tuple[str | None, str | None, str]]:
    return [(issue.worksheet, issue.cell, issue.issue_code) for issue in plan.errors]


def counts(plan: Plan) -> tuple[int, int, int, int]:
    return plan.count("new"), plan.count("changed"), plan.count("preserved"), plan.unchanged_value_count


def stored(app: Flask) -> dict[str, dict[str, Any]]:
    """Answers and evidence by the organisation's BIN, those without any left out."""
    with app.app_context():
        ids = {id_: bin_ for bin_, (id_, _) in registry.registry_index(SYSTEM).organisations.items()}
        snapshots = collection.stored_reports(SYSTEM, YEAR, list(ids))
        return {ids[id_]: every for id_, snapshot in snapshots.items() if (every := snapshot.answers | snapshot.evidence)}


def stored_counts(app: Flask) -> dict[tuple[int, str, str], int]:
    with app.app_context():
        return {key: declared_count.count for key, declared_count in collection.declared_counts(SYSTEM, YEAR).items()}


def sheet_of(book: Any, code: str, order: Order | None = None) -> Any:
    """The worksheet with this code, whatever its title."""
    labels = labels_of(order or load_orders().latest)
    titles = {name: title for title, name in matched_codes(book.sheetnames, labels).items()}
    return book[titles.get(code, code)]


def changed(data: bytes, **cells: object) -> bytes:
    """A workbook with other values in it, by `worksheet__E4`."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    for name, value in cells.items():
        worksheet, _, cell = name.partition("__")
        sheet_of(book, worksheet)[cell].value = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def cell_of(data: bytes, worksheet: str, code: str, bin_: str | None = None) -> str:
    """The name of a column's cell in an organisation's row, or in the first row."""
    sheet = sheet_of(openpyxl.load_workbook(io.BytesIO(data)), worksheet)
    codes = [cell.value for cell in sheet[1]]
    line = next(line for line in range(4, 500) if bin_ in (None, sheet.cell(line, codes.index("bin") + 1 if bin_ else 1).value))
    return str(sheet.cell(line, codes.index(code) + 1).coordinate)


def download(app: Flask, code: str = "kk", viewer: Viewer = SYSTEM) -> bytes:
    with app.app_context():
        body, order = registry.body(viewer, BODY), registry.order_of(YEAR)
        assert body is not None and order is not None
        return write_prefilled_workbook(viewer, order, YEAR, body, language(code))


def office(data: bytes, folder: Path) -> bytes:
    """The workbook as LibreOffice saves it."""
    source = folder / "in" / "book.xlsx"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_bytes(data)
    done = subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation=file://{folder}/office",
            "--headless",
            "--convert-to",
            "xlsx:Calc MS Excel 2007 XML",
            "--outdir",
            str(folder / "out"),
            str(source),
        ],
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    return (folder / "out" / "book.xlsx").read_bytes()


def signed_in(app: Flask, role: str, *bodies: str, code: str = "en") -> FlaskClient:
    with app.app_context():
        body_ids = registry.registry_index(SYSTEM).bodies
    client = app.test_client()
    client.set_cookie("language", code)
    return sign_in(client, make_account(app, role, [body_ids[bin_] for bin_ in bodies]))


def send(client: FlaskClient, data: bytes, mode: str = "overwrite", name: str = "кітап.xlsx") -> TestResponse:
    form = {"mode": mode, "send": "1", "csrf_token": token_of(client, "/workbook"), "file": (io.BytesIO(data), name)}
    return client.post("/workbook", data=form, content_type="multipart/form-data")


def sent(client: FlaskClient, data: bytes, mode: str = "overwrite") -> str:
    """The address of a workbook that was taken."""
    response = send(client, data, mode)
    assert response.status_code == 303, response.text
    return response.location


def form_fields(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form with this action."""
    form = parse(page).select_one(f'form[action="{action}"]')
    assert form, action
    return form_values(form)


def press(client: FlaskClient, address: str, action_name: str, page: str | None = None) -> TestResponse:
    page = client.get(address).text if page is None else page
    return client.post(
        f"{address.partition('?')[0]}/{action_name}", data=form_fields(page, f"{address.partition('?')[0]}/{action_name}")
    )


def count(page: str, name: str) -> int:
    counts = texts(page, f'[data-count="{name}"]')
    assert counts, name
    return int("".join(character for character in counts[0] if character.isdigit()))
