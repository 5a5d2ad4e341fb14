"""Whether a worksheet's XML is plain enough to be parsed as it stands, judged by its bytes alone.

Plain is what spreadsheet programs write for values: one `<sheetData>`, every cell beginning `<c r="A1"`, no formula, error value,
comment, entity or prefix. Everything else goes through :mod:`evaluation.collection.workbook.plain`, which is ten times slower.
Numpy compares two or four bytes at a time, which is five to ten times as fast as `bytes.find` on such short words; a country's
worksheet has 25 MB of cells.
"""

from dataclasses import dataclass

import numpy as np

OPEN, CLOSE = b"<sheetData>", b"</sheetData>"
CELL = b'<c r="'
NOT_PLAIN = (b"<!", b"<?", b"&#", b":c", b":f", b":v", b"<f", b'"e', b"'e")
"""Declarations, comments, character references, prefixes, formulas, and the type `e` of error values."""
LETTERS, DIGITS = 3, 7


@dataclass(frozen=True)
class Extent:
    """What a plain worksheet holds: its rows' XML, how many cells, and the last row and column, counted from 1."""

    data: bytes
    cells: int
    rows: int
    columns: int


def extent(content: bytes) -> Extent | None:
    """The extent of a plain worksheet, None for one that is not plain."""
    start, end = content.find(OPEN), content.rfind(CLOSE)
    if start < 0 or end < start or content.count(b"sheetData") != 2 or b"<!" in content[:start]:
        return None
    data = np.frombuffer(content, dtype=np.uint8)[start + len(OPEN) : end]
    if any(count(data, word) for word in NOT_PLAIN):
        return None
    at = positions(data, CELL[:4])
    if at.size != count(data, CELL[:2]):
        return None
    if not at.size:
        return Extent(data.tobytes(), 0, 0, 0)
    following = (data.take(at + place, mode="clip") == byte for place, byte in enumerate(CELL[4:], start=4))
    if not all(each.all() for each in following):
        return None
    names = _names(data, at + len(CELL))
    return names and Extent(data.tobytes(), int(at.size), *names)


def _names(data: np.ndarray, at: np.ndarray) -> tuple[int, int] | None:
    """The last row and column among the cell names that begin at `at`; None where one is not a name."""
    column = np.zeros(at.size, dtype=np.int64)
    width = np.zeros(at.size, dtype=np.int64)
    for place in range(LETTERS):
        byte = data.take(at + place, mode="clip")
        letter = (byte >= ord("A")) & (byte <= ord("Z")) & (width == place)
        column = np.where(letter, column * 26 + byte - (ord("A") - 1), column)
        width += letter
    row = np.zeros(at.size, dtype=np.int64)
    at = at + width
    going = width > 0
    if not going.all():
        return None
    for place in range(DIGITS + 1):
        byte = data.take(at + place, mode="clip")
        digit = (byte >= ord("0")) & (byte <= ord("9")) & going
        going = going & digit
        if not digit.any():
            break
        row = np.where(digit, row * 10 + byte - ord("0"), row)
    if not row.all() or going.any():
        return None
    return int(row.max()), int(column.max())


def count(data: np.ndarray, word: bytes) -> int:
    """How often a word of two or four bytes occurs."""
    return sum(int(np.count_nonzero(hits)) for _, hits in _hits(data, word))


def positions(data: np.ndarray, word: bytes) -> np.ndarray:
    """Where a word of two or four bytes occurs, in no order."""
    return np.concatenate([np.flatnonzero(hits) * len(word) + shift for shift, hits in _hits(data, word)])


def _hits(data: np.ndarray, word: bytes) -> list[tuple[int, np.ndarray]]:
    size = len(word)
    sought = np.frombuffer(word, dtype=f"<u{size}")[0]
    return [
        (shift, data[shift : shift + (data.size - shift) // size * size].view(f"<u{size}") == sought) for shift in range(size)
    ]
