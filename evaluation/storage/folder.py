"""A store of files in a folder of this computer, or of a shared disk."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from evaluation.storage.model import Entry, StoreFull, StoreUnavailable

DRAFT = "tmp"
"""Begins the name of a file that is being written; no name of a stored file begins so."""
FULL_DISK = (errno.ENOSPC, errno.EDQUOT)


class FolderStore:
    """A store in a folder.

    Attributes:
        root: the folder; it is created with the first file.
        reserve: bytes of free disk space that a new file must leave, so that the database beside it can still be written.
    """

    def __init__(self, root: Path, reserve: int = 0):
        self.root, self.reserve = root, reserve

    def write(self, name: str, data: bytes) -> None:
        """Write a draft, then give it its name; a crash leaves at most the draft."""
        path = self.root / name
        with _disk_errors():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._check_space(len(data))
            if path.is_file() and path.read_bytes() == data:
                # Its time says that somebody needs it.
                os.utime(path)
                return
            handle, draft = tempfile.mkstemp(prefix=DRAFT, dir=path.parent)
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

    def take(self, name: str, path: Path) -> None:
        """Move a file into the folder."""
        target = self.root / name
        with _disk_errors():
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.replace(path, target)

    def open(self, name: str) -> BinaryIO:
        """Open a file."""
        try:
            return (self.root / name).open("rb")
        except (FileNotFoundError, NotADirectoryError):
            raise FileNotFoundError(name) from None
        except OSError as error:
            raise StoreUnavailable(error) from error

    def entry(self, name: str) -> Entry | None:
        """Read the size and the time of a file."""
        try:
            return _entry(name, (self.root / name).stat())
        except (FileNotFoundError, NotADirectoryError):
            return None

    def entries(self, folder: str = "") -> Iterator[Entry]:
        """Walk the folder; drafts are left out, and files that vanish meanwhile."""
        for path in self._paths(self.root / folder):
            if not path.name.startswith(DRAFT) and (entry := self.entry(str(path.relative_to(self.root)))) is not None:
                yield entry

    def delete(self, name: str) -> None:
        """Delete a file, and its folder if it is empty then."""
        path = self.root / name
        with _disk_errors():
            path.unlink(missing_ok=True)

    def delete_folder(self, folder: str) -> None:
        """Delete a folder."""
        shutil.rmtree(self.root / folder, ignore_errors=True)

    def remove_leftovers(self, before: datetime) -> int:
        """Remove the drafts of processes that were killed."""
        count = 0
        for path in self._paths(self.root):
            if path.name.startswith(DRAFT):
                with suppress(FileNotFoundError):
                    if _modified(path.stat()) < before:
                        path.unlink()
                        count += 1
        return count

    def free_bytes(self) -> int | None:
        """Return the free space of the disk."""
        return free_space(self.root)

    def _check_space(self, size: int) -> None:
        free = self.free_bytes()
        if free is not None and free - size < self.reserve:
            raise StoreFull

    def _paths(self, folder: Path) -> Iterator[Path]:
        for parent, _, names in os.walk(folder):
            yield from (Path(parent, name) for name in names)


def free_space(folder: Path) -> int:
    """Return the bytes that are free on the disk of a folder, or of the nearest one above it that exists."""
    existing = next(path for path in (folder, *folder.absolute().parents) if path.is_dir())
    return shutil.disk_usage(existing).free


def _entry(name: str, status: os.stat_result) -> Entry:
    return Entry(name, status.st_size, _modified(status))


def _modified(status: os.stat_result) -> datetime:
    return datetime.fromtimestamp(status.st_mtime, UTC).replace(tzinfo=None)


@contextmanager
def _disk_errors() -> Iterator[None]:
    """Raise StoreFull for a full disk and StoreUnavailable for another error of the disk."""
    try:
        yield
    except OSError as error:
        raise StoreFull if error.errno in FULL_DISK else StoreUnavailable(error) from error


def _sync_folder(folder: Path) -> None:
    """Write the folder itself to the disk, so that the file's name survives a power failure."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
