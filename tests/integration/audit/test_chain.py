"""The audit log on both databases: events are sealed, cannot be changed, are verified, and have no gaps."""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from evaluation.audit import queries
from evaluation.audit.actions import AuditAction
from evaluation.audit.checkpoints import checkpoint_content, take_checkpoint
from evaluation.audit.models import AuditEvent
from evaluation.audit.operations import NewEvent, NewEventColumns, append_events
from evaluation.audit.verification import is_event_intact, verify_audit_log, verify_connection
from evaluation.audit.verification.queries import database_snapshot
from evaluation.database import db
from evaluation.errors import EvaluationError
from evaluation.language import LANGUAGE_CODES, language
from evaluation.policy import Viewer
from tests.support.settings import change_settings
from tests.support.tampering import COLUMNS, WAYS, AuditTables, alter, tamper

SYSTEM = Viewer.system()
CLERK = Viewer("Ә. Қ.", SYSTEM.role, None, 7)


def append_and_commit(*bodies: int | None, **data: Any) -> None:
    """Append an event for each of these bodies and commit."""
    append_events(CLERK, [NewEvent(AuditAction.ANSWERS_SAVED, 2024, body, 5, data) for body in bodies], "b" * 32)
    db.session.commit()


def chains() -> dict[int, tuple[int, int]]:
    """Return chain → number of its events and its last event number."""
    results = db.session.execute(text("SELECT chain, count(*), max(seq) FROM audit_event GROUP BY chain")).all()
    return {chain: (count, last) for chain, count, last in results}


def kinds(connection: Connection | None = None, file: Any = None) -> set[str]:
    results = verify_audit_log(SYSTEM, file) if connection is None else verify_connection(SYSTEM, connection, file)
    for issue in results:
        assert all(issue.message(language(code)) for code in LANGUAGE_CODES)
    return {issue.kind for issue in results}


@contextmanager
def owner() -> Iterator[Connection]:
    """Connect as an attacker who owns the database; roll back at the end."""
    with db.engine.connect() as connection:
        connection.exec_driver_sql("BEGIN" if connection.dialect.name == "sqlite" else "SELECT 1")
        yield connection
        connection.rollback()


def fill() -> dict[str, Any]:
    """Write four chains and two checkpoints with events after the last one; return the last checkpoint's file."""
    append_and_commit(1, 2, None, code=[None, 1])
    take_checkpoint(SYSTEM)
    data = ['{"a": [null, "Ә"]}'.encode(), b'{"a":[1,2]}', b"{}"]
    append_events(CLERK, NewEventColumns(AuditAction.WORKBOOK_APPLIED, 2024, (1, 2, 3), (5, 6, 7), data), "c" * 32)
    db.session.commit()
    append_and_commit(1, 1, 2, code=[1, 2])
    take_checkpoint(SYSTEM)
    file = checkpoint_content(SYSTEM)
    append_and_commit(2, 1, code=[2, 3])
    return file


def test_events_are_sealed_when_they_are_committed(app: Flask) -> None:
    with app.app_context():
        append_events(CLERK, [NewEvent(AuditAction.ANSWERS_SAVED, 2024, 1)])
        db.session.rollback()
        db.session.commit()
        assert queries.log_size(SYSTEM) == (0, 0) and not verify_audit_log(SYSTEM)
        append_events(CLERK, [NewEvent(AuditAction.BLOCK_PASTED, 2024, 1)])
        with pytest.raises(ZeroDivisionError), db.session.begin_nested():
            append_events(CLERK, [NewEvent(AuditAction.BLANKS_FILLED, 2024, 1)])
            raise ZeroDivisionError
        with db.session.begin_nested():
            append_events(CLERK, [NewEvent(AuditAction.SUBMITTED, 2024, 2)])
        # A read includes the waiting events.
        append_events(CLERK, [NewEvent(AuditAction.RETURNED, 2024, 1, data={"x": 1})], "b" * 32)
        assert [event.data for event in queries.batch_events(CLERK, "b" * 32)] == [{"x": 1}]
        db.session.commit()
        events = db.session.query(AuditEvent).order_by(AuditEvent.id).all()
        assert [event.action for event in events] == [
            *("log_started", "chain_started", "block_pasted", "chain_started", "submitted", "returned"),
        ]
        assert [event.at for event in events] == sorted(event.at for event in events)
        assert all(map(is_event_intact, events)) and not verify_audit_log(SYSTEM)
        checkpoint = take_checkpoint(SYSTEM)
        assert take_checkpoint(SYSTEM) is checkpoint and checkpoint.number == 1
        db.session.commit()
        file = checkpoint_content(SYSTEM)
        assert file["heads"] == {"0": [3, events[3].mac], "1": [2, events[5].mac], "2": [1, events[4].mac]}
        assert not verify_audit_log(SYSTEM, file) and checkpoint_content(SYSTEM, 1) == file
        with pytest.raises(EvaluationError):
            checkpoint_content(SYSTEM, 2)


