"""Opens an .xlsx file from any source: of a wrong format, damaged, encrypted, a zip bomb, or with a worksheet of a million rows.

The parts are unpacked once, within bounds, checked, and written into a new package that alone reaches the parser: the parser
reads exactly what was checked. The parser is compiled code that ends the whole process when it asks for too much memory;
therefore nothing that makes it ask may reach it. See docs/adr/0005-workbook-parser.md.
"""

import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from python_calamine import CalamineSheet, CalamineWorkbook

from evaluation.xlsx.archive import unpack
from evaluation.xlsx.errors import UnreadableWorkbook
from evaluation.xlsx.fast_path import SHEET_DATA_END, scan_plain_sheet
from evaluation.xlsx.model import NormalisedSheet, cell_name
from evaluation.xlsx.normalise import normalise
from evaluation.xlsx.package_index import read_index
from evaluation.xlsx.package_writer import write_package
from evaluation.xlsx.shared_strings import rewrite_shared_strings

MAX_STYLES_BYTES = 16 * 2**20
MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_CELLS = 5_000_000
MAX_MERGED_RANGES = 100
PRIVATE_PREFIX = "_"
"""Worksheets whose names begin with this are private to their author and are not read."""
MERGED_RANGE = re.compile(rb'<(?:\w+:)?mergeCell ref="([A-Z]{1,3}[0-9]{1,7}):[A-Z]{1,3}([0-9]{1,7})"')


class SafeWorkbook:
    """An .xlsx file that is safe to parse.

    Attributes:
        sheet_names: names of the worksheets, private ones included.
        titles: name → title of each worksheet in the file; they differ after `rename`.

    Raises:
        UnreadableWorkbook: the file is no workbook, encrypted, damaged, or larger than the bounds.
    """

    def __init__(self, data: bytes):
        parts = unpack(data)
        index = read_index(parts)
        self.sheet_names = list(index.worksheets)
        self.titles = {name: name for name in self.sheet_names}
        contents = {name: parts.pop(part, b"") for name, part in index.worksheets.items() if not name.startswith(PRIVATE_PREFIX)}
        # Numpy releases the interpreter lock: two threads check large worksheets side by side.
        with ThreadPoolExecutor(2) as executor:
            sheets = dict(zip(contents, executor.map(_checked_sheet, contents.values()), strict=True))
        if sum(_area(sheet) for sheet in sheets.values()) > MAX_CELLS:
            raise _too_wide(max(sheets.values(), key=_area))
        self._cell_errors = {name: sheet.errors for name, sheet in sheets.items()}
        self._merged_ranges = {name: list(_find_merged_ranges(content)) for name, content in contents.items()}
        self._parsed_sheets: dict[str, CalamineSheet] = {}
        rows = {name: sheet.data for name, sheet in sheets.items()}
        cell_count = sum(sheet.cell_count for sheet in sheets.values())
        shared_strings = rewrite_shared_strings(parts.get(index.shared_strings, b""), rows.values(), cell_count)
        package = write_package(rows, shared_strings, parts.get(index.styles, b"")[:MAX_STYLES_BYTES], index.is_1904)
        try:
            self._workbook = CalamineWorkbook.from_filelike(package)
        except BaseException as error:
            raise _parser_error(error) from error

    def rename(self, names: Mapping[str, str]) -> None:
        """Let worksheets be read under other names: title → name. No worksheet may have such a name already."""
        for title, name in names.items():
            self.sheet_names[self.sheet_names.index(title)] = name
            self.titles[name] = self.titles.pop(title)
            self._cell_errors[name] = self._cell_errors.pop(title)
            self._merged_ranges[name] = self._merged_ranges.pop(title)

    def parse(self, name: str) -> None:
        """Parse a worksheet before its rows are read; other threads run meanwhile. Raises UnreadableWorkbook."""
        try:
            self._parsed_sheets[name] = self._workbook.get_sheet_by_name(self.titles[name])
        except BaseException as error:
            raise _parser_error(error) from error

    def rows(self, name: str) -> list[list[object]]:
        """Return the cells of a parsed worksheet from A1 on, and release the worksheet: a second call raises UnreadableWorkbook.

        A blank cell is an empty string, a cell without a usable value a CellError.
        """
        try:
            sheet = self._parsed_sheets.pop(name)
            rows: list[list[object]] = sheet.to_python(skip_empty_area=False)  # type: ignore[assignment]
        except BaseException as error:
            raise _parser_error(error) from error
        for (row, column), cell_error in self._cell_errors[name].items():
            while len(rows) <= row:
                rows.append([""] * (len(rows[0]) if rows else 0))
            cells = rows[row]
            cells.extend([""] * (column + 1 - len(cells)))
            cells[column] = cell_error
        return rows

    def merged_ranges(self, name: str) -> list[tuple[int, str]]:
        """Return the first `MAX_MERGED_RANGES` merged ranges: (last row from 0, name such as A4:B5)."""
        return self._merged_ranges[name]


def _parser_error(error: BaseException) -> UnreadableWorkbook:
    """Return the error for an exception of the parser; its panics are no subclass of Exception.

    Raises `error` itself if it is not of the parser, such as KeyboardInterrupt.
    """
    if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
        raise error
    return UnreadableWorkbook("damaged")


def _checked_sheet(content: bytes) -> NormalisedSheet:
    """Return a worksheet in the form that may be parsed. Raises UnreadableWorkbook if its cells span too large an area."""
    sheet = scan_plain_sheet(content)
    if sheet is None or _is_too_wide(sheet):
        # Blank formatted cells may reach far out; the normal form drops them.
        sheet = normalise(content) if content else NormalisedSheet(b"", 0, 0, 0)
    if _is_too_wide(sheet):
        raise _too_wide(sheet)
    return sheet


def _area(sheet: NormalisedSheet) -> int:
    return sheet.row_count * sheet.column_count


def _is_too_wide(sheet: NormalisedSheet) -> bool:
    return sheet.row_count > MAX_ROWS or sheet.column_count > MAX_COLUMNS or _area(sheet) > MAX_CELLS


def _too_wide(sheet: NormalisedSheet) -> UnreadableWorkbook:
    reach = cell_name(max(sheet.row_count, 1) - 1, max(sheet.column_count, 1) - 1)
    return UnreadableWorkbook("too_many_rows", reach=reach, rows=MAX_ROWS, columns=MAX_COLUMNS)


def _find_merged_ranges(content: bytes) -> Iterator[tuple[int, str]]:
    for count, match in enumerate(MERGED_RANGE.finditer(content, max(content.rfind(SHEET_DATA_END), 0))):
        if count == MAX_MERGED_RANGES:
            return
        yield int(match[2]) - 1, match[0].partition(b'"')[2].rstrip(b'"').decode()
