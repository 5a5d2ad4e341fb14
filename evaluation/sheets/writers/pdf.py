"""Writes a sheet's document as PDF; `sheet.typ` beside this file is the layout."""

from pathlib import Path
from typing import Any

import orjson

from evaluation.charts import to_svg
from evaluation.sheets.document import Document
from evaluation.sheets.stamp import qr_svg
from evaluation.sheets.writers.typesetting import typeset_pdf

TEMPLATE = Path(__file__).with_name("sheet.typ")


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
    return typeset_pdf(TEMPLATE, document=data)
