"""An annex in a Word document."""

import io
from collections.abc import Iterable

from docx.document import Document as Word
from docx.shared import Mm
from docx.table import _Cell
from docx.text.paragraph import Paragraph

from evaluation.sheets.annex import Annex, AnnexTable, Figure, RowReasons, TableReasons
from evaluation.sheets.stamp import VerificationNotice
from evaluation.sheets.writers import docx_parts as parts

QR_WIDTH_MM = 34.0
MAX_CHART_WIDTH_MM = 90.0
"""A chart beside its table takes the width that the table leaves, at most this."""
ROW_WIDTH_MM, YEAR_WIDTH_MM, FIGURE_WIDTH_MM, NARROW_WIDTH_MM = 15.0, 15.0, 24.0, 22.0
REASON_WIDTHS_MM = [14.0, 46.0, 16.0, parts.TEXT_WIDTH_MM - 76]
MAX_UNBROKEN_ORGANISATIONS = 15
"""A row that names more organisations may break across pages."""
UNBROKEN_ENDING_PARAGRAPHS = 4
"""How many of the last paragraphs of an annex stay on one page."""


def add_annex(word: Word, annex: Annex, charts: Iterable[bytes], qr: bytes) -> None:
    """Add an annex; `charts` are the PNG pictures of its figures, `qr` that of the QR code or empty."""
    code = annex.language
    parts.add_text(word.add_heading(level=1), annex.mark, code)
    if annex.verification:
        _add_verification(word, annex.verification, qr, code)
    parts.add_text(word.add_heading(level=2), annex.summary.title, code)
    _add_table(word, annex.summary, code, _widths(annex.summary))
    if annex.explanation:
        parts.add_text(parts.set_style(word.add_paragraph(), "Sheet Explanation"), annex.explanation, code)
    if annex.figures:
        parts.add_text(word.add_heading(level=2), annex.figures_title, code)
    for figure, chart in zip(annex.figures, charts, strict=True):
        _add_figure(word, figure, chart, code)
    parts.add_text(word.add_heading(level=2), annex.reasons_title, code)
    if annex.reasons_note:
        parts.add_text(parts.set_style(word.add_paragraph(), "Sheet Explanation"), annex.reasons_note, code)
    for table in annex.reasons:
        _add_reasons(word, table, annex)
    _add_readings(word, annex)


def _add_readings(word: Word, annex: Annex) -> None:
    code = annex.language
    parts.add_text(word.add_heading(level=2), annex.readings_title, code)
    paragraphs = []
    for id_, text in annex.readings:
        paragraph = parts.set_style(word.add_paragraph(), "Sheet Reading")
        parts.add_text(paragraph, f"{id_}\t", code, bold=True)
        parts.add_text(paragraph, text, code)
        # A reading that breaks over two pages has the footer in the middle of its sentence.
        paragraph.paragraph_format.keep_together = True
        paragraphs.append(paragraph)
    for paragraph in paragraphs[-UNBROKEN_ENDING_PARAGRAPHS:-1]:
        paragraph.paragraph_format.keep_with_next = True


def _add_verification(word: Word, notice: VerificationNotice, qr: bytes, code: str) -> None:
    """Add the QR code and, beside it, how a reader verifies the file."""
    table = word.add_table(rows=1, cols=2, style="Sheet Annex Table")
    parts.set_widths(table, [QR_WIDTH_MM + 6, parts.TEXT_WIDTH_MM - QR_WIDTH_MM - 6])
    picture, texts = table.rows[0].cells
    run = parts.set_style(picture.paragraphs[0], "Sheet Annex Cell Centred").add_run()
    parts.describe(run.add_picture(io.BytesIO(qr), width=Mm(QR_WIDTH_MM)), notice.title, notice.qr_description)
    parts.add_text(parts.set_style(texts.paragraphs[0], "Sheet Annex Cell"), notice.title, code, bold=True)
    parts.add_text(parts.set_style(texts.add_paragraph(), "Sheet Annex Cell"), notice.text, code)
    for label, value in notice.facts:
        paragraph = parts.set_style(texts.add_paragraph(), "Sheet Annex Cell")
        parts.add_text(paragraph, f"{label}: ", code, italic=True)
        parts.add_text(paragraph, value)
    parts.remove_heading_row(table)


