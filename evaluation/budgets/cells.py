"""Rows of cells: of tables in HTML and DOCX, of lines with tabs, of text copied from pages with each cell on a line."""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evaluation.budgets.model import SourceLine
from evaluation.budgets.pieces import COLUMN_NUMBERS, DIGIT, Form, Piece, parse_amount, parse_heading, parse_line
from evaluation.budgets.text_repair import plain

CODE = re.compile(r"\d{1,3}")
LETTER = re.compile(r"[^\W\d_]")
NUMBER_COLUMN = re.compile(r"(?:№|N)?\s*(?:п/п|р/с|№|р/н)\s*(?:№|N)?\.?", re.IGNORECASE)
MIN_TAB_LINES, MIN_TAB_SHARE = 20, 0.1
"""From which number and share of lines of nothing but a tab a text is one of cells on lines of their own."""

MAX_ROW_NUMBER, MIN_STEPS, MIN_STEP_SHARE = 7, 10, 0.8
"""Digits of a row's number; from which number and share of steps of one on the first column counts the rows."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its lines joined by line breaks, plain, and the number of its first line."""

    text: str
    number: int


def numbered_column(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first cells of the rows count them."""
    numbers = [int(row[0]) for row in rows if row and row[0].strip().isdecimal() and len(row[0]) < MAX_ROW_NUMBER]
    steps = sum(1 for before, after in itertools.pairwise(numbers) if after == before + 1)
    return steps >= MIN_STEPS and steps >= MIN_STEP_SHARE * len(numbers)


def cells_on_lines(lines: Sequence[SourceLine]) -> bool:
    """Whether each cell of the source stands on a line of its own, after a line with only a tab."""
    tabs = sum(1 for line in lines if line.cells is None and "\t" in line.text and not line.text.strip(" \t"))
    return tabs >= MIN_TAB_LINES and tabs >= MIN_TAB_SHARE * len(lines)


def rows_of_cells(lines: Sequence[SourceLine]) -> Iterator[tuple[SourceLine, list[Cell] | None]]:
    """Yield the rows of such a source; a line outside the tables with None.

    A cell is a line with only a tab and the lines below it, the first of which may be empty. An empty line then ends the row.
    """
    row: list[Cell] = []
    begin: SourceLine | None = None
    index, count = 0, len(lines)
    while index < count:
        line = lines[index]
        if "\t" not in line.text or line.text.strip(" \t"):
            if begin is not None:
                yield from ((begin, part) for part in _rows_in(row))
                row, begin = [], None
            yield line, None
            index += 1
            continue
        begin = begin or line
        index, cell, is_last = _cell(lines, index + 1)
        row.append(cell)
        if is_last:
            yield from ((begin, part) for part in _rows_in(row))
            row, begin = [], None
    if begin is not None:
        yield from ((begin, part) for part in _rows_in(row))


def _rows_in(cells: list[Cell]) -> Iterator[list[Cell]]:
    """Yield the rows that stand in cells of which only the last one ends visibly: an empty cell at a row's end hides the end.

    Headings are rows of their own. After a name and one more cell the next row begins, if another name follows.
    """
    headings = {index for index, cell in enumerate(cells) if cell.text and parse_heading(cell.text) is not None}
    yield from ([cells[index]] for index in sorted(headings))
    rest = cells[max(headings) + 1 :] if headings else cells
    names = [index for index, cell in enumerate(rest) if LETTER.search(cell.text)]
    start = 0
    for index in names[:-1]:
        yield rest[start : index + 2]
        start = index + 2
    yield rest[start:]


def _cell(lines: Sequence[SourceLine], index: int) -> tuple[int, Cell, bool]:
    """Read the cell whose first line has an index. Returns the index after it, the cell, and whether it ends its row."""
    texts: list[str] = []
    number = lines[index].number if index < len(lines) else lines[-1].number
    first = index
    while index < len(lines):
        text = lines[index].text
        if not text.strip(" \t"):
            if "\t" in text:
                return index, Cell("\n".join(texts), number), False
            if index > first:
                return index + 1, Cell("\n".join(texts), number), True
        else:
            texts.append(plain(text))
        index += 1
    return index, Cell("\n".join(texts), number), True


def parse_cells(cells: Sequence[Cell], first_number: int) -> tuple[Piece, int]:
    """Return what a row of cells says, and the number of the line of its code or of its first text."""
    filled = [(index, cell) for index, cell in enumerate(cells) if cell.text.strip()]
    if not filled:
        return parse_line(""), first_number
    texts = [" ".join(cell.text.split()) for _, cell in filled]
    number = filled[0][1].number
    heading = parse_heading(" ".join(texts))
    if heading is not None:
        return heading, number
    if len(filled) == 1 and not LETTER.search(texts[0]):
        return parse_line(filled[0][1].text), number
    if len(filled) == 1:
        return parse_line(filled[0][1].text) if "\n" not in filled[0][1].text else _text_cell(filled[0][1]), number
    if len(texts) > 1 and all(CODE.fullmatch(text) for text in texts) and _is_count(texts):
        return COLUMN_NUMBERS, number
    name = next((position for position, text in enumerate(texts) if LETTER.search(text)), None)
    if name is None:
        return _without_name(filled, texts), number
    return _named(filled, texts, name), filled[max(name - 1, 0)][1].number


def _is_count(texts: Sequence[str]) -> bool:
    numbers = [int(text) for text in texts]
    return all(after == before + 1 for before, after in itertools.pairwise(numbers)) and not texts[0].startswith("0")


def _text_cell(cell: Cell) -> Piece:
    return Piece(Form.ROW, text=cell.text, whole=True)


def _without_name(filled: Sequence[tuple[int, Cell]], texts: Sequence[str]) -> Piece:
    codes = [(text, filled[position][0]) for position, text in enumerate(texts) if CODE.fullmatch(text)]
    if len(codes) == len(texts):
        return Piece(Form.ROW, tuple(codes), doubt=True, whole=True)
    return Piece(Form.ROW, tuple(codes), amount=parse_amount(texts[-1]), doubt=len(codes) != len(texts) - 1, whole=True)


def _named(filled: Sequence[tuple[int, Cell]], texts: Sequence[str], name: int) -> Piece:
    """Return the piece of a row with a name at a position: codes stand before it, the amount after it."""
    codes: list[tuple[str, int]] = []
    for position in range(name):
        parts = texts[position].split()
        codes.extend((part, filled[position][0]) for part in parts if CODE.fullmatch(part))
    after = [text for position, text in enumerate(texts) if position > name and text != texts[name]]
    inner = parse_line(filled[name][1].text.split("\n", 1)[0])
    text, numeral = filled[name][1].text, False
    if inner.numeral:
        numeral, rest = True, filled[name][1].text.split("\n", 1)[1:]
        text = "\n".join([inner.text, *rest])
    elif inner.codes and not codes:
        codes.extend(inner.codes)
        text = "\n".join([inner.text, *filled[name][1].text.split("\n", 1)[1:]])
    amount = parse_amount(after[0]) if len(after) == 1 else None
    if not after and inner.amount is not None and "\n" not in text:
        text, amount = inner.text, inner.amount
    doubt = len(after) > 1 or (amount is None and any(DIGIT.search(item) for item in after))
    return Piece(Form.ROW, tuple(codes), text, amount, numeral, doubt=doubt, whole=True)
