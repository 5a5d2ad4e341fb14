"""Reads the cells of a registry workbook: the values of each row, and the issues of cells that are invalid by themselves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evaluation.answers import values
from evaluation.answers.issues import CellIssue, WorkbookRejected
from evaluation.answers.values import InvalidValue
from evaluation.criteria import Orders
from evaluation.memory import gc_paused
from evaluation.workbooks.format.model import FIRST_DATA_ROW
from evaluation.workbooks.format.opening import rejecting_unreadable
from evaluation.workbooks.format.worksheet_titles import matched_codes, titles_in_all_languages
from evaluation.workbooks.registry.columns import COLUMNS, WORKSHEETS, CellParser, cell_parsers, worksheet_labels
from evaluation.xlsx.model import CellError, cell_name
from evaluation.xlsx.safe_open import PRIVATE_PREFIX, SafeWorkbook

BIN = "bin"
"""The code of the column that identifies a row."""


@dataclass
class Row:
    """A row of a worksheet.

    Attributes:
        worksheet: The name of the worksheet.
        number: The number of the row, from 0.
        positions: Column code → number of the column, from 0.
        cells: Column code → value of the cells that are not blank.
        invalid: The codes of the columns whose cell is invalid.
    """

    worksheet: str
    number: int
    positions: Mapping[str, int]
    cells: dict[str, Any] = field(default_factory=dict)
    invalid: set[str] = field(default_factory=set)

    def issue(self, issue_code: str, column_code: str, values: Mapping[str, Any] | None = None) -> CellIssue:
        """Return an issue of a cell; where the worksheet lacks the column, it is an issue of the row's BIN."""
        position = self.positions[column_code if column_code in self.positions else BIN]
        return CellIssue(issue_code, self.worksheet, cell_name(self.number, position), column_code, values or {})


@dataclass
class RegistryReading:
    """The rows of both worksheets, the issues that prevent storing them, and warnings.

    `titles` is name → title of each worksheet in the file.
    """

    rows: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in WORKSHEETS})
    issues: list[CellIssue] = field(default_factory=list)
    warnings: list[CellIssue] = field(default_factory=list)
    titles: Mapping[str, str] = field(default_factory=dict)


def read_registry(data: bytes, orders: Orders, registered: Iterable[str]) -> RegistryReading:
    """Read a registry workbook.

    Args:
        data: The XLSX file.
        orders: The orders with the kinds of organisation.
        registered: The registered BINs, whose check digit is not verified.

    Raises:
        WorkbookRejected: The file cannot be opened or has none of the worksheets.
    """
    with rejecting_unreadable(), gc_paused():
        workbook, labels = SafeWorkbook(data), worksheet_labels()
        workbook.rename(matched_codes(workbook.sheet_names, labels))
        reading, expected = RegistryReading(titles=workbook.titles), titles_in_all_languages(labels)
        for name in workbook.sheet_names:
            if name not in WORKSHEETS and not name.startswith(PRIVATE_PREFIX):
                issue_code = "duplicate_worksheet" if matched_codes([name], labels) else "unknown_worksheet"
                reading.issues.append(CellIssue(issue_code, name, values={"expected": tuple(expected.values())}))
        present = [name for name in WORKSHEETS if name in workbook.sheet_names]
        if not present:
            missing = CellIssue("missing_worksheet", WORKSHEETS[0], values={"name": expected[WORKSHEETS[0]]})
            raise WorkbookRejected([*reading.issues, missing])
        parsers = cell_parsers(orders, frozenset(registered))
        for name in present:
            workbook.parse(name)
            _read_worksheet(name, workbook, parsers, reading)
    return reading


def _read_worksheet(name: str, workbook: SafeWorkbook, parsers: Mapping[str, CellParser], reading: RegistryReading) -> None:
    rows = workbook.rows(name)
    positions = _column_positions(name, rows[0] if rows else [], reading)
    if BIN not in positions:
        reading.issues.append(CellIssue("missing_column", name, cell_name(0, 0), BIN, {"column": BIN}))
        return
    _warn_of_unread_columns(name, rows, reading)
    by_column = {column.code: parsers[column.type] for column in COLUMNS[name] if column.code in positions}
    row_numbers: dict[str, int] = {}
    for number, cells in enumerate(rows[FIRST_DATA_ROW:], start=FIRST_DATA_ROW):
        row = Row(name, number, positions)
        for code, position in positions.items():
            _read_cell(row, code, cells[position] if position < len(cells) else "", by_column[code], reading)
        if row.cells or row.invalid:
            _add_row(row, row_numbers, reading)
    for last_row, merged_range in workbook.merged_ranges(name):
        if last_row >= FIRST_DATA_ROW:
            cell = merged_range.partition(":")[0]
            reading.warnings.append(CellIssue("merged_cells", name, cell, None, {"range": merged_range}))


def _add_row(row: Row, row_numbers: dict[str, int], reading: RegistryReading) -> None:
    """Add a row that has a BIN, unless an earlier row has the same; `row_numbers` is BIN → number of its first row."""
    bin_ = row.cells.get(BIN)
    if bin_ is None:
        if BIN not in row.invalid:
            reading.issues.append(row.issue("missing_value", BIN))
    elif row_numbers.setdefault(bin_, row.number) != row.number:
        reading.issues.append(row.issue("duplicate_entry", BIN, {"value": bin_, "row": row_numbers[bin_] + 1}))
    else:
        reading.rows[row.worksheet].append(row)


def _read_cell(row: Row, code: str, cell: Any, parse: CellParser, reading: RegistryReading) -> None:
    try:
        if isinstance(cell, CellError):
            raise InvalidValue(cell.reason, value=cell.value)
        if not values.is_blank(cell):
            value = parse(cell)
            if value != "":
                row.cells[code] = value
    except InvalidValue as error:
        row.invalid.add(code)
        reading.issues.append(row.issue(error.issue_code, code, error.values))


def _column_positions(name: str, headings: Sequence[object], reading: RegistryReading) -> dict[str, int]:
    """Return column code → number of the column; a duplicate or unknown code is an issue."""
    positions: dict[str, int] = {}
    codes = {column.code for column in COLUMNS[name]}
    for position, cell in enumerate(headings):
        if values.is_blank(cell):
            continue
        code = cell.value if isinstance(cell, CellError) else values.display_text(cell)
        issue_code = "duplicate_column" if code in positions else None if code in codes else "unknown_column"
        if issue_code is None:
            positions[code] = position
        else:
            reading.issues.append(CellIssue(issue_code, name, cell_name(0, position), None, {"column": code}))
    return positions


def _warn_of_unread_columns(name: str, rows: Sequence[Sequence[object]], reading: RegistryReading) -> None:
    """Warn of columns that have values but no code."""
    with_code = {position for position, cell in enumerate(rows[0]) if not values.is_blank(cell)}
    with_values = {
        position for row in rows[FIRST_DATA_ROW:] for position, cell in enumerate(row) if position not in with_code and cell != ""
    }
    for position in sorted(with_values):
        cell = cell_name(0, position)
        reading.warnings.append(CellIssue("column_without_code", name, cell, None, {"column": cell.rstrip("1")}))
