"""What is wrong with a workbook as a page tells it: by worksheet, and once where messages say the same."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from evaluation.answers.issues import Problem
from evaluation.criteria import Orders
from evaluation.language import Language
from evaluation.workbooks.format.template import OWN_LABELS

CELL = re.compile(r"([A-Z]+)([0-9]+)")
MAX_FINDINGS = 1000
"""Of a report; who has more mends these first."""
MAX_CELLS = 200
"""Of one message."""


@dataclass(frozen=True)
class Finding:
    """One message, the column it is about, and the cells it holds for, neighbours in a column as a range."""

    message: str
    code: str | None
    label: str
    cells: tuple[str, ...]
    more_cells: int
    count: int


@dataclass(frozen=True)
class WorksheetReport:
    """What is wrong on one worksheet; `name` is empty for what concerns the whole file."""

    name: str
    label: str
    findings: tuple[Finding, ...]
    count: int


@dataclass(frozen=True)
class WorkbookReport:
    """Everything that is wrong. `left_out` counts the messages beyond those shown."""

    worksheets: tuple[WorksheetReport, ...]
    count: int
    left_out: int


def report(problems: Iterable[Problem], orders: Orders, language: Language) -> WorkbookReport:
    """Problems grouped by worksheet, in the order they were found."""
    groups: dict[str, dict[tuple[str | None, str], list[str]]] = {}
    count = 0
    for problem in problems:
        count += 1
        messages = groups.setdefault(problem.worksheet or "", {})
        messages.setdefault((problem.code, problem.message(language)), []).append(problem.cell or "")
    room, worksheets = MAX_FINDINGS, []
    for name, messages in groups.items():
        findings = tuple(
            _finding(code, message, cells, orders, language) for (code, message), cells in list(messages.items())[: max(room, 0)]
        )
        room -= len(messages)
        worksheets.append(WorksheetReport(name, _kind(name, orders, language), findings, sum(map(len, messages.values()))))
    return WorkbookReport(tuple(worksheets), count, max(0, -room))


def _finding(code: str | None, message: str, cells: list[str], orders: Orders, language: Language) -> Finding:
    shown = list(ranges([cell for cell in dict.fromkeys(cells) if cell]))
    more = max(0, len(shown) - MAX_CELLS)
    return Finding(message, code, _column(code, orders, language), tuple(shown[:MAX_CELLS]), more, len(cells))


def ranges(cells: Iterable[str]) -> Iterator[str]:
    """F4, F5, F6, F9 → F4:F6, F9."""
    first = last = None
    for cell in cells:
        match = CELL.fullmatch(cell)
        if match is None:
            yield cell
            continue
        here = match[1], int(match[2])
        if last is not None and here == (last[0], last[1] + 1):
            last = here
            continue
        if first is not None and last is not None:
            yield _range(first, last)
        first = last = here
    if first is not None and last is not None:
        yield _range(first, last)


def _range(first: tuple[str, int], last: tuple[str, int]) -> str:
    start, end = (f"{column}{row}" for column, row in (first, last))
    return start if start == end else f"{start}:{end}"


def _kind(worksheet: str, orders: Orders, language: Language) -> str:
    """What the worksheet holds, where it is one of organisations."""
    kind = next((order.kind[worksheet] for order in reversed(orders.all) if worksheet in order.kind), None)
    return kind.plural[language.code] if kind else ""


def _column(code: str | None, orders: Orders, language: Language) -> str:
    """What stands over the column in the template."""
    if code is None:
        return ""
    if code in OWN_LABELS:
        return language.gettext(OWN_LABELS[code][0])
    for order in reversed(orders.all):
        if code in order.by_code:
            return order.by_code[code].label[language.code]
        for _, declared in order.declared():
            if declared.code == code:
                return declared.label[language.code]
    return ""
