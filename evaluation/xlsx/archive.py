"""Unpacks the ZIP archive of an .xlsx file within bounds."""

import io
import lzma
import zipfile
import zlib

from evaluation.xlsx.errors import UnreadableWorkbook

MAX_UNPACKED_BYTES = 128 * 2**20
"""The workbook of the whole country has about 30 MB."""
MAX_RATIO, MIN_RATIO_BYTES = 100, 8 * 2**20
"""How many times its own size a workbook may unpack to, if that is more than the bytes. Programs write 8 to 20 times."""
MAX_PARTS = 2_000
WORKBOOK_PART = "xl/workbook.xml"
COMPOUND_FILE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""Start of a compound file: an .xls file or an encrypted .xlsx file."""
ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
ZIP_SIGNATURE = b"PK"
COMPRESSION_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
READ_SUFFIXES = (".xml", ".rels")


def unpack(data: bytes) -> dict[str, bytes]:
    """Return the parts of an .xlsx file by name in lower case, without media.

    Raises:
        UnreadableWorkbook: the file is no workbook, encrypted, damaged, or larger than `MAX_UNPACKED_BYTES` when unpacked.
    """
    if data.startswith(COMPOUND_FILE_SIGNATURE):
        raise UnreadableWorkbook("encrypted" if ENCRYPTED_STREAM in data else "not_a_workbook")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _read_parts(archive, len(data))
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, LookupError, RuntimeError) as error:
        raise UnreadableWorkbook("damaged" if data.startswith(ZIP_SIGNATURE) else "not_a_workbook") from error


def unpacked_size(data: bytes) -> int:
    """Return the size that the directory of an archive declares; :func:`unpack` unpacks no more. 0 if it is no archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, LookupError, RuntimeError):
        return 0


def too_large() -> UnreadableWorkbook:
    """Return the error of a workbook that needs too much memory."""
    return UnreadableWorkbook("too_large", limit=MAX_UNPACKED_BYTES // 2**20)


def _read_parts(archive: zipfile.ZipFile, size: int) -> dict[str, bytes]:
    entries = archive.infolist()
    names = [entry.filename.casefold() for entry in entries]
    if WORKBOOK_PART not in names:
        raise UnreadableWorkbook("not_a_workbook")
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_PARTS or unpacked > MAX_UNPACKED_BYTES:
        raise too_large()
    if unpacked > max(MIN_RATIO_BYTES, MAX_RATIO * size):
        raise UnreadableWorkbook("repetitive", limit=MAX_RATIO)
    if len(set(names)) < len(names) or any(entry.compress_type not in COMPRESSION_METHODS for entry in entries):
        raise UnreadableWorkbook("damaged")
    return {name: archive.read(entry) for name, entry in zip(names, entries, strict=True) if name.endswith(READ_SUFFIXES)}
