"""Writes stored values into the cells of the template, so that reading them returns the same values."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from evaluation.answers.values import YES_NO_LABELS
from evaluation.criteria.model import Indicator, Order
from evaluation.language import Language
from evaluation.workbooks.format.model import FIRST_DATA_ROW

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

Rows = Iterable[Mapping[str, Any]]
"""Rows of a worksheet: column code → value in stored form; text or a whole number in columns without an indicator."""

MAX_EXACT_NUMBER = 10**15
"""Larger numbers are written as text: spreadsheet programs keep 15 digits."""
FIRST_DATE = date(1901, 1, 1)
"""Earlier dates are written as text: spreadsheet programs count them differently."""
TIYN_PER_TENGE = 100


def write_rows(
    sheet: "Worksheet",
    order: Order,
    columns: Sequence[tuple[str, Any]],
    rows: Rows,
    language: Language,
    choice_labels: Mapping[str, Sequence[str]],
) -> None:
    """Write the rows below the headings.

    Args:
        sheet: the worksheet.
        order: the order of the year.
        columns: code and cell format of each column.
        rows: the rows.
        language: the language of yes and no.
        choice_labels: code of a choice → its labels in the drop-down list, in the order of the choices.
    """
    for row_number, row in enumerate(rows, start=FIRST_DATA_ROW):
        for column, (code, cell_format) in enumerate(columns):
            value = row.get(code)
            if value is not None:
                item, labels = order.by_code.get(code), choice_labels.get(code, ())
                _write_cell(sheet, (row_number, column), order, item, value, cell_format, language, labels)


def _write_cell(
    sheet: "Worksheet",
    position: tuple[int, int],
    order: Order,
    item: Indicator | None,
    value: Any,
    cell_format: Any,
    language: Language,
    labels: Sequence[str],
) -> None:
    type_ = item.type if item is not None else "whole" if isinstance(value, int) else "text"
    if type_ == "money" and abs(value) < MAX_EXACT_NUMBER:
        sheet.write_number(*position, value / TIYN_PER_TENGE, cell_format)
    elif type_ == "money":
        sign = "-" if value < 0 else ""
        tenge, tiyn = divmod(abs(value), TIYN_PER_TENGE)
        sheet.write_string(*position, f"{sign}{tenge},{tiyn:02}", cell_format)
    elif type_ == "whole" and abs(value) < MAX_EXACT_NUMBER:
        sheet.write_number(*position, value, cell_format)
    elif type_ == "date" and (day := date.fromisoformat(value)) >= FIRST_DATE:
        sheet.write_datetime(*position, day, cell_format)
    elif type_ == "yes_no":
        sheet.write_string(*position, YES_NO_LABELS[language.code][0 if value else 1], cell_format)
    elif type_ == "choice" and item is not None:
        choices = [choice.value for choice in order.choices[item.choices or ""]]
        sheet.write_string(*position, labels[choices.index(value)], cell_format)
    else:
        sheet.write_string(*position, str(value), cell_format)
