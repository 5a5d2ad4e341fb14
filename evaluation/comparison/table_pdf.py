"""Writes a list of the comparison as PDF; `table.typ` beside this file is the layout."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    import typst

TEMPLATE = Path(__file__).with_name("table.typ")
LOCK = threading.Lock()
"""The process has one compiler, which compiles one document at a time."""


@dataclass(frozen=True)
class Column:
    """A column: its head, its part of the width that is left (None for the width of its content), and whether it has numbers."""

    label: str
    width: int | None = None
    number: bool = True


@dataclass(frozen=True)
class TableDocument:
    """A list to write: the banner is above each page, the footer below it, the paragraphs stand before the table."""

    title: str
    language: str
    paragraphs: Sequence[str]
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    footer: str = ""
    banner: str = ""


def write_table(document: TableDocument) -> bytes:
    """Write a list as a tagged PDF. Equal documents give equal bytes."""
    with LOCK:
        compiled = _compiler().compile(format="pdf", sys_inputs={"document": orjson.dumps(document).decode()})
    if not isinstance(compiled, bytes):
        raise TypeError("typst compiled a PDF to several files")
    return compiled


@cache
def _compiler() -> "typst.Compiler":
    """The compiler with the fonts of the sheets. typst is heavy; most commands do not need it."""
    import typst

    from evaluation.charts.measure import font_folder

    return typst.Compiler(TEMPLATE, font_paths=[font_folder()], ignore_system_fonts=True)
