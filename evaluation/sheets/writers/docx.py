"""Writes a sheet's document as an editable Word document, with real headings, table styles, headers and footers."""

import io
from collections.abc import Iterable

from docx import Document as new_document
from docx.document import Document as Word
from docx.enum.section import WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.section import Section
from docx.shared import Mm
from docx.table import _Cell
from docx.text.paragraph import Paragraph

from evaluation.sheets.annex import Annex, Figure, Grid, TableReasons
from evaluation.sheets.document import Document, FormTable, Texts
from evaluation.sheets.stamp import Verification, qr_png
from evaluation.sheets.writers import docx_parts as parts
from evaluation.sheets.writers.docx_styles import define
from evaluation.sheets.writers.office import CREATED, same_each_time
from evaluation.sheets.writers.pictures import pictures

TEXT_WIDTH = 170.0
"""The width of a page between its margins, mm."""
QR_WIDTH = 34.0
CHART_WIDTH = 90.0
"""At most: beside a table, a chart takes what that leaves."""
ROW_WIDTH, YEAR_WIDTH, FIGURE_WIDTH, NARROW_WIDTH = 15.0, 15.0, 24.0, 22.0
MOST_TITLE = 255
LONG = 15
"""More organisations than this under a row may go over the page; anything shorter stays together."""
TOGETHER = 4
"""How many of the last readings stay on one page with what comes after them."""


def write(document: Document) -> bytes:
    """The Word document of a document; the same document gives the same bytes."""
    word = new_document()
    define(word, document.languages[0])
    _properties(word, document)
    _page(word.sections[0], document)
    _form(word, document)
    qr = qr_png(document.stamp) if document.stamp else b""
    drawn = pictures([figure.chart for annex in document.annexes for figure in annex.figures])
    for annex in document.annexes:
        section = word.add_section(WD_SECTION.NEW_PAGE)
        # The paragraph that ends a section after a table must not need a page of its own.
        parts.styled(word.paragraphs[-1], "Sheet Break")
        _page(section, document, annex)
        _annex(word, annex, drawn[: len(annex.figures)], qr)
        del drawn[: len(annex.figures)]
    out = io.BytesIO()
    word.save(out)
    return same_each_time(out.getvalue())


def _properties(word: Word, document: Document) -> None:
    properties = word.core_properties
    properties.title, properties.language = parts.clean(document.name)[:MOST_TITLE], document.languages[0]
    properties.author = properties.last_modified_by = properties.comments = ""
    properties.keywords = "; ".join(document.stamp.keywords) if document.stamp else ""
    properties.created = properties.modified = CREATED
    properties.revision = 1


def _page(section: Section, document: Document, annex: Annex | None = None) -> None:
    """A4 with the notices over every page, and body, year and page number under it; an annex also says what it is."""
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin, section.right_margin = Mm(25), Mm(15)
    section.top_margin = section.bottom_margin = Mm(20)
    section.header_distance = section.footer_distance = Mm(9)
    section.header.is_linked_to_previous = section.footer.is_linked_to_previous = False
    lines = [(notice, "Sheet Notice") for notice in document.notices]
    lines += [(annex.mark, "Sheet Annex Mark")] if annex else []
    header = section.header.paragraphs[0]
    for position, (words, style) in enumerate(lines):
        paragraph = header if position == 0 else section.header.add_paragraph()
        parts.add_text(parts.styled(paragraph, style), words)
    footer = parts.styled(section.footer.paragraphs[0], "Sheet Footer")
    parts.add_text(footer, f"{document.footer}\t")
    parts.add_field(footer, "PAGE")
    footer.add_run(" / ")
    parts.add_field(footer, "NUMPAGES")
    if document.seal:
        parts.add_text(parts.styled(section.footer.add_paragraph(), "Sheet Footer"), document.seal)


# ---- the approved form ----


def _form(word: Word, document: Document) -> None:
    _marks(word, document)
    for words, code in _spoken(document.title, document):
        parts.add_text(word.add_paragraph(style="Title"), words, code)
    for texts, hints in ((document.body, document.hint_body), (document.period, document.hint_period)):
        _stacked(parts.styled(word.add_paragraph(), "Sheet Blank"), texts, document)
        _stacked(parts.styled(word.add_paragraph(), "Sheet Hint"), hints, document)
    for table in document.tables:
        title = word.add_heading(level=2)
        title.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _stacked(title, table.title, document)
        _form_table(word, table, document)


