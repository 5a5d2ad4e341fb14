"""Reads from the parts of an .xlsx file which part holds which worksheet."""

from dataclasses import dataclass
from posixpath import join, normpath
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree

from evaluation.xlsx.archive import WORKBOOK_PART
from evaluation.xlsx.errors import UnreadableWorkbook

MAX_INDEX_BYTES = 2**20
RELATIONS_PART = "xl/_rels/workbook.xml.rels"


@dataclass(frozen=True)
class PackageIndex:
    """The content of xl/workbook.xml and its relations.

    Attributes:
        worksheets: worksheet name → part.
        shared_strings: part of the shared strings; empty if there is none.
        styles: part of the styles; empty if there is none.
        is_1904: whether dates count from 1904.
    """

    worksheets: dict[str, str]
    shared_strings: str
    styles: str
    is_1904: bool


def read_index(parts: dict[str, bytes]) -> PackageIndex:
    """Read xl/workbook.xml and its relations; names of parts are in lower case. Raises UnreadableWorkbook."""
    try:
        workbook = _parse(parts[WORKBOOK_PART])
        relations = _parse(parts.get(RELATIONS_PART, b"<none/>"))
    except (ParseError, ValueError, LookupError) as error:
        raise UnreadableWorkbook("damaged") from error
    part_by_id = {
        relation.get("Id", ""): normpath(join("/xl", relation.get("Target", ""))).lstrip("/").casefold() for relation in relations
    }
    part_by_type = {relation.get("Type", "").rpartition("/")[2]: part_by_id[relation.get("Id", "")] for relation in relations}
    worksheets: dict[str, str] = {}
    is_1904 = False
    for element in workbook.iter():
        tag = str(element.tag).rpartition("}")[2]
        if tag == "workbookPr":
            is_1904 = element.get("date1904", "") in ("1", "true")
        if tag != "sheet":
            continue
        name = element.get("name", "")
        relation_ids = [value for key, value in element.attrib.items() if key.startswith("{") and key.endswith("}id")]
        if name in worksheets or len(relation_ids) != 1:
            raise UnreadableWorkbook("damaged")
        worksheets[name] = part_by_id.get(relation_ids[0], "")
    return PackageIndex(worksheets, part_by_type.get("sharedStrings", ""), part_by_type.get("styles", ""), is_1904)


def _parse(content: bytes) -> Element:
    if len(content) > MAX_INDEX_BYTES:
        raise ValueError("the index of the workbook is too large")
    return ElementTree.fromstring(content)
