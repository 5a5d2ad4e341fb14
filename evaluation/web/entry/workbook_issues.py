"""Groups the issues of a workbook for a page: by worksheet, and equal messages in one entry."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from evaluation.answers.issues import CellIssue
from evaluation.criteria import Orders
from evaluation.language import Language
from evaluation.text import caseless
from evaluation.workbooks.format.column_labels import column_label

CELL_NAME = re.compile(r"([A-Z]+)([0-9]+)")
MAX_MESSAGES = 1000
"""Messages of a report; the next upload shows the others."""
MAX_RANGES = 200
"""Cell ranges of one message."""
MAX_ORGANISATIONS = 10
"""Organisations of one message."""


@dataclass(frozen=True)
class IssueMessage:
    """One message.

    Attributes:
        message: the message.
        code: the column that it concerns, if any.
        label: the column's label in the template.
        ranges: the cells that it concerns, adjacent ones as a range.
        hidden_range_count: ranges that are not shown.
        organisations: names and BINs of the organisations that it concerns.
        hidden_organisation_count: organisations that are not shown.
        count: number of cells.
    """

    message: str
    code: str | None
    label: str
    ranges: tuple[str, ...]
    hidden_range_count: int
    organisations: tuple[str, ...]
    hidden_organisation_count: int
    count: int


@dataclass(frozen=True)
class WorksheetReport:
    """The issues of one worksheet.

    Attributes:
        name: the code of the worksheet; empty for issues of the whole file.
        title: its name in the file.
        label: the name of its kind, where the title is another one.
        messages: the messages.
        count: number of issues.
    """

    name: str
    title: str
    label: str
    messages: tuple[IssueMessage, ...]
    count: int


@dataclass(frozen=True)
class WorkbookReport:
    """All issues; `hidden_message_count` is the number of messages that are not shown."""

    worksheets: tuple[WorksheetReport, ...]
    count: int
    hidden_message_count: int


def group_issues(issues: Iterable[CellIssue], orders: Orders, language: Language) -> WorkbookReport:
    """Group issues by worksheet and message, in their order."""
    groups: dict[str, dict[tuple[str | None, str], list[CellIssue]]] = {}
    count = 0
    for issue in issues:
        count += 1
        messages = groups.setdefault(issue.worksheet or "", {})
        messages.setdefault((issue.code, issue.message(language)), []).append(issue)
    remaining, worksheets = MAX_MESSAGES, []
    for name, messages in groups.items():
        shown = tuple(
            _message(code, message, same_issues, orders, language)
            for (code, message), same_issues in list(messages.items())[: max(remaining, 0)]
        )
        remaining -= len(messages)
        title = next(iter(messages.values()))[0].title or name
        label = _kind_label(name, orders, language)
        label = "" if caseless(label) == caseless(title) else label
        worksheets.append(WorksheetReport(name, title, label, shown, sum(map(len, messages.values()))))
    return WorkbookReport(tuple(worksheets), count, max(0, -remaining))


def _message(code: str | None, message: str, issues: list[CellIssue], orders: Orders, language: Language) -> IssueMessage:
    ranges = list(merge_cells(dict.fromkeys(issue.cell for issue in issues if issue.cell)))
    organisations = list(dict.fromkeys(issue.organisation for issue in issues if issue.organisation))
    return IssueMessage(
        message,
        code,
        column_label(code, reversed(orders.all), language),
        tuple(ranges[:MAX_RANGES]),
        max(0, len(ranges) - MAX_RANGES),
        tuple(organisations[:MAX_ORGANISATIONS]),
        max(0, len(organisations) - MAX_ORGANISATIONS),
        len(issues),
    )


def merge_cells(cells: Iterable[str]) -> Iterator[str]:
    """Yield the names of cells, adjacent ones of a column as a range: F4, F5, F6, F9 → F4:F6, F9."""
    first = last = None
    for cell in cells:
        match = CELL_NAME.fullmatch(cell)
        if match is None:
            yield cell
            continue
        position = match[1], int(match[2])
        if last is not None and position == (last[0], last[1] + 1):
            last = position
            continue
        if first is not None and last is not None:
            yield _range_name(first, last)
        first = last = position
    if first is not None and last is not None:
        yield _range_name(first, last)


def _range_name(first: tuple[str, int], last: tuple[str, int]) -> str:
    start, end = (f"{column}{row}" for column, row in (first, last))
    return start if start == end else f"{start}:{end}"


def _kind_label(worksheet: str, orders: Orders, language: Language) -> str:
    """Return the name of a worksheet's kind; empty for other worksheets."""
    kind = next((order.kind[worksheet] for order in reversed(orders.all) if worksheet in order.kind), None)
    return kind.plural[language.code] if kind else ""
