"""Parts of a Word document for which python-docx has no function."""

import re
from collections.abc import Sequence

from docx.document import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shape import InlineShape
from docx.shared import Mm
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph
from docx.text.run import Run

TEXT_WIDTH_MM = 170.0
"""The width of a page between its margins."""
LOCALES = {"kk": "kk-KZ", "ru": "ru-RU", "en": "en-GB"}
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def without_control_characters(text: str) -> str:
    """Remove the characters that XML does not allow."""
    return NOT_XML.sub("", text)


def set_style(paragraph: Paragraph, style: str) -> Paragraph:
    """Set one of the styles of :mod:`~evaluation.sheets.writers.docx_styles` by its id, without python-docx's slow search."""
    paragraph._p.style = style.replace(" ", "")
    return paragraph


def add_text(paragraph: Paragraph, text: str, code: str = "", bold: bool | None = None, italic: bool | None = None) -> Run:
    """Add a run of text with its language, which spelling checkers and screen readers use."""
    run = paragraph.add_run(without_control_characters(text))
    run.bold, run.italic = bold, italic
    if code:
        language = OxmlElement("w:lang")
        language.set(qn("w:val"), LOCALES[code])
        run._r.get_or_add_rPr().append(language)
    return run


def add_field(paragraph: Paragraph, name: str) -> None:
    """Add a field that Word computes, such as PAGE."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), name)
    run = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = "1"
    run.append(text)
    field.append(run)
    paragraph._p.append(field)


def add_table(container: Document | _Cell, columns: int, style: str) -> Table:
    """Add a table without rows to a document, or to a cell in place of its first paragraph."""
    table = container.add_table(rows=0, cols=columns)
    if isinstance(container, _Cell):
        first = container.paragraphs[0]._p
        first.getparent().remove(first)
    table.style = style
    return table


def shrink_last_paragraph(cell: _Cell) -> None:
    """Make the paragraph that must end a cell as small as possible."""
    set_style(cell.paragraphs[-1], "Sheet Break")


def set_widths(table: Table, widths_mm: Sequence[float]) -> None:
    """Fix the widths of the columns; programs use the grid, and rows that are added later copy it."""
    table.autofit = False
    for column, width in zip(table.columns, widths_mm, strict=True):
        column.width = Mm(width)
    for row in table.rows:
        for cell, width in zip(row.cells, widths_mm, strict=True):
            cell.width = Mm(width)


def add_row(
    table: Table,
    texts: Sequence[str],
    styles: Sequence[str],
    codes: Sequence[str] | None = None,
    bold: bool = False,
    can_break: bool = False,
) -> _Row:
    """Add a row of texts; `codes` are their languages; only a row that `can_break` may continue on the next page."""
    row: _Row = table.add_row()  # type: ignore[no-untyped-call]
    for position, (cell, text, style) in enumerate(zip(row.cells, texts, styles, strict=True)):
        paragraph = set_style(cell.paragraphs[0], style)
        if text:
            add_text(paragraph, text, codes[position] if codes else "", bold=bold or None)
    if not can_break:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    return row


def repeat_on_every_page(row: _Row) -> None:
    """Repeat a heading row on each page of its table."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def remove_heading_row(table: Table) -> None:
    """Format the first row like the others."""
    look = table._tbl.tblPr.find(qn("w:tblLook"))
    if look is not None:
        look.set(qn("w:firstRow"), "0")
        look.set(qn("w:val"), "0480")


def stay_on_one_page(table: Table) -> None:
    """Keep a table on one page if it fits: every row stays with the next."""
    for row in table._tbl.tr_lst[:-1]:
        for paragraph in row.iter(qn("w:p")):
            paragraph.get_or_add_pPr().get_or_add_keepNext()


def remove_empty_paragraphs(cell: _Cell) -> None:
    """Remove the empty paragraphs that merged cells leave behind the first."""
    for paragraph in cell.paragraphs[1:]:
        if not paragraph.text:
            paragraph._p.getparent().remove(paragraph._p)


def describe(picture: InlineShape, title: str, description: str) -> None:
    """Set the title and the alternative text of a picture."""
    properties = picture._inline.docPr
    properties.set("title", title)
    properties.set("descr", description)
