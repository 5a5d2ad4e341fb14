"""A stored decision as a workbook: lines with outline levels, the printed contradictions, and where everything was read."""

import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from evaluation.budgets.labels import SECTION_NAMES, where_text
from evaluation.budgets.model import Section
from evaluation.budgets.records import DecisionDetails, DetailLine
from evaluation.language import N_, Language

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_OUTLINE_LEVEL = 6
"""The deepest level that spreadsheet programs group by, beside the section."""
NAME_WIDTH = 70
"""Characters."""
LINE_HEADERS = (
    (N_("Code"), 18),
    (N_("Name"), NAME_WIDTH),
    (N_("Amount, thousand tenge"), 18),
    (N_("Line of the source"), 11),
    (N_("As read"), 18),
)
PROBLEM_HEADERS = (
    (N_("Place in the decision"), 60),
    (N_("Printed, thousand tenge"), 18),
    (N_("Computed, thousand tenge"), 18),
    (N_("Difference"), 18),
    (N_("Lines of the source"), 30),
)
WHOLE, FRACTION = "#,##0", "#,##0.0####"
LINE_HEIGHT = 15
"""Points; programs other than Excel do not fit the height of a row to its text."""


def write_workbook(details: DecisionDetails, body_name: str, language: Language, invented: bool = False) -> bytes:
    """Write a decision as a workbook of three worksheets: lines, inconsistencies, source."""
    # xlsxwriter is heavy; most commands do not need it.
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    writer = _Writer(book, language)
    writer.lines(details)
    writer.inconsistencies(details)
    writer.source(details, body_name, invented)
    book.close()
    return out.getvalue()


class _Writer:
    def __init__(self, book: Any, language: Language):
        self.book, self.language = book, language
        self.bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self.head = book.add_format({"bold": True, "text_wrap": True, "valign": "bottom", "bottom": 2})
        self.text = book.add_format({"text_wrap": True, "valign": "top"})
        self.names = [
            book.add_format({"text_wrap": True, "valign": "top", "indent": depth}) for depth in range(MAX_OUTLINE_LEVEL + 1)
        ]
        self.amounts = {
            (is_whole, is_sum): book.add_format({"num_format": WHOLE if is_whole else FRACTION, "bold": is_sum, "valign": "top"})
            for is_whole in (True, False)
            for is_sum in (True, False)
        }

    def sheet(self, title: str, headers: Sequence[tuple[str, int]]) -> Any:
        sheet = self.book.add_worksheet(self.language.gettext(title))
        for column, (header, width) in enumerate(headers):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, self.language.gettext(header), self.head)
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        return sheet

    def lines(self, details: DecisionDetails) -> None:
        sheet = self.sheet(N_("Lines"), LINE_HEADERS)
        # The sum of a group stands above its lines.
        sheet.outline_settings(True, False, True, False)
        row = 0
        for section in Section:
            lines = [item for item in details.lines if item.line.section == section and item.origin != "removed"]
            total = details.decision.totals.get(section)
            if not lines and total is None:
                continue
            row += 1
            sheet.write_string(row, 1, self.language.gettext(SECTION_NAMES[section]), self.bold)
            if total is not None:
                self._amount(sheet, row, 2, total.amount, is_sum=True)
                sheet.write_number(row, 3, total.source_line, self.text)
            for item in lines:
                row += 1
                self._line(sheet, row, item)

    def _line(self, sheet: Any, row: int, item: DetailLine) -> None:
        line = item.line
        depth = min(line.code.count("/") + 1, MAX_OUTLINE_LEVEL)
        height = LINE_HEIGHT * max(1, -(-len(line.name) // (NAME_WIDTH - 2 * depth)))
        sheet.set_row(row, height, None, {"level": depth})
        # write_string never writes a formula or a link, even if the text begins with `=` or an address.
        sheet.write_string(row, 0, line.code, self.text)
        sheet.write_string(row, 1, line.name, self.names[depth])
        self._amount(sheet, row, 2, line.amount)
        sheet.write_number(row, 3, line.source_line, self.text)
        if item.printed is not None:
            self._amount(sheet, row, 4, item.printed.amount)
        elif item.origin == "entered":
            sheet.write_string(row, 4, self.language.gettext(N_("entered by a person")), self.text)

    def inconsistencies(self, details: DecisionDetails) -> None:
        sheet = self.sheet(N_("Inconsistencies"), PROBLEM_HEADERS)
        for row, item in enumerate(details.decision.inconsistencies, 1):
            sheet.write_string(row, 0, where_text(item.where, self.language), self.text)
            for column, value in enumerate((item.printed, item.computed, item.printed - item.computed), 1):
                self._amount(sheet, row, column, value)
            sheet.write_string(row, 4, ", ".join(map(str, item.source_lines)), self.text)

    def source(self, details: DecisionDetails, body_name: str, invented: bool) -> None:
        sheet, stored, language = self.book.add_worksheet(self.language.gettext(N_("Source"))), details.row, self.language
        facts = (
            (N_("Body"), body_name),
            (N_("Body, as printed"), stored.body_name),
            (N_("Year of the budget"), str(stored.year)),
            (N_("Number of the decision"), stored.number),
            (N_("Date of the decision"), language.long_date(stored.date)),
            (N_("File"), stored.source.name),
            ("SHA-256", stored.source.sha256),
            (N_("Stored by"), stored.stored_by),
            *(((N_("Note"), language.gettext(N_("Invented demonstration data"))),) if invented else ()),
        )
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, 1, 90)
        for row, (label, value) in enumerate(facts):
            sheet.write_string(row, 0, language.gettext(label), self.bold)
            sheet.write_string(row, 1, value, self.text)

    def _amount(self, sheet: Any, row: int, column: int, value: Decimal, is_sum: bool = False) -> None:
        style = self.amounts[value == value.to_integral_value(), is_sum]
        sheet.write_number(row, column, float(value), style)
