"""Reads a column of raw cells at once into stored values; a country's workbook has 600,000 cells.

Each reader takes n cells as the workbook parser returns them (a blank cell is an empty string) and returns n stored values, None
for a blank or invalid cell, and the issues of the invalid cells.
"""

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from typing import Any

import numpy as np

from evaluation.answers import values
from evaluation.answers.number_text import single_separator, thousands_separator
from evaluation.answers.values import MAX_EXACT_INTEGER, MAX_TEXT, InvalidValue, is_blank
from evaluation.criteria.model import Indicator, Order
from evaluation.xlsx.model import CellError

ColumnIssue = tuple[int, str, dict[str, Any]]
"""Position of an invalid cell among the n cells, code of the issue, values of its message."""
ParsedColumn = tuple[list[Any], list[ColumnIssue]]
"""The n stored values and the issues."""
TIYN_PER_TENGE = 100
AMBIGUOUS_ISSUES = ("ambiguous_separator", "not_whole")
"""Issues of a number that stands alone; in a column the other numbers may show what its separator means."""


def read_column(order: Order, item: Indicator, year: int, cells: Sequence[object]) -> ParsedColumn:
    """Read the column of an indicator or of an item of evidence; `year` as in :func:`evaluation.answers.values.parser_of`."""
    match item.type:
        case "money":
            return _read_numbers(cells, TIYN_PER_TENGE, item.min, values.parse_money)
        case "whole":
            return _read_numbers(cells, 1, item.min, values.parse_whole_number)
        case "text":
            return read_text(cells)
    return _read_distinct(cells, values.parser_of(order, item, year))


def read_text(cells: Sequence[Any], max_characters: int = MAX_TEXT) -> ParsedColumn:
    """Read text; a number becomes text as Excel shows it."""
    if set(map(type, cells)) == {str} and max(map(len, cells)) <= max_characters:
        together = "".join(cells)
        if together.isprintable() and unicodedata.is_normalized("NFC", together):
            return [cell.strip() or None for cell in cells], []
    return _read_distinct(cells, lambda cell: values.parse_text(cell, max_characters))


def read_bins(cells: Sequence[object], registered_bins: Set[str]) -> ParsedColumn:
    """Read BINs; the check digits of registered ones are not checked again."""
    if registered_bins >= set(cells):
        return list(cells), []
    return _read_distinct(cells, lambda cell: values.parse_bin(cell, registered_bins))


def read_kinds(order: Order, cells: Sequence[object]) -> ParsedColumn:
    """Read kinds of organisations, written as code or name."""
    return _read_distinct(cells, values.kind_parser(order))


def read_counts(cells: Sequence[object]) -> ParsedColumn:
    """Read whole numbers from 0."""
    return _read_numbers(cells, 1, 0, values.parse_whole_number)


def _read_numbers(
    cells: Sequence[object], units: int, minimum: int | None, parse: Callable[[object, int | None], int]
) -> ParsedColumn:
    """Read numbers in stored units: exact floats all together, every other cell by `parse`."""
    floats = np.array([cell if type(cell) is float else np.nan for cell in cells], dtype=np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = np.rint(floats * units)
        is_exact = (scaled / units == floats) & (np.abs(scaled) < MAX_EXACT_INTEGER)
        if minimum is not None:
            is_exact &= scaled >= minimum * units
    column: list[Any] = np.where(is_exact, scaled, 0).astype(np.int64).tolist()
    issues: list[ColumnIssue] = []
    for position in np.flatnonzero(~is_exact).tolist():
        cell = cells[position]
        column[position] = None if cell == "" else _read_cell(position, cell, lambda value: parse(value, minimum), issues)
    if any(code in AMBIGUOUS_ISSUES for _, code, _ in issues):
        return column, list(_without_thousands_separators(cells, column, issues, lambda value: parse(value, minimum)))
    return column, issues


def _without_thousands_separators(
    cells: Sequence[object], column: list[Any], issues: list[ColumnIssue], parse: Callable[[Any], Any]
) -> Iterator[ColumnIssue]:
    """Read the numbers of a column whose only separator the column's other numbers explain; yield the other issues."""
    separator = thousands_separator(cell for cell in cells if isinstance(cell, str))
    for issue in issues:
        position, code, _ = issue
        cell = cells[position]
        if code in AMBIGUOUS_ISSUES and isinstance(cell, str) and separator and single_separator(cell) == separator:
            still_invalid: list[ColumnIssue] = []
            column[position] = _read_cell(position, cell.replace(separator, ""), parse, still_invalid)
            yield from still_invalid
        else:
            yield issue


def _read_distinct(cells: Sequence[Any], parse: Callable[[Any], Any]) -> ParsedColumn:
    """Read equal cells once: a column of yes and no has few distinct cells."""
    types = set(map(type, cells))
    issues: list[ColumnIssue] = []
    if bool in types and float in types:
        # TRUE and 1.0 are equal as keys of a dictionary and different as answers.
        return [_read_cell(position, cell, parse, issues) for position, cell in enumerate(cells)], issues
    issues_of_distinct: list[ColumnIssue] = []
    value_by_cell = {cell: _read_cell(0, cell, parse, issues_of_distinct) for cell in set(cells)}
    column = [value_by_cell[cell] for cell in cells]
    if not issues_of_distinct:
        return column, []
    for position, (cell, value) in enumerate(zip(cells, column, strict=True)):
        if value is None and cell != "":
            _read_cell(position, cell, parse, issues)
    return column, issues


def _read_cell(position: int, cell: object, parse: Callable[[Any], Any], issues: list[ColumnIssue]) -> Any:
    """Return a cell's stored value; None for a blank cell, and for an invalid one, whose issue is added."""
    if is_blank(cell):
        return None
    try:
        if isinstance(cell, CellError):
            raise InvalidValue(cell.reason, value=cell.value)
        return parse(cell)
    except InvalidValue as error:
        issues.append((position, error.issue_code, dict(error.values)))
        return None


def documents(columns: Mapping[str, Sequence[Any]], count: int) -> list[dict[str, Any]]:
    """Return columns of stored values as one document for each of `count` organisations; a blank is an absent key."""
    complete = {code: column for code, column in columns.items() if None not in column}
    if complete:
        codes = tuple(complete)
        documents = [dict(zip(codes, row, strict=True)) for row in zip(*complete.values(), strict=True)]
    else:
        documents = [{} for _ in range(count)]
    for code, column in columns.items():
        if code not in complete and column.count(None) < count:
            for document, value in zip(documents, column, strict=True):
                if value is not None:
                    document[code] = value
    return documents
