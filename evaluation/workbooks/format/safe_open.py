"""Opens an .xlsx file that may be anything: wrong format, damaged, encrypted, a zip bomb, a worksheet a million rows long.

The parts are unpacked once, within bounds, checked, and put into a small package of our own making that alone is handed to the
parser: what was checked is what is parsed. The parser is compiled code that ends the whole process when it asks for too much
memory, so that nothing may reach it which could make it ask.
"""

import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from posixpath import join, normpath
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

import numpy as np
from defusedxml import ElementTree
from python_calamine import CalamineSheet, CalamineWorkbook
from xlsxwriter.utility import xl_rowcol_to_cell

from evaluation.answers.issues import Problem, Refused
from evaluation.workbooks.format import fast_path as scan
from evaluation.workbooks.format.normalise import Fault, Plain, rewrite

MAX_UNPACKED = 256 * 2**20
MAX_PARTS = 2_000
MAX_INDEX = 2**20
MAX_STYLES = 16 * 2**20
MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_CELLS = 5_000_000
MAX_TEXT = 512 * 2**20
MAX_MERGED = 100
COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
PRIVATE = "_"
"""Worksheets whose names begin with this are their owner's and are not read."""

MERGED = re.compile(rb'<(?:\w+:)?mergeCell ref="([A-Z]{1,3}[0-9]{1,7}):[A-Z]{1,3}([0-9]{1,7})"')
STRINGS_START = re.compile(rb"^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>)?\s*<sst\b[^>]*>")
STRING_USED = re.compile(rb't="s"[^>]*>\s*<v>([0-9]{1,9})<')
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
Rows = bytes | memoryview
"""The XML of a worksheet's rows."""
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


@dataclass(frozen=True)
class _Index:
    """What xl/workbook.xml says: worksheet names with the parts that hold them, and the other parts that matter."""

    worksheets: dict[str, str]
    strings: str
    styles: str
    from_1904: bool


class Package:
    """An .xlsx file that has been found safe to parse. Raises Refused with one problem if it is not."""

    def __init__(self, data: bytes):
        parts = unpack(data)
        index = _index(parts)
        self.names = list(index.worksheets)
        self._faults: dict[str, Mapping[tuple[int, int], Fault]] = {}
        self._merged: dict[str, list[tuple[int, str]]] = {}
        self._sheets: dict[str, CalamineSheet] = {}
        contents = {name: parts.pop(path, b"") for name, path in index.worksheets.items() if not name.startswith(PRIVATE)}
        # Numpy lets other threads run: large worksheets are looked through side by side.
        with ThreadPoolExecutor(2) as lookers:
            found = dict(zip(contents, lookers.map(_plain, contents.values()), strict=True))
        if sum(each.rows * each.columns for each in found.values()) > MAX_CELLS:
            raise _too_far(max(found.values(), key=lambda each: each.rows * each.columns))
        for name, content in contents.items():
            each = found[name]
            self._faults[name] = each.faults if isinstance(each, Plain) else {}
            self._merged[name] = list(_merged(content))
        worksheets: dict[str, Rows] = {name: each.data for name, each in found.items()}
        cells = sum(each.cells for each in found.values())
        strings = _strings(parts.get(index.strings, b""), worksheets.values(), cells)
        package = _package(worksheets, strings, parts.get(index.styles, b"")[:MAX_STYLES], index.from_1904)
        try:
            self._workbook = CalamineWorkbook.from_filelike(package)
        except BaseException as error:
            raise _damaged(error) from error

    def parse(self, name: str) -> None:
        """Parse a worksheet, so that its rows are at hand. Other threads run meanwhile."""
        try:
            self._sheets[name] = self._workbook.get_sheet_by_name(name)
        except BaseException as error:
            raise _damaged(error) from error

    def rows(self, name: str) -> list[list[object]]:
        """A parsed worksheet's cells from A1 on, once; blank cells are empty text, cells without a usable value are Faults."""
        try:
            rows: list[list[object]] = self._sheets.pop(name).to_python(skip_empty_area=False)  # type: ignore[assignment]
        except BaseException as error:
            raise _damaged(error) from error
        for (row, column), fault in self._faults[name].items():
            while len(rows) <= row:
                rows.append([""] * (len(rows[0]) if rows else 0))
            cells = rows[row]
            cells.extend([""] * (column + 1 - len(cells)))
            cells[column] = fault
        return rows

    def merged(self, name: str) -> list[tuple[int, str]]:
        """Merged ranges, the first of many, as (last row, from 0; its name such as A4:B5)."""
        return self._merged[name]


