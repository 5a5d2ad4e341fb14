"""Writes the workbook that akimats fill in, empty or with what is stored; headings, hints and lists come from the order."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from evaluation.answers.values import WORDS
from evaluation.criteria.model import Indicator, Order, Text
from evaluation.language import N_, Language, language
from evaluation.workbooks.format.model import ABOUT, FIRST_ROW, PREVIOUS
from evaluation.workbooks.format.prefilled import Rows, write_rows

LAST_ROW = 30_000
CREATED = datetime(2022, 6, 20)
"""Fixed, so that the same template has the same bytes; the day of the order."""
FIRST_DAY, LAST_DAY = date(1991, 12, 16), date(2099, 12, 31)
MAX_MESSAGE = 255
MAX_TITLE = 32
MAX_LIST = 255

OWN_LABELS = {
    "body_bin": (N_("BIN of the authorised body"), N_("12 digits, as text."), 14),
    "body_name": (N_("Name of the authorised body"), N_("The full name in Kazakh, the same in every row of the body."), 34),
    "bin": (N_("BIN of the organisation"), N_("12 digits, as text. Each organisation stands once in the whole workbook."), 14),
    "name": (N_("Name of the organisation"), N_("The full name in Kazakh."), 34),
    "kind": (N_("Kind of organisation"), N_("Choose from the list."), 16),
}
WIDTHS = {"money": 20, "whole": 18, "date": 17, "yes_no": 18, "choice": 22, "text": 28}
NUMBER_FORMATS = {"money": "#,##0.00", "whole": "0", "date": "dd.mm.yyyy"}


@dataclass(frozen=True)
class Column:
    """A column of the template: what stands over it and what may be typed into it."""

    code: str
    label_kk: str
    label_ru: str
    title: str
    hint: str
    width: int
    number_format: str
    validation: dict[str, Any] | None
    style: str


def write_template(order: Order, year: int, in_language: Language, rows: Mapping[str, Rows] = MappingProxyType({})) -> bytes:
    """A workbook for one year, empty or with `rows` by worksheet; hints and drop-down lists in the language given, labels in
    Kazakh and Russian. The same rows give the same bytes."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"created": CREATED, "title": order.title[in_language.code]})
    formats = _formats(book)
    _about(book.add_worksheet(ABOUT), order, year, in_language, formats)
    for kind in order.kinds:
        columns = [_own(code, in_language) for code in ("body_bin", "body_name", "bin", "name")]
        columns += [_column(order, item, in_language, "indicator") for item in order.asked_of(kind.code)]
        columns += [_column(order, item, in_language, "evidence") for item in order.evidence_of(kind.code)]
        sheet = book.add_worksheet(kind.code)
        _table(sheet, columns, formats, frozen=4)
        _fill(sheet, order, columns, formats, rows.get(kind.code, ()), in_language)
    declared = [_declared(item.code, item.label, item.hint, in_language) for _, item in order.declared()]
    if declared:
        kinds = [kind.name[in_language.code] for kind in order.kinds]
        columns = [
            _own("body_bin", in_language),
            _own("kind", in_language, _list(kinds if _fits(kinds) else list(order.kind))),
            *declared,
        ]
        sheet = book.add_worksheet(PREVIOUS)
        _table(sheet, columns, formats, frozen=2)
        _fill(sheet, order, columns, formats, rows.get(PREVIOUS, ()), in_language)
    book.close()
    return out.getvalue()


def _formats(book: xlsxwriter.Workbook) -> dict[str, Any]:
    heading = {"text_wrap": True, "valign": "top", "border": 1, "border_color": "#8A94A6"}
    formats = {
        "code": book.add_format({"font_size": 8, "font_color": "#5B6472", "border": 1, "border_color": "#8A94A6"}),
        "own": book.add_format(heading | {"bold": True, "bg_color": "#FBF0D9"}),
        "indicator": book.add_format(heading | {"bold": True, "bg_color": "#DCE8F5"}),
        "evidence": book.add_format(heading | {"bg_color": "#E9EAEC"}),
        "key": book.add_format({"bold": True}),
        "note": book.add_format({"font_color": "#5B6472", "text_wrap": True, "valign": "top"}),
        "@": book.add_format({"num_format": "@"}),
        "": book.add_format({}),
    }
    return formats | {each: book.add_format({"num_format": each}) for each in NUMBER_FORMATS.values()}


