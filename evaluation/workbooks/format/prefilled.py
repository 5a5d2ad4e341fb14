"""Writes stored values into the template's cells, so that read again they are what they were."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from xlsxwriter.worksheet import Worksheet

from evaluation.answers.values import WORDS
from evaluation.criteria.model import Indicator, Order
from evaluation.language import Language
from evaluation.workbooks.format.model import FIRST_ROW

Rows = Sequence[Mapping[str, Any]]
"""A worksheet's rows: column code → value in stored form; text and whole numbers as they are in the other columns."""

EXACT = 10**15
"""Numbers of more digits are written as text: spreadsheet programs keep 15."""
FIRST_DATE = date(1901, 1, 1)
"""Earlier dates are written as text: spreadsheet programs do not agree about them."""


def write_rows(
    sheet: Worksheet,
    order: Order,
    columns: Sequence[tuple[str, Any]],
    rows: Rows,
    in_language: Language,
    offered: Mapping[str, Sequence[str]],
) -> None:
    """Fill in a worksheet. `columns` are codes with their cells' formats; `offered` the choices as the drop-down lists have them,
    by indicator, in the order of the choices."""
    for number, given in enumerate(rows, start=FIRST_ROW):
        for place, (code, style) in enumerate(columns):
            value = given.get(code)
            if value is not None:
                _write(sheet, (number, place), order, order.by_code.get(code), value, style, in_language, offered.get(code, ()))


def _write(
    sheet: Worksheet,
    at: tuple[int, int],
    order: Order,
    item: Indicator | None,
    value: Any,
    style: Any,
    in_language: Language,
    offered: Sequence[str],
) -> None:
    type_ = item.type if item is not None else "whole" if isinstance(value, int) else "text"
    if type_ == "money" and abs(value) < EXACT:
        sheet.write_number(*at, value / 100, style)
    elif type_ == "money":
        sign, whole = "-" if value < 0 else "", abs(value)
        sheet.write_string(*at, f"{sign}{whole // 100},{whole % 100:02}", style)
    elif type_ == "whole" and abs(value) < EXACT:
        sheet.write_number(*at, value, style)
    elif type_ == "date" and (day := date.fromisoformat(value)) >= FIRST_DATE:
        sheet.write_datetime(*at, day, style)
    elif type_ == "yes_no":
        sheet.write_string(*at, WORDS[in_language.code][0 if value else 1], style)
    elif type_ == "choice" and item is not None:
        values = [choice.value for choice in order.choices[item.choices or ""]]
        sheet.write_string(*at, offered[values.index(value)], style)
    else:
        sheet.write_string(*at, str(value), style)
