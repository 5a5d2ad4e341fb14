"""Text lines and table rows of PDF files: a parser for :mod:`evaluation.sandbox`, so it imports nothing from ``evaluation``.

Rows of a table with drawn lines keep their cells. Other text gives lines in the order in which the file draws it.
"""

import ctypes
import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import chain, pairwise
from typing import Any, NamedTuple

MAX_PAGES = 500
MAX_SEGMENTS = 50_000
"""Most lines of a page; a page of a decision has less than 2,000. A page with more is read without its tables."""
MIN_CHARACTERS = 20
"""Fewest visible characters of a page with text; a scan may have a stamp of its archive."""
MIN_PICTURE = 0.3
"""Share of a page that a picture of its text covers at least."""
SAME = 3.0
"""Points within which two drawn lines are the same border of a table."""
MIN_CELLS = 2
ENCRYPTED, NO_TEXT, TOO_MANY_PAGES = "encrypted", "no_text", "too_many_pages"
"""Reasons why nothing is read."""
CODES = re.compile(r"\s*\d{1,3}(\s*\n\s*\d{1,3})+\s*")
LETTER = re.compile(r"[^\W\d_]")
SPACES = re.compile(r"[ \t\r\n]+")
BROKEN_WORD = re.compile("(?<=[^\\W\\d_])[\x02\ufffe](?=[^\\W\\d_])")
"""Stands for the hyphen of a word that continues on the next line."""
OTHER_HYPHEN = re.compile("[\x02\ufffe]")

Line = str | list[str]
"""A line of text, or the cells of a row."""
Segment = tuple[float, float, float]
"""A drawn line: its position across its direction, its start and its end, in points."""


class Band(NamedTuple):
    """A horizontal band of a page.

    Attributes:
        bottom: its lower end, in points from the page's lower end.
        lefts: left sides of the cells of a table's row; empty for text between tables.
        columns: the column of each cell.
        width: number of columns of the page's tables.
    """

    bottom: float
    lefts: Sequence[float] = ()
    columns: Sequence[int] = ()
    width: int = 0


def extract_lines(data: bytes) -> bytes:
    """Return the file's lines as JSON: a string or a list of cells for each, or the reason why it is not read.

    Pages that are pictures among pages of text are a reason too: `{"pages": […]}`, counted from 1.
    """
    # Imported here, so that only the child process loads the library.
    import pypdfium2
    from pypdfium2 import raw

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if error.err_code in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
            return json.dumps(ENCRYPTED).encode()
        raise
    return json.dumps(_read(document), ensure_ascii=False).encode(errors="replace")


def _read(document: Any) -> list[Line] | str | dict[str, list[int]]:
    if len(document) > MAX_PAGES:
        return TOO_MANY_PAGES
    lines: list[Line] = []
    pictures, has_text = [], False
    for number, page in enumerate(document, start=1):
        text = page.get_textpage()
        if len("".join(text.get_text_bounded().split())) >= MIN_CHARACTERS:
            has_text = True
            lines += _lines(page, text)
        elif _is_picture(page):
            pictures.append(number)
        text.close()
        page.close()
    if not has_text:
        return NO_TEXT
    return {"pages": pictures} if pictures else lines


def _is_picture(page: Any) -> bool:
    from pypdfium2 import raw

    bounds = [item.get_bounds() for item in page.get_objects((raw.FPDF_PAGEOBJ_IMAGE,))]
    area = sum((right - left) * (top - bottom) for left, bottom, right, top in bounds)
    return bool(area > MIN_PICTURE * page.get_width() * page.get_height())


def _lines(page: Any, text: Any) -> list[Line]:
    """Return the lines of a page from top to bottom."""
    bands = _bands(page)
    cells = _fill(bands, text)
    rows = [band_cells for band, band_cells in zip(bands, cells, strict=True) if band.lefts]
    if any(map(_has_several_rows, rows)):
        return _text(text.get_text_bounded())
    lines: list[Line] = []
    for band, band_cells in zip(bands, cells, strict=True):
        if not band.lefts:
            lines += _text(band_cells[0])
        elif any(cell.strip() for cell in band_cells):
            lines.append([SPACES.sub(" ", _words(cell)).strip() for cell in band_cells])
    return lines


