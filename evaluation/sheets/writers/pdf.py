"""Writes a sheet's document as PDF, laid out by `sheet.typ` beside this file."""

import threading
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import typst

from evaluation.charts import to_svg
from evaluation.charts.measure import FONT_FOLDER
from evaluation.sheets.document import Document
from evaluation.sheets.stamp import qr_svg

TEMPLATE = Path(__file__).with_name("sheet.typ")
LOCK = threading.Lock()
"""One compiler serves the whole process, one document at a time."""


def write(document: Document) -> bytes:
    """The PDF of a document, tagged; the same document gives the same bytes."""
    charts = [[to_svg(figure.chart) for figure in annex.figures] for annex in document.annexes]
    told: dict[str, Any] = {"document": document, "charts": charts}
    if document.stamp:
        told |= {"keywords": document.stamp.keywords, "qr": qr_svg(document.stamp)}
    return typeset(orjson.dumps(told).decode())


def typeset(data: str) -> bytes:
    """The PDF of a document and its charts given as the JSON that `sheet.typ` reads."""
    with LOCK:
        compiled = _compiler().compile(format="pdf", sys_inputs={"document": data})
    if not isinstance(compiled, bytes):
        raise TypeError("a PDF is one file")
    return compiled


@cache
def _compiler() -> typst.Compiler:
    """The compiler with pinned fonts: those embedded in it, and DejaVu Sans for the charts and for rare letters."""
    return typst.Compiler(TEMPLATE, font_paths=[FONT_FOLDER], ignore_system_fonts=True)
