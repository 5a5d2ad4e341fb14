"""What a file given as evidence really is, found in its bytes: its name, and what the browser says of it, count for nothing."""

import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass

import filetype

from evaluation.answers.evidence import picture_check
from evaluation.answers.evidence.picture_check import check_picture
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.sandbox import SandboxError, run_json_parser
from evaluation.xlsx.errors import UnreadableWorkbook
from evaluation.xlsx.safe_open import SafeWorkbook

PDF_TAIL = 2048
NAME_LENGTH = 150
FORBIDDEN_IN_NAMES = re.compile(r'[<>:"|?*]')
MACROS = "vbaproject.bin"


@dataclass(frozen=True)
class FileType:
    """A type of file that is taken: what it is served as, and what its name ends with."""

    media_type: str
    suffix: str


PDF = FileType("application/pdf", "pdf")
JPEG = FileType("image/jpeg", "jpg")
PNG = FileType("image/png", "png")
XLSX = FileType("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx")
PICTURES = {JPEG.media_type: JPEG, PNG.media_type: PNG}
ZIP = b"PK\x03\x04"

WRONG_TYPE = N_("This file is not a PDF, JPEG, PNG or XLSX. Scan the document or save it in one of these formats.")
DAMAGED = N_("The file is damaged or was not sent completely. Open it on your computer, save it again and send that file.")
TOO_MANY_PIXELS = N_("The picture is too large: %(limit)s million pixels at most. Scan it at 300 dots per inch.")
HAS_MACROS = N_("The workbook has macros. Save it as .xlsx without them and send that.")


class EvidenceRejected(EvaluationError):
    """A file that is not taken as evidence."""


def detect_file_type(data: bytes) -> FileType:
    """The type of a file by its content. Raises EvidenceRejected for any other type and for what is damaged."""
    media_type = filetype.guess_mime(data[:8192])
    if media_type == PDF.media_type:
        return _pdf(data)
    if media_type in PICTURES:
        return _picture(data, PICTURES[media_type])
    if data.startswith(ZIP):
        return _workbook(data)
    raise EvidenceRejected(WRONG_TYPE)


def _pdf(data: bytes) -> FileType:
    if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-PDF_TAIL:] or b"startxref" not in data:
        raise EvidenceRejected(DAMAGED)
    return PDF


def _picture(data: bytes, content: FileType) -> FileType:
    try:
        result = run_json_parser(check_picture, data)
    except SandboxError as error:
        raise EvidenceRejected(DAMAGED) from error
    if result == picture_check.TOO_MANY_PIXELS:
        raise EvidenceRejected(TOO_MANY_PIXELS, limit=picture_check.MAX_PIXELS // 10**6)
    if result != picture_check.VALID:
        raise EvidenceRejected(DAMAGED)
    return content


def _workbook(data: bytes) -> FileType:
    try:
        SafeWorkbook(data)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = [name.casefold() for name in archive.namelist()]
    except (UnreadableWorkbook, zipfile.BadZipFile) as error:
        raise EvidenceRejected(WRONG_TYPE if b"xl/workbook.xml" not in data else DAMAGED) from error
    if any(part.endswith(MACROS) for part in parts):
        raise EvidenceRejected(HAS_MACROS)
    return XLSX


def clean_name(sent_name: str, content: FileType) -> str:
    """A name to show and to download by: no folders, nothing that cannot be seen, and the ending that its content has."""
    last = unicodedata.normalize("NFC", sent_name).replace("\\", "/").rpartition("/")[2]
    # Directions of writing, too, are not printable: they could make .exe look like .pdf.
    shown = " ".join("".join(letter if letter.isprintable() else " " for letter in last).split())
    stem, dot, ending = FORBIDDEN_IN_NAMES.sub("_", shown).rpartition(".")
    endings = {content.suffix, "jpeg" if content is JPEG else content.suffix}
    if not dot or ending.casefold() not in endings:
        stem, ending = (f"{stem}.{ending}" if dot else ending), content.suffix
    return f"{stem.strip('. ')[:NAME_LENGTH].strip('. ') or content.suffix}.{ending.casefold()}"
