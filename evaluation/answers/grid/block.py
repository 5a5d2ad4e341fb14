"""A block of cells as Excel and LibreOffice copy it: its rows, and where in the table they belong.

Rows go by BIN where a column of the block holds BINs, in whatever order, else by position; columns by the headings over them
(codes, or labels in any language), else by position.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluation.answers import values
from evaluation.answers.grid.model import BlockTooLarge, Line
from evaluation.answers.values import INVISIBLE, SPACES, Wrong
from evaluation.criteria.model import Indicator, Order
from evaluation.language import N_

FIELD = re.compile(r'"((?:[^"]|"")*)"(?=[\t\r\n]|\Z)|([^\t\r\n]*)')
BREAK = re.compile(r"\r\n|\n|\r")
TOO_MUCH = N_("This is too much at once. Paste fewer rows, or send them as a workbook.")
MOST = 2_000_000
"""Characters that are read at once: some twenty times 600 rows of 16 columns."""
MOST_CELLS = 200_000
"""Cells, counted as if every row were as wide as the widest: a long row above many short ones would fill the memory."""
LEAST_BINS = 2
"""Rows from which a column of BINs of other organisations is known for what it is, and not taken for amounts."""
BIN_LENGTH = 12
SHORTEST = 9
"""Digits that Excel may leave of a BIN: it takes the zeros from its beginning."""
SAMPLE = 3
BEFORE = 4
"""Columns among which the BINs are looked for: a worksheet of the workbook has them third."""


@dataclass(frozen=True)
class Block:
    """Where the cells of a block belong.

    `lines`: for each of its rows the organisation's position in the table; None where its BIN is not one of the table's.
    `columns`: (column of the block, indicator). `first` is the number of heading rows.
    """

    rows: Sequence[Sequence[str]]
    first: int
    lines: tuple[int | None, ...]
    columns: tuple[tuple[int, Indicator], ...]
    bins: int | None
    headed: bool
    unknown: tuple[str, ...]
    rows_beyond: int
    columns_beyond: int


def parse(text: str) -> list[list[str]]:
    """The cells of text with tabs between columns; a cell in quotes may hold tabs, line breaks and doubled quotes.

    Every row gets the width of the widest. Raises BlockTooLarge.
    """
    if len(text) > MOST:
        raise BlockTooLarge(TOO_MUCH)
    rows = _quoted(text) if '"' in text else [line.split("\t") for line in BREAK.split(text)]
    if rows and rows[-1] == [""]:
        rows.pop()
    width = max(map(len, rows), default=0)
    if width * len(rows) > MOST_CELLS:
        raise BlockTooLarge(TOO_MUCH)
    return [row if len(row) == width else row + [""] * (width - len(row)) for row in rows]


def _quoted(text: str) -> list[list[str]]:
    rows: list[list[str]] = [[]]
    place = 0
    while match := FIELD.match(text, place):
        quoted = match[1]
        rows[-1].append(match[2] if quoted is None else quoted.replace('""', '"'))
        place = match.end()
        if place >= len(text):
            break
        if text[place] == "\t":
            place += 1
            continue
        place += 2 if text.startswith("\r\n", place) else 1
        rows.append([])
        if place >= len(text):
            break
    return [row or [""] for row in rows]


def locate(order: Order, kind: str, lines: Sequence[Line], rows: Sequence[Sequence[str]], at: tuple[int, str | None]) -> Block:
    """Where a block belongs whose first cell is pasted at a line's position and an indicator (None: the first one)."""
    asked = order.asked_of(kind)
    names = {_folded(name): item for item in asked for name in (item.code, *item.label.everywhere())}
    first = next((number for number, row in enumerate(rows) if not any(_folded(cell) in names for cell in row)), len(rows))
    data, width = rows[first:], len(rows[0]) if rows else 0
    known = {line.bin: position for position, line in enumerate(lines)}
    bins = next((column for column in range(min(width, BEFORE)) if _are_bins([row[column] for row in data], known)), None)
    own = {bins} | {column for column in range(min(width, BEFORE)) if _are_names([row[column] for row in data], lines)}
    if first:
        columns, unknown = _headed(rows[0], names, own)
        beyond = 0
    else:
        columns, beyond = _by_position(asked, [column for column in range(width) if column not in own], at[1])
        unknown = ()
    if bins is not None:
        places = tuple(known.get(_bin(row[bins])) for row in data)
    else:
        places = tuple(range(at[0], min(at[0] + len(data), len(lines))))
    return Block(rows, first, places, columns, bins, bool(first), unknown, len(data) - len(places), beyond)


def _headed(
    headings: Sequence[str], names: Mapping[str, Indicator], own: set[int | None]
) -> tuple[tuple[tuple[int, Indicator], ...], tuple[str, ...]]:
    found: dict[str, tuple[int, Indicator]] = {}
    unknown = []
    for column, heading in enumerate(headings):
        item = names.get(_folded(heading))
        if item is not None and item.code not in found:
            found[item.code] = column, item
        elif heading.strip() and column not in own:
            unknown.append(heading.strip())
    return tuple(found.values()), tuple(unknown)


def _by_position(
    asked: Sequence[Indicator], free: Sequence[int], at: str | None
) -> tuple[tuple[tuple[int, Indicator], ...], int]:
    start = next((place for place, item in enumerate(asked) if item.code == at), 0)
    columns = tuple(zip(free, asked[start:], strict=False))
    return columns, len(free) - len(columns)


def _folded(cell: str) -> str:
    return SPACES.sub(" ", INVISIBLE.sub("", cell).strip()).casefold()


def _bin(cell: str) -> str:
    """A BIN with the zeros that Excel took from its beginning."""
    digits = SPACES.sub("", INVISIBLE.sub("", cell))
    return digits.zfill(BIN_LENGTH) if digits.isdigit() and len(digits) >= SHORTEST else digits


def _are_bins(cells: Sequence[str], known: Mapping[str, int]) -> bool:
    """Whether a column is one of BINs: most are the table's, or all of several are BINs of somebody's."""
    filled = [cell for cell in cells if cell.strip()]
    # Most columns are something else, which a few cells show.
    if not any(_bin(cell).isdigit() and len(_bin(cell)) == BIN_LENGTH for cell in filled[:SAMPLE]):
        return False
    given = list(map(_bin, filled))
    if not all(len(each) == BIN_LENGTH and each.isdigit() for each in given):
        return False
    return 2 * sum(each in known for each in given) >= len(given) or (len(given) >= LEAST_BINS and all(map(_is_bin, given)))


def _is_bin(text: str) -> bool:
    try:
        values.bin_number(text)
    except Wrong:
        return False
    return True


def _are_names(cells: Sequence[str], lines: Sequence[Line]) -> bool:
    filled = [cell for cell in cells if cell.strip()]
    if not any(character.isalpha() for cell in filled[:SAMPLE] for character in cell):
        return False
    given = list(map(_folded, filled))
    names = {_folded(name) for line in lines for name in line.names if name}
    return 2 * sum(each in names for each in given) >= len(given)
