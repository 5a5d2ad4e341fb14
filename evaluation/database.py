"""The database: engine, session, naming convention of constraints, stored JSON, locks and bulk statements.

SQLite (WAL, foreign keys on) unless DATABASE_URL names a PostgreSQL database. Commands and requests commit in one place each:
:func:`evaluation.cli.context.transaction` and :func:`evaluation.web.core.request_context.commit_request`. The module
:mod:`evaluation.schema` creates and upgrades the schema.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from inspect import iscoroutinefunction
from typing import Any, TypeVar, cast

import orjson
from flask import Flask
from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy import (
    ARRAY,
    JSON,
    Connection,
    Dialect,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    bindparam,
    event,
    func,
    insert,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.sql.compiler import SQLCompiler

from evaluation.clock import now as now
from evaluation.connections import LOCK_SECONDS
from evaluation.language import SORT_LENGTH

LOGGER = logging.getLogger(__name__)

TASKS = "after_commit"
"""The key of the tasks in a session's `info`."""

BRIEF_WAIT_MS = 100
"""Milliseconds for which a write that can be done later waits for other writers."""

MAX_IDS_PER_STATEMENT = 500
"""Ids or BINs in one statement; where a read takes more, it reads all rows or runs in parts."""
Value = TypeVar("Value")

SORT_TEXT = String(SORT_LENGTH).with_variant(String(SORT_LENGTH, collation="C"), "postgresql")
"""The type of a column of :func:`evaluation.language.sort_text`: compared by code points on both databases."""

Statement = Select[*tuple[Any, ...]]
"""A SELECT of any columns."""


class Base(DeclarativeBase):
    """Base of all models."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def to_json(value: object) -> str:
    """Return a value as stored JSON."""
    return orjson.dumps(value).decode()


def to_json_bytes(value: object) -> bytes:
    """Return a value as stored JSON, in UTF-8."""
    # Copy the bytes: orjson's result holds a buffer of a kilobyte, too much where thousands of documents wait.
    return bytes(memoryview(orjson.dumps(value)))


def from_json(stored: str | bytes | float) -> Any:
    """Parse stored JSON. SQLite's driver returns a document that is a bare number as a number."""
    return stored if isinstance(stored, int | float) else orjson.loads(stored)


# `hide_parameters`: logs name the failed statement without its passwords and answers.
db = SQLAlchemy(engine_options={"json_serializer": to_json, "json_deserializer": from_json, "hide_parameters": True})


def init_app(app: Flask, configuration: object) -> None:
    """Create the engine of `SQLALCHEMY_ENGINES` and attach the configuration to every session.

    :func:`evaluation.configuration.configuration` returns it.
    """
    db.init_app(app)
    # The product has no asynchronous engine; to run a coroutine, Flask would start a thread at the end of every request.
    app.teardown_appcontext_funcs[:] = [task for task in app.teardown_appcontext_funcs if not iscoroutinefunction(task)]
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "connect", _prepare_sqlite)
        db.sessionmaker.configure(info={"configuration": configuration})
        event.listen(db.sessionmaker, "after_commit", _run_tasks)
        event.listen(db.sessionmaker, "after_rollback", _drop_tasks)


def after_commit(task: Callable[[], None]) -> None:
    """Run the task once after the current transaction is committed; a rollback drops it.

    The task must not use the session: the transaction is over. An error of a task is only logged.
    """
    db.session.info.setdefault(TASKS, {})[task] = None


def pending_tasks() -> Collection[Callable[[], None]]:
    """Return the tasks that wait for the commit of the current transaction."""
    return tuple(db.session.info.get(TASKS, ()))


def _run_tasks(session: Session) -> None:
    for task in session.info.pop(TASKS, {}):
        try:
            task()
        except Exception:
            # The changes are stored: an error must neither say the opposite nor keep the other tasks from running.
            LOGGER.exception("A task after a commit failed")


def _drop_tasks(session: Session) -> None:
    session.info.pop(TASKS, None)


@contextmanager
def brief_transaction() -> Iterator[Connection]:
    """A transaction of its own for what can wait until another time: it waits 0.1 seconds for other writers.

    Raises:
        OperationalError: The database is busy.
    """
    with db.engine.connect() as connection:
        raw: Any = connection.connection.dbapi_connection
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            raw.execute(f"PRAGMA busy_timeout = {BRIEF_WAIT_MS}")
        try:
            with connection.begin():
                if not is_sqlite:
                    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {BRIEF_WAIT_MS}")
                yield connection
        finally:
            if is_sqlite:
                raw.execute(f"PRAGMA busy_timeout = {LOCK_SECONDS * 1000}")


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",
        "foreign_keys = ON",
        "synchronous = NORMAL",
        f"busy_timeout = {LOCK_SECONDS * 1000}",
        "recursive_triggers = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def insert_many(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows given as tuples in the order of `columns`; see :func:`insert_columns`."""
    if rows:
        insert_columns(connection, table, dict(zip(columns, zip(*rows, strict=True), strict=True)))


