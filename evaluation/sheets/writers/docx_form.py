"""The approved form in a Word document."""

from docx.document import Document as Word
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.text.paragraph import Paragraph

from evaluation.sheets.document import Document, FormTable, Texts
from evaluation.sheets.writers import docx_parts as parts

NUMBER_WIDTH_MM, POINTS_WIDTH_MM = 14.0, 18.0


def add_form(word: Word, document: Document) -> None:
    """Add the form: marks, title, body, period and tables; above it the notes that texts are translations."""
    for text, code in _with_languages(document.translation_notes, document):
        parts.add_text(parts.set_style(word.add_paragraph(), "Sheet Note"), text, code)
    _add_marks(word, document)
    for text, code in _with_languages(document.title, document):
        parts.add_text(word.add_paragraph(style="Title"), text, code)
    for texts, hints in ((document.body, document.hint_body), (document.period, document.hint_period)):
        _add_stacked(parts.set_style(word.add_paragraph(), "Sheet Blank"), texts, document)
        _add_stacked(parts.set_style(word.add_paragraph(), "Sheet Hint"), hints, document)
    for table in document.tables:
        title = word.add_heading(level=2)
        title.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _add_stacked(title, table.title, document)
        _add_table(word, table, document)


def _add_marks(word: Word, document: Document) -> None:
    """Add the marks above the form: at the right in one language, side by side in two."""
    columns = len(document.languages)
    table = word.add_table(rows=1, cols=max(columns, 2))
    half = parts.TEXT_WIDTH_MM / 2
    parts.set_widths(table, [half, half] if columns <= 2 else [parts.TEXT_WIDTH_MM / columns] * columns)
    for position, code in enumerate(document.languages):
        cell = table.rows[0].cells[position if columns > 1 else 1]
        paragraphs = [cell.paragraphs[0], *(cell.add_paragraph() for _ in document.marks[1:])]
        for paragraph, texts in zip(paragraphs, document.marks, strict=True):
            parts.add_text(parts.set_style(paragraph, "Sheet Mark"), texts[min(position, len(texts) - 1)], code)


def _add_table(word: Word, form: FormTable, document: Document) -> None:
    languages = len(form.text_heads)
    table = word.add_table(rows=0, cols=languages + 2, style="Sheet Table")
    text_width = (parts.TEXT_WIDTH_MM - NUMBER_WIDTH_MM - POINTS_WIDTH_MM) / languages
    parts.set_widths(table, [NUMBER_WIDTH_MM, *[text_width] * languages, POINTS_WIDTH_MM])
    centred, codes = ["Sheet Cell Centred"] * (languages + 2), ["", *document.languages, ""]
    head = parts.add_row(table, ["", *form.text_heads, ""], centred, codes)
    _add_stacked(head.cells[0].paragraphs[0], form.number_head, document)
    _add_stacked(head.cells[-1].paragraphs[0], form.points_head, document)
    numbers = [form.numbering[0], form.numbering[1], *[""] * (languages - 1), form.numbering[2]]
    numbering = parts.add_row(table, numbers, centred)
    if languages > 1:
        numbering.cells[1].merge(numbering.cells[languages])
        parts.remove_empty_paragraphs(numbering.cells[1])
    for row in (head, numbering):
        parts.repeat_on_every_page(row)
    styles = ["Sheet Cell Centred", *["Sheet Cell"] * languages, "Sheet Cell Centred"]
    for form_row in form.rows:
        parts.add_row(table, [form_row.number, *form_row.texts, form_row.points.text], styles, codes)
    parts.add_row(table, ["", *form.total.texts, form.total.points.text], styles, codes, bold=True)


def _with_languages(texts: Texts, document: Document) -> list[tuple[str, str]]:
    """Each text with its language; a single text is in the first language."""
    return list(zip(texts, document.languages, strict=False))


def _add_stacked(paragraph: Paragraph, texts: Texts, document: Document) -> None:
    """Add the text in each of its languages, one under another in one paragraph."""
    for position, (text, code) in enumerate(_with_languages(texts, document)):
        if position:
            paragraph.add_run().add_break()
        parts.add_text(paragraph, text, code)
