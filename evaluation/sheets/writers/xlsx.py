"""Writes a sheet's document as an Excel workbook: the form on one worksheet, ready to be printed, annexes on their own.

All text is written as text, whatever it begins with; points that are one number are numbers.
"""

import io
import re
from functools import partial

import xlsxwriter

from evaluation.sheets.document import Document, FormTable
from evaluation.sheets.stamp import qr_png
from evaluation.sheets.writers import xlsx_annex
from evaluation.sheets.writers.office import CREATED, FONT
from evaluation.sheets.writers.xlsx_page import Looks, Page, Part, in_columns

TABLE_GAP = 12.0
LEAST_ROWS = 4
"""How many of a table's rows stand under its title at least: its head, the numbering and two more."""
FORM_WIDTHS = {1: (7.0, 74.0, 10.0), 2: (7.0, 41.0, 41.0, 9.0)}
"""Column widths in characters, by the number of languages."""
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def write(document: Document) -> bytes:
    """The workbook of a document; the same document gives the same bytes."""
    out = io.BytesIO()
    typeface = {"font_name": FONT, "font_size": 11, "font_scheme": "none"}
    with xlsxwriter.Workbook(out, OPTIONS | {"default_format_properties": typeface}) as book:
        keywords = {"keywords": "; ".join(document.stamp.keywords)} if document.stamp else {}
        book.set_properties({"title": document.name, "created": CREATED, **keywords})
        looks, names = Looks(book), set[str]()
        spoken = len(document.tables[0].text_heads) if document.tables else 1
        widths = FORM_WIDTHS.get(spoken, (7.0, *[82 / spoken] * spoken, 9.0))
        _form(Page(looks, free_name(document.title[0], names), widths, document), document)
        qr = qr_png(document.stamp) if document.stamp else b""
        for annex in document.annexes:
            summary, reasons, organisations = (free_name(name, names) for name in annex.worksheets)
            page = partial(Page, looks, document=document, landscape=True)
            xlsx_annex.summary(page(summary, xlsx_annex.summary_widths(annex), beside=xlsx_annex.BESIDE), annex, qr)
            xlsx_annex.reasons(page(reasons, xlsx_annex.REASON_WIDTHS), annex)
            if any(row.organisations for table in annex.reasons for row in table.rows):
                xlsx_annex.organisations(page(organisations, xlsx_annex.ORGANISATION_WIDTHS), annex)
    return out.getvalue()


def free_name(name: str, taken: set[str]) -> str:
    """A worksheet's name that Excel allows and that is not taken yet."""
    base = re.sub(r"[\[\]:*?/\\]", " ", name).strip("' ")[:31] or "1"
    free, number = base, 2
    while free.lower() in taken:
        free, number = f"{base[: 31 - len(f' {number}')]} {number}", number + 1
    taken.add(free.lower())
    return free


def _form(page: Page, document: Document) -> None:
    last = len(page.widths) - 1
    for texts in document.marks:
        if len(texts) == 1:
            page.across(texts[0], "mark")
        else:
            half = last // 2 + 1
            page.parts([(0, half - 1, texts[0], "mark_left"), (half, last, texts[1], "mark_left")])
    page.gap(TABLE_GAP)
    for words in document.title:
        page.across(words, "title")
    for texts, hints in ((document.body, document.hint_body), (document.period, document.hint_period)):
        page.gap(6)
        for position, words in enumerate(texts):
            page.across(words, "blank" if position == len(texts) - 1 else "name")
        for words in hints:
            page.across(words, "hint")
    for table in document.tables:
        rows = _table(table, last)
        heights = list(map(page.needed, rows))
        page.begin(sum(heights[: len(table.title) + LEAST_ROWS]) + TABLE_GAP, sum(heights) + TABLE_GAP)
        page.gap(TABLE_GAP)
        for row in rows:
            page.parts(row)
    page.finish()


def _table(table: FormTable, last: int) -> list[list[Part]]:
    """The rows of a form's table, `last` being its last column."""
    looks = ["centre", *["text"] * (last - 1), "centre"]
    heads = ["\n".join(table.number_head), *table.text_heads, "\n".join(table.points_head)]
    first, middle, final = table.numbering
    titles: list[list[Part]] = [[(0, last, words, "table_title")] for words in table.title]
    return [
        *titles,
        in_columns(heads, ["head"] * (last + 1)),
        [(0, 0, first, "head"), (1, last - 1, middle, "head"), (last, last, final, "head")],
        *(in_columns([row.number, *row.texts, row.points], looks) for row in table.rows),
        in_columns(["", *table.total.texts, table.total.points], [*["total"] * last, "total_points"]),
    ]
