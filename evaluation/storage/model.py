"""What a store of files is: named bytes, each of them complete or absent."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO, Protocol

from evaluation.errors import EvaluationError
from evaluation.language import N_

FILE_MISSING = N_(
    "The file is missing from the stored files, or damaged. Tell the administrator; it can be restored from a backup."
)
MISSING_TITLE = N_("The file cannot be opened")
UNAVAILABLE = N_(
    "The store of files does not answer. Nothing was stored. Try again in a minute; if it happens again, tell the administrator."
)
UNAVAILABLE_TITLE = N_("Files cannot be read or stored now")
FULL = N_("There is too little space left for files. Nothing was stored. Tell the administrator.")
NOT_STORED = N_("Nothing was stored.")


class MissingFile(EvaluationError):
    """The stored bytes of a file are missing or damaged."""

    status = HTTPStatus.GONE
    title = MISSING_TITLE


class StoreUnavailable(EvaluationError):
    """The store cannot be read or written now."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    title = UNAVAILABLE_TITLE

    def __init__(self, reason: object):
        self.reason = str(reason).partition("\n")[0]
        super().__init__(UNAVAILABLE)

    def __str__(self) -> str:
        """Return the message and the reason, for the log."""
        return f"{self.template} ({self.reason})"


class StoreFull(EvaluationError):
    """The disk of the store has less free space than DISK_RESERVE_MEGABYTES, or none."""

    status = HTTPStatus.INSUFFICIENT_STORAGE
    title = NOT_STORED

    def __init__(self) -> None:
        super().__init__(FULL)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a store: its name, its size in bytes, and when it was written last (UTC, without a time zone)."""

    name: str
    size: int
    modified: datetime


class Store(Protocol):
    """Bytes by name. A name is a relative path of letters, digits, hyphens and slashes that the product makes, never people.

    Every method raises StoreUnavailable while the store does not answer.
    """

    def write(self, name: str, data: bytes) -> None:
        """Store bytes, in place of those of the same name. A crash leaves all of them or none. Raises StoreFull."""

    def take(self, name: str, path: Path) -> None:
        """Store a file of this computer and remove it there. Raises StoreFull."""

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading; seekable. Raises FileNotFoundError."""

    def entry(self, name: str) -> Entry | None:
        """Return what is known of a file; None if there is none of this name."""

    def entries(self, folder: str = "") -> Iterator[Entry]:
        """Yield the complete files below a folder, or all of them, in no certain order."""

    def delete(self, name: str) -> None:
        """Delete a file, if it exists."""

    def delete_folder(self, folder: str) -> None:
        """Delete all files below a folder."""

    def remove_leftovers(self, before: datetime) -> int:
        """Remove incomplete files that nobody has written to since `before`; return their number."""

    def free_bytes(self) -> int | None:
        """Return the free space of the store; None where it has no limit that is known."""
