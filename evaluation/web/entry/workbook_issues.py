"""Groups the issues of a workbook for a page: by worksheet, and equal messages in one entry."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from evaluation.answers.issues import CellIssue
from evaluation.criteria import Orders
from evaluation.language import Language
from evaluation.workbooks.format.template import IDENTITY_LABELS

CELL_NAME = re.compile(r"([A-Z]+)([0-9]+)")
MAX_MESSAGES = 1000
"""Messages of a report; the next upload shows the others."""
MAX_RANGES = 200
"""Cell ranges of one message."""


@dataclass(frozen=True)
class IssueMessage:
    """One message.

    Attributes:
        message: the message.
        code: the column that it concerns, if any.
        label: the column's label in the template.
        ranges: the cells that it concerns, adjacent ones as a range.
        hidden_range_count: ranges that are not shown.
        count: number of cells.
    """

    message: str
    code: str | None
    label: str
    ranges: tuple[str, ...]
    hidden_range_count: int
    count: int


@dataclass(frozen=True)
class WorksheetReport:
    """The issues of one worksheet; `name` is empty for issues of the whole file, `label` is the name of the kind."""

    name: str
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
    groups: dict[str, dict[tuple[str | None, str], list[str]]] = {}
    count = 0
    for issue in issues:
        count += 1
        messages = groups.setdefault(issue.worksheet or "", {})
        messages.setdefault((issue.code, issue.message(language)), []).append(issue.cell or "")
    remaining, worksheets = MAX_MESSAGES, []
    for name, messages in groups.items():
        shown = tuple(
            _message(code, message, cells, orders, language)
            for (code, message), cells in list(messages.items())[: max(remaining, 0)]
        )
        remaining -= len(messages)
        worksheets.append(WorksheetReport(name, _kind_label(name, orders, language), shown, sum(map(len, messages.values()))))
    return WorkbookReport(tuple(worksheets), count, max(0, -remaining))


def _message(code: str | None, message: str, cells: list[str], orders: Orders, language: Language) -> IssueMessage:
    ranges = list(merge_cells([cell for cell in dict.fromkeys(cells) if cell]))
    hidden_range_count = max(0, len(ranges) - MAX_RANGES)
    label = _column_label(code, orders, language)
    return IssueMessage(message, code, label, tuple(ranges[:MAX_RANGES]), hidden_range_count, len(cells))


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


def _column_label(code: str | None, orders: Orders, language: Language) -> str:
    """Return the label of a column in the template; empty for an unknown column."""
    if code is None:
        return ""
    if code in IDENTITY_LABELS:
        return language.gettext(IDENTITY_LABELS[code][0])
    for order in reversed(orders.all):
        if code in order.by_code:
            return order.by_code[code].label[language.code]
        for _, item in order.prior_year_counts():
            if item.code == code:
                return item.label[language.code]
    return ""
