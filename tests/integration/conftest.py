"""Sheets that are written once for the tests that open them."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from evaluation.criteria import Order
from evaluation.database import db
from evaluation.sheets.document import LANGUAGES
from evaluation.sheets.writers import FORMATS, file_name, write
from evaluation.workbooks.load import load_workbook
from tests.support.factories import bin_of, clean, row, workbook
from tests.support.object_server import ObjectServer
from tests.support.object_server import object_server as run_object_server
from tests.support.scenario import Scenario, two_kind_scenario
from tests.support.sheet_cases import Cases, Files, make_sheet
from tests.support.upload_cases import BODY, OTHER, SYSTEM, YEAR, cell_of, changed, declared, download, money, organisation_bin


@pytest.fixture(scope="session")
def cases(order: Order) -> Cases:
    """A full sheet, a provisional one of invented data, and one of a body with no organisations of the third kind."""
    first, second, third, fourth = (kind.code for kind in order.kinds)
    breach = {"financial_result": -1}
    full = {first: [{}, {"area_audit": "violated"}], second: [{}, breach], third: [{}], fourth: [{"insolvent": True}]}
    partial = {
        first: [breach] * 3 + [{"cars_audit": None}],
        second: [{"budget_due": None}],
        third: [{"insolvent": None}],
        fourth: [{}],
    }
    return {
        "full": make_sheet(order, full, (2022, 2023)),
        "provisional": replace(make_sheet(order, partial, (2023,), None), invented=True),
        "without": make_sheet(order, {first: [{}], second: [{}], fourth: [{}]}),
    }


@pytest.fixture(scope="session")
def files(cases: Cases, tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Every case in every format and language."""
    folder = tmp_path_factory.mktemp("sheets")
    written = {}
    for name, sheet_ in cases.items():
        for languages in LANGUAGES:
            for format_ in FORMATS:
                path = folder / f"{name}-{format_}-{file_name(sheet_, format_, languages)}"
                path.write_bytes(write(sheet_, format_, languages))
                written[name, format_, languages] = path
    return written


@pytest.fixture(scope="session")
def object_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    """An S3-compatible server of the tests' own."""
    with run_object_server(tmp_path_factory.mktemp("objects")) as server:
        yield server


@pytest.fixture
def store_url(request: pytest.FixtureRequest, database_url: str) -> str:
    """FILES_URL of a test of both databases: a bucket beside PostgreSQL; beside SQLite none, so the files are in a folder."""
    if database_url.startswith("sqlite:"):
        return ""
    server: ObjectServer = request.getfixturevalue("object_server")
    return server.url(uuid.uuid4().hex)


@pytest.fixture
def kinds(order: Order) -> tuple[str, ...]:
    return tuple(order.kind)


@pytest.fixture
def filled(
    database_url: str, make_app: Callable[..., Flask], order: Order, kinds: tuple[str, ...], tmp_path: Path, store_url: str
) -> Flask:
    """Two bodies: three organisations of each kind under the first, one under the second, all of them answered."""
    app = make_app(database_url, FILES_FOLDER=tmp_path / "files", FILES_URL=store_url)
    rows = {
        kind: [row(order, BODY, organisation_bin(n, m), clean(order, kind)) for m in range(3)] for n, kind in enumerate(kinds)
    }
    rows[kinds[0]].append(row(order, OTHER, bin_of(90), clean(order, kinds[0])))
    previous = [{"body_bin": BODY, "kind": kinds[0], declared(order): 2}]
    with app.app_context():
        load_workbook(SYSTEM, workbook(order, YEAR, rows, previous=previous), app.extensions["orders"], register=True)
        db.session.commit()
    return app


@pytest.fixture
def edited(filled: Flask, order: Order, kinds: tuple[str, ...]) -> bytes:
    """The prefilled workbook with a changed answer, a new item of evidence, another declared count and an emptied cell."""
    data = download(filled, "en")
    code = money(order, kinds[0])[0]
    note = next(item.code for item in order.evidence_of(kinds[0]) if item.type == "text")
    return changed(
        data,
        **{
            f"{kinds[0]}__{cell_of(data, kinds[0], code, organisation_bin(0, 0))}": -12.34,
            f"{kinds[0]}__{cell_of(data, kinds[0], code, organisation_bin(0, 1))}": None,
            f"{kinds[0]}__{cell_of(data, kinds[0], note, organisation_bin(0, 1))}": "Акт № 7",
            f"previous__{cell_of(data, 'previous', declared(order))}": 5,
        },
    )


@pytest.fixture
def scenario(app: Flask, order: Order) -> Scenario:
    """Two bodies with organisations and one without; modules of other bodies have a fixture of their own."""
    return two_kind_scenario(app, order)
