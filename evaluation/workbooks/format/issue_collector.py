"""Collects the issues of a workbook while it is read."""

from collections.abc import Mapping
from typing import Any

from evaluation.answers.issues import CellIssue
from evaluation.xlsx.model import Position, cell_name


class IssueCollector:
    """The errors and warnings of a workbook, in the order in which they are found."""

    def __init__(self) -> None:
        self.errors: list[CellIssue] = []
        self.warnings: list[CellIssue] = []

    def add_error(
        self,
        issue_code: str,
        worksheet: str | None,
        cell: Position | None = None,
        code: str | None = None,
        /,
        *,
        text: Any = None,
        **values: Any,
    ) -> None:
        """Add an error; `cell` is None if it concerns the worksheet, `text` replaces the message of the issue code."""
        self.errors.append(CellIssue(issue_code, worksheet, cell and cell_name(*cell), code, values, text))

    def add_warning(
        self,
        issue_code: str,
        worksheet: str | None = None,
        cell: str | None = None,
        code: str | None = None,
        values: Mapping[str, Any] | None = None,
        text: Any = None,
    ) -> None:
        """Add a warning; `cell` is the name of a cell, such as F4."""
        self.warnings.append(CellIssue(issue_code, worksheet, cell, code, values or {}, text))
