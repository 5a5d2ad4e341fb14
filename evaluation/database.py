"""The database: engine, session, and the two things every table shares, its naming convention and its JSON.

SQLite (WAL, foreign keys on) unless DATABASE_URL names a PostgreSQL. Commands and requests commit in one place each:
:func:`evaluation.cli.context.database` and :func:`evaluation.web.commit_request`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

import orjson
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy import JSON, Connection, Dialect, Engine, MetaData, Select, Table, event, insert
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.sql.compiler import SQLCompiler

from evaluation.clock import now as now
from evaluation.language import compare

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK_ID = 193_2015
TASKS = "after_commit"
"""The key of the tasks in a session's `info`."""

Statement = Select[*tuple[Any, ...]]
"""A read of any columns."""


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def dumps(value: object) -> str:
    """JSON as it is stored."""
    return orjson.dumps(value).decode()


def encoded(value: object) -> bytes:
    """JSON as it is stored, in UTF-8."""
    # A copy: what the encoder gives keeps its room for a kilobyte, which counts where thousands wait.
    return bytes(memoryview(orjson.dumps(value)))


def loads(stored: str | bytes | float) -> Any:
    """JSON as the driver gives it: SQLite takes a document that is a bare number for a number."""
    return stored if isinstance(stored, int | float) else orjson.loads(stored)


# Logs tell which statement failed, not with which passwords and answers.
db = SQLAlchemy(engine_options={"json_serializer": dumps, "json_deserializer": loads, "hide_parameters": True})


def init_app(app: Flask, configuration: object) -> None:
    """Create the engine of `SQLALCHEMY_ENGINES` and attach the configuration to every session.

    :func:`evaluation.configuration.configuration` returns it.
    """
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "connect", _prepare_sqlite)
        db.sessionmaker.configure(info={"configuration": configuration})
        event.listen(db.sessionmaker, "after_commit", _run_tasks)
        event.listen(db.sessionmaker, "after_rollback", _drop_tasks)


def after_commit(task: Callable[[], None]) -> None:
    """Run the task once after the current transaction is committed; a rollback drops it.

    The task must not use the session: the transaction is over.
    """
    db.session.info.setdefault(TASKS, {})[task] = None


def _run_tasks(session: Session) -> None:
    for task in session.info.pop(TASKS, {}):
        task()


def _drop_tasks(session: Session) -> None:
    session.info.pop(TASKS, None)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",
        "foreign_keys = ON",
        "synchronous = NORMAL",
        "busy_timeout = 30000",
        "recursive_triggers = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    connection.create_collation("alphabetical", compare)


def alphabetical(column: Any, language: str) -> Any:
    """A column of names, to order by as a reader of the language expects."""
    russian_or_kazakh = "ru" if language == "ru" else "kk"
    return column.collate("alphabetical" if db.engine.dialect.name == "sqlite" else f"alphabetical_{russian_or_kazakh}")


def upgrade(revision: str = "head") -> None:
    """Create the current app's database or bring it up to `revision`, one process at a time."""
    engine: Engine = db.engine
    if engine.dialect.name == "sqlite" and engine.url.database:
        Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_heads()
        if revision == "head" and set(current) == set(ScriptDirectory.from_config(config).get_heads()):
            return
        connection.rollback()
        # Held until the transaction ends, however it ends.
        lock = f"SELECT pg_advisory_xact_lock({LOCK_ID})" if engine.dialect.name == "postgresql" else "BEGIN IMMEDIATE"
        connection.exec_driver_sql(lock)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()


def insert_many(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows given as tuples; see :func:`insert_columns`."""
    if rows:
        insert_columns(connection, table, dict(zip(columns, zip(*rows, strict=True), strict=True)))


def insert_columns(
    connection: Connection, table: Table, values: dict[str, Sequence[Any]], encoded: Collection[str] = (), skip_existing: bool = False
) -> int:
    """Insert rows given as columns through the driver's own executemany, which is twice as fast as Core's.

    Values are converted as the columns' types say, those `encoded` being JSON text already; column defaults are not applied, so
    give every column. With `skip_existing`, rows whose unique key is taken are left out.

    Returns:
        The number of inserted rows.
    """
    statement, converters = _prepared(connection.dialect, table, tuple(values), skip_existing)
    for name, convert in converters.items():
        if name in encoded:
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
    """An INSERT of these columns, compiled once, and what turns values into the driver's where they are not its already."""
    converters: dict[str, Callable[[Any], Any]] = {}
    for name in columns:
        kind = table.c[name].type
        # Both drivers take JSON as text, which spares a call and a wrapper for every row.
        convert = dumps if isinstance(kind, JSON) else kind.dialect_impl(dialect).bind_processor(dialect)
        if convert is not None:
            converters[name] = convert
    statement: Any = insert(table)
    if skip_existing:
        dialect_insert: Any = sqlite_insert if dialect.name == "sqlite" else postgresql_insert
        statement = dialect_insert(table).on_conflict_do_nothing()
    return statement.compile(dialect=dialect, column_keys=list(columns)), converters


def hold(*key: int, alone: bool = False) -> None:
    """Keep others from changing what the key stands for until the transaction ends, so that what is read now is still so then.

    On SQLite whoever writes is alone anyway: the transaction begins as a writer's, before it reads. On PostgreSQL holders of a
    key share it, but for one who asks to be `alone`. The key is two whole numbers at most.
    """
    connection = db.session.connection()
    if connection.dialect.name == "sqlite":
        begin_writing(connection)
        return
    lock = "pg_advisory_xact_lock" + ("" if alone else "_shared")
    connection.exec_driver_sql(f"SELECT {lock}({', '.join(map(str, map(int, key)))})")


def begin_writing(connection: Connection) -> None:
    """Be the one who writes on SQLite, from now until the transaction ends: what is read meanwhile stays so."""
    raw: Any = connection.connection.dbapi_connection
    if not raw.in_transaction:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def insert_unless_there(connection: Connection, table: Table, values: dict[str, Any]) -> bool:
    """Insert a row; False where a unique key of it is taken, which is no error then."""
    make: Any = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    statement = make(table).values(**values).on_conflict_do_nothing().returning(*table.primary_key)
    return connection.execute(statement).first() is not None


def tuples(statement: Statement, parameters: Mapping[str, Any] | None = None) -> Sequence[Any]:
    """Rows as the driver gives them, for reads of whole tables: SQLAlchemy's row objects cost more than all else there.

    Columns whose type needs converting (dates, JSON) come as the driver has them.
    """
    db.session.flush()
    result = db.session.connection().execute(statement, parameters)
    rows: Sequence[Any] = result.cursor.fetchall()
    result.close()
    return rows


def table_of(model: type[Base]) -> Table:
    """A model's table."""
    return cast(Table, model.__table__)
