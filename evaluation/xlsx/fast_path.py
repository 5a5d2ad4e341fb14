"""Decides from the bytes of a worksheet whether its XML is plain enough to be parsed unchanged.

Plain XML is what spreadsheet programs write for values: one `<sheetData>`, every cell begins with `<c r="A1"`, no formula, error
value, comment, entity or namespace prefix. Every other worksheet goes through :mod:`evaluation.xlsx.normalise`, which is ten
times slower. Numpy compares two or four bytes at a time, which is five to ten times faster than `bytes.find` for such short
patterns. The worksheets of a country's workbook have 25 MB of cells.
"""

import numpy as np

from evaluation.xlsx.model import NormalisedSheet

SHEET_DATA_START, SHEET_DATA_END = b"<sheetData>", b"</sheetData>"
CELL_START = b'<c r="'
CELL_NAME_BYTES = 8
"""Bytes of a cell's name that are read, its closing quote included: the longest name is AB99999."""
UNUSUAL_PATTERNS = {b"!": (b"<!",), b"?": (b"<?",), b"#": (b"&#",), b":": (b":c", b":f"), b"f": (b"<f",), b"e": (b'"e', b"'e")}
"""Declarations, comments, character references, prefixes, formulas, and the type `e` of error values, by a rare byte of each.

The search for one byte is faster than the search for the pattern."""


def scan_plain_sheet(content: bytes) -> NormalisedSheet | None:
    """Return the unchanged rows of a plain worksheet; None if the worksheet is not plain."""
    start, end = content.find(SHEET_DATA_START), content.rfind(SHEET_DATA_END)
    if start < 0 or end < start or b"sheetData" in content[:start] or b"<!" in content[:start]:
        return None
    view = memoryview(content)[start + len(SHEET_DATA_START) : end]
    data = np.frombuffer(view, dtype=np.uint8)
    for byte, patterns in UNUSUAL_PATTERNS.items():
        if content.find(byte, start, end) >= 0 and any(_count(data, pattern) for pattern in patterns):
            return None
    positions = _positions(data, CELL_START[:4])
    if positions.size != _count(data, CELL_START[:2]) or _count(data, b"/s"):
        # A cell has another form, or the rows end before the last end tag.
        return None
    if not positions.size:
        return NormalisedSheet(view, 0, 0, 0)
    matches = (data.take(positions + offset, mode="clip") == byte for offset, byte in enumerate(CELL_START[4:], start=4))
    if not all(match.all() for match in matches):
        return None
    last_cell = _last_row_and_column(data, positions + len(CELL_START))
    return NormalisedSheet(view, int(positions.size), *last_cell) if last_cell else None


def _last_row_and_column(data: np.ndarray, positions: np.ndarray) -> tuple[int, int] | None:
    """Return the last row and column, from 1, among the cell names that begin at `positions`.

    Returns None if one of them is not a cell name or is longer than `CELL_NAME_BYTES` with its closing quote.
    """
    if int(positions.max()) + CELL_NAME_BYTES > data.size:
        return None
    names = np.ndarray(shape=(data.size - CELL_NAME_BYTES + 1,), dtype="<u8", buffer=data, strides=(1,))[positions]
    first, second = _byte(names, 0), _byte(names, 1)
    if not (first - ord("A") < 26).all():
        return None
    has_two_letters = second - ord("A") < 26
    one_letter = first.astype(np.int64) - 64
    column = np.where(has_two_letters, one_letter * 26 + second - 64, one_letter)
    digits = names >> np.where(has_two_letters, 16, 8).astype(np.uint64)
    row = np.zeros(positions.size, dtype=np.int64)
    in_number, has_ended = np.ones(positions.size, dtype=bool), np.zeros(positions.size, dtype=bool)
    for index in range(CELL_NAME_BYTES - 1):
        byte = _byte(digits, index)
        has_ended |= in_number & (byte == ord('"'))
        in_number &= byte - ord("0") < 10
        if not in_number.any():
            break
        row = np.where(in_number, row * 10 + byte - ord("0"), row)
    return (int(row.max()), int(column.max())) if has_ended.all() and row.all() else None


def _byte(words: np.ndarray, index: int) -> np.ndarray:
    """Return one byte of each word, unsigned: a byte below a range wraps to a value above it."""
    return (words >> np.uint64(8 * index)).astype(np.uint8)


def _count(data: np.ndarray, pattern: bytes) -> int:
    """Return how often a pattern of two or four bytes occurs."""
    return sum(int(np.count_nonzero(matches)) for _, matches in _matches(data, pattern))


def _positions(data: np.ndarray, pattern: bytes) -> np.ndarray:
    """Return the positions of a pattern of two or four bytes, unsorted."""
    return np.concatenate([np.flatnonzero(matches) * len(pattern) + shift for shift, matches in _matches(data, pattern)])


def _matches(data: np.ndarray, pattern: bytes) -> list[tuple[int, np.ndarray]]:
    """Return for each alignment (shift) which words of the data equal the pattern."""
    size = len(pattern)
    word = np.frombuffer(pattern, dtype=f"<u{size}")[0]
    return [(shift, data[shift : shift + (data.size - shift) // size * size].view(f"<u{size}") == word) for shift in range(size)]
