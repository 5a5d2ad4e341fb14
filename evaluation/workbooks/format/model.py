"""A workbook as values."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import pandas as pd

from evaluation.answers.issues import CellIssue
from evaluation.criteria.model import Order
from evaluation.scoring.frames import ReportFrames, report_frame_of_columns
from evaluation.xlsx.model import cell_name

ABOUT = "about"
"""Name of the worksheet with the order and year."""
PRIOR_YEAR = "previous"
"""Name of the worksheet with the counts that the bodies declare for the year before."""
IDENTITY_COLUMNS = ("body_bin", "body_name", "bin", "name")
ROW_NUMBER = re.compile(r"[0-9]+$")
FIRST_DATA_ROW = 3
"""Row from 0; above it are the codes and two rows of labels."""


@dataclass
class Worksheet:
    """A worksheet of n rows that are not blank.

    Attributes:
        name: its name; a kind, or `PRIOR_YEAR`.
        column_indexes: code → column of the worksheet, from 0.
        row_numbers: the n rows of the worksheet, from 0.
        columns: code → n stored values; None for a blank or invalid cell.
        invalid_cells: (index among the n rows, code) of the invalid cells.
        answers: the values of the indicators as n documents; a blank is an absent key.
        evidence: the values of the items of evidence as n documents.
    """

    name: str
    column_indexes: dict[str, int] = field(default_factory=dict)
    row_numbers: list[int] = field(default_factory=list)
    columns: dict[str, list[Any]] = field(default_factory=dict)
    invalid_cells: set[tuple[int, str]] = field(default_factory=set)
    answers: list[dict[str, Any]] = field(default_factory=list)
    evidence: list[dict[str, Any]] = field(default_factory=list)

    @cached_property
    def positions(self) -> dict[int, int]:
        """Row of the worksheet, from 0 → index among the n rows."""
        return {row_number: position for position, row_number in enumerate(self.row_numbers)}

    def cell_name(self, position: int, code: str) -> str:
        """Return the name of a cell, such as F4; `position` is the index among the n rows."""
        return cell_name(self.row_numbers[position], self.column_indexes[code])


@dataclass
class Workbook:
    """A workbook.

    Attributes:
        order: the order of its year.
        year: the reporting year; 0 if it could not be read.
        year_cell: name of the cell with the year.
        titles: name → title of each worksheet in the file.
        worksheets: kind → worksheet of its organisations.
        body_names: BIN → name of each body, ordered by BIN.
        prior_year_worksheet: the declared prior-year counts.
        warnings: issues that do not prevent storing.
    """

    order: Order
    year: int
    year_cell: str
    titles: Mapping[str, str]
    worksheets: dict[str, Worksheet]
    body_names: dict[str, str]
    prior_year_worksheet: Worksheet
    warnings: list[CellIssue] = field(default_factory=list)

    @cached_property
    def report_frames(self) -> ReportFrames:
        """The answers as frames for scoring, by kind."""
        return {kind: as_frame(self.order, kind, worksheet) for kind, worksheet in self.worksheets.items()}

    def located(self, issues: Iterable[CellIssue]) -> list[CellIssue]:
        """Return the issues with the title of their worksheet and the organisation of their row."""
        return [
            replace(issue, title=self.titles.get(issue.worksheet or ""), organisation=self._organisation_of(issue))
            for issue in issues
        ]

    def _organisation_of(self, issue: CellIssue) -> str:
        """Return name and BIN of the organisation in the row of an issue; empty if there is none."""
        worksheet, row = self.worksheets.get(issue.worksheet or ""), ROW_NUMBER.search(issue.cell or "")
        position = worksheet.positions.get(int(row[0]) - 1) if worksheet and row else None
        if worksheet is None or position is None:
            return ""
        name, bin_ = (worksheet.columns[code][position] if code in worksheet.columns else None for code in ("name", "bin"))
        return f"{name} ({bin_})" if name and bin_ else name or bin_ or ""

    def prior_year_counts(self) -> dict[tuple[str, str, str], int]:
        """Return the declared counts: (BIN of the body, kind, criterion) → count."""
        columns = self.prior_year_worksheet.columns
        return {
            (body_bin, kind, criterion.code): count
            for criterion, item in self.order.prior_year_counts()
            for body_bin, kind, count in zip(
                columns.get("body_bin", ()), columns.get("kind", ()), columns.get(item.code, ()), strict=False
            )
            if count is not None
        }


def as_frame(order: Order, kind: str, worksheet: Worksheet, only: frozenset[str] | None = None) -> pd.DataFrame:
    """Return the answers of a worksheet as a frame of n rows; `only` these indicators. A missing column is blank."""
    blank = [None] * len(worksheet.row_numbers)
    codes = [item.code for item in order.indicators_of(kind) if only is None or item.code in only]
    return report_frame_of_columns(
        order,
        kind,
        worksheet.columns.get("body_bin", blank),
        worksheet.columns.get("bin", blank),
        {code: worksheet.columns.get(code, blank) for code in codes},
    )
