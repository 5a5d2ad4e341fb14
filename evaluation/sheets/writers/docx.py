"""Writes a sheet's document as an editable Word document, with real headings, table styles, headers and footers."""

import io

from docx import Document as new_document
from docx.document import Document as Word
from docx.enum.section import WD_SECTION
from docx.section import Section
from docx.shared import Mm

from evaluation.sheets.annex import Annex
from evaluation.sheets.document import Document
from evaluation.sheets.stamp import qr_png
from evaluation.sheets.writers import docx_parts as parts
from evaluation.sheets.writers.docx_annex import add_annex
from evaluation.sheets.writers.docx_form import add_form
from evaluation.sheets.writers.docx_styles import define_styles
from evaluation.sheets.writers.office import CREATED, with_fixed_times
from evaluation.sheets.writers.pictures import pictures

MAX_TITLE_LENGTH = 255
"""Characters of the title property that Word accepts."""


def write(document: Document) -> bytes:
    """Write a document as a Word document. Equal documents give equal bytes."""
    word = new_document()
    define_styles(word, document.languages[0])
    _set_properties(word, document)
    _set_up_page(word.sections[0], document)
    add_form(word, document)
    qr = qr_png(document.stamp) if document.stamp and document.annexes else b""
    charts = pictures([figure.chart for annex in document.annexes for figure in annex.figures])
    for annex in document.annexes:
        section = word.add_section(WD_SECTION.NEW_PAGE)
        # The empty paragraph that Word needs between a table and a section break must not start a page.
        parts.set_style(word.paragraphs[-1], "Sheet Break")
        _set_up_page(section, document, annex)
        add_annex(word, annex, charts[: len(annex.figures)], qr)
        del charts[: len(annex.figures)]
    out = io.BytesIO()
    word.save(out)
    return with_fixed_times(out.getvalue())


def _set_properties(word: Word, document: Document) -> None:
    properties = word.core_properties
    properties.title = parts.without_control_characters(document.title_property)[:MAX_TITLE_LENGTH]
    properties.language = document.languages[0]
    properties.author = properties.last_modified_by = properties.comments = ""
    properties.keywords = "; ".join(document.stamp.keywords) if document.stamp else ""
    properties.created = properties.modified = CREATED
    properties.revision = 1


def _set_up_page(section: Section, document: Document, annex: Annex | None = None) -> None:
    """Set A4, the notices and the mark of an annex as header, and body, year, page number and stamp as footer."""
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin, section.right_margin = Mm(25), Mm(15)
    section.top_margin = section.bottom_margin = Mm(20)
    section.header_distance = section.footer_distance = Mm(9)
    section.header.is_linked_to_previous = section.footer.is_linked_to_previous = False
    header_texts = [(notice, "Sheet Notice") for notice in document.notices]
    header_texts += [(annex.mark, "Sheet Annex Mark")] if annex else []
    header = section.header.paragraphs[0]
    for position, (text, style) in enumerate(header_texts):
        paragraph = header if position == 0 else section.header.add_paragraph()
        parts.add_text(parts.set_style(paragraph, style), text)
    footer = parts.set_style(section.footer.paragraphs[0], "Sheet Footer")
    parts.add_text(footer, f"{document.footer}\t")
    parts.add_field(footer, "PAGE")
    footer.add_run(" / ")
    parts.add_field(footer, "NUMPAGES")
    if document.stamp_footer:
        parts.add_text(parts.set_style(section.footer.add_paragraph(), "Sheet Footer"), document.stamp_footer)
