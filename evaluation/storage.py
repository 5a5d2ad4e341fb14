"""Files that people upload, stored in a folder under the SHA-256 of their content.

A file name given by a person never becomes a path. Stored bytes are never deleted: audit events may refer to them, and another
report may use the same file.
"""

import hashlib
import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path

from evaluation.configuration import configuration
from evaluation.errors import EvaluationError
from evaluation.language import N_

SHA256 = re.compile(r"[0-9a-f]{64}")
FILE_MISSING = N_(
    "The file is missing from the folder of files, or damaged. Tell the administrator; it can be restored from a backup."
)


class MissingFile(EvaluationError):
    """The stored bytes of a file are missing or damaged."""


def store(data: bytes) -> str:
    """Store bytes and return their SHA-256, in hexadecimal; :func:`read` returns them. Equal bytes are stored once.

    A crash or a full disk leaves either the complete file or none.

    Raises:
        OSError: The file cannot be written.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    path = _path(sha256)
    if path.exists() and path.read_bytes() == data:
        return sha256
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, draft = tempfile.mkstemp(dir=path.parent)
    try:
        with open(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.replace(draft, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(draft)
        raise
    _sync_folder(path.parent)
    return sha256


def read(sha256: str) -> bytes:
    """Return the bytes stored under a SHA-256.

    Raises:
        MissingFile: The bytes are missing or damaged.
    """
    try:
        data = _path(sha256).read_bytes()
    except OSError as error:
        raise MissingFile(FILE_MISSING) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise MissingFile(FILE_MISSING)
    return data


def _path(sha256: str) -> Path:
    """Return the path of a file. Raises ValueError: the text is no SHA-256."""
    if not SHA256.fullmatch(sha256):
        raise ValueError("not a SHA-256")
    return configuration().settings.files_folder / sha256[:2] / sha256


def _sync_folder(folder: Path) -> None:
    """Write the folder itself to the disk, so that the file's name survives a power failure."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