def _marks(word: Word, document: Document) -> None:
    """The marks over the form: in one language at the right, in two side by side."""
    columns = len(document.languages)
    table = word.add_table(rows=1, cols=max(columns, 2))
    parts.lay_out(table, [TEXT_WIDTH / 2, TEXT_WIDTH / 2] if columns <= 2 else [TEXT_WIDTH / columns] * columns)
    for position, code in enumerate(document.languages):
        cell = table.rows[0].cells[position if columns > 1 else 1]
        paragraphs = [cell.paragraphs[0], *(cell.add_paragraph() for _ in document.marks[1:])]
        for paragraph, texts in zip(paragraphs, document.marks, strict=True):
            parts.add_text(parts.styled(paragraph, "Sheet Mark"), texts[min(position, len(texts) - 1)], code)


def _form_table(word: Word, form: FormTable, document: Document) -> None:
    spoken = len(form.text_heads)
    table = word.add_table(rows=0, cols=spoken + 2, style="Sheet Table")
    parts.lay_out(table, [14.0, *[(TEXT_WIDTH - 32) / spoken] * spoken, 18.0])
    centred, codes = ["Sheet Cell Centred"] * (spoken + 2), ["", *document.languages, ""]
    head = parts.add_row(table, ["", *form.text_heads, ""], centred, codes)
    _stacked(head.cells[0].paragraphs[0], form.number_head, document)
    _stacked(head.cells[-1].paragraphs[0], form.points_head, document)
    numbers = [form.numbering[0], form.numbering[1], *[""] * (spoken - 1), form.numbering[2]]
    numbering = parts.add_row(table, numbers, centred)
    if spoken > 1:
        numbering.cells[1].merge(numbering.cells[spoken])
        parts.drop_empty_paragraphs(numbering.cells[1])
    for row in (head, numbering):
        parts.repeat(row)
    styles = ["Sheet Cell Centred", *["Sheet Cell"] * spoken, "Sheet Cell Centred"]
    for line in form.rows:
        parts.add_row(table, [line.number, *line.texts, line.points.text], styles, codes)
    parts.add_row(table, ["", *form.total.texts, form.total.points.text], styles, codes, bold=True)


def _spoken(texts: Texts, document: Document) -> list[tuple[str, str]]:
    """Each text with its language; where there is only one it is in the first language."""
    return list(zip(texts, document.languages, strict=False))


def _stacked(paragraph: Paragraph, texts: Texts, document: Document) -> None:
    """A text in each of its languages, one under another in one paragraph."""
    for position, (words, code) in enumerate(_spoken(texts, document)):
        if position:
            paragraph.add_run().add_break()
        parts.add_text(paragraph, words, code)


# ---- an annex ----


def _annex(word: Word, annex: Annex, drawn: Iterable[bytes], qr: bytes) -> None:
    code = annex.language
    parts.add_text(word.add_heading(level=1), annex.mark, code)
    if annex.verification:
        _verification(word, annex.verification, qr, code)
    parts.add_text(word.add_heading(level=2), annex.summary.title, code)
    _grid(word, annex.summary, code, _widths(annex.summary))
    if annex.explanation:
        parts.add_text(parts.styled(word.add_paragraph(), "Sheet Explanation"), annex.explanation, code)
    if annex.figures:
        parts.add_text(word.add_heading(level=2), annex.figures_title, code)
    for figure, picture in zip(annex.figures, drawn, strict=True):
        _figure(word, figure, picture, code)
    parts.add_text(word.add_heading(level=2), annex.reasons_title, code)
    for table in annex.reasons:
        _reasons(word, table, annex)
    parts.add_text(word.add_heading(level=2), annex.readings_title, code)
    ending = []
    for id_, words in annex.readings:
        paragraph = parts.styled(word.add_paragraph(), "Sheet Reading")
        parts.add_text(paragraph, f"{id_}\t", code, bold=True)
        parts.add_text(paragraph, words, code)
        ending.append(paragraph)
    if annex.translation_note:
        ending.append(parts.styled(word.add_paragraph(), "Sheet Note"))
        parts.add_text(ending[-1], annex.translation_note, code)
    for paragraph in ending[-TOGETHER:-1]:
        paragraph.paragraph_format.keep_with_next = True


