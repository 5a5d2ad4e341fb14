"""Writes a sheet's document as PDF; `sheet.typ` beside this file is the layout."""

import threading
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import typst

from evaluation.charts import to_svg
from evaluation.charts.measure import font_folder
from evaluation.sheets.document import Document
from evaluation.sheets.stamp import qr_svg

TEMPLATE = Path(__file__).with_name("sheet.typ")
LOCK = threading.Lock()
"""The process has one compiler, which compiles one document at a time."""


def write(document: Document) -> bytes:
    """Write a document as a tagged PDF. Equal documents give equal bytes."""
    charts = [[to_svg(figure.chart) for figure in annex.figures] for annex in document.annexes]
    data: dict[str, Any] = {"document": document, "charts": charts}
    if document.stamp:
        data |= {"keywords": document.stamp.keywords}
        data |= {"qr": qr_svg(document.stamp)} if document.annexes else {}
    return typeset(orjson.dumps(data).decode())


def typeset(data: str) -> bytes:
    """Compile `sheet.typ` with the JSON that it reads: a document and its charts."""
    with LOCK:
        compiled = _compiler().compile(format="pdf", sys_inputs={"document": data})
    if not isinstance(compiled, bytes):
        raise TypeError("typst compiled a PDF to several files")
    return compiled


@cache
def _compiler() -> typst.Compiler:
    """The compiler with fixed fonts: those embedded in it, and DejaVu Sans for the charts and for rare letters."""
    return typst.Compiler(TEMPLATE, font_paths=[font_folder()], ignore_system_fonts=True)
