"""The rows of all tables in one portable form: the text format of PostgreSQL's COPY, in UTF-8.

Every value has one spelling and rows are ordered by their primary key, so that equal tables have equal bytes on both databases:
the SHA-256 of a table's bytes proves that it was copied. Truth values are 0 and 1, times have microseconds.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Boolean, Column, Connection, DateTime, Double, Integer, LargeBinary, MetaData, String, Table
from sqlalchemy.schema import sort_tables

from evaluation.accounts.models import AccountSession, UsedChallenge
from evaluation.database import Base
from evaluation.errors import EvaluationError
from evaluation.jobs.models import JobWorker
from evaluation.language import N_
from evaluation.schema import VERSION_TABLE

NOT_COPIED = frozenset(model.__tablename__ for model in (AccountSession, UsedChallenge, JobWorker))
"""Tables whose rows stay where they are: whoever is signed in signs in again at the new place, and workers report there again."""
CHUNK_BYTES = 2**18
BATCH_ROWS = 500
SPECIAL = re.compile(r"[\\\x08-\x0d]")
ESCAPES = {"\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
TRANSLATION = str.maketrans(ESCAPES)
UNESCAPES = {escape: character for character, escape in ESCAPES.items()}
ESCAPE = re.compile(r"\\.", re.DOTALL)
NULL = "\\N"
Convert = Callable[[str], Any]
UNREADABLE = N_("The rows of %(table)s cannot be read: %(reason)s")


class UnreadableRows(EvaluationError):
    """A table has a value that has no portable form."""


def product_tables(connection: Connection) -> list[Table]:
    """Return the product's tables as the database has them, each after those that it refers to."""
    names = Base.metadata.tables.keys() - NOT_COPIED
    return _reflect(connection, lambda name, _: name in names)


def stored_tables(connection: Connection) -> list[Table]:
    """Return all tables of the database whose rows are copied, each after those that it refers to."""
    names = set(regular_names(connection)) - NOT_COPIED
    return _reflect(connection, lambda name, _: name in names)


def regular_names(connection: Connection) -> list[str]:
    """Return the names of all tables that are no part of a search index and do not name the revision."""
    if connection.dialect.name == "sqlite":
        statement = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT GLOB 'sqlite_*'"
    else:
        statement = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    return sorted(name for (name,) in connection.exec_driver_sql(statement) if name != VERSION_TABLE)


def has_rows(connection: Connection, name: str) -> bool:
    """Return whether a table has a row."""
    quoted = connection.dialect.identifier_preparer.quote(name)
    return bool(connection.exec_driver_sql(f"SELECT EXISTS (SELECT 1 FROM {quoted})").scalar())  # noqa: S608 - names of the schema


def dangling_names(connection: Connection) -> list[str]:
    """Return the names of an SQLite database's tables with rows that refer to missing ones."""
    return sorted({name for name, *_ in connection.exec_driver_sql("PRAGMA foreign_key_check")})


def _reflect(connection: Connection, only: Callable[[str, Any], bool]) -> list[Table]:
    metadata = MetaData()
    metadata.reflect(connection, only=only)
    return sort_tables(metadata.tables.values())


def column_names(table: Table) -> tuple[str, ...]:
    """Return the names of a table's columns in the order in which they are copied."""
    return tuple(sorted(table.columns.keys()))


def read_rows(connection: Connection, table: Table) -> Iterator[bytes]:
    """Yield a table's rows, each ended by a line feed, in parts of about `CHUNK_BYTES`.

    Raises:
        UnreadableRows: A text is not valid Unicode, which only SQLite stores.
    """
    read = _read_sqlite if connection.dialect.name == "sqlite" else _read_postgresql
    parts: list[bytes] = []
    size = 0
    for part in read(connection, table):
        parts.append(part)
        size += len(part)
        if size >= CHUNK_BYTES:
            yield b"".join(parts)
            parts, size = [], 0
    if parts:
        yield b"".join(parts)


def _select(connection: Connection, table: Table, expression: Callable[[Column[Any], str], str], collation: str) -> str:
    """Return the statement that reads a table; `expression` returns the SQL of a column from its quoted name."""
    quote = connection.dialect.identifier_preparer.quote
    values = ", ".join(expression(table.columns[name], quote(name)) for name in column_names(table))
    keys = [f"{quote(column.name)}{collation if isinstance(column.type, String) else ''}" for column in table.primary_key]
    return f"SELECT {values} FROM {quote(table.name)} ORDER BY {', '.join(keys)}"  # noqa: S608 - names of the schema


def _read_sqlite(connection: Connection, table: Table) -> Iterator[bytes]:
    result = connection.exec_driver_sql(_select(connection, table, lambda _, name: name, ""))
    cursor: Any = result.cursor
    try:
        while rows := cursor.fetchmany(BATCH_ROWS):
            yield "".join(["\t".join(map(_encode, row)) + "\n" for row in rows]).encode()
    except UnicodeError as error:
        raise UnreadableRows(UNREADABLE, table=table.name, reason=error) from error
    finally:
        result.close()


def _encode(value: Any) -> str:
    """Return SQLite's value as PostgreSQL writes it."""
    if value is None:
        return NULL
    if isinstance(value, str):
        return value.translate(TRANSLATION) if SPECIAL.search(value) else value
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return f"\\\\x{value.hex()}" if isinstance(value, bytes) else str(value)


