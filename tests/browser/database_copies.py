"""Databases of the browser's tests; one that is prepared once is restored before each test while the server uses it."""

import sqlite3
from contextlib import closing
from pathlib import Path


def url_of(database: Path | str) -> str:
    """The URL of a site's database: that of the SQLite file in a folder, or the URL itself."""
    return database if isinstance(database, str) else f"sqlite:///{database / 'evaluation.db'}"


class Copy:
    """A copy of a folder's database in its current state."""

    def __init__(self, folder: Path):
        self._used, self._copy_path = folder / "evaluation.db", folder / "prepared.db"
        self._copy(self._used, self._copy_path)

    def put_back(self) -> None:
        """Restore the copied state; processes that have the database open read it immediately."""
        self._copy(self._copy_path, self._used)

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
            one.backup(other)
