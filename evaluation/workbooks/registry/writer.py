"""Writes the registry as a workbook, to be changed in Excel or LibreOffice and sent back."""

import io
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from evaluation.answers.values import WORDS
from evaluation.criteria import Orders
from evaluation.criteria.model import Text
from evaluation.language import N_, Language, language
from evaluation.memory import bulk
from evaluation.policy import Viewer
from evaluation.registry.admin import queries
from evaluation.registry.admin.states import BodyState, OrganisationState
from evaluation.workbooks.format.model import FIRST_ROW
from evaluation.workbooks.format.safe_open import MAX_ROWS
from evaluation.workbooks.registry.columns import BODIES, COLUMNS, ORGANISATIONS, Column, choices, row_of, words

NOTES = "_notes"
SPARE_ROWS = 2_000
FORMATS = {"date": "dd.mm.yyyy", "share": "0.00"}
SAID = (
    N_("One row for each body or organisation, from row 4 on. Do not change row 1."),
    N_("Change what is to change and send the workbook back: you see every change before it is stored."),
    N_("An empty cell changes nothing; a row that is left out changes nothing. What is to be emptied is emptied on a page."),
    N_("A new BIN enters a new body or organisation."),
    N_("A status and a closing take effect from the day beside them, a move from 1 January of the year chosen when sending."),
    N_("A worksheet whose name begins with “_” is yours and is not read."),
)


def write_registry(viewer: Viewer, orders: Orders, spoken: Language) -> bytes:
    """Every body and organisation, with lists and words in a language. Raises Forbidden."""
    bodies, organisations = queries.body_states(viewer), queries.organisation_states(viewer)
    with bulk():
        return write(orders, spoken, bodies.values(), organisations.values())


def write(orders: Orders, spoken: Language, bodies: Iterable[BodyState], organisations: Iterable[OrganisationState]) -> bytes:
    """These bodies and organisations as a workbook."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    heading = {"text_wrap": True, "valign": "top", "border": 1, "border_color": "#8A94A6"}
    formats = {
        "code": book.add_format({"font_size": 8, "font_color": "#5B6472", "border": 1, "border_color": "#8A94A6"}),
        "heading": book.add_format(heading | {"bold": True, "bg_color": "#DCE8F5"}),
        "own": book.add_format(heading | {"bold": True, "bg_color": "#FBF0D9"}),
        "note": book.add_format({"text_wrap": True, "valign": "top"}),
        "": book.add_format({"num_format": "@"}),
        **{name: book.add_format({"num_format": each}) for name, each in FORMATS.items()},
    }
    labels = choices(orders)
    _table(book.add_worksheet(BODIES), COLUMNS[BODIES], [row_of(each) for each in bodies], labels, spoken, formats)
    rows = [row_of(each) for each in organisations]
    _table(book.add_worksheet(ORGANISATIONS), COLUMNS[ORGANISATIONS], rows, labels, spoken, formats)
    notes = book.add_worksheet(NOTES)
    notes.set_column(0, 0, 100)
    for place, message in enumerate(SAID):
        notes.write_string(place, 0, spoken.gettext(message), formats["note"])
    book.close()
    return out.getvalue()


def _table(
    sheet: Worksheet,
    columns: tuple[Column, ...],
    rows: list[dict[str, Any]],
    labels: Mapping[str, Mapping[str, Text]],
    spoken: Language,
    formats: Mapping[str, Any],
) -> None:
    last = min(FIRST_ROW + len(rows) + SPARE_ROWS, MAX_ROWS - 1)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, column.width, formats[column.type if column.type in FORMATS else ""])
        source = _list(column, labels, spoken)
        if source:
            sheet.data_validation(FIRST_ROW, place, last, place, {"validate": "list", "source": source})
        sheet.write_string(0, place, column.code, formats["code"])
    for row, code in ((1, "kk"), (2, "ru")):
        sheet.set_row(row, 32)
        for place, column in enumerate(columns):
            sheet.write_string(row, place, language(code).gettext(column.label), formats["own" if place == 0 else "heading"])
    for row, given in enumerate(rows, start=FIRST_ROW):
        for place, column in enumerate(columns):
            if column.code in given:
                _write(sheet, row, place, column, words(column, given[column.code], labels, spoken), formats)
    sheet.freeze_panes(FIRST_ROW, 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, FIRST_ROW - 1)


def _write(sheet: Worksheet, row: int, place: int, column: Column, value: Any, formats: Mapping[str, Any]) -> None:
    if isinstance(value, date):
        sheet.write_datetime(row, place, value, formats["date"])
    elif column.type == "share":
        sheet.write_number(row, place, value, formats["share"])
    else:
        # Text throughout: a BIN keeps its zeros, and a name that begins with "=" is no formula.
        sheet.write_string(row, place, str(value), formats[""])


def _list(column: Column, labels: Mapping[str, Mapping[str, Text]], spoken: Language) -> list[str]:
    """What the cells' list offers; Excel takes lists of at most 255 characters, without commas inside."""
    source = [label[spoken.code] for label in labels.get(column.type, {}).values()]
    if column.type == "yes_no":
        source = list(WORDS[spoken.code])
    if len(",".join(source)) > 255 or any("," in each for each in source):
        source = list(labels[column.type])
    return source
