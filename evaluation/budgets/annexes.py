"""Finds the annexes of a decision: the lines of each budget's tables, and the lines outside them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from evaluation.budgets.cells import NUMBER_COLUMN, Cell, cells_on_lines, numbered_column, parse_cells, rows_of_cells
from evaluation.budgets.headings import Heading, HeadingFinder, Mark, mark_of, names_decision
from evaluation.budgets.model import SourceLine
from evaluation.budgets.pieces import BLANK, Form, Piece, Side, parse_line
from evaluation.budgets.rows import Entry
from evaluation.budgets.text_repair import plain

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


def split_annexes(lines: Sequence[SourceLine]) -> tuple[list[Annex], list[SourceLine]]:
    """Return the annexes with a budget, and the lines outside their tables."""
    annexes: list[Annex] = []
    prose: list[SourceLine] = []
    finder = HeadingFinder()
    annex: Annex | None = None
    adjacent = False
    for line, number, piece in pieces_of(lines):
        if piece is BLANK:
            adjacent = False
            continue
        finder.add(line)
        mark = mark_of(line.text) if piece.form is Form.ROW else Mark.NONE
        if mark is not Mark.NONE and (heading := finder.find(mark)) is not None:
            annex = Annex(heading)
            annexes.append(annex)
            continue
        if mark is Mark.ANNEX:
            prose.extend(_lines_before_mark(annex) if annex is not None else ())
            annex = None
        elif annex is None and piece.form is Form.HEADING and piece.side is Side.RECEIPTS:
            annex = Annex(None)
            annexes.append(annex)
        if annex is not None and (annex.started or _begins_table(piece)):
            annex.started = True
            annex.entries.append(Entry(piece, number, line.text, adjacent))
        elif annex is None:
            prose.append(line)
        adjacent = True
    return annexes, prose


def _begins_table(piece: Piece) -> bool:
    return piece.form is Form.HEADING or piece.form is Form.COLUMN_NUMBERS or (piece.numeral and piece.amount is not None)


def _lines_before_mark(annex: Annex) -> list[SourceLine]:
    """Take the lines that name the decision above "2-қосымша" from the end of the annex before."""
    entries = annex.entries
    last = entries[-LINES_BEFORE_MARK:]
    first = next((index for index, entry in enumerate(last) if names_decision(entry.text)), None)
    if first is None:
        return []
    start = len(entries) - len(last) + first
    while start and entries[start].adjacent and entries[start - 1].piece.is_text and not entries[start - 1].piece.continues:
        start -= 1
    annex.entries, taken = entries[:start], entries[start:]
    return [SourceLine(entry.number, entry.text) for entry in taken]


def pieces_of(lines: Sequence[SourceLine]) -> Iterator[tuple[SourceLine, int, Piece]]:
    """Yield each line or row of cells, with the number of the line of its code and what it says."""
    if cells_on_lines(lines):
        for line, cells in rows_of_cells(lines):
            yield _cells_piece(line, cells, ()) if cells is not None else (line, line.number, parse_line(line.text))
        return
    if not any(line.cells is not None or "\t" in line.text for line in lines):
        for line in lines:
            yield line, line.number, parse_line(line.text)
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
    shown = [Cell("", cell.number) if index in skip else cell for index, cell in enumerate(cells)]
    piece, number = parse_cells(shown, line.number)
    if line.text.strip():
        return line, number, piece
    return SourceLine(number, " ".join(" ".join(cell.text.split()) for cell in cells if cell.text.strip())), number, piece