def test_concurrent_writers_leave_no_gap(app: Flask) -> None:
    """Two writers use the same new chains in opposite orders while a third takes checkpoints."""
    failed: list[BaseException] = []

    def run(job: Callable[[], Any]) -> None:
        try:
            for _ in range(15):
                with app.app_context():
                    job()
                    db.session.commit()
        except BaseException as error:
            failed.append(error)

    def in_turn() -> None:
        append_and_commit(7, 8)
        append_and_commit(8, None)

    jobs: list[Callable[[], Any]] = [lambda: append_and_commit(9, 8, 7, None), in_turn, lambda: take_checkpoint(SYSTEM)]
    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        assert not failed
        assert chains() == {0: (34, 34), 7: (30, 30), 8: (45, 45), 9: (15, 15)}
        assert not verify_audit_log(SYSTEM, checkpoint_content(SYSTEM))


def test_the_database_refuses_changes(app: Flask) -> None:
    with app.app_context():
        fill()
        refused = [
            *(
                "UPDATE audit_event SET year = 2023",
                "DELETE FROM audit_event",
                "DELETE FROM checkpoint",
                "UPDATE checkpoint SET digest = ''",
            ),
            *("DELETE FROM chain_head", "UPDATE chain_head SET seq = seq - 1 WHERE seq > 1", "DELETE FROM checkpoint_coverage"),
        ]
        if db.engine.dialect.name == "sqlite":
            refused += [
                "INSERT OR REPLACE INTO chain_head SELECT * FROM chain_head",
                "UPDATE OR REPLACE audit_event SET id = id + 1",
            ]
        else:
            refused += ["TRUNCATE audit_event", "TRUNCATE chain_head", "TRUNCATE checkpoint"]
        for statement in refused:
            # The triggers also work on a connection without the product's settings.
            with owner() as connection, pytest.raises(DBAPIError, match="append-only"):
                if connection.dialect.name == "sqlite":
                    connection.exec_driver_sql("PRAGMA recursive_triggers = OFF")
                connection.exec_driver_sql(statement)
        if db.engine.dialect.name == "sqlite":
            columns = ", ".join(COLUMNS[1:])
            for copy in ("id", "id + 100"):
                with db.engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
                    connection.exec_driver_sql("PRAGMA recursive_triggers = ON")
                    connection.exec_driver_sql(
                        f"INSERT OR REPLACE INTO audit_event (id, {columns}) SELECT {copy}, {columns} FROM audit_event"
                    )
        assert not verify_audit_log(SYSTEM)


def test_every_kind_of_tampering_is_detected(app: Flask) -> None:
    with app.app_context():
        file = fill()
        assert not kinds() and not kinds(file=file)
        for way in WAYS:
            with owner() as connection:
                record = AuditTables(connection)
                record.remove_protection()
                assert not kinds(connection, file)
                random = Random(4)
                done = next(filter(None, (way(record, random) for _ in range(20))))
                assert kinds(connection, file), done
        for number in range(60):
            with owner() as connection:
                done = tamper(connection, Random(number))
                assert kinds(connection), done
        assert not kinds(file=file)


