"""Writes the registry as a workbook, which people change in Excel or LibreOffice and send back."""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from evaluation.answers.values import YES_NO_LABELS
from evaluation.criteria import Orders
from evaluation.criteria.model import Text
from evaluation.language import N_, Language, language
from evaluation.memory import gc_paused
from evaluation.policy import Viewer
from evaluation.registry.admin import queries
from evaluation.registry.states import BodyState, OrganisationState
from evaluation.workbooks.format.model import FIRST_DATA_ROW
from evaluation.workbooks.format.worksheet_titles import titles
from evaluation.workbooks.registry.columns import (
    BODIES,
    COLUMNS,
    ORGANISATIONS,
    Column,
    choice_labels,
    display_value,
    row_of,
    worksheet_labels,
)
from evaluation.xlsx.safe_open import MAX_ROWS, PRIVATE_PREFIX

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

NOTES_LABEL = N_("notes")
"""The name of the worksheet with the instructions, after the prefix of private worksheets."""
SPARE_ROWS = 2_000
"""Blank rows below the data with lists to choose from."""
NUMBER_FORMATS = {"date": "dd.mm.yyyy", "share": "0.00"}
A4_PAPER = 9
MAX_LIST_CHARACTERS = 255
"""The maximum length of a list of choices in Excel; its items contain no commas."""
INSTRUCTIONS = (
    N_("One row for each body or organisation, from row 4 on. Do not change row 1."),
    N_("Edit the workbook and send it back: you see every change before it is stored."),
    N_("An empty cell changes nothing; a row that is left out changes nothing. To clear a value, use its page."),
    N_("A new BIN adds a new body or organisation."),
    N_("A status and a closing take effect from the date entered, a move from 1 January of the year selected when sending."),
    N_("A worksheet whose name begins with “_” is for your own use and is not read."),
)


def write_registry(viewer: Viewer, orders: Orders, language: Language) -> bytes:
    """Return the XLSX file of every body and organisation, with choices in a language. Raises Forbidden."""
    bodies, organisations = queries.body_states(viewer), queries.organisation_states(viewer)
    with gc_paused():
        return write_states(orders, language, bodies.values(), organisations.values())


def write_states(
    orders: Orders, language: Language, bodies: Iterable[BodyState], organisations: Iterable[OrganisationState]
) -> bytes:
    """Return the XLSX file of these bodies and organisations."""
    out = io.BytesIO()
    # xlsxwriter is heavy; most commands do not need it.
    import xlsxwriter

    book = xlsxwriter.Workbook(out, {"in_memory": True})
    heading = {"text_wrap": True, "valign": "top", "border": 1, "border_color": "#8A94A6"}
    formats = {
        "code": book.add_format({"font_size": 8, "font_color": "#5B6472", "border": 1, "border_color": "#8A94A6"}),
        "heading": book.add_format(heading | {"bold": True, "bg_color": "#DCE8F5"}),
        "key_heading": book.add_format(heading | {"bold": True, "bg_color": "#FBF0D9"}),
        "note": book.add_format({"text_wrap": True, "valign": "top"}),
        "": book.add_format({"num_format": "@"}),
        **{type_: book.add_format({"num_format": code}) for type_, code in NUMBER_FORMATS.items()},
    }
    writer = _WorksheetWriter(formats, choice_labels(orders), language)
    names = titles(worksheet_labels(), language)
    writer.write(book.add_worksheet(names[BODIES]), COLUMNS[BODIES], [row_of(state) for state in bodies])
    writer.write(book.add_worksheet(names[ORGANISATIONS]), COLUMNS[ORGANISATIONS], [row_of(state) for state in organisations])
    notes = book.add_worksheet(PRIVATE_PREFIX + language.gettext(NOTES_LABEL))
    notes.set_column(0, 0, 100)
    for row, message in enumerate(INSTRUCTIONS):
        notes.write_string(row, 0, language.gettext(message), formats["note"])
    book.close()
    return out.getvalue()


@dataclass(frozen=True)
class _WorksheetWriter:
    """Writes rows to a worksheet; `labels` is column type → code → label of the types with a list of choices."""

    formats: Mapping[str, Any]
    labels: Mapping[str, Mapping[str, Text]]
    language: Language

    def write(self, sheet: "Worksheet", columns: tuple[Column, ...], rows: list[dict[str, Any]]) -> None:
        self._write_headings(sheet, columns, len(rows))
        for row, values in enumerate(rows, start=FIRST_DATA_ROW):
            for position, column in enumerate(columns):
                if column.code in values:
                    value = display_value(column, values[column.code], self.labels, self.language)
                    self._write_cell(sheet, row, position, column, value)
        sheet.freeze_panes(FIRST_DATA_ROW, 1)
        sheet.autofilter(FIRST_DATA_ROW - 1, 0, FIRST_DATA_ROW + max(len(rows), 1) - 1, len(columns) - 1)
        sheet.set_landscape()
        sheet.set_paper(A4_PAPER)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0, FIRST_DATA_ROW - 1)

    def _write_headings(self, sheet: "Worksheet", columns: tuple[Column, ...], row_count: int) -> None:
        """Write the codes and the labels of the columns, and their lists of choices."""
        last_row = min(FIRST_DATA_ROW + row_count + SPARE_ROWS, MAX_ROWS - 1)
        for position, column in enumerate(columns):
            column_format = self.formats[column.type if column.type in NUMBER_FORMATS else ""]
            sheet.set_column(position, position, column.width, column_format)
            source = self._choices(column)
            if source:
                sheet.data_validation(FIRST_DATA_ROW, position, last_row, position, {"validate": "list", "source": source})
            sheet.write_string(0, position, column.code, self.formats["code"])
        for row, code in ((1, "kk"), (2, "ru")):
            sheet.set_row(row, 32)
            for position, column in enumerate(columns):
                label_format = self.formats["key_heading" if position == 0 else "heading"]
                sheet.write_string(row, position, language(code).gettext(column.label), label_format)

    def _write_cell(self, sheet: "Worksheet", row: int, position: int, column: Column, value: Any) -> None:
        if isinstance(value, date):
            sheet.write_datetime(row, position, value, self.formats["date"])
        elif column.type == "share":
            sheet.write_number(row, position, value, self.formats["share"])
        else:
            # Everything else is text: a BIN keeps its leading zeros, and a name that begins with "=" is no formula.
            sheet.write_string(row, position, str(value), self.formats[""])

    def _choices(self, column: Column) -> list[str]:
        """Return the column's list of choices: labels, or codes where the labels do not fit Excel's limits."""
        source = [label[self.language.code] for label in self.labels.get(column.type, {}).values()]
        if column.type == "yes_no":
            source = list(YES_NO_LABELS[self.language.code])
        if len(",".join(source)) > MAX_LIST_CHARACTERS or any("," in label for label in source):
            source = list(self.labels[column.type])
        return source
