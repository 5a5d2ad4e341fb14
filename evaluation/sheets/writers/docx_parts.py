"""Small parts of a Word document that python-docx has no call for."""

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

LOCALES = {"kk": "kk-KZ", "ru": "ru-RU", "en": "en-GB"}
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def clean(words: str) -> str:
    """Words without the characters that XML cannot hold."""
    return NOT_XML.sub("", words)


def styled(paragraph: Paragraph, style: str) -> Paragraph:
    """The paragraph in one of our styles; to look each of them up by its name takes longer than all the rest."""
    paragraph._p.style = style.replace(" ", "")
    return paragraph


def add_text(paragraph: Paragraph, words: str, code: str = "", bold: bool | None = None, italic: bool | None = None) -> Run:
    """A run of text marked with its language, so that it is checked and read aloud in it."""
    run = paragraph.add_run(clean(words))
    run.bold, run.italic = bold, italic
    if code:
        language = OxmlElement("w:lang")
        language.set(qn("w:val"), LOCALES[code])
        run._r.get_or_add_rPr().append(language)
    return run


def add_field(paragraph: Paragraph, name: str) -> None:
    """A field that Word fills in, such as PAGE."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), name)
    run = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = "1"
    run.append(text)
    field.append(run)
    paragraph._p.append(field)


def add_table(place: Document | _Cell, columns: int, style: str) -> Table:
    """A table without rows, on the page or in a cell (instead of the cell's first paragraph)."""
    table = place.add_table(rows=0, cols=columns)
    if isinstance(place, _Cell):
        first = place.paragraphs[0]._p
        first.getparent().remove(first)
    table.style = style
    return table


def end_cell(cell: _Cell) -> None:
    """The paragraph that a cell must end with, made as small as can be."""
    styled(cell.paragraphs[-1], "Sheet Break")


def lay_out(table: Table, widths: Sequence[float]) -> None:
    """Fixed columns, in mm. The grid is what every reader goes by; cells repeat it as they are added."""
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    for row in table.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Mm(width)


def add_row(
    table: Table,
    texts: Sequence[str],
    styles: Sequence[str],
    codes: Sequence[str] | None = None,
    bold: bool = False,
    whole: bool = True,
) -> _Row:
    """A row of texts; a `whole` one does not break over two pages."""
    row: _Row = table.add_row()  # type: ignore[no-untyped-call]
    for position, (cell, words, style) in enumerate(zip(row.cells, texts, styles, strict=True)):
        paragraph = styled(cell.paragraphs[0], style)
        if words:
            add_text(paragraph, words, codes[position] if codes else "", bold=bold or None)
    if whole:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    return row


def repeat(row: _Row) -> None:
    """Repeat a heading row where its table goes on to the next page."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def plain_head(table: Table) -> None:
    """Let the first row look like the others: it is no heading."""
    look = table._tbl.tblPr.find(qn("w:tblLook"))
    if look is not None:
        look.set(qn("w:firstRow"), "0")
        look.set(qn("w:val"), "0480")


def keep_whole(table: Table) -> None:
    """Keep a table on one page where it fits one: each of its rows stays with the next."""
    for row in table._tbl.tr_lst[:-1]:
        for paragraph in row.iter(qn("w:p")):
            paragraph.get_or_add_pPr().get_or_add_keepNext()


def drop_empty_paragraphs(cell: _Cell) -> None:
    """Leave no blank lines of the cells that were merged into this one."""
    for paragraph in cell.paragraphs[1:]:
        if not paragraph.text:
            paragraph._p.getparent().remove(paragraph._p)


def describe(picture: InlineShape, title: str, words: str) -> None:
    """What a picture shows, for who cannot see it."""
    properties = picture._inline.docPr
    properties.set("title", title)
    properties.set("descr", words)
