"""Files that people send, kept in a folder by the hash of what is in them.

No name that a person gave ever becomes a path. Bytes once kept are not deleted: the record may still tell of them, and another
report may hold the same file.
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

HASH = re.compile(r"[0-9a-f]{64}")


class MissingFile(EvaluationError):
    """A file's bytes are not where they were kept, or are not what they were."""


def keep(data: bytes) -> str:
    """Keep bytes and return their SHA-256, by which :func:`read` finds them. The same bytes are kept once.

    A crash or a full disk leaves either the whole file or none. Raises OSError.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    place = _place(sha256)
    if place.exists() and place.read_bytes() == data:
        return sha256
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, draft = tempfile.mkstemp(dir=place.parent)
    try:
        with open(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.replace(draft, place)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(draft)
        raise
    _settle(place.parent)
    return sha256


def read(sha256: str) -> bytes:
    """The bytes kept under a SHA-256. Raises MissingFile where they are gone or damaged."""
    try:
        data = _place(sha256).read_bytes()
    except OSError as error:
        raise MissingFile(GONE) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise MissingFile(GONE)
    return data


GONE = N_("The file is missing from the folder of files, or damaged. Tell the administrator; it can be restored from a backup.")


def _place(sha256: str) -> Path:
    if not HASH.fullmatch(sha256):
        raise ValueError("not a SHA-256")
    return configuration().settings.files_folder / sha256[:2] / sha256


def _settle(folder: Path) -> None:
    """See to it that the file's name, too, outlasts a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