def _about(sheet: Worksheet, order: Order, year: int, in_language: Language, formats: dict[str, Any]) -> None:
    sheet.set_column(0, 0, 12)
    sheet.set_column(1, 1, 16)
    sheet.set_column(2, 2, 90)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    for row, (key, value) in enumerate((("order", order.code), ("year", year))):
        sheet.write_string(row, 0, key, formats["key"])
        sheet.write(row, 1, value)
    notes = (
        order.title[in_language.code],
        in_language.gettext("One row for each organisation, on the worksheet of its kind, from row 4 on. Do not change row 1."),
        in_language.gettext("An empty cell means that the question is not answered; it is not the same as “no” or 0."),
        in_language.gettext("Amounts are in tenge, not in thousands of tenge."),
        in_language.gettext("Yellow columns say whose the row is, blue ones are the answers."),
        in_language.gettext("Grey columns are evidence: they may stay empty and are never scored."),
        *(f"{kind.code} – {kind.plural[in_language.code]}" for kind in order.kinds),
        *(f"{PREVIOUS} – {item.label[in_language.code]}" for _, item in order.declared()),
        in_language.gettext("A worksheet whose name begins with “_” is yours and is not read."),
    )
    for row, note in enumerate(notes):
        sheet.write_string(row, 2, note, formats["note"])
        sheet.set_row(row, 15 * -(-len(note) // 85))


def _own(code: str, in_language: Language, validation: dict[str, Any] | None = None) -> Column:
    label, hint, width = OWN_LABELS[code]
    if code in ("body_bin", "bin"):
        validation = {
            "validate": "length",
            "criteria": "==",
            "value": 12,
            "error_message": in_language.gettext("A BIN has 12 digits."),
        }
    return Column(
        code,
        language("kk").gettext(label),
        language("ru").gettext(label),
        in_language.gettext(label),
        in_language.gettext(hint),
        width,
        "@",
        validation,
        "own",
    )


def _declared(code: str, label: Text, hint: Text, in_language: Language) -> Column:
    validation = {"validate": "integer", "criteria": ">=", "value": 0}
    title = label[in_language.code]
    return Column(code, label.kk, label.ru, title, hint[in_language.code], 24, "0", validation, "indicator")


def _column(order: Order, item: Indicator, in_language: Language, style: str) -> Column:
    return Column(
        item.code,
        item.label.kk,
        item.label.ru,
        item.label[in_language.code],
        item.hint[in_language.code],
        WIDTHS[item.type],
        NUMBER_FORMATS.get(item.type, "@" if item.type == "text" else ""),
        _validation(order, item, in_language),
        style,
    )


def _validation(order: Order, item: Indicator, in_language: Language) -> dict[str, Any] | None:
    if item.type == "yes_no":
        return _list(list(WORDS[in_language.code]))
    if item.type == "choice":
        return _list(_offered(order, item, in_language))
    if item.type == "date":
        return {
            "validate": "date",
            "criteria": "between",
            "minimum": FIRST_DAY,
            "maximum": LAST_DAY,
            "error_message": in_language.gettext("Write a date such as 31.05.2025."),
        }
    if item.type in ("money", "whole"):
        kind = "decimal" if item.type == "money" else "integer"
        words = in_language.gettext("Write a number.")
        if item.min is None:
            return {"validate": kind, "criteria": "between", "minimum": -(10**13), "maximum": 10**13, "error_message": words}
        return {"validate": kind, "criteria": ">=", "value": item.min, "error_message": words}
    return None


def _offered(order: Order, item: Indicator, in_language: Language) -> list[str]:
    """The answers of a choice as its list offers them: by their labels, or by their codes where these are too long."""
    choices = order.choices[item.choices or ""]
    labels = [choice.label[in_language.code] for choice in choices]
    return labels if _fits(labels) else [choice.value for choice in choices]


def _list(source: list[str]) -> dict[str, Any]:
    return {"validate": "list", "source": source}


def _fits(source: list[str]) -> bool:
    """Excel takes a list of at most 255 characters, without commas inside."""
    return len(",".join(source)) <= MAX_LIST and not any("," in each for each in source)


def _table(sheet: Worksheet, columns: list[Column], formats: dict[str, Any], frozen: int) -> None:
    for place, column in enumerate(columns):
        sheet.set_column(place, place, column.width, formats[column.number_format])
        sheet.write_string(0, place, column.code, formats["code"])
        sheet.write_string(1, place, column.label_kk, formats[column.style])
        sheet.write_string(2, place, column.label_ru, formats[column.style])
        sheet.write_comment(1, place, column.hint, {"x_scale": 2, "y_scale": 1.5})
        validation = {"input_title": _cut(column.title, MAX_TITLE), "input_message": _cut(column.hint)} | (
            column.validation or {"validate": "any"}
        )
        sheet.data_validation(FIRST_ROW, place, LAST_ROW, place, validation)
    deepest = max(-(-len(label) // (column.width - 2)) for column in columns for label in (column.label_kk, column.label_ru))
    for row in (1, 2):
        sheet.set_row(row, 15 * max(2, min(deepest + 1, 9)))
    sheet.freeze_panes(FIRST_ROW, frozen)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, FIRST_ROW - 1)


def _fill(
    sheet: Worksheet, order: Order, columns: list[Column], formats: dict[str, Any], rows: Rows, in_language: Language
) -> None:
    """Write what is known into the rows under the headings."""
    choices = {
        column.code: _offered(order, item, in_language)
        for column in columns
        if (item := order.by_code.get(column.code)) is not None and item.type == "choice"
    }
    write_rows(sheet, order, [(column.code, formats[column.number_format]) for column in columns], rows, in_language, choices)


def _cut(text: str, limit: int = MAX_MESSAGE) -> str:
    """What fits; of a longer hint the beginning and its last sentence, which says what a blank means."""
    if len(text) <= limit:
        return text
    last = re.split(r"(?<=[.;]) ", text)[-1]
    room = limit - len(last) - 2
    return f"{text[:room].rstrip()}… {last}" if room > limit // 3 else text[: limit - 1] + "…"
