"""The list of bodies as a file: real numbers and dates, one head row, the same columns in both formats."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import xlsxwriter

from evaluation.criteria.model import Order
from evaluation.language import N_, Language, heading
from evaluation.registry.admin.labels import LEVEL_NAMES
from evaluation.registry.models import ReportingYear
from evaluation.review.body_list.model import NOTHING, Line, Total
from evaluation.sheets.model import Named
from evaluation.submissions.status import STANDINGS
from evaluation.submissions.timeliness import PUNCTUALITY

Value = str | int | Decimal | date | None

REMARKS = (N_("Open remarks"), 11)
HEADS = (
    (N_("BIN"), 14),
    (N_("Body"), 46),
    (N_("Level"), 16),
    (N_("Higher body"), 36),
    (N_("KATO"), 11),
    (N_("State"), 14),
    (N_("Revision"), 9),
    (N_("Punctuality"), 16),
    (N_("Days late"), 9),
    (N_("First handed over on"), 13),
    REMARKS,
    (N_("Organisations"), 13),
    (N_("Have begun to answer"), 13),
)
"""The first columns, and how many characters wide they are."""
POINTS = (N_("%(what)s: fewest points"), N_("%(what)s: most points"), N_("%(what)s: maximum"))
SHARES = (N_("%(what)s: smallest share, %%"), N_("%(what)s: largest share, %%"))
WIDE, NARROW = 30, 13
LINE = 15
"""The height of a line of the heads, in points."""
BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel takes UTF-8 for the code page of Windows."""
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What a text may not begin with: Excel would take it for a formula."""


@dataclass(frozen=True)
class Table:
    """A list ready to be written: the words over its columns, their widths in characters, and its rows."""

    heads: tuple[str, ...]
    widths: tuple[int, ...]
    rows: tuple[tuple[Value, ...], ...]

    def without(self, place: int) -> "Table":
        """The same without a column."""
        rows = tuple(row[:place] + row[place + 1 :] for row in self.rows)
        return Table(self.heads[:place] + self.heads[place + 1 :], self.widths[:place] + self.widths[place + 1 :], rows)


def table(lines: Iterable[Line], order: Order | None, year: ReportingYear, language: Language, remarks: bool = True) -> Table:
    """The list with its heads in a language, with `remarks` or without; of invented data each line says so."""
    kinds = [each.kind for each in order.form.tables] if order else []
    whole = language.gettext(N_("Total"))
    sums = [heading(order.kind[kind].plural[language.code]) for kind in kinds] if order else []
    heads = [(language.gettext(words), width) for words, width in HEADS]
    heads += [(language.gettext(words, what=what), NARROW) for what in sums for words in POINTS]
    for what in (whole, f"{whole}, {year.year - 1}"):
        heads += [(language.gettext(words, what=what), NARROW) for words in POINTS + SHARES]
    note = [language.gettext(N_("Invented demonstration data"))] if year.invented else []
    heads += [(language.gettext(N_("Note")), WIDE)] * len(note)
    rows = tuple((*_first(line, language), *_points(line, kinds), *note) for line in lines)
    made = Table(tuple(words for words, _ in heads), tuple(width for _, width in heads), rows)
    return made if remarks else made.without(HEADS.index(REMARKS))


def _first(line: Line, language: Language) -> tuple[Value, ...]:
    body, late = line.body, line.punctuality
    return (
        body.bin,
        _name(body, language),
        language.gettext(LEVEL_NAMES[body.level]) if body.level else None,
        _name(line.parent, language) if line.parent else None,
        body.kato,
        language.gettext(STANDINGS[line.state]),
        line.revision or None,
        language.gettext(PUNCTUALITY[late.state]),
        line.days_late or None,
        late.submitted_on,
        line.remarks,
        line.organisations,
        line.begun,
    )


def _points(line: Line, kinds: Sequence[str]) -> Iterable[Value]:
    for kind in kinds:
        yield from _bounds(line.tables.get(kind, NOTHING))
    for total in (line.total, line.last):
        yield from (*_bounds(total), total.percent(total.low), total.percent(total.high))


def _bounds(points: Total) -> tuple[Value, ...]:
    return (points.low, points.high, points.max) if points.max else (None, None, None)


def _name(body: Any, language: Language) -> str:
    return Named(body.bin, body.name_kk, body.name_ru).name(language.code)


def as_csv(made: Table) -> bytes:
    """UTF-8 with its mark, semicolons and decimal commas: what Excel opens well where Russian or Kazakh is set."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(map(_harmless, made.heads))
    writer.writerows(map(_text, row) for row in made.rows)
    return (BYTE_ORDER_MARK + out.getvalue()).encode()


def _text(value: Value) -> str:
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}"
    if isinstance(value, Decimal):
        return str(value).replace(".", ",")
    return _harmless(value) if isinstance(value, str) else "" if value is None else str(value)


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULAS) else text


def as_xlsx(made: Table, title: str) -> bytes:
    """A workbook with one worksheet, its head row and the bodies' names held in sight."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    formats = {
        date: book.add_format({"num_format": "dd.mm.yyyy", "align": "left"}),
        Decimal: book.add_format({"num_format": "0.0"}),
    }
    over = book.add_format({"bold": True, "text_wrap": True, "valign": "bottom", "bottom": 2})
    sheet = book.add_worksheet(title[:31])
    for place, (words, width) in enumerate(zip(made.heads, made.widths, strict=True)):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, words, over)
    for number, row in enumerate(made.rows, 1):
        for place, value in enumerate(row):
            _write(sheet, number, place, value, formats)
    # Excel fits a row to its text when it opens the file, other programs do not.
    sheet.set_row(
        0, LINE * max((-(-len(words) // (width - 3)) for words, width in zip(made.heads, made.widths, strict=True)), default=1)
    )
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, len(made.rows), len(made.heads) - 1)
    sheet.set_landscape()
    sheet.set_paper(8)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    book.close()
    return out.getvalue()


def _write(sheet: Any, row: int, column: int, value: Value, formats: dict[type, Any]) -> None:
    if isinstance(value, date):
        sheet.write_datetime(row, column, value, formats[date])
    elif isinstance(value, Decimal):
        sheet.write_number(row, column, float(value), formats[Decimal])
    elif isinstance(value, int):
        sheet.write_number(row, column, value)
    elif value:
        # Never a formula or a link, whatever it begins with.
        sheet.write_string(row, column, value)


FORMATS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}
"""Format → its media type."""
