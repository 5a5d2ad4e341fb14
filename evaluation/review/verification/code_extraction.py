"""Extracts from an untrusted file the code of the sheet that the file was made from.

The file may be broken, hostile, or huge when unpacked. A code only selects the sheet to compare with; it proves nothing.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import orjson

from evaluation.heavy_work import turn
from evaluation.language import N_
from evaluation.review.snapshot import ALPHABET, FORMAT
from evaluation.review.verification.pdf_text import extract_text
from evaluation.sandbox import Limits, SandboxError, run_parser

MAX_FILE_BYTES = 32 * 2**20
"""Ten times the size of the largest sheet."""
PDF_LIMITS = Limits(memory_bytes=256 * 2**20, cpu_seconds=2, wall_seconds=10, result_bytes=2**22)
"""Three times what the largest sheet needs: 0.7 s, and less than 128 MB."""
BUSY = N_("Other files are being verified at the moment. Try again in a minute, or enter the code that is on the sheet instead.")
MAX_CODES = 20
MAX_LAYOUT_FACTOR = 4
"""How many times longer a snapshot may become when another program formats its JSON."""
MAX_CODE_CHARACTERS = 64
MAX_ENTRIES = 5_000
MAX_READ_ENTRIES = 40
MAX_ENTRY_BYTES = 4 * 2**20
"""Unpacked bytes of an archive's entry that are read."""
END_RECORD_BYTES = 22
ENTRY_SIGNATURE = b"PK\x03\x04"
COMPRESSION_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
GROUP = rf"[{ALPHABET}]{{4}}"
CODE = re.compile(rf"(?<![0-9A-Za-z-]){GROUP}-{GROUP}-{GROUP}(?![0-9A-Za-z-])".encode())
BODY = re.compile(rb'"body":\s*\{[^}]*?"bin":\s*"(\d{12})"')
MAX_BODY_BYTES = 10_000
"""The maximum distance in bytes from the key `body` of a snapshot to the BIN of its body."""
RELEVANT_ENTRIES = re.compile(r"(docProps/|(meta|styles|content)\.xml$|(word/(document|footer)|xl/worksheets/sheet)\w*\.xml$)")
"""Entries in which office programs store a document's properties, footers and text."""
CODE_TRANSLATION = str.maketrans("OIL", "011")
"""Letters that Crockford's base 32 excludes → the digits that they resemble."""


@dataclass(frozen=True)
class Claim:
    """The sheet that a file claims to be: the codes in it, or the BIN, year and revision in the JSON of a snapshot."""

    codes: tuple[str, ...] = ()
    snapshot: tuple[str, int, int] | None = None


def extract_claim(data: bytes, before_unpacking: Callable[[], None] = lambda: None) -> Claim:
    """Return which sheet a file claims to be; an empty claim if the file names none.

    Args:
        data: The file.
        before_unpacking: Is called before a file is unpacked, which is expensive; it may raise.

    Raises:
        Busy: Too many PDF files are being read on this computer.
    """
    if codes := _codes(data) or _packed_codes(data, before_unpacking):
        return Claim(codes)
    return Claim(snapshot=_snapshot_name(data))


def normalise_code(text: str) -> str:
    """Return a typed code in its stored form: upper case, without separators, O as 0, I and L as 1."""
    return re.sub(r"[\s\W_]+", "", text).upper().translate(CODE_TRANSLATION)


def is_altered_copy(data: bytes, content: str) -> bool:
    """Whether a file is this snapshot with something changed: its beginning and end agree over more than half of the snapshot.

    The file must hold the digest of the snapshot's audit checkpoint. Therefore only a person with a copy of exactly this revision
    can make such a file.
    """
    original, checkpoint = content.encode(), orjson.loads(content)["checkpoint"]["digest"]
    if len(data) > MAX_LAYOUT_FACTOR * len(original) or checkpoint.encode() not in data:
        return False
    return any(_common_length(candidate, original) * 2 > len(original) for candidate in (data, _canonical_json(data)))


def _common_length(first: bytes, second: bytes) -> int:
    """Return how many bytes agree from the beginning and from the end."""
    start = _common_prefix_length(first, second)
    return start + _common_prefix_length(first[start:][::-1], second[start:][::-1])


def _common_prefix_length(first: bytes, second: bytes) -> int:
    """Return how many of the first bytes agree."""
    low, high = 0, min(len(first), len(second))
    while low < high:
        middle = (low + high + 1) // 2
        if first[:middle] == second[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _canonical_json(data: bytes) -> bytes:
    """Return JSON in its canonical form, in case another program formatted it; no bytes if the data are not JSON."""
    try:
        return orjson.dumps(orjson.loads(data), option=orjson.OPT_SORT_KEYS)
    except (ValueError, TypeError, RecursionError):
        return b""


def _codes(data: bytes) -> tuple[str, ...]:
    """Return the codes in plain bytes, such as in the properties of an exported PDF or JSON file."""
    codes: dict[str, None] = {}
    for match in CODE.finditer(data):
        codes[match[0].decode().replace("-", "")] = None
        if len(codes) == MAX_CODES:
            break
    return tuple(codes)


def _packed_codes(data: bytes, before_unpacking: Callable[[], None]) -> tuple[str, ...]:
    """Return the codes in compressed content: of a workbook or document, or of a PDF that another program rewrote."""
    if data.startswith(ENTRY_SIGNATURE):
        before_unpacking()
        return next(filter(None, map(_codes, _entries(data))), ())
    if b"%PDF-" in data[:1024]:
        before_unpacking()
        try:
            with turn("pdf", message=BUSY):
                return _codes(run_parser(extract_text, data, PDF_LIMITS))
        except SandboxError:
            return ()
    return ()


def _entries(data: bytes) -> Iterator[bytes]:
    """Yield the unpacked entries of an archive that may hold a code, each up to `MAX_ENTRY_BYTES`."""
    try:
        # Zero bytes complete an end record whose last bytes are cut off; after a complete one they are ignored.
        archive = zipfile.ZipFile(io.BytesIO(data + bytes(END_RECORD_BYTES)))
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError):
        return
    with archive:
        entries = archive.infolist()[:MAX_ENTRIES]
        relevant = [entry for entry in entries if RELEVANT_ENTRIES.search(entry.filename)]
        for entry in relevant[:MAX_READ_ENTRIES]:
            if entry.compress_type in COMPRESSION_METHODS:
                yield _unpacked(archive, entry)


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Return the beginning of an entry; no bytes if the entry is broken or encrypted."""
    try:
        with archive.open(entry) as file:
            return file.read(MAX_ENTRY_BYTES)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError):
        return b""


def _snapshot_name(data: bytes) -> tuple[str, int, int] | None:
    """Return the BIN, year and revision that a snapshot names, even if its JSON is broken in another part."""
    start = data.find(b'"body":')
    if FORMAT.encode() not in data or start < 0:
        return None
    # Match at one position only: a search from every possible start to the end of the file would take hours.
    bin_ = BODY.match(data, start, start + MAX_BODY_BYTES)
    year, revision = (re.search(pattern, data) for pattern in (rb'"year":\s*(\d{4})\D*$', rb'"revision":\s*(\d{1,6})'))
    return (bin_[1].decode(), int(year[1]), int(revision[1])) if bin_ and year and revision else None
