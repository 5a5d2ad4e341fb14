"""Parses a block of cells as Excel and LibreOffice copy it and locates it in the grid.

Rows are identified by BIN if a column of the block holds BINs, otherwise by position; columns by the headings above them (codes,
or labels in any language), otherwise by position.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluation.answers import values
from evaluation.answers.grid.model import BlockTooLarge, GridRow
from evaluation.answers.values import InvalidValue
from evaluation.criteria.model import Indicator, Order
from evaluation.text import INVISIBLE, SPACES, caseless, comparable

CELL = re.compile(r'"((?:[^"]|"")*)"(?=[\t\r\n]|\Z)|([^\t\r\n]*)')
LINE_BREAK = re.compile(r"\r\n|\n|\r")
MAX_TEXT_CHARACTERS = 2_000_000
"""About twenty times the text of 600 rows of 16 columns."""
MAX_CELLS = 200_000
"""Counted with every row as wide as the widest: one long row above many short ones would fill the memory."""
MIN_FOREIGN_BINS = 2
"""Rows from which a column of BINs of organisations outside the grid counts as a column of BINs and not of amounts."""
BIN_LENGTH = 12
MIN_BIN_DIGITS = 9
"""Digits that remain of a BIN after Excel dropped its leading zeros."""
SAMPLE_SIZE = 3
MAX_IDENTITY_COLUMNS = 4
"""Leading columns that may hold BINs and names: the worksheets of a workbook have the BIN in the third column."""

Column = tuple[int, Indicator]
"""A column of the block, from 0, and its indicator."""


@dataclass(frozen=True)
class Block:
    """A block of cells and its location in the grid.

    Attributes:
        rows: the cells, headings included; all rows have the same width.
        heading_count: number of heading rows.
        row_positions: for each row after the headings the position of its organisation in the grid; None for a BIN outside the
            grid.
        columns: the columns with an indicator.
        bin_column: the column that holds BINs, if any.
        unknown_headings: headings that name no column.
        excess_row_count: rows after the last row of the grid.
        excess_column_count: columns after the last column of the grid.
    """

    rows: Sequence[Sequence[str]]
    heading_count: int
    row_positions: tuple[int | None, ...]
    columns: tuple[Column, ...]
    bin_column: int | None
    unknown_headings: tuple[str, ...]
    excess_row_count: int
    excess_column_count: int


def parse_block(text: str) -> list[list[str]]:
    """Parse text with tabs between columns into rows of the same width.

    A quoted cell may contain tabs, line breaks and doubled quotes. Raises BlockTooLarge.
    """
    if len(text) > MAX_TEXT_CHARACTERS:
        raise BlockTooLarge
    rows = _parse_quoted(text) if '"' in text else [row.split("\t") for row in LINE_BREAK.split(text)]
    if rows and rows[-1] == [""]:
        rows.pop()
    width = max(map(len, rows), default=0)
    if width * len(rows) > MAX_CELLS:
        raise BlockTooLarge
    return [row if len(row) == width else row + [""] * (width - len(row)) for row in rows]


def _parse_quoted(text: str) -> list[list[str]]:
    rows: list[list[str]] = [[]]
    position = 0
    while match := CELL.match(text, position):
        quoted = match[1]
        rows[-1].append(match[2] if quoted is None else quoted.replace('""', '"'))
        position = match.end()
        if position >= len(text):
            break
        if text[position] == "\t":
            position += 1
            continue
        position += 2 if text.startswith("\r\n", position) else 1
        rows.append([])
        if position >= len(text):
            break
    return [row or [""] for row in rows]


def locate_block(
    order: Order, kind: str, grid_rows: Sequence[GridRow], rows: Sequence[Sequence[str]], start: tuple[int, str | None]
) -> Block:
    """Locate a block in the grid.

    Args:
        order: the order of the year.
        kind: the kind of the grid's organisations.
        grid_rows: the rows of the grid as the user sees them.
        rows: the cells of the block.
        start: where the first cell is pasted: position of the grid row, code of the indicator (None for the first one).
    """
    indicators = order.indicators_of(kind)
    by_heading = {caseless(name): item for item in indicators for name in (item.code, *item.label.in_all_languages())}
    data_rows = (number for number, row in enumerate(rows) if not any(caseless(cell) in by_heading for cell in row))
    heading_count = next(data_rows, len(rows))
    data, width = rows[heading_count:], len(rows[0]) if rows else 0
    positions = {row.bin: position for position, row in enumerate(grid_rows)}
    leading = {column: [row[column] for row in data] for column in range(min(width, MAX_IDENTITY_COLUMNS))}
    bin_column = next((column for column, cells in leading.items() if _are_bins(cells, positions)), None)
    identity_columns = {bin_column} | {column for column, cells in leading.items() if _are_names(cells, grid_rows)}
    excess_column_count = 0
    unknown_headings: tuple[str, ...] = ()
    if heading_count:
        columns, unknown_headings = _columns_by_heading(rows[0], by_heading, identity_columns)
    else:
        value_columns = [column for column in range(width) if column not in identity_columns]
        columns, excess_column_count = _columns_by_position(indicators, value_columns, start[1])
    row_positions: tuple[int | None, ...]
    if bin_column is not None:
        row_positions = tuple(positions.get(_normalise_bin(row[bin_column])) for row in data)
    else:
        row_positions = tuple(range(start[0], min(start[0] + len(data), len(grid_rows))))
    excess_row_count = len(data) - len(row_positions)
    return Block(rows, heading_count, row_positions, columns, bin_column, unknown_headings, excess_row_count, excess_column_count)


def _columns_by_heading(
    headings: Sequence[str], by_heading: Mapping[str, Indicator], identity_columns: set[int | None]
) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """Return the columns whose heading names an indicator, and the unknown headings."""
    columns: dict[str, Column] = {}
    unknown = []
    for column, heading in enumerate(headings):
        item = by_heading.get(caseless(heading))
        if item is not None and item.code not in columns:
            columns[item.code] = column, item
        elif heading.strip() and column not in identity_columns:
            unknown.append(heading.strip())
    return tuple(columns.values()), tuple(unknown)


def _columns_by_position(
    indicators: Sequence[Indicator], value_columns: Sequence[int], start: str | None
) -> tuple[tuple[Column, ...], int]:
    """Return the columns from the indicator `start` on, and how many columns of the block are left over."""
    first = next((position for position, item in enumerate(indicators) if item.code == start), 0)
    columns = tuple(zip(value_columns, indicators[first:], strict=False))
    return columns, len(value_columns) - len(columns)


def _normalise_bin(cell: str) -> str:
    """Return a BIN with the leading zeros that Excel dropped."""
    digits = SPACES.sub("", INVISIBLE.sub("", cell))
    return digits.zfill(BIN_LENGTH) if digits.isdigit() and len(digits) >= MIN_BIN_DIGITS else digits


def _are_bins(cells: Sequence[str], grid_bins: Mapping[str, int]) -> bool:
    """Whether a column holds BINs: at least half are of the grid, or all of several are valid BINs."""
    filled = [cell for cell in cells if cell.strip()]
    # A few cells suffice to exclude most columns.
    if not any(_normalise_bin(cell).isdigit() and len(_normalise_bin(cell)) == BIN_LENGTH for cell in filled[:SAMPLE_SIZE]):
        return False
    bins = list(map(_normalise_bin, filled))
    if not all(len(bin_) == BIN_LENGTH and bin_.isdigit() for bin_ in bins):
        return False
    return 2 * sum(bin_ in grid_bins for bin_ in bins) >= len(bins) or (
        len(bins) >= MIN_FOREIGN_BINS and all(map(_is_valid_bin, bins))
    )


def _is_valid_bin(text: str) -> bool:
    try:
        values.parse_bin(text)
    except InvalidValue:
        return False
    return True


def _are_names(cells: Sequence[str], grid_rows: Sequence[GridRow]) -> bool:
    """Whether at least half of a column's cells are names of the grid's organisations."""
    filled = [cell for cell in cells if cell.strip()]
    if not any(character.isalpha() for cell in filled[:SAMPLE_SIZE] for character in cell):
        return False
    names = {comparable(name) for row in grid_rows for name in row.names if name}
    return 2 * sum(comparable(cell) in names for cell in filled) >= len(filled)
