"""Loads the rows of all tables into an empty database and proves that they arrived."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError

from evaluation import schema
from evaluation.backup import tables
from evaluation.comparison.models import RankingSetting
from evaluation.database import begin_immediate
from evaluation.errors import EvaluationError
from evaluation.language import N_

MIGRATED_ROWS = frozenset({RankingSetting.__tablename__})
"""Tables in which a migration itself enters rows; those of the source take their place."""

NOT_EMPTY = N_(
    "The database is not empty: it has tables such as %(names)s (%(count)s in all). Nothing was stored. Use a "
    "new database, or remove the old one yourself if it is no longer needed."
)
OTHER_REVISION = N_(
    "The database has tables of schema %(stored)s, the source has those of %(revision)s. Nothing was stored. Use a database "
    "without tables: they are created."
)
NEWER = N_(
    "The source is of a newer version of the product (schema %(revision)s). Nothing was stored. Install that version, then run "
    "the command again."
)
OTHER_TABLES = N_("The source has other tables or columns than its version of the product: %(names)s. Nothing was stored.")
REFUSED = N_("The rows of %(table)s cannot be stored, so nothing was: %(reason)s")
DIFFERENT = N_("The rows of %(table)s are not those of the source, so nothing was stored.")
DANGLING = N_("Rows of %(names)s refer to rows that are missing, so nothing was stored.")


class NotEmpty(EvaluationError):
    """The place to restore or copy to already has something."""


class NotLoaded(EvaluationError):
    """The rows cannot be stored as the source has them."""


@dataclass
class Digest:
    """The number, size in bytes and SHA-256 of a table's rows in their portable form."""

    rows: int = 0
    size: int = 0
    _hash: Any = field(default_factory=hashlib.sha256)

    @property
    def sha256(self) -> str:
        """The hash in hexadecimal."""
        return str(self._hash.hexdigest())

    def over(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Pass parts of the rows on."""
        for chunk in chunks:
            self._hash.update(chunk)
            self.size += len(chunk)
            self.rows += chunk.count(b"\n")
            yield chunk


def digest_of(connection: Connection, table: Table) -> Digest:
    """Return the digest of a stored table."""
    digest = Digest()
    for _ in digest.over(tables.read_rows(connection, table)):
        pass
    return digest


def make_empty_schema(connection: Connection, revision: str) -> None:
    """Create the schema of a revision in the transaction of a connection, or see that it is there without rows.

    Raises:
        NotEmpty: The database has rows, or tables of another version or product.
        NotLoaded: The revision is newer than this version of the product.
    """
    if revision not in schema.all_revisions():
        raise NotLoaded(NEWER, revision=revision)
    if connection.dialect.name == "sqlite":
        begin_immediate(connection)
    stored = schema.stored_revision(connection)
    if stored is None:
        if names := tables.regular_names(connection):
            raise _not_empty(names)
        schema.upgrade_within(connection, revision)
        return
    if stored != revision:
        raise NotEmpty(OTHER_REVISION, stored=stored, revision=revision)
    quote, names = connection.dialect.identifier_preparer.quote, tables.regular_names(connection)
    if connection.dialect.name != "sqlite":
        # Nobody begins to use the database meanwhile.
        connection.exec_driver_sql(f"LOCK TABLE {', '.join(map(quote, names))} IN SHARE ROW EXCLUSIVE MODE")
    if occupied := [name for name in names if name not in MIGRATED_ROWS and tables.has_rows(connection, name)]:
        raise _not_empty(occupied)


def _not_empty(names: Sequence[str]) -> NotEmpty:
    """Return the error that names the first tables of a database that is not empty."""
    return NotEmpty(NOT_EMPTY, names=", ".join(names[:3]), count=len(names))


def load(
    connection: Connection,
    columns: Mapping[str, Sequence[str]],
    chunks: Callable[[str], Iterator[bytes]],
    last_ids: Mapping[str, int],
) -> dict[str, Digest]:
    """Store the rows of all tables, read them back and compare them.

    Args:
        connection: A connection in a transaction, on a database with the schema of the source and without rows.
        columns: The columns of each table of the source, in the order of its rows' values.
        chunks: Yields the rows of a table of the source as :func:`evaluation.backup.tables.read_rows` does.
        last_ids: As :func:`evaluation.backup.tables.last_ids` returns them of the source.

    Returns:
        The digest of each table by name.

    Raises:
        NotLoaded: The database refuses a row or returns other ones.
    """
    targets = tables.stored_tables(connection)
    expected = {table.name: tables.column_names(table) for table in targets}
    names = {name for name in {*expected, *columns} if expected.get(name) != tuple(columns.get(name, ()))}
    if names:
        raise NotLoaded(OTHER_TABLES, names=", ".join(sorted(names)))
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    for name in MIGRATED_ROWS & expected.keys():
        connection.exec_driver_sql(f"DELETE FROM {name}")  # noqa: S608 - names of the schema
    digests = {table.name: _load_table(connection, table, columns[table.name], chunks(table.name)) for table in targets}
    tables.set_last_ids(connection, targets, last_ids)
    if connection.dialect.name == "sqlite":
        if dangling := tables.dangling_names(connection):
            raise NotLoaded(DANGLING, names=", ".join(dangling))
    else:
        connection.exec_driver_sql("ANALYZE")
    for table in targets:
        if digest_of(connection, table).sha256 != digests[table.name].sha256:
            raise NotLoaded(DIFFERENT, table=table.name)
    return digests


def _load_table(connection: Connection, table: Table, columns: Sequence[str], chunks: Iterator[bytes]) -> Digest:
    digest = Digest()
    driver_error = connection.dialect.loaded_dbapi.Error
    try:
        tables.write_rows(connection, table, columns, digest.over(chunks))
    except (DBAPIError, driver_error, ValueError, LookupError) as error:
        raise NotLoaded(REFUSED, table=table.name, reason=str(error).partition("\n")[0]) from error
    return digest
