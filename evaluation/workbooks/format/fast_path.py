"""Whether a worksheet's XML is plain enough to be parsed as it stands, judged by its bytes alone.

Plain is what spreadsheet programs write for values: one `<sheetData>`, every cell beginning `<c r="A1"`, no formula, error value,
comment, entity or prefix. Everything else goes through :mod:`evaluation.workbooks.format.normalise`, which is ten times slower.
Numpy compares two or four bytes at a time, which is five to ten times as fast as `bytes.find` on such short words; a country's
worksheet has 25 MB of cells.
"""

from dataclasses import dataclass

import numpy as np

OPEN, CLOSE = b"<sheetData>", b"</sheetData>"
CELL = b'<c r="'
NOT_PLAIN = {b"!": (b"<!",), b"?": (b"<?",), b"#": (b"&#",), b":": (b":c", b":f"), b"f": (b"<f",), b"e": (b'"e', b"'e")}
"""Declarations, comments, character references, prefixes, formulas, and the type `e` of error values; each by a byte that is
seldom there at all, and found faster than a word."""


@dataclass(frozen=True)
class Extent:
    """What a plain worksheet holds: its rows' XML, how many cells, and the last row and column, counted from 1."""

    data: memoryview
    cells: int
    rows: int
    columns: int


def extent(content: bytes) -> Extent | None:
    """The extent of a plain worksheet, None for one that is not plain."""
    start, end = content.find(OPEN), content.rfind(CLOSE)
    if start < 0 or end < start or b"sheetData" in content[:start] or b"<!" in content[:start]:
        return None
    view = memoryview(content)[start + len(OPEN) : end]
    data = np.frombuffer(view, dtype=np.uint8)
    for sign, words in NOT_PLAIN.items():
        if content.find(sign, start, end) >= 0 and any(count(data, word) for word in words):
            return None
    at = positions(data, CELL[:4])
    if at.size != count(data, CELL[:2]) or count(data, b"/s"):
        # A cell written otherwise; an end of the rows before the last one.
        return None
    if not at.size:
        return Extent(view, 0, 0, 0)
    following = (data.take(at + place, mode="clip") == byte for place, byte in enumerate(CELL[4:], start=4))
    if not all(each.all() for each in following):
        return None
    names = _names(data, at + len(CELL))
    return Extent(view, int(at.size), *names) if names else None


def _names(data: np.ndarray, at: np.ndarray) -> tuple[int, int] | None:
    """The last row and column among the cell names that begin at `at`.

    None where one is not a name, or longer than what eight bytes hold with its closing quote: AB99999.
    """
    if int(at.max()) + 8 > data.size:
        return None
    window = np.ndarray(shape=(data.size - 7,), dtype="<u8", buffer=data, strides=(1,))[at]
    first, second = _byte(window, 0), _byte(window, 1)
    letter = second - ord("A") < 26
    if not (first - ord("A") < 26).all():
        return None
    column = np.where(letter, (first.astype(np.int64) - 64) * 26 + second - 64, first.astype(np.int64) - 64)
    digits = window >> np.where(letter, 16, 8).astype(np.uint64)
    row = np.zeros(at.size, dtype=np.int64)
    going, ended = np.ones(at.size, dtype=bool), np.zeros(at.size, dtype=bool)
    for place in range(7):
        byte = _byte(digits, place)
        ended |= going & (byte == ord('"'))
        going &= byte - ord("0") < 10
        if not going.any():
            break
        row = np.where(going, row * 10 + byte - ord("0"), row)
    return (int(row.max()), int(column.max())) if ended.all() and row.all() else None


def _byte(window: np.ndarray, place: int) -> np.ndarray:
    """One byte of each window; unsigned, so that what is below a range wraps around to above it."""
    return (window >> np.uint64(8 * place)).astype(np.uint8)


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
