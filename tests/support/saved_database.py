"""A database that a test puts back as it was: a copied SQLite file, or a PostgreSQL database used as a template.

No connection is open while it is saved or restored.
"""

import shutil
import sqlite3
from pathlib import Path
from typing import Protocol

import psycopg


class SavedDatabase(Protocol):
    """A database at `url` that :meth:`save` copies and :meth:`restore` puts back."""

    @property
    def url(self) -> str:
        """The value of DATABASE_URL."""

    def save(self) -> None:
        """Copy the database."""

    def restore(self) -> None:
        """Put the copy back."""


class SavedSqlite:
    """An SQLite file."""

    def __init__(self, file: Path):
        self._file, self.url = file, f"sqlite:///{file}"

    def save(self) -> None:
        """Copy the database."""
        connection = sqlite3.connect(self._file)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        shutil.copy(self._file, self._file.with_suffix(".saved"))

    def restore(self) -> None:
        """Put the copy back."""
        for file in self._file.parent.glob(f"{self._file.name}-*"):
            file.unlink()
        shutil.copy(self._file.with_suffix(".saved"), self._file)


class SavedPostgresql:
    """A new, empty PostgreSQL database of a server."""

    def __init__(self, server: str, name: str):
        self._server, self._name = server, name
        self.url = f"postgresql+psycopg://{server.partition('://')[2]}/{name}"
        self._run(f"CREATE DATABASE {name}")

    def save(self) -> None:
        """Copy the database."""
        self._run(f"CREATE DATABASE {self._name}_saved TEMPLATE {self._name}")

    def restore(self) -> None:
        """Put the copy back."""
        self._run(f"DROP DATABASE {self._name} WITH (FORCE)", f"CREATE DATABASE {self._name} TEMPLATE {self._name}_saved")

    def _run(self, *statements: str) -> None:
        with psycopg.connect(f"{self._server}/postgres", autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[call-overload]
