"""Reads the headings and raw cells of a worksheet."""

from collections.abc import Iterable, Sequence, Set
from typing import Any

from evaluation.answers import values
from evaluation.criteria.model import Order
from evaluation.workbooks.format.issue_collector import IssueCollector
from evaluation.workbooks.format.model import FIRST_DATA_ROW, Worksheet
from evaluation.xlsx.model import CellError, cell_name

RawColumns = dict[str, Sequence[Any]]
"""Code → n raw cells; a blank cell is an empty string."""


def read_table(
    name: str,
    rows: list[list[object]],
    required: Sequence[str],
    optional: Set[str],
    order: Order,
    issues: IssueCollector,
) -> tuple[Worksheet, RawColumns]:
    """Return a worksheet without values and its raw cells; rows that are blank in all columns with a heading are dropped.

    Args:
        name: name of the worksheet.
        rows: its cells from A1 on.
        required: codes of the columns that it must have.
        optional: codes of the columns that it may have.
        order: the order, by which unknown columns are distinguished from those of other kinds.
        issues: receives the issues of the headings.
    """
    headings = rows[0] if rows else []
    worksheet = Worksheet(name, _read_headings(name, headings, required, optional, order, issues))
    headed_columns = [column for column, heading in enumerate(headings) if not values.is_blank(heading)]
    data = rows[FIRST_DATA_ROW:]
    width = max(map(len, rows), default=0)
    if any(len(row) != width for row in data):
        data = [[*row, *[""] * (width - len(row))] for row in data]
    cells = _transpose(data, width)
    for column in range(width):
        if column not in headed_columns and not all(map(values.is_blank, cells[column])):
            heading_cell = cell_name(0, column)
            issues.add_warning("column_without_code", name, heading_cell, values={"column": heading_cell.rstrip("1")})
    blank_rows = _blank_rows([cells[column] for column in headed_columns], len(data))
    worksheet.row_numbers = [position + FIRST_DATA_ROW for position in range(len(data)) if position not in blank_rows]
    if blank_rows:
        cells = _transpose([row for position, row in enumerate(data) if position not in blank_rows], width)
    return worksheet, {code: cells[column] for code, column in worksheet.column_indexes.items()}


def _transpose(rows: list[list[object]], width: int) -> list[Sequence[Any]]:
    return list(zip(*rows, strict=True)) if rows else [()] * width


def _blank_rows(columns: Sequence[Sequence[Any]], count: int) -> set[int]:
    """Return the positions that are blank in all columns."""
    blank: Iterable[int] = range(count)
    for column in columns:
        blank = [position for position in blank if values.is_blank(column[position])]
        if not blank:
            break
    return set(blank)


def _read_headings(
    name: str,
    headings: Sequence[object],
    required: Sequence[str],
    optional: Set[str],
    order: Order,
    issues: IssueCollector,
) -> dict[str, int]:
    """Return code → column, from 0, of the columns that are read."""
    column_indexes: dict[str, int] = {}
    for column, heading in enumerate(headings):
        if values.is_blank(heading):
            continue
        if isinstance(heading, CellError):
            issues.add_error(heading.reason, name, (0, column), None, value=heading.value)
            continue
        code = values.display_text(heading)
        if code in column_indexes:
            issues.add_error("duplicate_column", name, (0, column), code, column=code)
        elif code in required or code in optional:
            column_indexes[code] = column
        else:
            issue_code = "column_not_asked" if code in order.by_code else "unknown_column"
            issues.add_error(issue_code, name, (0, column), code, column=code)
    for code in required:
        if code not in column_indexes:
            issues.add_error("missing_column", name, (0, 0), code, column=code)
    return column_indexes