def _read_postgresql(connection: Connection, table: Table) -> Iterator[bytes]:
    def expression(column: Column[Any], name: str) -> str:
        if isinstance(column.type, Boolean):
            return f"CAST({name} AS integer)"
        return f"to_char({name}, 'YYYY-MM-DD HH24:MI:SS.US')" if isinstance(column.type, DateTime) else name

    raw: Any = connection.connection.dbapi_connection
    statement = _select(connection, table, expression, ' COLLATE "C"')
    with raw.cursor() as cursor, cursor.copy(f"COPY ({statement}) TO STDOUT") as copy:
        yield from map(bytes, copy)


def write_rows(connection: Connection, table: Table, columns: Sequence[str], chunks: Iterable[bytes]) -> None:
    """Insert rows as :func:`read_rows` yields them into a table that has these columns.

    Raises:
        ValueError: The rows are not in the portable form.
        sqlalchemy.exc.DBAPIError, psycopg.Error, sqlite3.Error: The database refuses a row.
    """
    quote = connection.dialect.identifier_preparer.quote
    raw: Any = connection.connection.dbapi_connection
    names = ", ".join(map(quote, columns))
    if connection.dialect.name != "sqlite":
        with raw.cursor() as cursor, cursor.copy(f"COPY {quote(table.name)} ({names}) FROM STDIN") as copy:
            for chunk in chunks:
                copy.write(chunk)
        return
    marks = ", ".join("?" * len(columns))
    rows = _decode(_lines(chunks), [_converter(table.columns[name]) for name in columns])
    raw.executemany(f"INSERT INTO {quote(table.name)} ({names}) VALUES ({marks})", rows)  # noqa: S608 - names of the schema


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line.decode()
    if rest:
        raise ValueError("the last row is not complete")


def _decode(lines: Iterable[str], converters: Sequence[Convert | None]) -> Iterator[Sequence[Any]]:
    """Yield the values of each row. SQLite itself turns the digits of whole numbers into numbers, by the column's type."""
    conversions = [(index, convert) for index, convert in enumerate(converters) if convert]
    for line in lines:
        values: list[Any] = line.split("\t")
        if "\\" in line:
            values = [_unescape(value) for value in values]
        for index, convert in conversions:
            if values[index] is not None:
                values[index] = convert(values[index])
        yield values


def _unescape(value: str) -> str | None:
    if "\\" not in value:
        return value
    return None if value == NULL else ESCAPE.sub(lambda match: UNESCAPES[match[0]], value)


def _converter(column: Column[Any]) -> Convert | None:
    """Return what converts a column's text, where SQLite would not do it exactly."""
    if isinstance(column.type, LargeBinary):
        return lambda value: bytes.fromhex(value.removeprefix("\\x"))
    return float if isinstance(column.type, Double) else None


def last_ids(connection: Connection, tables: Iterable[Table]) -> dict[str, int]:
    """Return the last id that was ever given in each table that never gives one twice, rows that were removed included."""
    if connection.dialect.name == "sqlite":
        return {row.name: row.seq for row in connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence")}
    numbers = {}
    for table in tables:
        if sequence := _sequence(connection, table):
            last, is_used = connection.exec_driver_sql(f"SELECT last_value, is_called FROM {sequence}").one()  # noqa: S608
            numbers[table.name] = last if is_used else 0
    return numbers


def set_last_ids(connection: Connection, tables: Iterable[Table], recorded: Mapping[str, int]) -> None:
    """Make each table give ids after the recorded ones and after those of its rows."""
    for table in tables:
        quoted, last = connection.dialect.identifier_preparer.quote(table.name), int(recorded.get(table.name, 0))
        if connection.dialect.name != "sqlite":
            if sequence := _sequence(connection, table):
                (key,) = table.primary_key.columns.keys()
                largest = connection.exec_driver_sql(f"SELECT max({key}) FROM {quoted}").scalar() or 0  # noqa: S608
                if max(last, largest):
                    connection.exec_driver_sql(f"SELECT setval('{sequence}', {max(last, largest)})")
        elif last and _is_autoincrement(connection, table.name):
            _set_sqlite_sequence(connection, table.name, last)


def _is_autoincrement(connection: Connection, name: str) -> bool:
    statement = "SELECT sql LIKE '%AUTOINCREMENT%' FROM sqlite_master WHERE type = 'table' AND name = ?"
    return bool(connection.exec_driver_sql(statement, (name,)).scalar())


def _set_sqlite_sequence(connection: Connection, name: str, last: int) -> None:
    changed = connection.exec_driver_sql("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (last, name))
    if not changed.rowcount:
        connection.exec_driver_sql("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, last))


def _sequence(connection: Connection, table: Table) -> str | None:
    """Return the name of the sequence of a table's ids on PostgreSQL."""
    keys = list(table.primary_key)
    if len(keys) != 1 or not isinstance(keys[0].type, Integer):
        return None
    quoted = connection.dialect.identifier_preparer.quote(table.name)
    name: str | None = connection.exec_driver_sql("SELECT pg_get_serial_sequence(%s, %s)", (quoted, keys[0].name)).scalar()
    return name
