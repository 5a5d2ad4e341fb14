"""Helpers of the tests of the workbook reader."""

from collections.abc import Mapping
from typing import Any

import pytest

from evaluation.answers.issues import WorkbookRejected
from evaluation.criteria import load_orders
from evaluation.language import LANGUAGE_CODES, language
from evaluation.workbooks.format.model import Workbook
from evaluation.workbooks.format.reader import read_workbook
from tests.support.factories import bin_of, clean, row, workbook

ORDERS = load_orders()
ORDER = ORDERS.latest
BODY, OTHER = bin_of(1), bin_of(2)
KINDS = tuple(ORDER.kind)
INDICATOR_CODES = {kind: [item.code for item in ORDER.indicators_of(kind)] for kind in KINDS}


def good(kind: str, organisation_bin: str = bin_of(10), **cells: Any) -> dict[str, Any]:
    return row(ORDER, BODY, organisation_bin, clean(ORDER, kind), **cells)


def of_type(kind: str, type_: str, minimum: int | None = None) -> str:
    """Return the code of an indicator of a type."""
    return next(
        item.code for item in ORDER.indicators_of(kind) if item.type == type_ and item.min == minimum and not item.applies_when
    )


def errors(data: bytes) -> list[tuple[str | None, str | None, str | None, str]]:
    with pytest.raises(WorkbookRejected) as rejected:
        read_workbook(data, ORDERS)
    for issue in rejected.value.issues:
        for code in LANGUAGE_CODES:
            assert issue.message(language(code)).strip(), issue
    return [(issue.worksheet, issue.cell, issue.code, issue.issue_code) for issue in rejected.value.issues]


def read(data: bytes) -> Workbook:
    return read_workbook(data, ORDERS)


def book(rows: Mapping[str, list[dict[str, Any]]], **options: Any) -> bytes:
    return workbook(ORDER, 2024, rows, **options)
