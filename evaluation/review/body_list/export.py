"""The list of bodies as a file: typed numbers and dates, one header row, the same columns in both formats."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from evaluation.criteria.model import Order
from evaluation.language import N_, Language, heading
from evaluation.registry.admin.labels import LEVEL_NAMES
from evaluation.registry.models import ReportingYear
from evaluation.review.body_list.model import NO_POINTS, BodyRow, ListedBody, TotalPoints
from evaluation.sheets.model import LegalEntity
from evaluation.submissions.status import STATUS_LABELS
from evaluation.submissions.timeliness import TIMELINESS_LABELS

Value = str | int | Decimal | date | None

REMARKS_HEADER = (N_("Open remarks"), 11)
HEADERS = (
    (N_("BIN"), 14),
    (N_("Body"), 46),
    (N_("Level"), 16),
    (N_("Higher body"), 36),
    (N_("KATO"), 11),
    (N_("Submission status"), 14),
    (N_("Revision"), 9),
    (N_("Timeliness"), 16),
    (N_("Days late"), 9),
    (N_("First submitted on"), 13),
    REMARKS_HEADER,
    (N_("Organisations"), 13),
    (N_("Started to answer"), 13),
)
"""The first columns: header and width in characters."""
POINT_HEADERS = (N_("%(what)s: fewest points"), N_("%(what)s: most points"), N_("%(what)s: maximum"))
SHARE_HEADERS = (N_("%(what)s: smallest share, %%"), N_("%(what)s: largest share, %%"))
NOTE_WIDTH, NUMBER_WIDTH = 30, 13
"""Column widths in characters."""
WIDTH_MARGIN = 3
"""Characters of a column's width that its header does not use."""
HEADER_LINE_HEIGHT = 15
"""The height of one line of the header row, in points (1/72 inch)."""
MAX_TITLE_CHARACTERS = 31
"""The longest worksheet title that Excel opens."""
PAPER_A3 = 8
PERCENTAGE_BAR = {
    "type": "data_bar",
    "min_type": "num",
    "max_type": "num",
    "min_value": 0,
    "max_value": 100,
    "bar_solid": True,
    "bar_color": "#A9C6DD",
}
"""A bar whose length is the cell's percentage, drawn by the spreadsheet program."""
BYTE_ORDER_MARK = "\ufeff"
"""Without it, Excel reads UTF-8 as the code page of Windows."""
FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r")
"""The first characters that make Excel read a CSV field as a formula."""
FORMATS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}
"""Format → its media type."""


@dataclass(frozen=True)
class ExportTable:
    """A list ready to be written: its headers, column widths in characters, and rows.

    `bars` are the columns of percentages that a workbook shows with a bar each; `note` is a text that it has below the table.
    """

    headers: tuple[str, ...]
    widths: tuple[int, ...]
    rows: tuple[tuple[Value, ...], ...]
    bars: tuple[int, ...] = ()
    note: str = ""

    def without_column(self, index: int) -> "ExportTable":
        """Return the table without one column."""
        rows = tuple(row[:index] + row[index + 1 :] for row in self.rows)
        widths = self.widths[:index] + self.widths[index + 1 :]
        return ExportTable(self.headers[:index] + self.headers[index + 1 :], widths, rows)


def export_table(
    rows: Iterable[BodyRow], order: Order | None, year: ReportingYear, language: Language, with_remarks: bool = True
) -> ExportTable:
    """Convert the list to a table with headers in a language; each row of demonstration data has a note."""
    kinds = [table.kind for table in order.form.tables] if order else []
    table_names = [heading(order.kind[kind].plural[language.code]) for kind in kinds] if order else []
    total = language.gettext(N_("Total"))
    headers = [(language.gettext(header), width) for header, width in HEADERS]
    headers += [(language.gettext(header, what=name), NUMBER_WIDTH) for name in table_names for header in POINT_HEADERS]
    for name in (total, f"{total}, {year.year - 1}"):
        headers += [(language.gettext(header, what=name), NUMBER_WIDTH) for header in POINT_HEADERS + SHARE_HEADERS]
    note = [language.gettext(N_("Invented demonstration data"))] if year.invented else []
    headers += [(language.gettext(N_("Note")), NOTE_WIDTH)] * len(note)
    values = tuple((*_body_values(row, language), *_point_values(row, kinds), *note) for row in rows)
    table = ExportTable(tuple(header for header, _ in headers), tuple(width for _, width in headers), values)
    return table if with_remarks else table.without_column(HEADERS.index(REMARKS_HEADER))


