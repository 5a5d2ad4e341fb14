"""Finds in a file of anybody's making the code of the sheet it was made of.

The file may be broken, huge once unpacked, or hostile. Nothing of it is believed: a code only says which sheet to compare with.
"""

import re
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from evaluation.review.snapshot import ALPHABET, FORMAT

MAX_SIZE = 32 * 2**20
"""Bytes of a file that is looked at; the largest sheet has a tenth of them."""
MAX_CODES = 20
MAX_GROWTH = 4
"""How many times as long another layout may make a frozen sheet."""
MAX_TYPED = 64
"""Characters of a code that are looked at."""
MAX_PARTS, MAX_PART = 40, 4 * 2**20
"""Parts of an archive that are looked into, and how much of each once unpacked."""
MAX_ENTRIES, MAX_NAME = 5000, 200
ENTRY = struct.Struct("<4s5H3I2H")
"""What stands before each part of an archive."""
ENTRY_BEGINS = b"PK\x03\x04"
DEFLATED = 8
PDF_PROGRAM = Path(__file__).with_name("pdf_text.py")
PDF_SECONDS = 20
GROUP = rf"[{ALPHABET}]{{4}}"
CODE = re.compile(rf"(?<![0-9A-Za-z-]){GROUP}-{GROUP}-{GROUP}(?![0-9A-Za-z-])".encode())
BODY, NEAR = re.compile(rb'"body":\s*\{[^}]*?"bin":\s*"(\d{12})"'), 10_000
"""The BIN of a frozen sheet's body, and within how many bytes it stands."""
PARTS = re.compile(r"(docProps/|(meta|styles|content)\.xml$|(word/(document|footer)|xl/worksheets/sheet)\w*\.xml$)")
"""Where the offices keep a document's properties, its footers and its text."""
LOOKALIKES = str.maketrans("OIL", "011")
"""What Crockford's base 32 leaves out because it is taken for figures."""


@dataclass(frozen=True)
class Claim:
    """Which sheet a file says it is: codes found in it, or the BIN, year and revision that a frozen sheet names."""

    codes: tuple[str, ...] = ()
    frozen: tuple[str, int, int] | None = None


def claim(data: bytes) -> Claim:
    """What a file says it is; nothing where nothing of ours is found in it."""
    if codes := _codes(data) or _inside(data):
        return Claim(codes)
    return Claim(frozen=_frozen(data))


def typed(text: str) -> str:
    """A code as it is stored, from what somebody typed: in any case, with or without hyphens, O for 0 and I or L for 1."""
    return re.sub(r"[\s\W_]+", "", text).upper().translate(LOOKALIKES)


def resembles(data: bytes, content: str) -> bool:
    """Whether a file is this frozen sheet with something changed: beginning and end agree over more than half of it.

    Nobody can write that who does not hold the sheet, not even who holds another revision of it: its checkpoint stands there.
    """
    true, checkpoint = content.encode(), orjson.loads(content)["checkpoint"]["digest"]
    if len(data) > MAX_GROWTH * len(true) or checkpoint.encode() not in data:
        return False
    return any(_shared(each, true) * 2 > len(true) for each in (data, _tidied(data)))


def _shared(one: bytes, other: bytes) -> int:
    """How many bytes agree from the beginning and from the end."""
    before = _agreeing(one, other)
    return before + _agreeing(one[before:][::-1], other[before:][::-1])


def _agreeing(one: bytes, other: bytes) -> int:
    """How many of the first bytes agree."""
    least, most = 0, min(len(one), len(other))
    while least < most:
        middle = (least + most + 1) // 2
        if one[:middle] == other[:middle]:
            least = middle
        else:
            most = middle - 1
    return least


def _tidied(data: bytes) -> bytes:
    """JSON in its canonical form, should another program have laid it out anew."""
    try:
        return orjson.dumps(orjson.loads(data), option=orjson.OPT_SORT_KEYS)
    except (ValueError, TypeError, RecursionError):
        return b""


def _codes(data: bytes) -> tuple[str, ...]:
    """The codes that stand openly in the bytes, as the properties of our PDFs and our JSON do."""
    found: dict[str, None] = {}
    for match in CODE.finditer(data):
        found[match[0].decode().replace("-", "")] = None
        if len(found) == MAX_CODES:
            break
    return tuple(found)


def _inside(data: bytes) -> tuple[str, ...]:
    """The codes in what has to be unpacked first: a workbook or a document, or a PDF that another program wrote anew."""
    if data.startswith(ENTRY_BEGINS):
        return next(filter(None, map(_codes, _parts(data))), ())
    if b"%PDF-" in data[:1024]:
        return _codes(_pdf_text(data))
    return ()


def _parts(data: bytes) -> Iterator[bytes]:
    """The parts of an archive that may hold a code, one after another as they stand: its list of contents may be broken."""
    at, looked = 0, 0
    for _ in range(MAX_ENTRIES):
        at = data.find(ENTRY_BEGINS, at)
        if at < 0 or len(data) - at < ENTRY.size or looked == MAX_PARTS:
            return
        _, _, _, method, _, _, _, packed, _, name_length, extra_length = ENTRY.unpack_from(data, at)
        name = data[at + ENTRY.size : at + ENTRY.size + name_length]
        at += ENTRY.size + name_length + extra_length
        if name_length <= MAX_NAME and PARTS.search(name.decode(errors="replace")):
            looked += 1
            yield _unpacked(memoryview(data)[at:], method, packed)


def _unpacked(data: memoryview, method: int, packed: int) -> bytes:
    """The beginning of a part; nothing of a broken one."""
    if method != DEFLATED:
        return bytes(data[: min(packed, MAX_PART)])
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, MAX_PART)
    except zlib.error:
        return b""


def _pdf_text(data: bytes) -> bytes:
    """The properties and the text of a PDF, by a program of its own: what hangs it or fills its memory ends it alone."""
    try:
        done = subprocess.run(  # noqa: S603 - our own program, and no words of anybody's
            [sys.executable, "-I", str(PDF_PROGRAM)],
            input=data,
            capture_output=True,
            timeout=PDF_SECONDS,
            check=True,
        )
    except (subprocess.SubprocessError, OSError):
        return b""
    return done.stdout


def _frozen(data: bytes) -> tuple[str, int, int] | None:
    """The BIN, year and revision that a frozen sheet names, also where its JSON is broken elsewhere."""
    begins = data.find(b'"body":')
    if FORMAT.encode() not in data or begins < 0:
        return None
    # Looked for at one place: from each place where it may begin to the end would take hours.
    bin_ = BODY.match(data, begins, begins + NEAR)
    year, revision = (re.search(pattern, data) for pattern in (rb'"year":\s*(\d{4})\D*$', rb'"revision":\s*(\d{1,6})'))
    return (bin_[1].decode(), int(year[1]), int(revision[1])) if bin_ and year and revision else None
