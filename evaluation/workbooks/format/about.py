"""Reads the worksheet `about`: the order and the reporting year."""

from dataclasses import dataclass

from evaluation.answers import values
from evaluation.criteria.loader import Orders
from evaluation.criteria.model import Order
from evaluation.workbooks.format.issue_collector import IssueCollector
from evaluation.workbooks.format.model import ABOUT
from evaluation.workbooks.format.worksheet_titles import about_labels, titles_in_all_languages
from evaluation.xlsx.model import CellError, cell_name
from evaluation.xlsx.safe_open import SafeWorkbook

KEYS = ("order", "year")
VALUE_COLUMN = 1


@dataclass(frozen=True)
class About:
    """The order and year of a workbook; `year_cell` is the name of the year's cell. The year is 0 if it could not be read."""

    order: Order
    year: int
    year_cell: str


def read_about(package: SafeWorkbook, orders: Orders, issues: IssueCollector) -> About:
    """Read the order and year; if they are invalid, return the most likely order, so that the other worksheets can be checked."""
    is_present = ABOUT in package.sheet_names
    rows = package.rows(ABOUT) if is_present else []
    if not is_present:
        issues.add_error("missing_worksheet", ABOUT, name=titles_in_all_languages(about_labels())[ABOUT])
    cells: dict[str, tuple[int, object]] = {}
    for number, row in reversed(list(enumerate(rows))):
        if row and isinstance(row[0], str):
            cells[row[0].strip()] = (number, row[VALUE_COLUMN] if len(row) > VALUE_COLUMN else "")
    texts = _read_texts(cells, len(rows), is_present, issues)
    row_numbers = {key: number for key, (number, _) in cells.items()}
    year = _read_year(texts.get("year"), row_numbers, issues)
    order = _find_order(texts.get("order"), year, row_numbers, orders, issues)
    return About(order, year or 0, cell_name(row_numbers.get("year", 0), VALUE_COLUMN))


def _read_texts(cells: dict[str, tuple[int, object]], row_count: int, is_present: bool, issues: IssueCollector) -> dict[str, str]:
    """Return key → text of its cell. The error of a missing key points to the rows after the last one."""
    texts, missing_row = {}, row_count
    for key in KEYS:
        number, value = cells.get(key, (missing_row, ""))
        missing_row += key not in cells
        if isinstance(value, CellError):
            issues.add_error(value.reason, ABOUT, (number, VALUE_COLUMN), key, value=value.value)
        elif not values.is_blank(value):
            texts[key] = values.display_text(value)
        elif is_present:
            issues.add_error("missing_key", ABOUT, (number, VALUE_COLUMN), key, key=key)
    return texts


def _read_year(text: str | None, row_numbers: dict[str, int], issues: IssueCollector) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) == 4):
        issues.add_error("wrong_year", ABOUT, (row_numbers["year"], VALUE_COLUMN), "year", value=text)
        return None
    return int(text)


def _find_order(code: str | None, year: int | None, row_numbers: dict[str, int], orders: Orders, issues: IssueCollector) -> Order:
    order = orders.get(code) if code is not None else None
    order_of_year = orders.for_year(year) if year is not None else None
    if order is None:
        if code is not None:
            expected = ", ".join(order.code for order in orders.all)
            cell = row_numbers["order"], VALUE_COLUMN
            issues.add_error("wrong_order", ABOUT, cell, "order", value=code, expected=expected)
    elif year is not None and order is not order_of_year:
        cell = row_numbers["year"], VALUE_COLUMN
        issues.add_error("order_not_in_effect", ABOUT, cell, "year", order=order.code, year=year)
    return order or order_of_year or orders.latest
