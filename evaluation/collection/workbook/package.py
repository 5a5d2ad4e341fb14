"""Opens an .xlsx file that may be anything: wrong format, damaged, encrypted, a zip bomb, a worksheet a million rows long.

The parts are unpacked once, within bounds, and handed to the parser as a zip that is only stored, so nothing is unpacked twice
and what was checked is what is parsed. Formulas without a stored value and Excel's error values are found here, in the XML,
because the parser gives both as blank.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from python_calamine import CalamineSheet, CalamineWorkbook
from xlsxwriter.utility import xl_cell_to_rowcol, xl_rowcol_to_cell

from evaluation.collection.problems import Problem, Refused
from evaluation.collection.workbook import scan

MAX_UNPACKED = 256 * 2**20
MAX_PARTS = 2_000
MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_CELLS = 6_000_000
COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

CELL_NAME = re.compile(r"[A-Z]{1,3}[1-9][0-9]{0,6}")
PRIVATE = "_"
"""Worksheets whose names begin with this are their owner's and are not read."""


@dataclass(frozen=True)
class Fault:
    """Stands in a cell that has no usable value; `problem` says why."""

    problem: str
    value: str = ""


class Package:
    """An .xlsx file that has been found safe to parse. Raises Refused with one problem if it is not."""

    def __init__(self, data: bytes):
        parts = _unpack(data)
        paths = _worksheet_paths(parts)
        self._faulty: dict[str, bytes] = {}
        for name, path in paths.items():
            content = parts.get(path, b"")
            cells = scan.sheet_data(content)
            if scan.reaches_far(cells):
                _check_reach(content)
            if scan.may_have_faults(cells):
                self._faulty[name] = content
        try:
            self._workbook = CalamineWorkbook.from_filelike(_stored(parts))
        except BaseException as error:
            raise _damaged(error) from error
        self.names: list[str] = list(self._workbook.sheet_names)
        self._sheets: dict[str, CalamineSheet] = {}

    def parse(self, name: str) -> None:
        """Parse a worksheet, so that its rows are at hand. Other threads run meanwhile."""
        try:
            self._sheets[name] = self._workbook.get_sheet_by_name(name)
        except BaseException as error:
            raise _damaged(error) from error

    def rows(self, name: str) -> list[list[object]]:
        """A parsed worksheet's cells from A1 on; blank cells are empty text, cells without a usable value are Faults."""
        try:
            rows: list[list[object]] = self._sheets[name].to_python(skip_empty_area=False)  # type: ignore[assignment]
        except BaseException as error:
            raise _damaged(error) from error
        for row, column, fault in self._faults(name):
            while len(rows) <= row:
                rows.append([""] * (len(rows[0]) if rows else 0))
            cells = rows[row]
            cells.extend([""] * (column + 1 - len(cells)))
            cells[column] = fault
        return rows

    def merged(self, name: str) -> list[tuple[int, str]]:
        """Merged ranges as (last row, from 0; its name such as A4:B5)."""
        return [(end[0], f"{cell_name(*start)}:{cell_name(*end)}") for start, end in self._sheets[name].merged_cell_ranges or ()]

    def _faults(self, name: str) -> Iterator[tuple[int, int, Fault]]:
        for row, column, cell in _cells(self._faulty.get(name, b"<none/>")):
            value, formula = _child(cell, "v"), _child(cell, "f")
            if cell.get("t") == "e":
                yield row, column, Fault("excel_error", (value.text if value is not None else None) or "?")
            elif formula is not None and cell.get("t") not in ("str", "inlineStr") and (value is None or not value.text):
                yield row, column, Fault("formula_without_value")


def cell_name(row: int, column: int) -> str:
    """The name of a cell from its row and column, both from 0: (3, 5) → F4."""
    return str(xl_rowcol_to_cell(row, column))


def _damaged(error: BaseException) -> Refused:
    """The parser's own panics are no subclass of Exception; anything else that is not one is not ours to catch."""
    if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
        raise error
    return Refused([Problem("damaged")])


def _unpack(data: bytes) -> dict[str, bytes]:
    if data.startswith(COMPOUND_FILE):
        raise Refused([Problem("encrypted" if b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e" in data else "not_a_workbook")])
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if "xl/workbook.xml" not in archive.namelist():
                raise Refused([Problem("not_a_workbook")])
            if len(entries) > MAX_PARTS or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
                raise Refused([Problem("too_large", values={"limit": MAX_UNPACKED // 2**20})])
            return {entry.filename: _read(archive, entry) for entry in entries if not entry.is_dir()}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        started = data.startswith(b"PK")
        raise Refused([Problem("damaged" if started else "not_a_workbook")]) from error


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """One part, never more of it than its entry says; media are not needed and stay behind."""
    if not entry.filename.endswith((".xml", ".rels", ".bin")):
        return b""
    with archive.open(entry) as part:
        return part.read()


def _stored(parts: dict[str, bytes]) -> io.BytesIO:
    """The parts as a zip without compression."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        while parts:
            name, content = parts.popitem()
            archive.writestr(zipfile.ZipInfo(name), content)
    out.seek(0)
    return out


def _worksheet_paths(parts: dict[str, bytes]) -> dict[str, str]:
    """Worksheet name → the part that holds it."""
    try:
        workbook = ElementTree.fromstring(parts["xl/workbook.xml"])
        links = ElementTree.fromstring(parts.get("xl/_rels/workbook.xml.rels", b"<none/>"))
    except (ParseError, ValueError, LookupError) as error:
        raise Refused([Problem("damaged")]) from error
    target = {link.get("Id"): link.get("Target", "") for link in links}
    paths = {}
    for sheet in workbook.iter():
        if _local(sheet.tag) == "sheet":
            link = next((value for key, value in sheet.attrib.items() if _local(key) == "id"), "")
            path = target.get(link, "")
            paths[sheet.get("name", "")] = path.lstrip("/") if path.startswith("/") else f"xl/{path}"
    return paths


def _check_reach(content: bytes) -> None:
    """Refuse a worksheet whose filled cells span too wide an area for the parser to lay out.

    Blank cells far out, which Excel leaves behind when whole columns are formatted, are harmless.
    """
    rows = columns = 0
    for row, column, cell in _cells(content):
        if len(cell):
            rows, columns = max(rows, row + 1), max(columns, column + 1)
    if rows > MAX_ROWS or columns > MAX_COLUMNS or rows * columns > MAX_CELLS:
        reach = cell_name(max(rows, 1) - 1, max(columns, 1) - 1)
        raise Refused([Problem("too_many_rows", values={"reach": reach, "rows": MAX_ROWS, "columns": MAX_COLUMNS})])


def _cells(content: bytes) -> Iterator[tuple[int, int, Element]]:
    """Every cell element of a worksheet with its row and column from 0, whether or not the file names them."""
    row, column = -1, -1
    try:
        for event, element in ElementTree.iterparse(io.BytesIO(content), events=("start", "end")):
            tag = _local(element.tag)
            if event == "start" and tag == "row":
                row, column = int(element.get("r", row + 2)) - 1, -1
            elif event == "end" and tag == "c":
                name = element.get("r")
                if name:
                    if not CELL_NAME.fullmatch(name):
                        raise ValueError(name)
                    row, column = xl_cell_to_rowcol(name)
                else:
                    column += 1
                yield row, column, element
            elif event == "end" and tag == "row":
                element.clear()
    except (ParseError, ValueError) as error:
        raise Refused([Problem("damaged")]) from error


def _child(element: Element, name: str) -> Element | None:
    return next((child for child in element if _local(child.tag) == name), None)


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2]
