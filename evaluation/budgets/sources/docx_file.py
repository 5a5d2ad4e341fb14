"""Paragraphs and table rows of Word documents: a parser for :mod:`evaluation.sandbox`, so it imports nothing from ``evaluation``.

A document with tracked changes is read as if all of them were accepted.
"""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any

MAX_UNPACKED_BYTES = 128 * 2**20
MAX_PARTS = 5_000
MAX_SPAN = 50
"""Most columns of a merged cell; the tables of decisions have ten columns."""
MACROS, NOT_A_DOCUMENT, TOO_LARGE, NO_TEXT = "macros", "not_a_document", "too_large", "no_text"
"""Reasons why nothing is read."""

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
PARAGRAPH, TABLE, ROW, CELL = (WORD + name for name in ("p", "tbl", "tr", "tc"))
REMOVED = frozenset(WORD + name for name in ("del", "moveFrom", "pPr", "rPr", "delText", "instrText", "delInstrText"))
"""Removed text, properties, and instructions of fields."""
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
"""The same content once more for old programs."""
BREAKS = frozenset(WORD + name for name in ("br", "cr"))
SIGNS = {WORD + "tab": "\t", WORD + "noBreakHyphen": "\N{NON-BREAKING HYPHEN}", WORD + "softHyphen": "\N{SOFT HYPHEN}"}

SPACES = re.compile(r"[ \t\n]+")

Line = str | list[str]
"""A paragraph, or the cells of a row."""


def extract_lines(data: bytes) -> bytes:
    """Return the document's lines as JSON: a string or a list of cells for each; or the reason why it is not read."""
    # Imported here, so that only the child process loads the library.
    from docx import Document

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
    reason = _reason(entries)
    if reason:
        return json.dumps(reason).encode()
    lines = list(_lines(Document(io.BytesIO(data)).element.body))
    if not lines and any(entry.filename.startswith("word/media/") for entry in entries):
        return json.dumps(NO_TEXT).encode()
    return json.dumps(lines, ensure_ascii=False).encode()


def _reason(entries: list[zipfile.ZipInfo]) -> str:
    """Return the reason why a document with these parts is not unpacked, or ""."""
    if len(entries) > MAX_PARTS or sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        return TOO_LARGE
    names = {entry.filename.casefold() for entry in entries}
    if any(name.endswith("vbaproject.bin") for name in names):
        return MACROS
    return "" if any(name.startswith("word/") for name in names) else NOT_A_DOCUMENT


def _lines(element: Any) -> Iterator[Line]:
    """Yield the lines of what holds paragraphs and tables; a table with a table in it only arranges the page."""
    for child in element:
        if child.tag == PARAGRAPH:
            yield from filter(None, _texts(child))
        elif child.tag == TABLE and child.find(f".//{TABLE}") is None:
            yield from _rows(child)
        elif child.tag not in REMOVED and child.tag != FALLBACK:
            # A content control, an inserted block, or a cell of a table that arranges the page.
            yield from _lines(child)


def _texts(paragraph: Any) -> list[str]:
    """Return the lines of a paragraph, cut at its breaks, with the text of boxes that stand in it."""
    parts: list[str] = []
    _collect(paragraph, parts)
    return [line.strip(" \t") for line in "".join(parts).split("\n")]


def _collect(element: Any, parts: list[str]) -> None:
    for child in element:
        if child.tag in REMOVED or child.tag == FALLBACK:
            continue
        if child.tag == WORD + "t":
            parts.append(child.text or "")
        elif child.tag in SIGNS:
            parts.append(SIGNS[child.tag])
        elif child.tag in BREAKS:
            parts.append("\n")
        else:
            if child.tag == PARAGRAPH:
                parts.append("\n")
            _collect(child, parts)


def _rows(table: Any) -> Iterator[Line]:
    """Yield the rows of a table; a merged cell has its text in its first place and leaves the others empty."""
    for row in table.iter(ROW):
        properties = row.find(f"{WORD}trPr")
        if properties is not None and properties.find(f"{WORD}del") is not None:
            continue
        cells = [""] * _number(properties, "gridBefore", 0)
        for cell in row.iter(CELL):
            layout = cell.find(f"{WORD}tcPr")
            merge = layout.find(f"{WORD}vMerge") if layout is not None else None
            is_continued = merge is not None and merge.get(f"{WORD}val", "continue") == "continue"
            text = "" if is_continued else SPACES.sub(" ", " ".join(_cell_lines(cell))).strip()
            cells += [text, *[""] * (_number(layout, "gridSpan", 1) - 1)]
        if any(cells):
            yield cells


def _cell_lines(cell: Any) -> Iterator[str]:
    for line in _lines(cell):
        yield line if isinstance(line, str) else " ".join(line)


def _number(properties: Any, name: str, default: int) -> int:
    """Return a number of a row's or cell's properties."""
    item = properties.find(f"{WORD}{name}") if properties is not None else None
    value = item.get(f"{WORD}val", "") if item is not None else ""
    return min(int(value), MAX_SPAN) if value.isdigit() and value.isascii() else default
