"""Rewrites a worksheet plainly: values alone, every cell named, nothing the parser could read otherwise than we do.

Formulas leave their stored values behind. A formula without one, and Excel's error values, which the parser would give as
blank, become Faults. Nothing is kept of blank cells, so that formatted ones far out do no harm.
"""

import re
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape

from xlsxwriter.utility import xl_cell_to_rowcol, xl_rowcol_to_cell

from evaluation.answers.issues import Problem, Refused

MAX_ELEMENTS = 3_000_000
CELL_NAME = re.compile(r"[A-Z]{1,3}[1-9][0-9]{0,6}")
TEXT_TYPES = ("str", "inlineStr")


@dataclass(frozen=True)
class Fault:
    """Stands in a cell that has no usable value; `problem` says why."""

    problem: str
    value: str = ""


@dataclass
class Plain:
    """A worksheet rewritten: its rows' XML, how many cells, the last row and column, and its faults by (row, column) from 0."""

    data: bytes
    cells: int
    rows: int
    columns: int
    faults: dict[tuple[int, int], Fault] = field(default_factory=dict)


def rewrite(content: bytes) -> Plain:
    """Rewrite a worksheet. Raises Refused where it is no XML, or holds more than anyone fills in."""
    rewriter = _Rewriter()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = rewriter.start
    parser.EndElementHandler = rewriter.end
    parser.CharacterDataHandler = rewriter.text
    parser.EntityDeclHandler = rewriter.declaration
    parser.buffer_text = True
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise Refused([Problem("damaged")]) from error
    return rewriter.plain()


class _Rewriter:
    """Handlers of the parser: they keep the cells that have a value, and nothing else."""

    def __init__(self) -> None:
        self.elements = 0
        self.inside = self.phonetic = False
        self.row = self.column = -1
        self.attributes: dict[str, str] = {}
        self.found: dict[str, str] = {}
        self.reading = ""
        self.cells: dict[tuple[int, int], str] = {}
        self.faults: dict[tuple[int, int], Fault] = {}

    def declaration(self, *_: Any) -> None:
        raise ValueError("a worksheet declares no entities")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        if self.elements > MAX_ELEMENTS:
            raise Refused([Problem("too_many_elements", values={"limit": MAX_ELEMENTS})])
        tag = name.rpartition(" ")[2]
        if tag == "sheetData":
            self.inside = True
        elif not self.inside:
            return
        elif tag == "row":
            self.row, self.column = int(attributes.get("r", self.row + 2)) - 1, -1
        elif tag == "c":
            self.place(attributes)
            self.attributes, self.found = attributes, {}
        elif tag == "rPh":
            self.phonetic = True
        elif tag in ("v", "f") or (tag == "t" and not self.phonetic):
            self.reading = tag
            self.found.setdefault(tag, "")

    def place(self, attributes: dict[str, str]) -> None:
        """Where the cell stands: by its name, or after the one before it."""
        name = attributes.get("r")
        if name is None:
            self.column += 1
            return
        if not CELL_NAME.fullmatch(name):
            raise ValueError(name)
        row, self.column = xl_cell_to_rowcol(name)
        if row != self.row:
            raise ValueError(name)

    def text(self, text: str) -> None:
        if self.reading:
            self.found[self.reading] += text

    def end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        if tag == self.reading:
            self.reading = ""
        elif tag == "rPh":
            self.phonetic = False
        elif tag == "sheetData":
            self.inside = False
        elif tag == "c" and self.inside:
            self.keep()

    def keep(self) -> None:
        kind, value = self.attributes.get("t", "n"), self.found.get("v")
        at = self.row, self.column
        if self.row < 0 or at in self.cells or at in self.faults:
            raise ValueError("a cell stands twice or nowhere")
        if kind == "e":
            self.faults[at] = Fault("excel_error", (value or "?").strip())
        elif "f" in self.found and (value is None or (not value and kind not in TEXT_TYPES)):
            self.faults[at] = Fault("formula_without_value")
        else:
            text = self.found.get("t", "") if kind == "inlineStr" else value
            if text:
                self.cells[at] = self.cell(at, "str" if kind == "inlineStr" else kind, text)

    def cell(self, at: tuple[int, int], kind: str, text: str) -> str:
        style = self.attributes.get("s", "")
        format_ = f' s="{style}"' if style.isascii() and style.isdigit() else ""
        return f'<c r="{xl_rowcol_to_cell(*at)}"{format_} t="{escape(kind, {chr(34): ""})}"><v>{escape(text)}</v></c>'

    def plain(self) -> Plain:
        lines: list[str] = []
        last = -1
        for (row, _), cell in sorted(self.cells.items()):
            if row != last:
                lines.append(f'{"</row>" if lines else ""}<row r="{row + 1}">')
                last = row
            lines.append(cell)
        data = "".join(lines) + ("</row>" if lines else "")
        places = [*self.cells, *self.faults]
        rows, columns = (max((place[axis] for place in places), default=-1) + 1 for axis in (0, 1))
        return Plain(data.encode(), len(self.cells), rows, columns, self.faults)
