"""Prints budget decisions in the layouts in which they are copied from pages and files, with what should be read from them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from evaluation.budgets.model import BudgetDecision, BudgetLine, Section, SourceLine, Total
from tests.support.budget_head import head, table_heads, title
from tests.support.budget_noise import Noise
from tests.support.budget_trees import Decision, Row, Tree

LAYOUTS = ("web", "pdf", "wide_pdf", "tabs", "spaces", "cells")
"""web: a cell per line with tab lines; pdf: a narrow table's text; wide_pdf, spaces, tabs: a row per line; cells: HTML, DOCX."""
NUMERALS = {
    "roman": ("I. ", "II. ", "III. ", "IV. ", "V. ", "VI. "),
    "joined": ("I.", "II.", "III.", "IV.", "V.", "VI."),
    "arabic": ("1. ", "2. ", "3. ", "4. ", "5. ", "6. "),
    "bracket": ("1) ", "2) ", "3) ", "4) ", "5) ", "6) "),
}


@dataclass
class Sheet:
    """A text being printed.

    Attributes:
        random: decides the layout's details.
        noise: habits of the text.
        language: "ru" or "kk".
        unit: "thousand" or "tenge".
        amounts: instead of a row's amount, by the row's identity: what is printed.
        lines: what is printed so far.
        code_lines: line of each row's last code (of a total: its first line), by the row's identity.
        amount_lines: line of each row's amount.
    """

    random: Random
    noise: Noise
    language: str
    unit: str
    amounts: dict[int, str]
    numerals: tuple[str, ...]
    width: int
    breaks_words: bool
    lines: list[SourceLine] = field(default_factory=list)
    code_lines: dict[int, int] = field(default_factory=dict)
    amount_lines: dict[int, int] = field(default_factory=dict)

    def add(self, text: str = "", cells: tuple[str, ...] | None = None) -> int:
        self.lines.append(SourceLine(len(self.lines) + 1, text, cells))
        return len(self.lines)

    def amount(self, row: Row) -> str:
        if id(row) in self.amounts:
            return self.amounts[id(row)]
        return self.noise.amount((row.amount * 1000).to_integral() if self.unit == "tenge" else row.amount)

    def name(self, row: Row) -> str:
        name = row.name.ru if self.language == "ru" else row.name.kk
        return self.numerals[list(Section).index(row.section)] + name if row.is_total else name

    def record(self, row: Row, code_line: int, amount_line: int) -> None:
        self.code_lines[id(row)], self.amount_lines[id(row)] = code_line, amount_line


@dataclass(frozen=True)
class Printed:
    """A printed text and what is to be read from it."""

    lines: tuple[SourceLine, ...]
    decisions: tuple[BudgetDecision, ...]
    breaks_words: bool
    code_lines: dict[int, int]
    amount_lines: dict[int, int]


def print_decision(random: Random, decision: Decision, layout: str, amounts: dict[int, str] | None = None) -> Printed:
    """Print a decision.

    Args:
        random: decides details and noise.
        decision: what is printed; contradictions in its rows are printed as they are.
        layout: of :data:`LAYOUTS`.
        amounts: instead of the amounts of rows, by the rows' identity: figures that nobody can read.
    """
    noise = Noise.of(random)
    numerals = NUMERALS[random.choice(sorted(NUMERALS))]
    width = random.randint(16, 26) if layout == "pdf" else 300
    breaks_words = layout == "pdf" and random.random() < 0.3
    unit = decision.unit
    sheet = Sheet(random, noise, decision.language, unit, amounts or {}, numerals, width, breaks_words)
    for text in head(random, decision, noise):
        sheet.add(text)
    for number, tree in enumerate(decision.trees, 1):
        for text in title(random, decision, tree, number):
            sheet.add(text)
        for kind, rows in tree.tables:
            PRINTERS[layout](sheet, kind, rows)
    expected = tuple(_expected(decision, tree, sheet) for tree in decision.trees)
    return Printed(tuple(sheet.lines), expected, breaks_words, sheet.code_lines, sheet.amount_lines)


def _expected(decision: Decision, tree: Tree, sheet: Sheet) -> BudgetDecision:
    rows = [row for row in tree.rows() if id(row) not in sheet.amounts]
    lines = tuple(
        BudgetLine(row.section, "/".join(row.code), getattr(row.name, sheet.language), row.amount, sheet.code_lines[id(row)])
        for row in rows
        if row.code
    )
    totals = {row.section: Total(row.amount, sheet.amount_lines[id(row)]) for row in rows if row.is_total}
    body = getattr(tree.body, sheet.language)
    return BudgetDecision(body, tree.year, decision.number, decision.day, totals, lines)


def _column(kind: str, row: Row) -> int:
    """Return the column of the row's last code; budgets without subgroups leave the column empty."""
    if kind == "income":
        return len(row.code) - 1
    code = row.code[-1]
    if len(code) < 3:
        return 0 if len(code) == 2 else 1
    return 3 if len(row.code) > 2 and len(row.code[-2]) == 3 else 2


