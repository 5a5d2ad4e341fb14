"""Rewrites a worksheet in a normal form: values only, every cell named, nothing that the parser could read differently from us.

A formula becomes its stored value. Formulas without a stored value and Excel's error values, which the parser returns as blank
cells, become CellErrors. Blank cells are dropped, so that formatted blank cells far out take no memory.
"""

import re
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape

from evaluation.xlsx.errors import UnreadableWorkbook
from evaluation.xlsx.model import CellError, NormalisedSheet, Position, cell_name

MAX_ELEMENTS = 2_000_000
CELL_NAME = re.compile(r"[A-Z]{1,3}[1-9][0-9]{0,6}")
TEXT_TYPES = ("str", "inlineStr")


def normalise(content: bytes) -> NormalisedSheet:
    """Rewrite a worksheet. Raises UnreadableWorkbook if it is not XML or has more than `MAX_ELEMENTS` elements."""
    normaliser = _Normaliser()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = normaliser.start_element
    parser.EndElementHandler = normaliser.end_element
    parser.CharacterDataHandler = normaliser.add_text
    parser.EntityDeclHandler = normaliser.declare_entity
    parser.buffer_text = True
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise UnreadableWorkbook("damaged") from error
    return normaliser.result()


class _Normaliser:
    """Handlers of the XML parser; they collect the cells that have a value or an error."""

    def __init__(self) -> None:
        # xlsxwriter is heavy and most commands do not need it; the method runs for every cell, so it is looked up once.
        from xlsxwriter.utility import xl_cell_to_rowcol

        self._cell_position = xl_cell_to_rowcol
        self.element_count = 0
        self.in_sheet_data = self.in_phonetic_run = False
        self.row = self.column = -1
        self.cell_attributes: dict[str, str] = {}
        self.cell_texts: dict[str, str] = {}
        """Texts of the current cell's elements `v` (value), `f` (formula) and `t` (inline text)."""
        self.current_tag = ""
        self.cells: dict[Position, str] = {}
        self.errors: dict[Position, CellError] = {}

    def declare_entity(self, *_: Any) -> None:
        raise ValueError("a worksheet declares no entities")

    def start_element(self, name: str, attributes: dict[str, str]) -> None:
        self.element_count += 1
        if self.element_count > MAX_ELEMENTS:
            raise UnreadableWorkbook("too_many_elements", limit=MAX_ELEMENTS)
        tag = name.rpartition(" ")[2]
        if tag == "sheetData":
            self.in_sheet_data = True
        elif not self.in_sheet_data:
            return
        elif tag == "row":
            self.row, self.column = int(attributes.get("r", self.row + 2)) - 1, -1
        elif tag == "c":
            self._locate_cell(attributes)
            self.cell_attributes, self.cell_texts = attributes, {}
        elif tag == "rPh":
            self.in_phonetic_run = True
        elif tag in ("v", "f") or (tag == "t" and not self.in_phonetic_run):
            self.current_tag = tag
            self.cell_texts.setdefault(tag, "")

    def _locate_cell(self, attributes: dict[str, str]) -> None:
        """Set the column of a cell from its name; a cell without a name follows the previous cell."""
        name = attributes.get("r")
        if name is None:
            self.column += 1
            return
        if not CELL_NAME.fullmatch(name):
            raise ValueError(name)
        row, self.column = self._cell_position(name)
        if row != self.row:
            raise ValueError(name)

    def add_text(self, text: str) -> None:
        if self.current_tag:
            self.cell_texts[self.current_tag] += text

    def end_element(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        if tag == self.current_tag:
            self.current_tag = ""
        elif tag == "rPh":
            self.in_phonetic_run = False
        elif tag == "sheetData":
            self.in_sheet_data = False
        elif tag == "c" and self.in_sheet_data:
            self._store_cell()

    def _store_cell(self) -> None:
        type_, value = self.cell_attributes.get("t", "n"), self.cell_texts.get("v")
        position = self.row, self.column
        if self.row < 0 or position in self.cells or position in self.errors:
            raise ValueError("a cell occurs twice or outside a row")
        if type_ == "e":
            self.errors[position] = CellError("excel_error", (value or "?").strip())
        elif "f" in self.cell_texts and (value is None or (not value and type_ not in TEXT_TYPES)):
            self.errors[position] = CellError("formula_without_value")
        else:
            text = self.cell_texts.get("t", "") if type_ == "inlineStr" else value
            if text:
                self.cells[position] = self._cell_xml(position, "str" if type_ == "inlineStr" else type_, text)

    def _cell_xml(self, position: Position, type_: str, text: str) -> str:
        style = self.cell_attributes.get("s", "")
        style_attribute = f' s="{style}"' if style.isascii() and style.isdigit() else ""
        return f'<c r="{cell_name(*position)}"{style_attribute} t="{escape(type_, {chr(34): ""})}"><v>{escape(text)}</v></c>'

    def result(self) -> NormalisedSheet:
        parts: list[str] = []
        current_row = -1
        for (row, _), cell in sorted(self.cells.items()):
            if row != current_row:
                parts.append(f'{"</row>" if parts else ""}<row r="{row + 1}">')
                current_row = row
            parts.append(cell)
        data = "".join(parts) + ("</row>" if parts else "")
        positions = [*self.cells, *self.errors]
        row_count, column_count = (max((position[axis] for position in positions), default=-1) + 1 for axis in (0, 1))
        return NormalisedSheet(data.encode(), len(self.cells), row_count, column_count, self.errors)
