"""Writes the workbook that clerks fill in, blank or with stored values; its columns and lists come from the order."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from evaluation.answers.values import YES_NO_LABELS
from evaluation.criteria.model import Indicator, Order, Text
from evaluation.language import N_, Language
from evaluation.language import language as language_of_code
from evaluation.workbooks.format.model import ABOUT, FIRST_DATA_ROW, IDENTITY_COLUMNS, PRIOR_YEAR
from evaluation.workbooks.format.prefilled import Rows, write_rows
from evaluation.workbooks.format.worksheet_titles import labels_of, titles

if TYPE_CHECKING:
    from xlsxwriter import Workbook as XlsxWorkbook
    from xlsxwriter.worksheet import Worksheet

LAST_ROW = 30_000
CREATED = datetime(2022, 6, 20)
"""A fixed time, so that the same template has the same bytes; the day of the order."""
MAX_NUMBER = 10**13
BIN_LENGTH = 12
MAX_MESSAGE_CHARACTERS = 255
MAX_TITLE_CHARACTERS = 32
MAX_LIST_CHARACTERS = 255
"""Excel's limits of an input message, its title and a drop-down list."""
LINE_HEIGHT_POINTS = 15
NOTE_LINE_CHARACTERS = 85
MIN_HEADING_LINES, MAX_HEADING_LINES = 2, 9
LANDSCAPE_A4 = 9
MUTED_COLOUR = "#5B6472"
FROZEN_COLUMNS, FROZEN_COLUMNS_OF_PRIOR_YEAR = 4, 2

IDENTITY_LABELS = {
    "body_bin": (N_("BIN of the authorised body"), N_("12 digits, as text."), 14),
    "body_name": (N_("Name of the authorised body"), N_("The full name, the same in every row of the body."), 34),
    "bin": (N_("BIN of the organisation"), N_("12 digits, as text. Each organisation appears once in the whole workbook."), 14),
    "name": (N_("Name of the organisation"), N_("The full name; of an organisation that the registry lacks, in Kazakh."), 34),
    "kind": (N_("Kind of organisation"), N_("Choose from the list."), 16),
}
"""Code → label, hint, and width in characters of the columns without an indicator."""
WIDTHS = {"money": 20, "whole": 18, "date": 17, "yes_no": 18, "choice": 22, "text": 28}
COUNT_WIDTH = 24
NUMBER_FORMATS = {"money": "#,##0.00", "whole": "0", "date": "dd.mm.yyyy"}
TEXT_FORMAT = "@"


@dataclass(frozen=True)
class Column:
    """A column of the template.

    Attributes:
        code: its code in row 1.
        label_kk: its label in row 2.
        label_ru: its label in row 3.
        title: title of the input message.
        hint: text of the input message and of the heading's comment.
        width: width in characters.
        number_format: number format of its cells.
        validation: rule for the input, as XlsxWriter takes it; None for any input.
        style: style of the headings: identity, indicator or evidence.
    """

    code: str
    label_kk: str
    label_ru: str
    title: str
    hint: str
    width: int
    number_format: str
    validation: dict[str, Any] | None
    style: str


def write_template(order: Order, year: int, language: Language, rows: Mapping[str, Rows] = MappingProxyType({})) -> bytes:
    """Return the workbook of a year. The same arguments give the same bytes.

    Args:
        order: the order of the year.
        year: the reporting year.
        language: the language of hints and drop-down lists; the labels are in Kazakh and Russian.
        rows: worksheet → rows to write; blank by default.
    """
    out = io.BytesIO()
    _write_book(out, {"in_memory": True}, order, year, language, rows)
    return out.getvalue()


def write_large_workbook(path: Path, order: Order, year: int, language: Language, rows: Mapping[str, Rows]) -> None:
    """Write the workbook of a year to a file, row by row: memory does not grow with the rows. See :func:`write_template`."""
    _write_book(str(path), {"constant_memory": True}, order, year, language, rows)


def _write_book(out: Any, options: dict[str, Any], order: Order, year: int, language: Language, rows: Mapping[str, Rows]) -> None:
    # xlsxwriter is heavy; most commands do not need it.
    import xlsxwriter

    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"created": CREATED, "title": order.title[language.code]})
    formats, worksheet_titles = _formats(book), titles(labels_of(order), language)
    _write_about(book.add_worksheet(worksheet_titles[ABOUT]), order, year, language, formats)
    for kind in order.kinds:
        columns = [_identity_column(code, language) for code in IDENTITY_COLUMNS]
        columns += [_item_column(order, item, year, language, "indicator") for item in order.indicators_of(kind.code)]
        columns += [_item_column(order, item, year, language, "evidence") for item in order.evidence_of(kind.code)]
        sheet = book.add_worksheet(worksheet_titles[kind.code])
        _write_headings(sheet, columns, formats, FROZEN_COLUMNS)
        _write_values(sheet, order, columns, formats, rows.get(kind.code, ()), language)
    count_columns = [_count_column(item.code, item.label, item.hint, language) for _, item in order.prior_year_counts()]
    if count_columns:
        kind_names = [kind.name[language.code] for kind in order.kinds]
        kind_list = _list_validation(kind_names if _fits_list(kind_names) else list(order.kind))
        columns = [_identity_column("body_bin", language), _identity_column("kind", language, kind_list), *count_columns]
        sheet = book.add_worksheet(worksheet_titles[PRIOR_YEAR])
        _write_headings(sheet, columns, formats, FROZEN_COLUMNS_OF_PRIOR_YEAR)
        _write_values(sheet, order, columns, formats, rows.get(PRIOR_YEAR, ()), language)
    book.close()


