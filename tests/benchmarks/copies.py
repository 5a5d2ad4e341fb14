"""The copy of the country's database from SQLite to PostgreSQL, beside COPY of the same rows alone."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from app import create_app
from evaluation import schema
from evaluation.audit.verification.queries import database_snapshot
from evaluation.backup.loading import load, make_empty_schema
from evaluation.backup.tables import column_names, last_ids, product_tables, read_rows
from evaluation.database import db
from evaluation.policy import Viewer
from evaluation.results.operations import refresh
from tests.benchmarks import clock, country
from tests.support.postgresql import server

Pair = tuple[Callable[[], Any], Callable[[], Any]]
CHUNK_BYTES = 2**18


def prepare_copy(folder: Path) -> None:
    """The country with its results, and each table's rows in a file as COPY reads them."""
    app = country.stored(folder)
    with app.app_context():
        refresh()
        with database_snapshot(Viewer.system()) as source:
            for number, table in enumerate(product_tables(source)):
                with open(folder / f"{number:02}.{table.name}", "wb") as file:
                    file.writelines(read_rows(source, table))
        db.engine.dispose()
    with closing(sqlite3.connect(folder / "country.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def copying(folder: Path) -> Iterator[Pair]:
    """Copy all tables, read them back and compare their hashes, in one transaction; floor: COPY of the same rows out of files
    into tables with the same constraints, indexes and triggers, in one transaction."""
    numbers = count()
    with server() as address:
        app = create_app({"DATABASE_URL": f"{address}/template", "SECRET_KEY": "benchmark"})
        with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE template")
        with app.app_context():
            schema.upgrade()
            db.engine.dispose()

        def new_database() -> str:
            name = f"copy_{next(numbers)}"
            with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
                connection.execute(SQL("CREATE DATABASE {} TEMPLATE template").format(Identifier(name)))
            return f"{address}/{name}"

        def ours() -> None:
            target = create_app({"DATABASE_URL": new_database(), "SECRET_KEY": "benchmark"})
            with country.app_on(folder).app_context(), database_snapshot(Viewer.system()) as source:
                clock.start()
                with target.app_context(), db.engine.connect() as connection:
                    make_empty_schema(connection, schema.newest_revision())
                    stored = {table.name: table for table in product_tables(source)}
                    columns = {name: column_names(table) for name, table in stored.items()}
                    ids = last_ids(source, stored.values())
                    load(connection, columns, lambda name: read_rows(source, stored[name]), ids)
                    connection.commit()

        with country.app_on(folder).app_context(), database_snapshot(Viewer.system()) as source:
            columns = {table.name: column_names(table) for table in product_tables(source)}
        paths = sorted(path for path in folder.iterdir() if path.name[:2].isdigit())

        def floor() -> None:
            url = new_database()
            clock.start()
            with psycopg.connect(url) as connection, connection.cursor() as cursor:
                cursor.execute("DELETE FROM ranking_setting")
                for path in paths:
                    name = path.name.partition(".")[2]
                    names = SQL(", ").join(map(Identifier, columns[name]))
                    statement = SQL("COPY {} ({}) FROM STDIN").format(Identifier(name), names)
                    with open(path, "rb") as file, cursor.copy(statement) as copy:
                        while chunk := file.read(CHUNK_BYTES):
                            copy.write(chunk)

        yield ours, floor
