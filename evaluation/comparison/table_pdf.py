"""Writes a list of the comparison as PDF; `table.typ` beside this file is the layout."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from evaluation.sheets.writers.typesetting import typeset_pdf

TEMPLATE = Path(__file__).with_name("table.typ")


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
    return typeset_pdf(TEMPLATE, document=orjson.dumps(document).decode())
