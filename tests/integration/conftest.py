"""Sheets that are written once for the tests that open them."""

from dataclasses import replace

import pytest

from evaluation.criteria import Order
from evaluation.sheets.document import LANGUAGES
from evaluation.sheets.writers import FORMATS, file_name, write
from tests.sheet_cases import Cases, Files, sheet


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
        "full": sheet(order, full, (2022, 2023)),
        "provisional": replace(sheet(order, partial, (2023,), None), invented=True),
        "without": sheet(order, {first: [{}], second: [{}], fourth: [{}]}),
    }


@pytest.fixture(scope="session")
def files(cases: Cases, tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Every case in every format and language."""
    folder = tmp_path_factory.mktemp("sheets")
    written = {}
    for name, made in cases.items():
        for languages in LANGUAGES:
            for format_ in FORMATS:
                path = folder / f"{name}-{format_}-{file_name(made, format_, languages)}"
                path.write_bytes(write(made, format_, languages))
                written[name, format_, languages] = path
    return written
