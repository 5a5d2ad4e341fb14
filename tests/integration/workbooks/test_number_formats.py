"""Amounts in the currency, accounting and thousands formats of spreadsheet programs, written and saved by several programs."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tests.support.factories import bin_of
from tests.support.upload_cases import office
from tests.support.workbook_reading import INDICATOR_CODES, KINDS, ORDER, book, good, of_type, read

KIND = KINDS[0]
MONEY = of_type(KIND, "money")
COLUMNS = ("body_bin", "body_name", "bin", "name", *INDICATOR_CODES[KIND])
FORMATS = (
    "#,##0",
    "#,##0.00",
    "#,##0,",
    '#,##0,,"млн"',
    '#,##0\\ "тыс."',
    "#,##0.00\\ [$₸-43F]",
    "[$₸-kk-KZ]#,##0.00",
    "[$KZT]\\ #,##0.00",
    '#,##0.00" тг."',
    "#,##0.00_);[Red]\\(#,##0.00\\)",
    "#,##0.00[$ ₸-43F];[RED]-#,##0.00[$ ₸-43F]",
    '_-* #,##0.00\\ "₸"_-;\\-* #,##0.00\\ "₸"_-;_-* "-"??\\ "₸"_-;_-@_-',
    '_("₸"* #,##0.00_);_("₸"* \\(#,##0.00\\);_("₸"* "-"??_);_(@_)',
    '_-* #,##0\\ _₽_-;\\-* #,##0\\ _₽_-;_-* "-"\\ _₽_-;_-@_-',
    "[$-419]#,##0.00;[Blue]-#,##0.00",
    "0.00E+00",
)
TENGE = (1234.5, -1234.5, 0, 5_000_000, 0.07)
CELLS = [(number_format, amount) for number_format in FORMATS for amount in TENGE]


def rows() -> list[dict[str, Any]]:
    return [good(KIND, bin_of(10 + number), **{MONEY: amount}) for number, (_, amount) in enumerate(CELLS)]


def by_openpyxl() -> bytes:
    def change(workbook: Any) -> None:
        for number, (number_format, _) in enumerate(CELLS):
            workbook[KIND].cell(4 + number, 1 + COLUMNS.index(MONEY)).number_format = number_format

    return book({KIND: rows()}, change=change)


def by_xlsxwriter() -> bytes:
    out = io.BytesIO()
    workbook = xlsxwriter.Workbook(out)
    about, sheet = workbook.add_worksheet("about"), workbook.add_worksheet(KIND)
    about.write_row(0, 0, ["order", ORDER.code])
    about.write_row(1, 0, ["year", 2024])
    sheet.write_row(0, 0, COLUMNS)
    for number, (cells, (number_format, amount)) in enumerate(zip(rows(), CELLS, strict=True)):
        sheet.write_row(3 + number, 0, [cells[code] for code in COLUMNS])
        sheet.write_number(3 + number, COLUMNS.index(MONEY), amount, workbook.add_format({"num_format": number_format}))
    workbook.close()
    return out.getvalue()


@pytest.mark.parametrize("write", [by_openpyxl, by_xlsxwriter])
def test_a_formatted_column_goes_through_whole(write: Callable[[], bytes], tmp_path: Path) -> None:
    expected = [round(amount * 100) for _, amount in CELLS]
    data = write()
    assert read(data).worksheets[KIND].columns[MONEY] == expected
    assert read(office(data, tmp_path)).worksheets[KIND].columns[MONEY] == expected