def _add_table(container: Word | _Cell, values: AnnexTable, code: str, widths_mm: list[float]) -> None:
    """Add a table of the annex to the document or to a cell."""
    table = parts.add_table(container, len(values.heads), "Sheet Annex Table")
    parts.set_widths(table, widths_mm)
    codes = [code] * len(values.heads)
    parts.repeat_on_every_page(parts.add_row(table, values.heads, ["Sheet Annex Cell Centred"] * len(codes), codes))
    first_style = "Sheet Annex Cell" if widths_mm[0] > widths_mm[-1] else "Sheet Annex Cell Centred"
    styles = [first_style, *["Sheet Annex Cell Centred"] * (len(widths_mm) - 1)]
    for row in values.rows:
        parts.add_row(table, [cell.text for cell in row], styles, codes)
    if values.total:
        parts.add_row(table, [cell.text for cell in values.total], styles, codes, bold=True)
    parts.stay_on_one_page(table)


def _widths(values: AnnexTable) -> list[float]:
    """The widths in mm: fixed for figures and years, the rest of the page for names."""
    widths = [YEAR_WIDTH_MM] * (values.name_columns - 1) + [FIGURE_WIDTH_MM] * (len(values.heads) - values.name_columns)
    return [parts.TEXT_WIDTH_MM - sum(widths), *widths]


def _add_figure(word: Word, figure: Figure, chart: bytes, code: str) -> None:
    """Add a chart with its table beside it, or below it if the table is wide."""
    parts.add_text(word.add_heading(level=3), figure.chart.title, code)
    if figure.table.name_columns > 1:
        paragraph = parts.set_style(word.add_paragraph(), "Sheet Picture")
        paragraph.paragraph_format.keep_with_next = True
        _add_chart(paragraph, figure, chart, MAX_CHART_WIDTH_MM)
        _add_table(word, figure.table, code, _widths(figure.table))
        return
    layout = word.add_table(rows=1, cols=2)
    widths = [ROW_WIDTH_MM, *[NARROW_WIDTH_MM] * (len(figure.table.heads) - 1)]
    table_width = sum(widths) + 4
    chart_width = min(MAX_CHART_WIDTH_MM, parts.TEXT_WIDTH_MM - table_width - 4)
    parts.set_widths(layout, [parts.TEXT_WIDTH_MM - table_width, table_width])
    chart_cell, table_cell = layout.rows[0].cells
    _add_chart(parts.set_style(chart_cell.paragraphs[0], "Sheet Picture"), figure, chart, chart_width)
    _add_table(table_cell, figure.table, code, widths)
    parts.shrink_last_paragraph(table_cell)


def _add_chart(paragraph: Paragraph, figure: Figure, chart: bytes, width_mm: float) -> None:
    picture = paragraph.add_run().add_picture(io.BytesIO(chart), width=Mm(width_mm))
    parts.describe(picture, figure.chart.title, figure.chart.description)


def _add_reasons(word: Word, reasons: TableReasons, annex: Annex) -> None:
    code = annex.language
    parts.add_text(word.add_heading(level=3), reasons.title, code)
    if reasons.note:
        parts.add_text(word.add_paragraph(), reasons.note, code)
        return
    table = word.add_table(rows=0, cols=4, style="Sheet Annex Table")
    parts.set_widths(table, REASON_WIDTHS_MM)
    parts.repeat_on_every_page(parts.add_row(table, reasons.heads, ["Sheet Annex Cell Centred"] * 4, [code] * 4))
    styles = ["Sheet Annex Cell Centred", "Sheet Annex Cell", "Sheet Annex Cell Centred", "Sheet Annex Cell"]
    for row in reasons.rows:
        is_short = sum(len(group.texts) for group in row.organisations) <= MAX_UNBROKEN_ORGANISATIONS
        cells = parts.add_row(table, [row.number, row.text, row.points, ""], styles, [code] * 4, can_break=not is_short).cells
        _add_explanations(cells[3], row, annex)


def _add_explanations(cell: _Cell, row: RowReasons, annex: Annex) -> None:
    labelled = [(label, text) for label, text in zip(annex.reason_labels, row.explanations, strict=True) if text]
    labelled += [(group.label, "; ".join(group.texts)) for group in row.organisations]
    for position, (label, text) in enumerate(labelled):
        paragraph = parts.set_style(cell.add_paragraph() if position else cell.paragraphs[0], "Sheet Annex Cell")
        parts.add_text(paragraph, f"{label}: ", annex.language, italic=True)
        parts.add_text(paragraph, text, annex.language)