def cell_name(row: int, column: int) -> str:
    """The name of a cell from its row and column, both from 0: (3, 5) → F4."""
    return str(xl_rowcol_to_cell(row, column))


def _damaged(error: BaseException) -> Refused:
    """The parser's own panics are no subclass of Exception; anything else that is not one is not ours to catch."""
    if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
        raise error
    return Refused([Problem("damaged")])


def _too_far(found: scan.Extent | Plain) -> Refused:
    reach = cell_name(max(found.rows, 1) - 1, max(found.columns, 1) - 1)
    return Refused([Problem("too_many_rows", values={"reach": reach, "rows": MAX_ROWS, "columns": MAX_COLUMNS})])


def unpack(data: bytes) -> dict[str, bytes]:
    """The parts by name, the media left out. Raises Refused for what is no workbook, or is larger than any may be."""
    if data.startswith(COMPOUND_FILE):
        raise Refused([Problem("encrypted" if ENCRYPTED in data else "not_a_workbook")])
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            names = [entry.filename.casefold() for entry in entries]
            if "xl/workbook.xml" not in names:
                raise Refused([Problem("not_a_workbook")])
            if len(entries) > MAX_PARTS or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
                raise Refused([Problem("too_large", values={"limit": MAX_UNPACKED // 2**20})])
            known = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
            if len(set(names)) < len(names) or any(entry.compress_type not in known for entry in entries):
                raise Refused([Problem("damaged")])
            return {
                name: archive.read(entry) for name, entry in zip(names, entries, strict=True) if name.endswith((".xml", ".rels"))
            }
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, LookupError, RuntimeError) as error:
        raise Refused([Problem("damaged" if data.startswith(b"PK") else "not_a_workbook")]) from error


def _index(parts: dict[str, bytes]) -> _Index:
    """Read xl/workbook.xml and what it refers to; names of parts are compared without regard to case."""
    try:
        workbook = _xml(parts["xl/workbook.xml"])
        links = _xml(parts.get("xl/_rels/workbook.xml.rels", b"<none/>"))
    except (ParseError, ValueError, LookupError) as error:
        raise Refused([Problem("damaged")]) from error
    paths = {link.get("Id", ""): normpath(join("/xl", link.get("Target", ""))).lstrip("/").casefold() for link in links}
    of_type = {link.get("Type", "").rpartition("/")[2]: paths[link.get("Id", "")] for link in links}
    worksheets: dict[str, str] = {}
    from_1904 = False
    for element in workbook.iter():
        tag = str(element.tag).rpartition("}")[2]
        if tag == "workbookPr":
            from_1904 = element.get("date1904", "") in ("1", "true")
        if tag != "sheet":
            continue
        name = element.get("name", "")
        links_of = [value for key, value in element.attrib.items() if key.startswith("{") and key.endswith("}id")]
        if name in worksheets or len(links_of) != 1:
            raise Refused([Problem("damaged")])
        worksheets[name] = paths.get(links_of[0], "")
    return _Index(worksheets, of_type.get("sharedStrings", ""), of_type.get("styles", ""), from_1904)


def _xml(content: bytes) -> Element:
    if len(content) > MAX_INDEX:
        raise ValueError("larger than any index of a workbook")
    return ElementTree.fromstring(content)


def _plain(content: bytes) -> scan.Extent | Plain:
    """A worksheet as it may be parsed. Raises Refused where its filled cells span too wide an area to be laid out."""
    found: scan.Extent | Plain | None = scan.extent(content)
    if found is None or _is_far(found):
        found = rewrite(content) if content else Plain(b"", 0, 0, 0)
    if _is_far(found):
        raise _too_far(found)
    return found


def _is_far(found: scan.Extent | Plain) -> bool:
    return found.rows > MAX_ROWS or found.columns > MAX_COLUMNS or found.rows * found.columns > MAX_CELLS


def _merged(content: bytes) -> Iterator[tuple[int, str]]:
    for position, match in enumerate(MERGED.finditer(content, max(content.rfind(scan.CLOSE), 0))):
        if position == MAX_MERGED:
            return
        yield int(match[2]) - 1, match[0].partition(b'"')[2].rstrip(b'"').decode()


def _strings(content: bytes, worksheets: Iterable[Rows], cells: int) -> bytes:
    """The shared strings, without the count at their head, by which the parser would ask for memory.

    One long string can stand in many cells: what all of them would take is bounded too.
    """
    start = STRINGS_START.match(content[:4096])
    if start is None or b"<!" in content[: start.end()] or content.count(b"<sst") != 1:
        content = _rewritten_strings(content) if content else b""
    else:
        content = content[start.end() :]
    sizes = np.diff([match.start() for match in re.finditer(rb"<si\b", content)], append=len(content))
    if sizes.size and int(sizes.max()) * cells > MAX_TEXT:
        used = np.array([int(match) for data in worksheets for match in STRING_USED.findall(data)], dtype=np.int64)
        if int(sizes[used[used < sizes.size]].sum()) > MAX_TEXT:
            raise Refused([Problem("too_large", values={"limit": MAX_UNPACKED // 2**20})])
    return f'<sst xmlns="{NAMESPACE}">'.encode() + (content or b"</sst>")


def _rewritten_strings(content: bytes) -> bytes:
    """Shared strings written in some other way, such as with a prefix."""
    try:
        items = ElementTree.fromstring(content)
    except (ParseError, ValueError, LookupError) as error:
        raise Refused([Problem("damaged")]) from error
    texts = ("".join(_texts(item)) for item in items if str(item.tag).endswith("}si"))
    return "".join(f"<si><t>{escape(text)}</t></si>" for text in texts).encode() + b"</sst>"


def _texts(item: Element) -> Iterator[str]:
    """The runs of a string, without its pronunciation."""
    for child in item:
        tag = str(child.tag).rpartition("}")[2]
        if tag == "t":
            yield child.text or ""
        elif tag == "r":
            yield from _texts(child)


def _package(worksheets: dict[str, Rows], strings: bytes, styles: bytes, from_1904: bool) -> io.BytesIO:
    """A package of our own with these worksheets, stored without compression."""
    names = "".join(
        f'<sheet name="{_attribute(name)}" sheetId="{number}" r:id="r{number}"/>' for number, name in enumerate(worksheets, 1)
    )
    links = "".join(
        f'<Relationship Id="r{number}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number, _ in enumerate(worksheets, 1)
    )
    parts: dict[str, bytes] = {
        "[Content_Types].xml": b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" Type="{OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>'.encode(),
        "xl/workbook.xml": f'<workbook xmlns="{NAMESPACE}" xmlns:r="{OFFICE}"><workbookPr date1904="{int(from_1904)}"/>'
        f"<sheets>{names}</sheets></workbook>".encode(),
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELATIONS}">{links}'
        f'<Relationship Id="s" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
        f'<Relationship Id="t" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>'.encode(),
        "xl/sharedStrings.xml": strings,
    }
    if styles:
        parts["xl/styles.xml"] = styles
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content)
        for number, data in enumerate(worksheets.values(), 1):
            with archive.open(zipfile.ZipInfo(f"xl/worksheets/sheet{number}.xml"), "w") as part:
                for piece in (f'<worksheet xmlns="{NAMESPACE}"><sheetData>'.encode(), data, b"</sheetData></worksheet>"):
                    part.write(piece)
    out.seek(0)
    return out


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