def _body_values(row: BodyRow, language: Language) -> tuple[Value, ...]:
    body, timeliness = row.body, row.timeliness
    return (
        body.bin,
        _name(body, language),
        language.gettext(LEVEL_NAMES[body.level]) if body.level else None,
        _name(row.parent, language) if row.parent else None,
        body.kato,
        language.gettext(STATUS_LABELS[row.status]),
        row.revision or None,
        language.gettext(TIMELINESS_LABELS[timeliness.status]),
        row.days_late or None,
        timeliness.submitted_on,
        row.remarks,
        row.organisations,
        row.begun,
    )


def _point_values(row: BodyRow, kinds: Sequence[str]) -> Iterable[Value]:
    for kind in kinds:
        yield from _bounds(row.points.get(kind, NO_POINTS))
    for total in (row.total, row.previous_year):
        yield from (*_bounds(total), total.percent(total.low), total.percent(total.high))


def _bounds(points: TotalPoints) -> tuple[Value, ...]:
    return (points.low, points.high, points.max) if points.max else (None, None, None)


def _name(body: ListedBody, language: Language) -> str:
    return LegalEntity(body.bin, body.name_kk, body.name_ru).name(language.code)


def as_csv(table: ExportTable) -> bytes:
    """Write a table as CSV: UTF-8 with a byte order mark, semicolons, decimal commas.

    Excel with Russian or Kazakh settings opens this form correctly.
    """
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(map(_escape_formula, table.headers))
    writer.writerows(map(_csv_text, row) for row in table.rows)
    return (BYTE_ORDER_MARK + out.getvalue()).encode()


def _csv_text(value: Value) -> str:
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}"
    if isinstance(value, Decimal):
        return str(value).replace(".", ",")
    return _escape_formula(value) if isinstance(value, str) else "" if value is None else str(value)


def _escape_formula(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_PREFIXES) else text


def as_xlsx(table: ExportTable, title: str) -> bytes:
    """Write a table as a workbook of one worksheet; its header row and its first two columns stay visible."""
    out = io.BytesIO()
    # xlsxwriter is heavy; most commands do not need it.
    import xlsxwriter

    book = xlsxwriter.Workbook(out, {"in_memory": True})
    formats = {
        date: book.add_format({"num_format": "dd.mm.yyyy", "align": "left"}),
        Decimal: book.add_format({"num_format": "0.0"}),
    }
    header_format = book.add_format({"bold": True, "text_wrap": True, "valign": "bottom", "bottom": 2})
    sheet = book.add_worksheet(title[:MAX_TITLE_CHARACTERS])
    for column, (header, width) in enumerate(zip(table.headers, table.widths, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, header, header_format)
    for row, values in enumerate(table.rows, 1):
        for column, value in enumerate(values):
            _write_cell(sheet, row, column, value, formats)
    for column in table.bars:
        sheet.conditional_format(1, column, max(1, len(table.rows)), column, PERCENTAGE_BAR)
    if table.note:
        sheet.write_string(len(table.rows) + 2, 0, table.note)
    sheet.set_row(0, _header_height(table))
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, len(table.rows), len(table.headers) - 1)
    sheet.set_landscape()
    sheet.set_paper(PAPER_A3)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    book.close()
    return out.getvalue()


def _header_height(table: ExportTable) -> int:
    """Return the height of the header row in points. Excel would fit it when it opens the file; other programs do not."""
    columns = zip(table.headers, table.widths, strict=True)
    return HEADER_LINE_HEIGHT * max((-(-len(header) // (width - WIDTH_MARGIN)) for header, width in columns), default=1)


def _write_cell(sheet: Any, row: int, column: int, value: Value, formats: dict[type, Any]) -> None:
    if isinstance(value, date):
        sheet.write_datetime(row, column, value, formats[date])
    elif isinstance(value, Decimal):
        sheet.write_number(row, column, float(value), formats[Decimal])
    elif isinstance(value, int):
        sheet.write_number(row, column, value)
    elif value:
        # write_string never writes a formula or a link, even if the text begins with `=` or an address.
        sheet.write_string(row, column, value)