def _cells(sheet: Sheet, kind: str, row: Row) -> list[str]:
    cells = [""] * (3 if kind == "income" else 4)
    if row.code:
        cells[_column(kind, row)] = row.code[-1]
    return [*cells, sheet.noise.name(sheet.name(row)), sheet.amount(row)]


def _web(sheet: Sheet, kind: str, rows: tuple[Row, ...]) -> None:
    """Print a cell per line, a line with a tab before each, an empty line after each row."""

    def cells(values: list[str]) -> int:
        """Return the line of the first cell."""
        start = 0
        for value in values:
            sheet.add("\t")
            start = start or len(sheet.lines) + 1
            sheet.add(value)
        sheet.add()
        return start

    for heading in table_heads(sheet.language, sheet.unit, kind):
        cells(heading)
    for row in rows:
        values = _cells(sheet, kind, row)
        start = cells(values)
        code = _column(kind, row) if row.code else len(values) - 2
        sheet.record(row, start + 2 * code, start + 2 * (len(values) - 1))


def _one_line(make: Callable[[Sheet, list[str]], str]) -> Callable[[Sheet, str, tuple[Row, ...]], None]:
    """Return a printer of a row per line."""

    def print_rows(sheet: Sheet, kind: str, rows: tuple[Row, ...]) -> None:
        for heading in table_heads(sheet.language, sheet.unit, kind):
            sheet.add(make(sheet, heading))
        for row in rows:
            line = sheet.add(make(sheet, _cells(sheet, kind, row)))
            sheet.record(row, line, line)

    return print_rows


def _file_cells(sheet: Sheet, kind: str, rows: tuple[Row, ...]) -> None:
    """Print rows whose cells are known."""
    for heading in table_heads(sheet.language, sheet.unit, kind):
        sheet.add("\t".join(heading), tuple(heading))
    if sheet.random.random() < 0.5:
        numbers = [str(position) for position in range(1, 6 + (kind == "costs"))]
        sheet.add("\t".join(numbers), tuple(numbers))
    for row in rows:
        cells = _cells(sheet, kind, row)
        line = sheet.add("\t".join(cells), tuple(cells))
        sheet.record(row, line, line)


def _pdf(sheet: Sheet, kind: str, rows: tuple[Row, ...]) -> None:
    """Print as the text of a PDF's narrow table: names over several lines, amounts apart, pages that break rows."""
    random = sheet.random
    headings = [cell for heading in table_heads(sheet.language, sheet.unit, kind) for cell in heading if cell]
    for cell in headings:
        sheet.add(cell + random.choice(("", " ")))
        sheet.add()
    if random.random() < 0.6:
        sheet.add("1 2 3")
        sheet.add()
    is_torn = False
    for row in rows:
        is_torn = _pdf_row(sheet, row, may_tear=not is_torn)
        if random.random() < 0.04 and not is_torn:
            _page_break(sheet)


def _page_break(sheet: Sheet) -> None:
    for _ in range(3):
        sheet.add()


def _pdf_row(sheet: Sheet, row: Row, may_tear: bool) -> bool:
    """Print one row; return whether a page broke it."""
    random = sheet.random
    name = sheet.noise.wrapped(sheet.name(row), sheet.width, sheet.breaks_words)
    amount = sheet.amount(row)
    code = row.code[-1] if row.code else ""
    if len(name) == 1 and random.random() < 0.7:
        line = sheet.add(f"{code} {name[0].strip()} {amount}".strip())
        sheet.add()
        sheet.record(row, line, line)
        return False
    tears = may_tear and len(name) > 3 and code and random.random() < 0.06
    kind = random.choice(("code", "amount")) if tears else ""
    code_line = len(sheet.lines) + 1
    if kind == "code":
        for text in name[:2]:
            sheet.add(text)
        _page_break(sheet)
        code_line = sheet.add(code)
        name = name[2:]
    elif code and random.random() < 0.5:
        name[0] = f"{code} {name[0]}"
    elif code:
        sheet.add(code)
        if random.random() < 0.4:
            sheet.add()
    if kind == "amount":
        for text in name[:2]:
            sheet.add(text)
        sheet.add()
        amount_line = sheet.add(amount)
        _page_break(sheet)
        for text in name[2:]:
            sheet.add(text)
    else:
        for text in name:
            sheet.add(text)
        sheet.add()
        amount_line = sheet.add(amount)
    sheet.add()
    sheet.record(row, code_line, amount_line)
    return bool(kind)


def _spaced(sheet: Sheet, cells: list[str]) -> str:
    return " ".join(cell for cell in cells if cell)


def _padded(sheet: Sheet, cells: list[str]) -> str:
    """Join as the layout mode of PDF readers does: columns by several spaces."""
    return "   ".join(cell or "  " for cell in cells).rstrip()


PRINTERS: dict[str, Callable[[Sheet, str, tuple[Row, ...]], None]] = {
    "web": _web,
    "pdf": _pdf,
    "wide_pdf": _one_line(_padded),
    "tabs": _one_line(lambda sheet, cells: "\t".join(cells)),
    "spaces": _one_line(_spaced),
    "cells": _file_cells,
}
