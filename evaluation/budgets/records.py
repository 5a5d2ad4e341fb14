"""What is stored of a decision beside what was read: values and their stored form, no reads and no writes."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import orjson
from pydantic import TypeAdapter

from evaluation.budgets.classification import GROUPS, group_lines
from evaluation.budgets.model import BudgetDecision, BudgetLine, Inconsistency, Section, Total
from evaluation.budgets.models import CORRECTED, ENTERED, READ, REMOVED, BudgetDraft, StoredDecision, StoredLine

TIYN_PER_UNIT = 100_000
"""Tiyn in a thousand tenge."""
LINE, NOT_A_LINE = "line", "not_a_line"
"""What became of an unread line: a line or a total of the budget, or nothing of it."""

ENTRIES: TypeAdapter[tuple[BudgetDecision, ...]] = TypeAdapter(tuple[BudgetDecision, ...])
TOTALS: TypeAdapter[dict[Section, Total]] = TypeAdapter(dict[Section, Total])
INCONSISTENCIES: TypeAdapter[tuple[Inconsistency, ...]] = TypeAdapter(tuple[Inconsistency, ...])
PRINTED_LINE: TypeAdapter[BudgetLine] = TypeAdapter(BudgetLine)


@dataclass(frozen=True)
class DetailLine:
    """A line with its origin; `printed` is the line as it was read, where a person corrected it."""

    line: BudgetLine
    origin: str
    printed: BudgetLine | None = None


@dataclass(frozen=True)
class Settlement:
    """A line of the source that could not be read; `settled` is `LINE` or `NOT_A_LINE`, `why` an untranslated message."""

    source_line: int
    text: str
    why: str
    settled: str


@dataclass(frozen=True)
class PrintedHead:
    """Head and totals of a decision as they were read."""

    body: str
    year: int | None
    number: str
    date: date | None
    totals: dict[Section, Total]


@dataclass(frozen=True)
class DecisionDetails:
    """A stored decision with its values.

    Attributes:
        row: the row; its `source` names the file.
        decision: what was confirmed, without the removed lines; nothing of it is unread.
        lines: the lines with their origin; those that the person took out come last.
        printed: head and totals as they were read.
        settlements: the lines that could not be read.
    """

    row: StoredDecision
    decision: BudgetDecision
    lines: tuple[DetailLine, ...]
    printed: PrintedHead
    settlements: tuple[Settlement, ...]


SETTLEMENTS: TypeAdapter[tuple[Settlement, ...]] = TypeAdapter(tuple[Settlement, ...])
HEAD: TypeAdapter[PrintedHead] = TypeAdapter(PrintedHead)


def entries_of(draft: BudgetDraft) -> tuple[BudgetDecision, ...]:
    """Return the decisions of a draft as they were read."""
    return ENTRIES.validate_python(draft.entries)


def to_tiyn(amount: Decimal) -> int:
    """Return an amount of thousand tenge in tiyn. Raises ValueError where it has a fraction of a tiyn."""
    tiyn = amount * TIYN_PER_UNIT
    if tiyn != tiyn.to_integral_value():
        raise ValueError(f"{amount} thousand tenge has a fraction of a tiyn")
    return int(tiyn)


def to_thousands(tiyn: int) -> Decimal:
    """Return an amount of tiyn in thousand tenge."""
    return Decimal(tiyn) / TIYN_PER_UNIT


def planned_by_group(decision: BudgetDecision) -> dict[str, int]:
    """Return group of the classification → sum of its lines in tiyn, 0 where the budget has none."""
    return {group: sum(to_tiyn(line.amount) for line in group_lines(decision, group)) for group in GROUPS}


def with_origins(read: BudgetDecision, decision: BudgetDecision) -> list[DetailLine]:
    """Return the lines of a confirmed decision with their origin, then the lines that were read and are no longer there.

    A line of the same line of the source is the same line, corrected.
    """
    unmatched: dict[int, list[BudgetLine]] = defaultdict(list)
    for line in read.lines:
        unmatched[line.source_line].append(line)
    is_read = [_take(unmatched[line.source_line], line) for line in decision.lines]
    details = []
    for line, unchanged in zip(decision.lines, is_read, strict=True):
        if unchanged:
            details.append(DetailLine(line, READ))
        elif unmatched[line.source_line]:
            details.append(DetailLine(line, CORRECTED, unmatched[line.source_line].pop(0)))
        else:
            details.append(DetailLine(line, ENTERED))
    return details + [DetailLine(line, REMOVED) for lines in unmatched.values() for line in lines]


def _take(lines: list[BudgetLine], line: BudgetLine) -> bool:
    """Remove a line from those of its line of the source; return whether it was there."""
    if line not in lines:
        return False
    lines.remove(line)
    return True


def settlements_of(read: BudgetDecision, decision: BudgetDecision) -> tuple[Settlement, ...]:
    """Return what became of the lines that could not be read."""
    numbers = {line.source_line for line in decision.lines} | {total.source_line for total in decision.totals.values()}
    return tuple(
        Settlement(item.source_line, item.text, item.why, LINE if item.source_line in numbers else NOT_A_LINE)
        for item in read.unread
    )


def count_corrections(read: BudgetDecision, decision: BudgetDecision, lines: Iterable[DetailLine]) -> int:
    """Return how many lines, totals and values of the head differ from what was read."""
    heads = [(entry.year, entry.number, entry.date) for entry in (read, decision)]
    totals = [{section: total.amount for section, total in entry.totals.items()} for entry in (read, decision)]
    changes = [detail.origin != READ for detail in lines]
    changes += [old != new for old, new in zip(*heads, strict=True)]
    changes += [totals[0].get(section) != totals[1].get(section) for section in Section]
    return sum(changes)


def head_of(read: BudgetDecision) -> PrintedHead:
    """Return head and totals of a decision as they were read."""
    return PrintedHead(read.body, read.year, read.number, read.date, dict(read.totals))


def line_row(detail: DetailLine, position: int) -> StoredLine:
    """Return the row of a line. Raises ValueError where its amount has a fraction of a tiyn."""
    line, printed = detail.line, detail.printed
    return StoredLine(
        position=position,
        section=line.section.value,
        code=line.code,
        name=line.name,
        amount=to_tiyn(line.amount),
        source_line=line.source_line,
        origin=detail.origin,
        printed=None if printed is None else PRINTED_LINE.dump_python(printed, mode="json"),
    )


def details_of(row: StoredDecision, rows: Sequence[StoredLine]) -> DecisionDetails:
    """Return a stored decision as values; `rows` are its lines in their order."""
    lines = tuple(
        DetailLine(
            BudgetLine(Section(line.section), line.code, line.name, to_thousands(line.amount), line.source_line),
            line.origin,
            None if line.printed is None else PRINTED_LINE.validate_python(line.printed),
        )
        for line in rows
    )
    decision = BudgetDecision(
        body=row.body_name,
        year=row.year,
        number=row.number,
        date=row.date,
        totals=TOTALS.validate_python(row.totals),
        lines=tuple(detail.line for detail in lines if detail.origin != REMOVED),
        inconsistencies=INCONSISTENCIES.validate_python(row.inconsistencies),
    )
    printed, settlements = HEAD.validate_python(row.printed), SETTLEMENTS.validate_python(row.settlements)
    return DecisionDetails(row, decision, lines, printed, settlements)


def digest_of(row: StoredDecision, source_sha256: str, rows: Iterable[StoredLine]) -> str:
    """Return the SHA-256 of everything that was confirmed, 64 hexadecimal digits. `rows` are the lines in their order."""
    content: dict[str, Any] = {
        "head": [row.year, row.number, row.date.isoformat(), row.body_name, source_sha256],
        "values": [row.totals, row.printed, row.settlements, row.inconsistencies, row.planned, row.corrections],
        "lines": [
            [line.section, line.code, line.name, line.amount, line.source_line, line.origin, line.printed] for line in rows
        ],
    }
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
