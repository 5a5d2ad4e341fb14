"""Detects the type of an evidence file from its bytes and cleans its name. Neither the name nor the browser's type is trusted."""

import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from http import HTTPStatus

import filetype

from evaluation.answers.evidence import picture_check
from evaluation.answers.evidence.picture_check import check_picture
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.sandbox import Limits, SandboxError, run_json_parser
from evaluation.xlsx.errors import UnreadableWorkbook
from evaluation.xlsx.safe_open import SafeWorkbook

PICTURE_LIMITS = Limits(memory_bytes=768 * 2**20, cpu_seconds=5, wall_seconds=20)
PDF_TAIL_BYTES = 2048
MAX_NAME_CHARACTERS = 150
DETECTION_BYTES = 8192
FORBIDDEN_IN_NAMES = re.compile(r'[<>:"|?*]')
MACROS = "vbaproject.bin"


@dataclass(frozen=True)
class FileType:
    """An accepted type of file: the media type of its download and the suffix of its name."""

    media_type: str
    suffix: str


PDF = FileType("application/pdf", "pdf")
JPEG = FileType("image/jpeg", "jpg")
PNG = FileType("image/png", "png")
XLSX = FileType("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx")
PICTURES = {JPEG.media_type: JPEG, PNG.media_type: PNG}
ZIP = b"PK\x03\x04"

UNSUPPORTED_TYPE = N_("This file is not a PDF, JPEG, PNG or XLSX. Scan the document or save it in one of these formats.")
DAMAGED = N_("The file is damaged or was not sent completely. Open it on your computer, save it again and send that file.")
TOO_MANY_PIXELS = N_("The picture is too large: %(limit)s million pixels at most. Scan it at 300 dots per inch.")
HAS_MACROS = N_("The workbook has macros. Save it as .xlsx without them and send that.")


class EvidenceRejected(EvaluationError):
    """A file cannot be attached as evidence."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


def detect_file_type(data: bytes) -> FileType:
    """Return the type of a file by its content, which may take seconds; callers take a turn (:mod:`evaluation.heavy_work`).

    Raises:
        EvidenceRejected: The file is of another type or damaged.
    """
    media_type = filetype.guess_mime(data[:DETECTION_BYTES])
    if media_type == PDF.media_type:
        return _check_pdf(data)
    if media_type in PICTURES:
        return _check_picture(data, PICTURES[media_type])
    if data.startswith(ZIP):
        return _check_workbook(data)
    raise EvidenceRejected(UNSUPPORTED_TYPE)


def _check_pdf(data: bytes) -> FileType:
    if not data.startswith(b"%PDF-") or not has_pdf_end(data):
        raise EvidenceRejected(DAMAGED)
    return PDF


def has_pdf_end(data: bytes) -> bool:
    """Return whether a PDF file ends as it should; half a file can have readable pages too."""
    return b"%%EOF" in data[-PDF_TAIL_BYTES:] and b"startxref" in data


def _check_picture(data: bytes, file_type: FileType) -> FileType:
    try:
        result = run_json_parser(check_picture, data, PICTURE_LIMITS)
    except SandboxError as error:
        raise EvidenceRejected(DAMAGED) from error
    if result == picture_check.TOO_MANY_PIXELS:
        raise EvidenceRejected(TOO_MANY_PIXELS, limit=picture_check.MAX_PIXELS // 10**6)
    if result != picture_check.VALID:
        raise EvidenceRejected(DAMAGED)
    return file_type


def _check_workbook(data: bytes) -> FileType:
    try:
        SafeWorkbook(data)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = [name.casefold() for name in archive.namelist()]
    except (UnreadableWorkbook, zipfile.BadZipFile) as error:
        raise EvidenceRejected(UNSUPPORTED_TYPE if b"xl/workbook.xml" not in data else DAMAGED) from error
    if any(part.endswith(MACROS) for part in parts):
        raise EvidenceRejected(HAS_MACROS)
    return XLSX


def clean_name(sent_name: str, file_type: FileType) -> str:
    """Return the name for pages and downloads: without folders and invisible characters, with the suffix of the type."""
    last = unicodedata.normalize("NFC", sent_name).replace("\\", "/").rpartition("/")[2]
    # Control characters for the writing direction are not printable either: they can make .exe look like .pdf.
    shown = " ".join("".join(letter if letter.isprintable() else " " for letter in last).split())
    stem, dot, ending = FORBIDDEN_IN_NAMES.sub("_", shown).rpartition(".")
    endings = {file_type.suffix, "jpeg" if file_type is JPEG else file_type.suffix}
    if not dot or ending.casefold() not in endings:
        stem, ending = (f"{stem}.{ending}" if dot else ending), file_type.suffix
    return f"{stem.strip('. ')[:MAX_NAME_CHARACTERS].strip('. ') or file_type.suffix}.{ending.casefold()}"
