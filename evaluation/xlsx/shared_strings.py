"""Checks the shared strings of an .xlsx file and writes them without the count that makes the parser allocate memory."""

import re
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

import numpy as np
from defusedxml import ElementTree

from evaluation.xlsx.archive import too_large
from evaluation.xlsx.errors import UnreadableWorkbook

NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
MAX_TEXT_BYTES = 512 * 2**20
"""Size of the texts of all cells; one shared string may stand in many cells."""
MAX_PROLOGUE_BYTES = 4096
PROLOGUE = re.compile(rb"^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>)?\s*<sst\b[^>]*>")
STRING_REFERENCE = re.compile(rb't="s"[^>]*>\s*<v>([0-9]{1,9})<')


def rewrite_shared_strings(content: bytes, sheets: Iterable[bytes | memoryview], cell_count: int) -> bytes:
    """Return the part of the shared strings without the counts in its start tag, by which the parser would allocate memory.

    Args:
        content: the part, empty if there is none.
        sheets: XML of the rows of each worksheet.
        cell_count: number of cells of all worksheets.

    Raises:
        UnreadableWorkbook: the part is damaged, or the texts of all cells are larger than `MAX_TEXT_BYTES`.
    """
    prologue = PROLOGUE.match(content[:MAX_PROLOGUE_BYTES])
    if prologue is None or b"<!" in content[: prologue.end()] or content.count(b"<sst") != 1:
        content = _normalised(content) if content else b""
    else:
        content = content[prologue.end() :]
    sizes = np.diff([match.start() for match in re.finditer(rb"<si\b", content)], append=len(content))
    if sizes.size and int(sizes.max()) * cell_count > MAX_TEXT_BYTES:
        references = (int(number) for data in sheets for number in STRING_REFERENCE.findall(data))
        used = np.array(list(references), dtype=np.int64)
        if int(sizes[used[used < sizes.size]].sum()) > MAX_TEXT_BYTES:
            raise too_large()
    return f'<sst xmlns="{NAMESPACE}">'.encode() + (content or b"</sst>")


def _normalised(content: bytes) -> bytes:
    """Rewrite shared strings of an unusual form, such as with a namespace prefix; without the start tag."""
    try:
        items = ElementTree.fromstring(content)
    except (ParseError, ValueError, LookupError) as error:
        raise UnreadableWorkbook("damaged") from error
    texts = ("".join(_texts(item)) for item in items if str(item.tag).endswith("}si"))
    return "".join(f"<si><t>{escape(text)}</t></si>" for text in texts).encode() + b"</sst>"


def _texts(item: Element) -> Iterator[str]:
    """Yield the runs of a string, without phonetic runs."""
    for child in item:
        tag = str(child.tag).rpartition("}")[2]
        if tag == "t":
            yield child.text or ""
        elif tag == "r":
            yield from _texts(child)