def _fill(bands: list[Band], text: Any) -> list[list[str]]:
    """Return the text of every cell of every band: each character belongs to the cell in which its middle is.

    Spaces and line breaks, many of which the library adds, have no position and belong to the character before.
    """
    from pypdfium2 import raw

    cells = [[""] * max(band.width, 1) for band in bands]
    depths = [-band.bottom for band in bands]
    current = (0, 0)
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    for index in range(text.count_chars()):
        letter = chr(raw.FPDFText_GetUnicode(text, index))
        if letter > "\x20" and letter != "\xa0" and raw.FPDFText_GetCharBox(text, index, left, right, bottom, top):
            height, across = (bottom.value + top.value) / 2, (left.value + right.value) / 2
            row = min(bisect_left(depths, -height), len(bands) - 1)
            lefts = bands[row].lefts
            position = (row, bands[row].columns[max(bisect_right(lefts, across) - 1, 0)] if lefts else 0)
            if position != current and cells[position[0]][position[1]][-1:].strip():
                letter = f"\n{letter}"
            current = position
        cells[current[0]][current[1]] += letter
    return cells


def _segments(page: Any) -> tuple[list[Segment], list[Segment]]:
    """Return the horizontal and the vertical lines of a page; the sides of rectangles are lines too."""
    from pypdfium2 import raw

    across: list[Segment] = []
    down: list[Segment] = []
    x, y = ctypes.c_float(), ctypes.c_float()
    # Lines within a form have coordinates of their own.
    for item in page.get_objects((raw.FPDF_PAGEOBJ_PATH,), max_depth=1):
        matrix, first, last = item.get_matrix(), (0.0, 0.0), (0.0, 0.0)
        for index in range(raw.FPDFPath_CountSegments(item)):
            segment = raw.FPDFPath_GetPathSegment(item, index)
            raw.FPDFPathSegment_GetPoint(segment, x, y)
            point = matrix.on_point(x.value, y.value)
            kind = raw.FPDFPathSegment_GetType(segment)
            steps = [(last, point)] if kind == raw.FPDF_SEGMENT_LINETO else []
            if kind == raw.FPDF_SEGMENT_MOVETO:
                first = point
            if raw.FPDFPathSegment_GetClose(segment):
                steps.append((point, first))
            for (x0, y0), (x1, y1) in steps:
                if abs(y0 - y1) < 1 and abs(x0 - x1) > SAME:
                    across.append((y0, min(x0, x1), max(x0, x1)))
                elif abs(x0 - x1) < 1 and abs(y0 - y1) > SAME:
                    down.append((x0, min(y0, y1), max(y0, y1)))
            last = point
        if len(across) > MAX_SEGMENTS or len(down) > MAX_SEGMENTS:
            break
    return across, down


def _bands(page: Any) -> list[Band]:
    """Return the horizontal bands of a page from top to bottom: the rows of its tables, and what is between the tables.

    A row ends where a border ends or crosses.
    """
    _, floor, _, ceiling = page.get_bbox()
    across, down = _segments(page)
    # Coordinates of a rotated page are those before its rotation.
    if page.get_rotation() or max(len(across), len(down)) > MAX_SEGMENTS:
        return [Band(floor)]
    borders = _merge(position for position, _, _ in down)
    # A line under a word does not begin and end at borders.
    tops = (position for position, start, end in across if _is_near(start, borders) and _is_near(end, borders))
    heights = _merge(chain(tops, *((start, end) for _, start, end in down)))
    rows = [(low, high, _borders(down, (low + high) / 2)) for low, high in pairwise(heights)]
    rows = [row for row in reversed(rows) if len(row[2]) > MIN_CELLS]
    columns = _merge(position for _, _, positions in rows for position in positions)
    bands: list[Band] = []
    above = ceiling
    for low, high, positions in rows:
        if high < above:
            bands.append(Band(high))
        above = low
        lefts = positions[:-1]
        bands.append(Band(low, lefts, [bisect_left(columns, position - SAME) for position in lefts], len(columns) - 1))
    return [*bands, Band(floor)]


def _borders(down: list[Segment], height: float) -> list[float]:
    """Return the positions of the vertical lines that cross a height."""
    return _merge(position for position, start, end in down if start <= height <= end)


def _merge(positions: Any) -> list[float]:
    """Return positions in order, those within `SAME` of the one before left out."""
    merged: list[float] = []
    for position in sorted(positions):
        if not merged or position - merged[-1] > SAME:
            merged.append(position)
    return merged


def _is_near(position: float, borders: list[float]) -> bool:
    return any(abs(position - border) <= 2 * SAME for border in borders)


def _text(text: str) -> list[Line]:
    return [line.strip() for line in _words(text).split("\n") if line.strip()]


def _words(text: str) -> str:
    """Return text with its broken words joined, and with plain line breaks."""
    return OTHER_HYPHEN.sub("-", BROKEN_WORD.sub("", text)).replace("\r", "")


def _has_several_rows(cells: list[str]) -> bool:
    """Return whether the rows of a table are not separated by lines: a cell before the name has codes below each other."""
    for cell in cells[:-1]:
        if LETTER.search(cell):
            return False
        if CODES.fullmatch(cell):
            return True
    return False