def insert_columns(
    connection: Connection,
    table: Table,
    values: dict[str, Sequence[Any]],
    json_columns: Collection[str] = (),
    skip_existing: bool = False,
) -> int:
    """Insert rows through the driver's own executemany, which is twice as fast as Core's.

    Args:
        connection: An open connection in a transaction.
        table: The table.
        values: The values by column name, one sequence per column, all of one length. Column defaults do not apply, so give every
            column. The values are converted as the columns' types require; the dictionary is changed.
        json_columns: Names of columns whose values are JSON text already.
        skip_existing: Whether a row with a stored unique key is left out; else it is an error.

    Returns:
        The number of inserted rows.
    """
    statement, converters = _prepared(connection.dialect, table, tuple(values), skip_existing)
    for name, convert in converters.items():
        if name in json_columns:
            continue
        column = values[name]
        same = column.count(column[0]) == len(column)
        values[name] = (convert(column[0]),) * len(column) if same else tuple(map(convert, column))
    if statement.positional:
        parameters: Any = list(zip(*(values[name] for name in statement.positiontup or ()), strict=True))
    else:
        parameters = [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]
    result = connection.exec_driver_sql(statement.string, parameters, execution_options={"preserve_rowcount": True})
    return result.rowcount


@cache
def _prepared(
    dialect: Dialect, table: Table, columns: tuple[str, ...], skip_existing: bool
) -> tuple[SQLCompiler, dict[str, Callable[[Any], Any]]]:
    """Return an INSERT of these columns, compiled once, and the converter of each column whose values need one."""
    converters: dict[str, Callable[[Any], Any]] = {}
    for name in columns:
        kind = table.c[name].type
        # Both drivers accept JSON as text; SQLAlchemy's own processor would wrap every value.
        convert = to_json if isinstance(kind, JSON) else kind.dialect_impl(dialect).bind_processor(dialect)
        if convert is not None:
            converters[name] = convert
    statement: Any = insert(table)
    if skip_existing:
        dialect_insert: Any = sqlite_insert if dialect.name == "sqlite" else postgresql_insert
        statement = dialect_insert(table).on_conflict_do_nothing()
    return statement.compile(dialect=dialect, column_keys=list(columns)), converters


def advisory_lock(*key: int, exclusive: bool = False) -> None:
    """Lock the resource that the key identifies until the transaction ends.

    On SQLite the transaction becomes the only writer. On PostgreSQL shared locks of a key exclude only an exclusive one.

    Args:
        key: One or two whole numbers of 32 bits.
        exclusive: Whether no other transaction may hold the lock at the same time.
    """
    connection = db.session.connection()
    if connection.dialect.name == "sqlite":
        begin_immediate(connection)
        return
    lock = "pg_advisory_xact_lock" + ("" if exclusive else "_shared")
    connection.exec_driver_sql(f"SELECT {lock}({', '.join(map(str, map(int, key)))})")


def begin_immediate(connection: Connection) -> None:
    """Begin a writing transaction on SQLite: no other connection writes until it ends, so data read in it stay current."""
    raw: Any = connection.connection.dbapi_connection
    if not raw.in_transaction:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def insert_if_absent(connection: Connection, table: Table, values: dict[str, Any]) -> bool:
    """Insert a row; return False where a row with one of its unique keys is stored already."""
    make: Any = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    statement = make(table).values(**values).on_conflict_do_nothing().returning(*table.primary_key)
    return connection.execute(statement).first() is not None


def among(column: Any, ids: Iterable[int]) -> Any:
    """Return the condition that a column of ids has one of these values, in one parameter: an IN list of hundreds is slow."""
    if db.engine.dialect.name == "sqlite":
        return column.in_(func.json_each(to_json(sorted(ids))).table_valued("value").select())
    return column == func.any(bindparam(None, sorted(ids), type_=ARRAY(Integer)))


def batched(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """Yield parts of a list of ids or BINs that fit into one statement."""
    for start in range(0, len(values), MAX_IDS_PER_STATEMENT):
        yield values[start : start + MAX_IDS_PER_STATEMENT]


def fetch_rows(statement: Statement, parameters: Mapping[str, Any] | None = None) -> Sequence[Any]:
    """Return rows as tuples of the driver's values, for reads of whole tables; SQLAlchemy's row objects would double the time.

    Columns whose types need conversion (dates, JSON) have the driver's values.
    """
    db.session.flush()
    result = db.session.connection().execute(statement, parameters)
    rows: Sequence[Any] = result.cursor.fetchall()
    result.close()
    return rows


def table_of(model: type[Base]) -> Table:
    """Return a model's table."""
    return cast(Table, model.__table__)
