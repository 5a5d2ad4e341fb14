"""What a file given as evidence really is, found in its bytes: its name, and what the browser says of it, count for nothing."""

import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass

import filetype
from PIL import Image

from evaluation.answers.issues import Refused
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.workbooks.format.safe_open import Package

MAX_PIXELS = 80_000_000
"""An A3 page scanned at 600 dots an inch has 70 million."""
PDF_TAIL = 2048
PNG_HEAD, PNG_PART = 8, 12
"""Bytes before the first part of a PNG, and of each part beyond what it carries."""
PREVIEW = (64, 64)
NAME_LENGTH = 150
FORBIDDEN_IN_NAMES = re.compile(r'[<>:"|?*]')
MACROS = "vbaproject.bin"
MARKER = re.compile(rb"\xff+([^\x00\xd0-\xd7\xff])")
"""What parts a JPEG; in its coded picture FF is followed by 00 or by a number of eight."""
SCAN, END = b"\xda", b"\xd9"
MOST_SCANS, MOST_PARTS = 100, 10_000
"""A progressive picture comes in about ten scans; one of thousands, each a few bytes long, takes hours to decode."""


@dataclass(frozen=True)
class Content:
    """A type of file that is taken: what it is served as, and what its name ends with."""

    media_type: str
    suffix: str


PDF = Content("application/pdf", "pdf")
JPEG = Content("image/jpeg", "jpg")
PNG = Content("image/png", "png")
XLSX = Content("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx")
PICTURES = {JPEG.media_type: (JPEG, "JPEG"), PNG.media_type: (PNG, "PNG")}
ZIP = b"PK\x03\x04"

WRONG_TYPE = N_("This file is not a PDF, JPEG, PNG or XLSX. Scan the document or save it in one of these formats.")
DAMAGED = N_("The file is damaged or was not sent whole. Open it on your computer, save it again and send that.")
TOO_MANY_PIXELS = N_("The picture is too large: %(limit)s million pixels at most. Scan it at 300 dots per inch.")
HAS_MACROS = N_("The workbook has macros. Save it as .xlsx without them and send that.")


class FileRefused(EvaluationError):
    """A file that is not taken as evidence."""


def content_of(data: bytes) -> Content:
    """The type of a file by its content. Raises FileRefused for any other type and for what is damaged."""
    found = filetype.guess_mime(data[:8192])
    if found == PDF.media_type:
        return _pdf(data)
    if found in PICTURES:
        return _picture(data, *PICTURES[found])
    if data.startswith(ZIP):
        return _workbook(data)
    raise FileRefused(WRONG_TYPE)


def _pdf(data: bytes) -> Content:
    if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-PDF_TAIL:] or b"startxref" not in data:
        raise FileRefused(DAMAGED)
    return PDF


def _picture(data: bytes, content: Content, format_: str) -> Content:
    # First of all: over a picture in millions of parts the decoder sits a minute before it sees the first point.
    parts = _scans(data) if content is JPEG else _chunks(data)
    try:
        with Image.open(io.BytesIO(data), formats=[format_]) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise FileRefused(TOO_MANY_PIXELS, limit=MAX_PIXELS // 10**6)
            picture.verify()
        with Image.open(io.BytesIO(data), formats=[format_]) as picture:
            # A JPEG is decoded small, which costs little and shows whether all of it is there; a PNG's parts have check sums.
            # In several scans it costs as much as all of it, and that it has an end must do.
            if content is JPEG and parts == 1:
                picture.draft("L", PREVIEW)
                picture.load()
    except FileRefused:
        raise
    except Image.DecompressionBombError as error:
        raise FileRefused(TOO_MANY_PIXELS, limit=MAX_PIXELS // 10**6) from error
    except Exception as error:
        # Its decoders raise whatever they stumble over.
        raise FileRefused(DAMAGED) from error
    return content


def _scans(data: bytes) -> int:
    """In how many scans a JPEG comes. Raises FileRefused where it has no end, or no end of them."""
    place, scans = 2, 0
    for _ in range(MOST_PARTS):
        found = MARKER.search(data, place)
        if found is None or found[1] == END:
            break
        scans += found[1] == SCAN
        # Each part says how long its head is.
        place = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")
    if found is None or found[1] != END or not 0 < scans <= MOST_SCANS:
        raise FileRefused(DAMAGED)
    return scans


def _chunks(data: bytes) -> int:
    """In how many parts a PNG comes. Raises FileRefused where it has no end, or no end of them."""
    place = PNG_HEAD
    for count in range(1, MOST_PARTS):
        if data[place + 4 : place + 8] == b"IEND":
            return count
        place += int.from_bytes(data[place : place + 4], "big") + PNG_PART
    raise FileRefused(DAMAGED)


def _workbook(data: bytes) -> Content:
    try:
        Package(data)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = [name.casefold() for name in archive.namelist()]
    except (Refused, zipfile.BadZipFile) as error:
        raise FileRefused(WRONG_TYPE if b"xl/workbook.xml" not in data else DAMAGED) from error
    if any(part.endswith(MACROS) for part in parts):
        raise FileRefused(HAS_MACROS)
    return XLSX


def clean_name(given: str, content: Content) -> str:
    """A name to show and to download by: no folders, nothing that cannot be seen, and the ending that its content has."""
    last = unicodedata.normalize("NFC", given).replace("\\", "/").rpartition("/")[2]
    # Directions of writing, too, are not printable: they could make .exe look like .pdf.
    shown = " ".join("".join(letter if letter.isprintable() else " " for letter in last).split())
    stem, dot, ending = FORBIDDEN_IN_NAMES.sub("_", shown).rpartition(".")
    endings = {content.suffix, "jpeg" if content is JPEG else content.suffix}
    if not dot or ending.casefold() not in endings:
        stem, ending = (f"{stem}.{ending}" if dot else ending), content.suffix
    return f"{stem.strip('. ')[:NAME_LENGTH].strip('. ') or content.suffix}.{ending.casefold()}"
