"""The preview of a registry workbook: counts of rows, changed cells and issues, as texts in the language of the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from evaluation.answers.issues import CellIssue
from evaluation.language import Language
from evaluation.registry import queries as registry
from evaluation.text import caseless
from evaluation.web.admin.registry.presenter import format_value, names_of_bodies
from evaluation.web.core.request_context import current_language
from evaluation.web.entry.workbook_issues import WorkbookReport, WorksheetReport, group_issues
from evaluation.workbooks.registry.columns import (
    COLUMNS,
    WORKSHEET_LABELS,
    WORKSHEETS,
    Column,
    choice_labels,
    display_value,
)
from evaluation.workbooks.registry.plan import CHANGED, NEW, UNCHANGED, RegistryPlan, RowChange, state_name

IDENTIFYING_COLUMNS = ("bin",)
"""Columns that stand beside the name of a row and are not listed as changes."""
MAX_PREVIEWED_ROWS = 200
"""Changed rows of one worksheet in a preview; the counts include all rows."""


@dataclass(frozen=True)
class RowPreview:
    """A changed or new row: its number from 1, its BIN and name, and (label, old text, new text) of each cell."""

    number: int
    bin: str
    name: str
    is_new: bool
    cells: list[tuple[str, str, str]]


@dataclass(frozen=True)
class WorksheetPreview:
    """A worksheet: the number of rows by outcome, the first changed rows, and the number of further ones."""

    name: str
    title: str
    counts: dict[str, int]
    rows: list[RowPreview]
    hidden_row_count: int


def preview_worksheets(plan: RegistryPlan) -> list[WorksheetPreview]:
    """Return the previews of the worksheets that have rows."""
    return [_preview_worksheet(name, plan) for name in WORKSHEETS if plan.rows[name] or plan.rows_with_issues(name)]


def _preview_worksheet(name: str, plan: RegistryPlan) -> WorksheetPreview:
    counts = {outcome: len(plan.rows_with(name, outcome)) for outcome in (NEW, CHANGED, UNCHANGED)}
    counts["invalid"] = len(plan.rows_with_issues(name))
    changed = [*plan.rows_with(name, CHANGED), *plan.rows_with(name, NEW)]
    shown = changed[:MAX_PREVIEWED_ROWS]
    names = names_of_bodies({bin_ for row in shown for _, *pair in row.cells() for bin_ in pair if isinstance(bin_, str)})
    language = current_language().code
    names |= {row.current.bin: state_name(row.current, language) for row in plan.rows[WORKSHEETS[0]]}
    rows = [_preview_row(name, row, names) for row in shown]
    return WorksheetPreview(name, WORKSHEET_LABELS[name], counts, rows, len(changed) - len(shown))


def _preview_row(worksheet: str, row: RowChange, body_names: Mapping[str, str]) -> RowPreview:
    columns, language = {column.code: column for column in COLUMNS[worksheet]}, current_language()
    cells = [
        (
            language.gettext(columns[code].label),
            _cell_text(columns[code], old, body_names),
            _cell_text(columns[code], new, body_names),
        )
        for code, old, new in row.cells()
        if code not in IDENTIFYING_COLUMNS and not (row.expected is None and new is False)
    ]
    name = state_name(row.current, language.code)
    return RowPreview(row.row.number + 1, row.current.bin, name, row.expected is None, cells)


def _cell_text(column: Column, value: Any, body_names: Mapping[str, str]) -> str:
    if value is None:
        return "–"
    if column.type == "bin":
        return f"{body_names[value]} ({value})" if value in body_names else str(value)
    if column.type == "share":
        return format_value("state_share", value)
    if column.type in ("level", "status", "kind", "yes_no"):
        labels = choice_labels(registry.orders()) if column.type != "yes_no" else {}
        return str(display_value(column, value, labels, current_language()))
    return format_value(column.code, value)


def _label(worksheet: WorksheetReport, language: Language) -> str:
    """Return the label of a worksheet; empty where its title is the label, and for an unknown worksheet."""
    label = language.gettext(WORKSHEET_LABELS[worksheet.name]) if worksheet.name in WORKSHEET_LABELS else ""
    return "" if caseless(label) == caseless(worksheet.title) else label


def report_issues(issues: Sequence[CellIssue]) -> WorkbookReport:
    """Return issues by worksheet and cell, with the columns' labels of this workbook."""
    language = current_language()
    report = group_issues(issues, registry.orders(), language)
    labels = {name: {column.code: language.gettext(column.label) for column in COLUMNS[name]} for name in WORKSHEETS}
    worksheets = tuple(
        replace(
            worksheet,
            label=_label(worksheet, language),
            messages=tuple(
                replace(message, label=labels.get(worksheet.name, {}).get(message.code or "", ""))
                for message in worksheet.messages
            ),
        )
        for worksheet in report.worksheets
    )
    return replace(report, worksheets=worksheets)