def _formats(book: "XlsxWorkbook") -> dict[str, Any]:
    border = {"border": 1, "border_color": "#8A94A6"}
    heading = border | {"text_wrap": True, "valign": "top"}
    formats = {
        "code": book.add_format(border | {"font_size": 8, "font_color": MUTED_COLOUR}),
        "identity": book.add_format(heading | {"bold": True, "bg_color": "#FBF0D9"}),
        "indicator": book.add_format(heading | {"bold": True, "bg_color": "#DCE8F5"}),
        "evidence": book.add_format(heading | {"bg_color": "#E9EAEC"}),
        "key": book.add_format({"bold": True}),
        "note": book.add_format({"font_color": MUTED_COLOUR, "text_wrap": True, "valign": "top"}),
        TEXT_FORMAT: book.add_format({"num_format": TEXT_FORMAT}),
        "": book.add_format({}),
    }
    return formats | {name: book.add_format({"num_format": name}) for name in NUMBER_FORMATS.values()}


def _write_about(sheet: "Worksheet", order: Order, year: int, language: Language, formats: dict[str, Any]) -> None:
    """Write the worksheet with the order, the year and the instructions."""
    sheet.set_column(0, 0, 12)
    sheet.set_column(1, 1, 16)
    sheet.set_column(2, 2, 90)
    _set_print_layout(sheet)
    for row, (key, value) in enumerate((("order", order.code), ("year", year))):
        sheet.write_string(row, 0, key, formats["key"])
        sheet.write(row, 1, value)
    worksheet_titles = titles(labels_of(order), language)
    notes = (
        order.title[language.code],
        language.gettext("One row for each organisation, on the worksheet of its kind, from row 4 on. Do not change row 1."),
        language.gettext("An empty cell means that the question is not answered; it is not the same as “no” or 0."),
        language.gettext("Amounts are in tenge, not in thousands of tenge."),
        language.gettext("Yellow columns identify the organisation, blue columns are the answers."),
        language.gettext("Grey columns are evidence: they may stay empty and are never scored."),
        *(f"{worksheet_titles[kind.code]} – {kind.plural[language.code]}" for kind in order.kinds),
        *(f"{worksheet_titles[PRIOR_YEAR]} – {item.label[language.code]}" for _, item in order.prior_year_counts()),
        language.gettext("A worksheet whose name begins with “_” is for your own use and is not read."),
    )
    for row, note in enumerate(notes):
        sheet.write_string(row, 2, note, formats["note"])
        sheet.set_row(row, LINE_HEIGHT_POINTS * -(-len(note) // NOTE_LINE_CHARACTERS))


def _set_print_layout(sheet: "Worksheet") -> None:
    sheet.set_landscape()
    sheet.set_paper(LANDSCAPE_A4)
    sheet.fit_to_pages(1, 0)


def _identity_column(code: str, language: Language, validation: dict[str, Any] | None = None) -> Column:
    label, hint, width = IDENTITY_LABELS[code]
    if code in ("body_bin", "bin"):
        validation = {
            "validate": "length",
            "criteria": "==",
            "value": BIN_LENGTH,
            "error_message": language.gettext("A BIN has 12 digits."),
        }
    return Column(
        code,
        language_of_code("kk").gettext(label),
        language_of_code("ru").gettext(label),
        language.gettext(label),
        language.gettext(hint),
        width,
        TEXT_FORMAT,
        validation,
        "identity",
    )


def _count_column(code: str, label: Text, hint: Text, language: Language) -> Column:
    """Return the column of a declared prior-year count."""
    validation = {"validate": "integer", "criteria": ">=", "value": 0}
    title, text = label[language.code], hint[language.code]
    return Column(code, label.kk, label.ru, title, text, COUNT_WIDTH, NUMBER_FORMATS["whole"], validation, "indicator")


def _item_column(order: Order, item: Indicator, year: int, language: Language, style: str) -> Column:
    """Return the column of an indicator or an item of evidence."""
    return Column(
        item.code,
        item.label.kk,
        item.label.ru,
        item.label[language.code],
        item.hint[language.code],
        WIDTHS[item.type],
        NUMBER_FORMATS.get(item.type, TEXT_FORMAT if item.type == "text" else ""),
        _validation(order, item, year, language),
        style,
    )


def _validation(order: Order, item: Indicator, year: int, language: Language) -> dict[str, Any] | None:
    match item.type:
        case "yes_no":
            return _list_validation(list(YES_NO_LABELS[language.code]))
        case "choice":
            return _list_validation(_choice_labels(order, item, language))
        case "date":
            first, last = item.days(year)
            return {
                "validate": "date",
                "criteria": "between",
                "minimum": first,
                "maximum": last,
                "error_message": language.gettext(
                    "Write a date from %(first)s to %(last)s.", first=language.short_date(first), last=language.short_date(last)
                ),
            }
        case "money" | "whole":
            rule: dict[str, Any] = {
                "validate": "decimal" if item.type == "money" else "integer",
                "error_message": language.gettext("Write a number."),
            }
            if item.min is None:
                return rule | {"criteria": "between", "minimum": -MAX_NUMBER, "maximum": MAX_NUMBER}
            return rule | {"criteria": ">=", "value": item.min}
    return None


def _choice_labels(order: Order, item: Indicator, language: Language) -> list[str]:
    """Return the items of a choice's drop-down list: its labels, or its codes if the labels are too long."""
    choices = order.choices[item.choices or ""]
    labels = [choice.label[language.code] for choice in choices]
    return labels if _fits_list(labels) else [choice.value for choice in choices]


def _list_validation(items: list[str]) -> dict[str, Any]:
    return {"validate": "list", "source": items}


def _fits_list(items: list[str]) -> bool:
    """Whether Excel accepts the items as a drop-down list: at most 255 characters and no commas within items."""
    return len(",".join(items)) <= MAX_LIST_CHARACTERS and not any("," in item for item in items)


def _write_headings(sheet: "Worksheet", columns: list[Column], formats: dict[str, Any], frozen_columns: int) -> None:
    """Write codes, labels, comments, input rules and the print layout of a worksheet."""
    label_lines = (-(-len(label) // (column.width - 2)) for column in columns for label in (column.label_kk, column.label_ru))
    heading_lines = max(MIN_HEADING_LINES, min(max(label_lines) + 1, MAX_HEADING_LINES))
    for row in (1, 2):
        sheet.set_row(row, LINE_HEIGHT_POINTS * heading_lines)
    for index, column in enumerate(columns):
        sheet.set_column(index, index, column.width, formats[column.number_format])
    # Row after row: a large workbook writes each row as soon as the next one begins.
    for index, column in enumerate(columns):
        sheet.write_string(0, index, column.code, formats["code"])
    for index, column in enumerate(columns):
        sheet.write_string(1, index, column.label_kk, formats[column.style])
        sheet.write_comment(1, index, column.hint, {"x_scale": 2, "y_scale": 1.5})
    for index, column in enumerate(columns):
        sheet.write_string(2, index, column.label_ru, formats[column.style])
        message = {"input_title": _shortened(column.title, MAX_TITLE_CHARACTERS), "input_message": _shortened(column.hint)}
        validation = message | (column.validation or {"validate": "any"})
        sheet.data_validation(FIRST_DATA_ROW, index, LAST_ROW, index, validation)
    sheet.freeze_panes(FIRST_DATA_ROW, frozen_columns)
    sheet.autofilter(FIRST_DATA_ROW - 1, 0, LAST_ROW, len(columns) - 1)
    _set_print_layout(sheet)
    sheet.repeat_rows(0, FIRST_DATA_ROW - 1)


def _write_values(
    sheet: "Worksheet", order: Order, columns: list[Column], formats: dict[str, Any], rows: Rows, language: Language
) -> None:
    """Write stored values below the headings."""
    choice_labels = {
        column.code: _choice_labels(order, item, language)
        for column in columns
        if (item := order.by_code.get(column.code)) is not None and item.type == "choice"
    }
    formatted_columns = [(column.code, formats[column.number_format]) for column in columns]
    write_rows(sheet, order, formatted_columns, rows, language, choice_labels)


def _shortened(text: str, max_characters: int = MAX_MESSAGE_CHARACTERS) -> str:
    """Return a text of at most so many characters: its beginning and its last sentence, which explains a blank in hints."""
    if len(text) <= max_characters:
        return text
    last_sentence = re.split(r"(?<=[.;]) ", text)[-1]
    room = max_characters - len(last_sentence) - 2
    if room > max_characters // 3:
        return f"{text[:room].rstrip()}… {last_sentence}"
    return text[: max_characters - 1] + "…"
