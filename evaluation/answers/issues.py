"""Issues of cells and workbooks: one table of messages, each of which says what is wrong and what to do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from evaluation.criteria.model import Text
from evaluation.language import N_, Language
from evaluation.registry.admin.rules import MESSAGES as REGISTRY_MESSAGES

MESSAGES = {
    # The file
    "not_a_workbook": N_(
        "This is not an Excel workbook (.xlsx). Open it in Excel or LibreOffice and save it as “Excel workbook (.xlsx)”."
    ),
    "encrypted": N_("The workbook is protected by a password. Save it without a password and send it again."),
    "damaged": N_(
        "The workbook is damaged and cannot be read. Open it in Excel or LibreOffice, save it again and send the new file."
    ),
    "too_large": N_(
        "The workbook is too large: at most %(limit)s MB unpacked. Delete pictures and what does not belong to the data."
    ),
    "repetitive": N_(
        "The workbook holds too much of the same: it unpacks to more than %(limit)s times its size. Delete empty formatted rows and what does not belong to the data, and save it again."
    ),
    "too_many_elements": N_(
        "The worksheet holds more than %(limit)s elements. Delete what does not belong to the data, and save it as values without formulas."
    ),
    "too_many_rows": N_(
        "The worksheet reaches to cell %(reach)s: at most %(rows)s rows and %(columns)s columns are read. Delete the empty rows and columns around the data."
    ),
    # Worksheets and headings
    "unknown_worksheet": N_(
        "This worksheet is not part of the workbook. Delete it, or begin its name with “_” to exclude it. Expected: %(expected)s."
    ),
    "duplicate_worksheet": N_("Another worksheet of this file has the same meaning. Delete one of the two."),
    "missing_worksheet": N_("The worksheet “%(name)s” is missing. Copy it from the template."),
    "missing_key": N_("“%(key)s” is empty. Write its value in column B next to its name in column A."),
    "wrong_order": N_("The order “%(value)s” is unknown. Expected: %(expected)s."),
    "wrong_year": N_("“%(value)s” is not a reporting year. Write the year as four digits."),
    "order_not_in_effect": N_("The order %(order)s does not apply to %(year)s. Use the template of that year."),
    "missing_column": N_(
        "The column “%(column)s” is missing. Add it with this code in row 1, or copy the headings from the template."
    ),
    "duplicate_column": N_("The column “%(column)s” appears twice. Delete one of them."),
    "unknown_column": N_(
        "“%(column)s” is not a column code. Correct the code in row 1, or empty this cell to leave the column out."
    ),
    "column_not_asked": N_(
        "“%(column)s” does not apply to this kind of organisation. Delete the column, or empty this cell to leave it out."
    ),
    # Values
    "missing_value": N_("This cell must be filled in."),
    "excel_error": N_("The cell holds the Excel error %(value)s. Write the value itself."),
    "formula_without_value": N_(
        "The cell holds a formula whose result is not stored. Open the workbook in Excel or LibreOffice, recalculate and save it, or write the value itself."
    ),
    "not_text": N_("Text is expected here, not %(value)s."),
    "text_too_long": N_("The text is too long: at most %(limit)s characters."),
    "not_money": N_("“%(value)s” is not an amount. Write a number in tenge, such as 12 500 000,50."),
    "wrong_groups": N_(
        "In “%(value)s” the spaces do not stand between groups of three digits. If this is one number, write %(number)s; if these "
        "are two numbers, write each of them in its own cell."
    ),
    "ambiguous_separator": N_(
        "“%(value)s” can be read in two ways. Write %(thousands)s if the comma or point separates "
        "thousands, or %(decimals)s if it separates tiyn."
    ),
    "exponent": N_(
        "“%(value)s” is a shortened form of Excel in which digits are lost. Widen the column or give it a number format in Excel and "
        "copy the number again, or write it with all its digits."
    ),
    "hidden_value": N_(
        "“%(value)s” stands for a value that did not fit into its column in Excel. Widen the column and copy the value again."
    ),
    "shortened_amount": N_("“%(value)s” is a shortened amount. Write the whole amount in tenge: %(number)s."),
    "shortened_number": N_("“%(value)s” is a shortened number. Write the whole number: %(number)s."),
    "other_currency": N_(
        "“%(value)s” is an amount in another currency (%(currency)s). Convert it, and write the amount in tenge, such as 12 500 000,50."
    ),
    "dash": N_("“%(value)s” is neither an amount nor a blank. Write 0 if the amount is zero, or leave the cell empty."),
    "too_many_decimals": N_("“%(value)s” has more than two decimals. Enter the amount in tenge and tiyn."),
    "too_large_amount": N_("“%(value)s” is too large for an amount in tenge. Check the unit."),
    "negative": N_("“%(value)s” is below zero. Write 0 or more."),
    "below_minimum": N_("“%(value)s” is too small: at least %(minimum)s."),
    "not_whole": N_("“%(value)s” is not a whole number. Write a number without decimals, such as 3."),
    "too_large_number": N_("“%(value)s” is too large."),
    "not_date": N_("“%(value)s” is not a date. Write it as 31.05.2025 or 2025-05-31."),
    "date_with_two_readings": N_("“%(value)s” can be read in two ways. Write %(first)s or %(second)s."),
    "date_in_other_form": N_("“%(value)s” is not written as a date here. If %(day)s is meant, write it so."),
    "date_outside_years": N_(
        "%(value)s is not possible here: the date must lie between %(first)s and %(last)s. Check and correct the year."
    ),
    "not_yes_no": N_("“%(value)s” is neither yes nor no. Write “yes” or “no”."),
    "not_choice": N_("“%(value)s” is not one of the answers here. Choose: %(expected)s."),
    "not_kind": N_("“%(value)s” is not a kind of organisation. Choose: %(expected)s."),
    "not_bin": N_("“%(value)s” is not a BIN. A BIN has 12 digits."),
    "bin_check_digit": N_(
        "The BIN %(value)s is mistyped: its check digit does not agree. Compare it with the registration certificate."
    ),
    "duplicate_bin": N_(
        "The organisation %(value)s is already in worksheet “%(worksheet)s”, row %(row)s. Delete one of the two rows."
    ),
    "duplicate_row": N_("This body and kind are already in row %(row)s. Delete one of the two rows."),
    # Blocks pasted into the grid
    "not_in_table": N_(
        "The organisation %(value)s is not in this table. Check the BIN, or paste the row into the table of its kind."
    ),
    "twice_in_block": N_("The organisation is already in row %(row)s of the pasted block. Delete one of the two rows."),
    # The registry
    "unknown_year": N_("The year %(value)s has not been opened."),
    "unknown_body": N_(
        "The body %(value)s is not in the registry, or you may not enter its data. Check the BIN; if it is correct, ask the "
        "administrator."
    ),
    "unknown_organisation": N_(
        "The organisation %(value)s is not in the registry, or is not under your body. Check the BIN; if it is right, ask the administrator."
    ),
    "other_kind": N_("The organisation %(value)s is registered as another kind: %(expected)s. Move the row to that worksheet."),
    "other_body": N_(
        "On 31 December %(year)s the organisation %(organisation)s was under another body. Remove the row, or ask the administrator to correct the registry."
    ),
    "unsupervised": N_(
        "On 31 December %(year)s the organisation %(organisation)s was under no body. Ask the administrator to enter its "
        "body in the registry."
    ),
    "not_supervised": N_(
        "On 31 December %(year)s the organisation %(organisation)s was not under this body. Remove the row, or ask the administrator to correct the registry."
    ),
    "submitted": N_("The year %(year)s of this body was submitted: its answers can no longer be changed. Remove its rows."),
    "accepted": N_("The year %(year)s of this body is accepted: its answers can no longer be changed. Remove its rows."),
    "deadline_passed": N_(
        "The answers of this body for %(year)s could be changed until %(day)s. Remove its rows, or ask the administrator for an extension."
    ),
    "not_started": N_("The answers for %(year)s are entered from %(day)s on. Send the workbook again then."),
    "changed_meanwhile": N_("Someone else stored data of the same organisations in the meantime. Send the workbook again."),
    "may_not_edit": N_("You may not change the data of this body. Remove its rows."),
    "may_not_register": N_("Only the administrator registers years, bodies and organisations."),
    # The registry's own workbook
    "duplicate_entry": N_("The BIN %(value)s is already in row %(row)s. Delete one of the two rows."),
    "registry_changed": N_("Someone else changed the registry in the meantime. Check the changes again, then store them."),
    **REGISTRY_MESSAGES,
    # Warnings
    "no_data": N_("The workbook contains no organisation: there is nothing to store."),
    "column_without_code": N_("Column %(column)s is filled in but has no code in row 1; it is not read."),
    "other_name": N_("The body %(bin)s has another name here; the first one is used: “%(first)s”."),
    "merged_cells": N_("Cells %(range)s are merged: only the first of them has a value, the others count as blank."),
    "unusual_bin": N_(
        "The BIN %(value)s has a right check digit but an unusual form. Compare it with the registration certificate."
    ),
    "previous_counted": N_(
        "Last year's reports give %(count)s here, and this count is used; the figure of the workbook is stored but not used."
    ),
    "previous_without_organisations": N_(
        "The body %(value)s has no organisations of this kind in the workbook; the figure is stored but not used."
    ),
}


@dataclass(frozen=True)
class CellIssue:
    """An issue of a cell, worksheet or workbook.

    Attributes:
        issue_code: the key of its message.
        worksheet: the code of the worksheet; the name of an unknown one.
        cell: the name of the cell, such as F4; None without a cell.
        code: the code of the column.
        values: the values of the message.
        text: a text in place of the message.
        title: the name of the worksheet in the file.
        organisation: name and BIN of the row's organisation; empty if there is none.
    """

    issue_code: str
    worksheet: str | None = None
    cell: str | None = None
    code: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    text: Text | None = None
    title: str | None = None
    organisation: str = ""

    def message(self, language: Language) -> str:
        """Return the message in a language."""
        if self.text is not None:
            return self.text[language.code]
        return issue_message(self.issue_code, self.values, language)

    def as_json(self, language: Language) -> dict[str, str | None]:
        """Return the issue as the JSON of commands."""
        return {
            "worksheet": self.worksheet,
            "cell": self.cell,
            "code": self.code,
            "problem": self.issue_code,
            "message": self.message(language),
        }


def issue_message(issue_code: str, values: Mapping[str, Any], language: Language) -> str:
    """Return the message of an issue in a language, with its values."""
    return language.gettext(MESSAGES[issue_code], **{key: _value_text(value, language) for key, value in values.items()})


class WorkbookRejected(Exception):
    """A workbook of which nothing is stored. `partial` is what could be read, for further checks."""

    def __init__(self, issues: Iterable[CellIssue], partial: Any = None):
        self.issues, self.partial = tuple(issues), partial
        super().__init__(", ".join(sorted({issue.issue_code for issue in self.issues})))


def sort_issues(issues: Iterable[CellIssue], worksheets: Sequence[str]) -> list[CellIssue]:
    """Sort issues by worksheet in the given order (unknown ones last), row and column; issues without a cell come first."""
    # xlsxwriter is heavy; most commands do not need it.
    from xlsxwriter.utility import xl_cell_to_rowcol

    rank = {name: position for position, name in enumerate(worksheets)}

    def key(issue: CellIssue) -> tuple[int, int, int]:
        row, column = xl_cell_to_rowcol(issue.cell) if issue.cell else (-1, -1)
        return rank.get(issue.worksheet or "", len(rank)), row, column

    return sorted(issues, key=key)


def _value_text(value: object, language: Language) -> str:
    if isinstance(value, Text):
        return value[language.code]
    if isinstance(value, tuple):
        return ", ".join(_value_text(item, language) for item in value)
    if isinstance(value, Decimal):
        return language.number(value, 0 if value == value.to_integral_value() else 2)
    if isinstance(value, date):
        return language.short_date(value)
    text = str(value)
    return text if len(text) <= 200 else text[:199] + "…"