def test_values_that_the_product_never_stores_are_detected(app: Flask) -> None:
    """SQLite stores any value in any column; verification reports it and does not fail."""
    with app.app_context():
        fill()
        values = (
            ["NULL", "7777", "'x'"] if db.engine.dialect.name != "sqlite" else ["NULL", "7.5", "x'ff'", "CAST(x'ff' AS TEXT)"]
        )
        tables = {"audit_event": ("id", "8", COLUMNS), "chain_head": ("chain", "1", ("seq", "mac", "seal", "at"))}
        tables["checkpoint"] = ("number", "1", ("at", "heads", "digest", "seal"))
        tried = 0
        for table, (key_column, row, columns) in tables.items():
            for column, value in itertools.product(columns, values):
                with database_snapshot(SYSTEM) as connection:
                    AuditTables(connection).remove_protection()
                    before = connection.exec_driver_sql(
                        f"SELECT {column} IS NULL FROM {table} WHERE {key_column} = {row}"
                    ).scalar()
                    try:
                        connection.exec_driver_sql(f"UPDATE {table} SET {column} = {value} WHERE {key_column} = {row}")
                    except DBAPIError:
                        continue
                    tried += 1
                    assert kinds(connection) or (before and value == "NULL"), (table, column, value)
        assert tried > 20


def test_every_column_of_an_event_is_sealed(app: Flask) -> None:
    with app.app_context():
        append_and_commit(1, 2, None, code=1)
        append_and_commit(1, None)
        done: dict[str, set[str]] = {}
        for number in range(150):
            with owner() as connection:
                record = AuditTables(connection)
                record.remove_protection()
                if description := alter(record, Random(number)):
                    done[description.split()[1]] = kinds(connection)
        assert set(done) == set(COLUMNS) and all(done.values()), done


def test_an_external_checkpoint_reveals_a_replaced_log(app: Flask) -> None:
    """It reveals a database that was set back and a log that was deleted and restarted. A foreign file is invalid."""
    with app.app_context():
        file = fill()
        with owner() as connection:
            AuditTables(connection).remove_protection()
            for table in ("audit_event", "chain_head", "checkpoint", "checkpoint_coverage"):
                connection.exec_driver_sql(f"DELETE FROM {table}")
            assert not kinds(connection) and kinds(connection, file) == {"file_differs", "checkpoint_differs"}
        assert kinds(file=file | {"number": 7}) == kinds(file={"format": "other"}) == kinds(file=[]) == {"invalid_file"}
        change_settings(app, audit_key="another")
        assert kinds() == {"wrong_key"}
        with pytest.raises(EvaluationError, match="AUDIT_KEY"):
            append_and_commit(1)
        db.session.rollback()
        change_settings(app, audit_key="")
        with pytest.raises(EvaluationError, match="AUDIT_KEY"):
            append_and_commit(1)


def test_an_event_that_names_a_removed_checkpoint_reveals_it(app: Flask) -> None:
    """Even if the coverage of the checkpoints was deleted with it."""
    with app.app_context():
        append_and_commit(1)
        taken = take_checkpoint(SYSTEM)
        append_and_commit(2, checkpoint={"number": taken.number, "digest": taken.digest})
        with owner() as connection:
            AuditTables(connection).remove_protection()
            for table in ("checkpoint", "checkpoint_coverage"):
                connection.exec_driver_sql(f"DELETE FROM {table}")
            assert kinds(connection) == {"checkpoint_removed"}
        assert not kinds()


def test_no_event_is_written_after_an_altered_head(app: Flask) -> None:
    with app.app_context():
        fill()
        with db.engine.connect() as connection:
            record = AuditTables(connection)
            record.remove_protection()
            record.run(
                "UPDATE chain_head SET seq = 1, mac = (SELECT mac FROM audit_event WHERE chain = 1 AND seq = 1) WHERE chain = 1"
            )
            connection.commit()
        for write_on in (lambda: append_and_commit(1), lambda: take_checkpoint(SYSTEM)):
            with pytest.raises(EvaluationError, match="audit verify"):
                write_on()
            db.session.rollback()
        assert kinds() == {"head_altered"}
