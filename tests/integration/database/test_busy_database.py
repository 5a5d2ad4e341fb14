"""A page reports a busy database with a message, and an up-to-date database is not locked again."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from evaluation import schema
from evaluation.database import db
from tests.support import accounts


def test_a_page_says_that_the_database_is_busy(
    tmp_path: Path, make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'busy.db'}", PROPAGATE_EXCEPTIONS=False)
    from evaluation.registry import queries

    def fail(*_: object, **__: object) -> None:
        with sqlite3.connect(tmp_path / "busy.db", timeout=0) as other, app.app_context():
            other.execute("BEGIN EXCLUSIVE")
            db.session.connection().exec_driver_sql("PRAGMA busy_timeout = 1")
            db.session.connection().exec_driver_sql("DELETE FROM body")

    client = accounts.signed_in(app, "reviewer", "ru")
    monkeypatch.setattr(queries, "years", fail)
    page = client.get("/bodies")
    assert page.status_code == 503 and "База данных сейчас не отвечает" in page.text


def test_an_upgraded_database_is_not_locked_again(tmp_path: Path, make_app: Callable[..., Flask]) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'locked.db'}")
    client = accounts.signed_in(app, "reviewer")
    with sqlite3.connect(tmp_path / "locked.db") as writer:
        writer.execute("BEGIN IMMEDIATE")
        with app.app_context():
            db.session.connection().exec_driver_sql("PRAGMA busy_timeout = 1")
            schema.upgrade()
        assert client.get("/bodies").status_code == 200
