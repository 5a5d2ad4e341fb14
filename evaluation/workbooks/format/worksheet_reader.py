"""Reads the worksheets of a workbook: the organisations of a kind, and the declared prior-year counts."""

from collections.abc import Sequence, Set
from typing import Any

from evaluation.answers import columns, values
from evaluation.answers.checks import cautions, contradictions
from evaluation.answers.columns import ParsedColumn
from evaluation.criteria.expressions import codes
from evaluation.criteria.model import Order
from evaluation.registry.models import NAME_LENGTH
from evaluation.scoring.conditions import apply_implications
from evaluation.workbooks.format.issue_collector import IssueCollector
from evaluation.workbooks.format.model import FIRST_DATA_ROW, IDENTITY_COLUMNS, PRIOR_YEAR, Worksheet, as_frame
from evaluation.workbooks.format.table import read_table
from evaluation.xlsx.safe_open import SafeWorkbook

BIN_COLUMNS = ("body_bin", "bin")


class WorksheetReader:
    """Reads parsed worksheets of one package and adds their issues to a collector.

    `registered_bins` are the BINs of the registry; their check digits are not checked again.
    """

    def __init__(self, package: SafeWorkbook, registered_bins: Set[str], issues: IssueCollector):
        self.package, self.registered_bins, self.issues = package, registered_bins, issues

    def read_organisations(self, order: Order, year: int, kind: str) -> Worksheet:
        """Read the organisations of a kind: headings, values, contradictions and cautions. An unreadable year is 0."""
        indicators = {item.code: item for item in order.indicators_of(kind)}
        evidence = {item.code: item for item in order.evidence_of(kind)}
        items = indicators | evidence
        required = (*IDENTITY_COLUMNS, *indicators)
        worksheet, cells = read_table(kind, self.package.rows(kind), required, set(evidence), order, self.issues)
        for code in worksheet.column_indexes:
            if code in BIN_COLUMNS:
                self._add_column(worksheet, code, columns.read_bins(cells[code], self.registered_bins))
                self._require_values(worksheet, code, cells[code])
            elif code in IDENTITY_COLUMNS:
                self._add_column(worksheet, code, columns.read_text(cells[code], NAME_LENGTH))
            else:
                self._add_column(worksheet, code, columns.read_column(order, items[code], year, cells[code]))
        self._warn_of_merged_cells(worksheet)
        worksheet.answers, worksheet.evidence = (
            columns.documents(
                {code: column for code, column in worksheet.columns.items() if code in document_codes},
                len(worksheet.row_numbers),
            )
            for document_codes in (indicators, evidence)
        )
        self._check_answers(order, kind, worksheet)
        return worksheet

    def read_prior_year_counts(self, order: Order, name: str) -> Worksheet:
        """Read the counts that the bodies declare for the year before, by body and kind."""
        count_codes = [item.code for _, item in order.prior_year_counts()]
        required = ("body_bin", "kind", *count_codes)
        worksheet, cells = read_table(name, self.package.rows(name), required, set(), order, self.issues)
        for code in worksheet.column_indexes:
            if code == "body_bin":
                self._add_column(worksheet, code, columns.read_bins(cells[code], self.registered_bins))
            elif code == "kind":
                self._add_column(worksheet, code, columns.read_kinds(order, cells[code]))
            else:
                self._add_column(worksheet, code, columns.read_counts(cells[code]))
            if code not in count_codes:
                self._require_values(worksheet, code, cells[code])
        first_positions: dict[tuple[Any, Any], int] = {}
        keys = zip(worksheet.columns.get("body_bin", ()), worksheet.columns.get("kind", ()), strict=False)
        for position, key in enumerate(keys):
            if None not in key and first_positions.setdefault(key, position) != position:
                cell = worksheet.row_numbers[position], worksheet.column_indexes["body_bin"]
                first_row = worksheet.row_numbers[first_positions[key]] + 1
                self.issues.add_error("duplicate_row", PRIOR_YEAR, cell, "body_bin", row=first_row)
        return worksheet

    def _add_column(self, worksheet: Worksheet, code: str, parsed: ParsedColumn) -> None:
        """Add a column's values to the worksheet, and the issues of its cells."""
        worksheet.columns[code], column_issues = parsed
        column = worksheet.column_indexes[code]
        for position, issue_code, message_values in column_issues:
            cell = worksheet.row_numbers[position], column
            worksheet.invalid_cells.add((position, code))
            self.issues.add_error(issue_code, worksheet.name, cell, code, **message_values)

    def _require_values(self, worksheet: Worksheet, code: str, cells: Sequence[object]) -> None:
        """Add an error for each blank cell of a column."""
        for position, (cell, value) in enumerate(zip(cells, worksheet.columns[code], strict=True)):
            if value is None and values.is_blank(cell):
                location = worksheet.row_numbers[position], worksheet.column_indexes[code]
                self.issues.add_error("missing_value", worksheet.name, location, code)

    def _warn_of_merged_cells(self, worksheet: Worksheet) -> None:
        for last_row, name in self.package.merged_ranges(worksheet.name):
            if last_row >= FIRST_DATA_ROW:
                first_cell = name.partition(":")[0]
                self.issues.add_warning("merged_cells", worksheet.name, first_cell, values={"range": name})

    def _check_answers(self, order: Order, kind: str, worksheet: Worksheet) -> None:
        """Add the contradictions between answers as errors and the cautions as warnings."""
        rules = (
            *order.rules_for_kind(kind, order.contradictions),
            *order.rules_for_kind(kind, order.rules_on_answers(order.cautions)),
        )
        needed_codes = order.with_implication_sources(frozenset().union(*(codes(rule.when) for rule in rules)))
        frame = apply_implications(order, kind, as_frame(order, kind, worksheet, needed_codes))
        for position, rule in contradictions(order, kind, frame):
            cell = worksheet.row_numbers[position], worksheet.column_indexes.get(rule.indicator, 0)
            self.issues.add_error(rule.code, kind, cell, rule.indicator, text=rule.message)
        for position, caution in cautions(order, kind, frame):
            if caution.indicator in worksheet.column_indexes:
                caution_cell = worksheet.cell_name(position, caution.indicator)
                self.issues.add_warning(caution.code, kind, caution_cell, caution.indicator, text=caution.message)
