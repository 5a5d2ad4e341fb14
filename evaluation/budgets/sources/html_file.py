"""Paragraphs and table rows of web pages: a parser for :mod:`evaluation.sandbox`, so it imports nothing from ``evaluation``."""

import json
import re
from collections.abc import Iterator
from typing import Any

MAX_SPAN = 50
"""Most columns or rows of a merged cell; the tables of decisions have ten columns."""
MAX_DEPTH = 400
TOO_DEEP = "too_deep"
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
DROPPED = ("script", "style", "head", "template", "noscript", "iframe", "object", "svg", "math", "select", "textarea", "button")
INLINE = frozenset(
    "a abbr b big cite code del em font i ins label mark nobr q s small span strike strong sub sup time tt u var wbr".split()  # noqa: SIM905
)
"""Elements within a line; every other one starts a line and ends it."""
SPACES = re.compile(r"[ \t\r\n\f]+")

Line = str | list[str]
"""A paragraph, or the cells of a row."""


def extract_lines(data: bytes) -> bytes:
    """Return the paragraphs and rows of a page in UTF-8 as JSON: a string or a list of cells for each line, in their order."""
    # Imported here, so that only the child process loads the library.
    from lxml import etree, html

    text = re.sub(r"^\s*<\?xml[^>]*>", "", data.decode("utf-8"))
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    root = html.document_fromstring(text, parser=parser)
    etree.strip_elements(root, *DROPPED, with_tail=False)
    hidden = [item for item in root.iter() if item.get("hidden") is not None or HIDDEN.search(item.get("style", ""))]
    for item in hidden:
        if item.getparent() is not None:
            item.drop_tree()
    return json.dumps(list(_lines(root)), ensure_ascii=False).encode()


def _lines(root: Any) -> Iterator[Line]:
    """Yield the lines of an element; a table with a table in it only arranges the page, and its cells are read as paragraphs."""
    words: list[str] = []
    for kind, content in _parts(root):
        if kind == "text":
            words.append(content)
            continue
        yield from _flush(words)
        if kind == "table":
            yield from _rows(content)
    yield from _flush(words)


def _flush(words: list[str]) -> Iterator[str]:
    line = SPACES.sub(" ", "".join(words)).strip(" ")
    words.clear()
    if line:
        yield line


def _parts(element: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield texts, the ends of lines, and tables."""
    if depth > MAX_DEPTH:
        raise ValueError(TOO_DEEP)
    if element.tag == "table" and element.find(".//table") is None:
        yield "table", element
        return
    is_line = element.tag not in INLINE
    if is_line:
        yield "end", None
    if element.text:
        yield "text", element.text
    for child in element:
        yield from _parts(child, depth + 1)
        if child.tail:
            yield "text", child.tail
    if is_line:
        yield "end", None


def _rows(table: Any) -> Iterator[Line]:
    """Yield the rows of a table; a merged cell has its text in its first place and leaves the others empty."""
    below: dict[int, int] = {}
    for item in table.iter("caption", "tr"):
        if item.tag == "caption":
            yield from _lines(item)
            continue
        cells: list[str] = []
        for cell in item.iterchildren("td", "th"):
            _skip(cells, below)
            width, height = _span(cell, "colspan"), _span(cell, "rowspan")
            if height > 1:
                below.update(dict.fromkeys(range(len(cells), len(cells) + width), height))
            cells += [" ".join(str(line) for line in _lines(cell)), *[""] * (width - 1)]
        _skip(cells, below)
        below = {column: rows - 1 for column, rows in below.items() if rows > 1}
        if any(cells):
            yield cells


def _skip(cells: list[str], below: dict[int, int]) -> None:
    """Leave the places empty that merged cells of upper rows occupy, but for those that begin in this row."""
    while below.get(len(cells), 0) > 0:
        cells.append("")


def _span(cell: Any, name: str) -> int:
    value = cell.get(name, "1").strip()
    return min(max(int(value), 1), MAX_SPAN) if value.isascii() and value.isdigit() and len(value) < 9 else 1