def _verification(word: Word, part: Verification, qr: bytes, code: str) -> None:
    """The QR code, and beside it how the reader verifies what is in hand."""
    table = word.add_table(rows=1, cols=2, style="Sheet Annex Table")
    parts.lay_out(table, [QR_WIDTH + 6, TEXT_WIDTH - QR_WIDTH - 6])
    picture, words = table.rows[0].cells
    drawn = parts.styled(picture.paragraphs[0], "Sheet Annex Cell Centred").add_run()
    parts.describe(drawn.add_picture(io.BytesIO(qr), width=Mm(QR_WIDTH)), part.title, part.picture)
    parts.add_text(parts.styled(words.paragraphs[0], "Sheet Annex Cell"), part.title, code, bold=True)
    parts.add_text(parts.styled(words.add_paragraph(), "Sheet Annex Cell"), part.text, code)
    for label, said in part.lines:
        line = parts.styled(words.add_paragraph(), "Sheet Annex Cell")
        parts.add_text(line, f"{label}: ", code, italic=True)
        parts.add_text(line, said)
    parts.plain_head(table)


def _grid(place: Word | _Cell, grid: Grid, code: str, widths: list[float]) -> None:
    """A table of the annex on the page or in a cell."""
    table = parts.add_table(place, len(grid.head), "Sheet Annex Table")
    parts.lay_out(table, widths)
    codes = [code] * len(grid.head)
    parts.repeat(parts.add_row(table, grid.head, ["Sheet Annex Cell Centred"] * len(codes), codes))
    first = "Sheet Annex Cell" if widths[0] > widths[-1] else "Sheet Annex Cell Centred"
    styles = [first, *["Sheet Annex Cell Centred"] * (len(widths) - 1)]
    for row in grid.rows:
        parts.add_row(table, [cell.text for cell in row], styles, codes)
    if grid.total:
        parts.add_row(table, [cell.text for cell in grid.total], styles, codes, bold=True)
    parts.keep_whole(table)


def _widths(grid: Grid) -> list[float]:
    """Columns of figures, a year's before them, and the rest of the page for names."""
    widths = [YEAR_WIDTH] * (grid.names - 1) + [FIGURE_WIDTH] * (len(grid.head) - grid.names)
    return [TEXT_WIDTH - sum(widths), *widths]


def _figure(word: Word, figure: Figure, drawn: bytes, code: str) -> None:
    """A chart with its table beside it, or under it where that is a wide one."""
    parts.add_text(word.add_heading(level=3), figure.chart.title, code)
    if figure.table.names > 1:
        paragraph = parts.styled(word.add_paragraph(), "Sheet Picture")
        paragraph.paragraph_format.keep_with_next = True
        _picture(paragraph, figure, drawn, CHART_WIDTH)
        _grid(word, figure.table, code, _widths(figure.table))
        return
    layout = word.add_table(rows=1, cols=2)
    widths = [ROW_WIDTH, *[NARROW_WIDTH] * (len(figure.table.head) - 1)]
    beside = sum(widths) + 4
    chart_width = min(CHART_WIDTH, TEXT_WIDTH - beside - 4)
    parts.lay_out(layout, [TEXT_WIDTH - beside, beside])
    chart, numbers = layout.rows[0].cells
    _picture(parts.styled(chart.paragraphs[0], "Sheet Picture"), figure, drawn, chart_width)
    _grid(numbers, figure.table, code, widths)
    parts.end_cell(numbers)


def _picture(paragraph: Paragraph, figure: Figure, drawn: bytes, width: float) -> None:
    picture = paragraph.add_run().add_picture(io.BytesIO(drawn), width=Mm(width))
    parts.describe(picture, figure.chart.title, figure.chart.description)


def _reasons(word: Word, part: TableReasons, annex: Annex) -> None:
    code = annex.language
    parts.add_text(word.add_heading(level=3), part.title, code)
    if part.note:
        parts.add_text(word.add_paragraph(), part.note, code)
        return
    table = word.add_table(rows=0, cols=4, style="Sheet Annex Table")
    parts.lay_out(table, [14.0, 46.0, 16.0, TEXT_WIDTH - 76])
    parts.repeat(parts.add_row(table, part.head, ["Sheet Annex Cell Centred"] * 4, [code] * 4))
    styles = ["Sheet Annex Cell Centred", "Sheet Annex Cell", "Sheet Annex Cell Centred", "Sheet Annex Cell"]
    for reason in part.rows:
        whole = sum(len(found.texts) for found in reason.organisations) <= LONG
        row = parts.add_row(table, [reason.number, reason.text, reason.points, ""], styles, [code] * 4, whole=whole)
        why = row.cells[3]
        said = [(label, words) for label, words in zip(annex.reason_labels, reason.said, strict=True) if words]
        said += [(found.label, "; ".join(found.texts)) for found in reason.organisations]
        for position, (label, words) in enumerate(said):
            paragraph = parts.styled(why.add_paragraph() if position else why.paragraphs[0], "Sheet Annex Cell")
            parts.add_text(paragraph, f"{label}: ", code, italic=True)
            parts.add_text(paragraph, words, code)
