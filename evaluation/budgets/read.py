"""Reads the budgets in the text of a decision: finds the annexes, reads their rows, builds their trees and checks the sums."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from evaluation.budgets.body_names import without_case
from evaluation.budgets.cells import NUMBER_COLUMN, Cell, cells_on_lines, numbered_column, parse_cells, rows_of_cells
from evaluation.budgets.checks import inconsistencies
from evaluation.budgets.head import Head, Heading, HeadingFinder, is_annex_mark, names_decision, read_head
from evaluation.budgets.model import BudgetDecision, SourceLine
from evaluation.budgets.pieces import Form, Piece, Side, parse_line
from evaluation.budgets.rows import Entry, RowReader, is_text
from evaluation.budgets.scan import is_bad_scan, read_scan, read_scanned_head
from evaluation.budgets.text_checks import text_inconsistencies
from evaluation.budgets.text_repair import plain
from evaluation.budgets.tree import Tree, TreeBuilder


LINES_BEFORE_MARK = 6
"""Lines that name the decision above the mark of an annex."""


@dataclass
class Annex:
    """The lines of one budget.

    Attributes:
        heading: the line that says whose budget it is, and of which year; None if there is none.
        entries: its pieces.
        started: whether its table has begun.
    """

    heading: Heading | None
    entries: list[Entry] = field(default_factory=list)
    started: bool = False


def read_decisions(lines: Sequence[SourceLine]) -> tuple[BudgetDecision, ...]:
    """Return the budgets that a decision prints, one for each body and year.

    Args:
        lines: the text of the decision with its annexes, in order.

    Returns:
        The budgets in the order of the annexes. What contradicts the decision's text ("decision/…") stands at the first of them.
    """
    if is_bad_scan(lines):
        return _read_scan(lines)
    annexes, prose = split_annexes(lines)
    head = read_head(prose)
    trees = [(annex, TreeBuilder(_year(annex, head)).build(RowReader(annex.entries).read())) for annex in annexes]
    checked = [_checked(_decision(annex, tree, head), tree) for annex, tree in trees if tree.lines or tree.totals]
    if checked:
        checked[0] = replace(checked[0], inconsistencies=(*text_inconsistencies(head, checked), *checked[0].inconsistencies))
    return tuple(checked)


def _read_scan(lines: Sequence[SourceLine]) -> tuple[BudgetDecision, ...]:
    scanned = read_scanned_head(lines)
    head = Head(scanned.number, scanned.date)
    return tuple(_checked(_decision(Annex(Heading("", year, 0)), tree, head), tree) for year, tree in read_scan(lines))


def split_annexes(lines: Sequence[SourceLine]) -> tuple[list[Annex], list[SourceLine]]:
    """Return the annexes with a budget, and the lines outside their tables."""
    annexes: list[Annex] = []
    prose: list[SourceLine] = []
    finder = HeadingFinder()
    annex: Annex | None = None
    adjacent = False
    for line, number, piece in pieces_of(lines):
        if piece.form is Form.BLANK:
            adjacent = False
            continue
        heading = finder.find(line)
        if heading is not None:
            annex = Annex(heading)
            annexes.append(annex)
        elif is_annex_mark(line.text):
            prose.extend([*(_lines_before_mark(annex) if annex is not None else ()), line])
            annex = None
        elif annex is None and piece.form is Form.HEADING and piece.side is Side.RECEIPTS:
            annex = Annex(None, started=True)
            annexes.append(annex)
        if annex is not None and heading is None:
            annex.started = annex.started or piece.form in {Form.HEADING, Form.COLUMN_NUMBERS} or piece.numeral and piece.amount is not None
            if annex.started:
                annex.entries.append(Entry(piece, number, line.text, adjacent))
        elif heading is None:
            prose.append(line)
        adjacent = True
    return annexes, prose


def _lines_before_mark(annex: Annex) -> list[SourceLine]:
    """Take the lines that name the decision above "2-қосымша" from the end of the annex before."""
    entries = annex.entries
    last = entries[-LINES_BEFORE_MARK:]
    first = next((index for index, entry in enumerate(last) if names_decision(entry.text)), None)
    if first is None:
        return []
    start = len(entries) - len(last) + first
    while start and entries[start].adjacent and is_text(entries[start - 1].piece) and not entries[start - 1].piece.continues:
        start -= 1
    annex.entries, taken = entries[:start], entries[start:]
    return [SourceLine(entry.number, entry.text) for entry in taken]


def pieces_of(lines: Sequence[SourceLine]) -> Iterator[tuple[SourceLine, int, Piece]]:
    """Yield each line or row of cells, with the number of the line of its code and what it says."""
    if cells_on_lines(lines):
        for line, cells in rows_of_cells(lines):
            yield _cells_piece(line, cells, ()) if cells is not None else (line, line.number, parse_line(line.text))
        return
    rows = [_texts_of(line) for line in lines]
    skip: tuple[int, ...] = (0,) if numbered_column([texts for texts in rows if texts is not None]) else ()
    for line, texts in zip(lines, rows, strict=True):
        if texts is None:
            yield line, line.number, parse_line(line.text)
            continue
        marks = tuple(index for index, text in enumerate(texts) if NUMBER_COLUMN.fullmatch(text.strip()))
        skip = marks or skip
        yield _cells_piece(line, [Cell(plain(text), line.number) for text in texts], skip)


def _texts_of(line: SourceLine) -> Sequence[str] | None:
    """Return the cells of a line; None if it has none."""
    if line.cells is not None:
        return line.cells
    return line.text.split("\t") if "\t" in line.text.strip() else None


def _cells_piece(line: SourceLine, cells: Sequence[Cell], skip: tuple[int, ...]) -> tuple[SourceLine, int, Piece]:
    kept = [Cell("", cell.number) if index in skip else cell for index, cell in enumerate(cells)]
    piece, number = parse_cells(kept, line.number)
    shown = line if line.text.strip() else SourceLine(number, " ".join(" ".join(cell.text.split()) for cell in cells if cell.text.strip()))
    return shown, number, piece


def _checked(decision: BudgetDecision, tree: Tree) -> BudgetDecision:
    return replace(decision, inconsistencies=inconsistencies(decision, tree.parts))


def _year(annex: Annex, head: Head) -> int | None:
    return annex.heading.year if annex.heading is not None else head.year


def _decision(annex: Annex, tree: Tree, head: Head) -> BudgetDecision:
    body = without_case(annex.heading.body, head.stems) if annex.heading is not None and annex.heading.body else head.body
    return BudgetDecision(body, _year(annex, head), head.number, head.date, tree.totals, tuple(tree.lines), (), tuple(tree.unread))
