"""Writes a sheet's document as an Excel workbook: the form on one worksheet, ready to print, and worksheets for the annexes.

All text is written as text, never as a formula; points that are one number are numbers.
"""

import io
import re
from functools import partial

import xlsxwriter

from evaluation.sheets.document import Document, FormTable
from evaluation.sheets.stamp import qr_png
from evaluation.sheets.writers import xlsx_annex
from evaluation.sheets.writers.office import CREATED, FONT
from evaluation.sheets.writers.xlsx_page import Formats, Page, Span, in_columns

TABLE_GAP_PT = 12.0
MIN_ROWS = 4
"""Rows of a table that stay on one page with its title: the head, the numbering and two more."""
FORM_WIDTHS = {1: (7.0, 74.0, 10.0), 2: (7.0, 41.0, 41.0, 9.0)}
"""Column widths in characters by the number of languages."""
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
MAX_WORKSHEET_NAME_LENGTH = 31


def write(document: Document) -> bytes:
    """Write a document as a workbook. Equal documents give equal bytes."""
    out = io.BytesIO()
    typeface = {"font_name": FONT, "font_size": 11, "font_scheme": "none"}
    with xlsxwriter.Workbook(out, OPTIONS | {"default_format_properties": typeface}) as book:
        keywords = {"keywords": "; ".join(document.stamp.keywords)} if document.stamp else {}
        book.set_properties({"title": document.title_property, "created": CREATED, **keywords})
        formats, names = Formats(book), set[str]()
        languages = len(document.tables[0].text_heads) if document.tables else 1
        widths = FORM_WIDTHS.get(languages, (7.0, *[82 / languages] * languages, 9.0))
        _add_form(Page(formats, unused_name(document.title[0], names), widths, document), document)
        qr = qr_png(document.stamp) if document.stamp and document.annexes else b""
        for annex in document.annexes:
            summary, reasons, organisations = (unused_name(name, names) for name in annex.worksheets)
            page = partial(Page, formats, document=document, landscape=True)
            summary_page = page(summary, xlsx_annex.summary_widths(annex), extra_columns=xlsx_annex.CHART_COLUMNS)
            xlsx_annex.add_summary(summary_page, annex, qr)
            xlsx_annex.add_reasons(page(reasons, xlsx_annex.REASON_WIDTHS), annex)
            if any(row.organisations for table in annex.reasons for row in table.rows):
                xlsx_annex.add_organisations(page(organisations, xlsx_annex.ORGANISATION_WIDTHS), annex)
    return out.getvalue()


def unused_name(name: str, names: set[str]) -> str:
    """A worksheet name that Excel accepts and that is not in `names`; it is added to them."""
    base = re.sub(r"[\[\]:*?/\\]", " ", name).strip("' ")[:MAX_WORKSHEET_NAME_LENGTH] or "1"
    unused, number = base, 2
    while unused.lower() in names:
        suffix = f" {number}"
        unused, number = base[: MAX_WORKSHEET_NAME_LENGTH - len(suffix)] + suffix, number + 1
    names.add(unused.lower())
    return unused


def _add_form(page: Page, document: Document) -> None:
    last_column = len(page.widths) - 1
    for note in document.translation_notes:
        page.add_text(note, "note_small")
    for texts in document.marks:
        if len(texts) == 1:
            page.add_text(texts[0], "mark")
        else:
            half = last_column // 2 + 1
            page.add_row([(0, half - 1, texts[0], "mark_left"), (half, last_column, texts[1], "mark_left")])
    page.add_gap(TABLE_GAP_PT)
    for text in document.title:
        page.add_text(text, "title")
    for texts, hints in ((document.body, document.hint_body), (document.period, document.hint_period)):
        page.add_gap(6)
        for position, text in enumerate(texts):
            page.add_text(text, "blank" if position == len(texts) - 1 else "name")
        for text in hints:
            page.add_text(text, "hint")
    for table in document.tables:
        rows = _table_rows(table, last_column)
        heights = list(map(page.height_of, rows))
        page.begin_block(sum(heights[: len(table.title) + MIN_ROWS]) + TABLE_GAP_PT, sum(heights) + TABLE_GAP_PT)
        page.add_gap(TABLE_GAP_PT)
        for row in rows:
            page.add_row(row)
    page.finish()


def _table_rows(table: FormTable, last_column: int) -> list[list[Span]]:
    styles = ["centre", *["text"] * (last_column - 1), "centre"]
    heads = ["\n".join(table.number_head), *table.text_heads, "\n".join(table.points_head)]
    first, middle, last = table.numbering
    titles: list[list[Span]] = [[(0, last_column, text, "table_title")] for text in table.title]
    return [
        *titles,
        in_columns(heads, ["head"] * (last_column + 1)),
        [(0, 0, first, "head"), (1, last_column - 1, middle, "head"), (last_column, last_column, last, "head")],
        *(in_columns([row.number, *row.texts, row.points], styles) for row in table.rows),
        in_columns(["", *table.total.texts, table.total.points], [*["total"] * last_column, "total_points"]),
    ]
