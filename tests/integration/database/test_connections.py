"""Connections to the database: how many there can be, how long they wait, and what people see when none can be had."""

import time
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from evaluation.connections import LOCK_SECONDS, STATEMENT_SECONDS, engine_options, redis_options
from evaluation.database import db
from evaluation.language import LANGUAGE_CODES, language
from evaluation.settings import load_settings
from evaluation.web.core.errors import ERROR_TEXTS, RETRY_SECONDS, UNKNOWN_OUTCOME
from tests.support.accounts import signed_in, token_of


def test_the_pool_fits_the_threads(app: Flask) -> None:
    """Each thread has a connection that stays open and another one for a moment; a request waits for no other one."""
    with app.app_context():
        pool = db.engine.pool
        threads = app.config["THREADS"]
        assert pool.size() == threads and pool._max_overflow == threads  # type: ignore[attr-defined]
    assert "pool_size" not in engine_options(load_settings(database_url="sqlite:///:memory:"))
    assert engine_options(load_settings(threads=3))["pool_size"] == 3


def test_statements_and_locks_of_pages_are_bounded(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            assert db.session.scalar(text("PRAGMA busy_timeout")) == LOCK_SECONDS * 1000
            return
        waits = {name: db.session.scalar(text(f"SHOW {name}")) for name in ("statement_timeout", "lock_timeout")}
        assert waits == {"statement_timeout": f"{STATEMENT_SECONDS // 60}min", "lock_timeout": f"{LOCK_SECONDS}s"}
        db.session.execute(text("SET LOCAL statement_timeout = 50"))
        with pytest.raises(OperationalError):
            db.session.execute(text("SELECT pg_sleep(5)"))
    monkeypatch.setenv("FLASK_RUN_FROM_CLI", "true")
    options = engine_options(load_settings(database_url="postgresql://localhost/x"))["connect_args"]["options"]
    assert "statement_timeout" not in options and "tcp_keepalives_idle" in options, "commands take their time"


@pytest.mark.parametrize("code", LANGUAGE_CODES)
def test_a_database_that_is_gone_is_an_honest_page(make_app: Callable[..., Flask], code: str) -> None:
    app = make_app("postgresql+psycopg://nobody@127.0.0.1:1/none")
    app.testing = False
    client = app.test_client()
    client.set_cookie("language", code)
    started = time.monotonic()
    response = client.get("/account/sign-in")
    assert time.monotonic() - started < 20
    texts = ERROR_TEXTS[503]
    assert response.status_code == 503 and response.headers["Retry-After"] == str(RETRY_SECONDS)
    assert all(language(code).gettext(item) in response.text for item in (texts.title, texts.advice))
    assert f'<a href="">{language(code).gettext("Try again")}</a>' in response.text
    script = client.get("/account/sign-in", headers={"Accept": "application/json"})
    assert script.status_code == 503 and language(code).gettext(texts.title) in script.get_json()["message"]


def test_a_person_who_is_signed_in_sees_the_page_too(app: Flask) -> None:
    """The error page looks up neither the account nor anything else; afterwards the person is still signed in."""
    app.testing = False
    client = signed_in(app, "reviewer")
    with app.app_context():
        engine = db.engine

    def refuse(*_: object) -> None:
        raise engine.dialect.loaded_dbapi.OperationalError("gone")  # type: ignore[attr-defined]

    event.listen(engine, "do_connect", refuse)
    engine.dispose()
    try:
        response = client.get("/bodies")
        assert response.status_code == 503 and language("en").gettext(ERROR_TEXTS[503].advice) in response.text
    finally:
        event.remove(engine, "do_connect", refuse)
    assert client.get("/bodies").status_code == 200


@pytest.mark.parametrize("is_lost", [False, True])
def test_a_commit_without_an_answer_is_not_denied(app: Flask, monkeypatch: pytest.MonkeyPatch, is_lost: bool) -> None:
    """Whether a commit was done whose connection broke is not known, and the page says so."""
    app.testing = False
    client = signed_in(app, "reviewer", "kk")
    token = token_of(client, "/account/password")
    lost = OperationalError("COMMIT", {}, Exception("gone"), connection_invalidated=is_lost)

    def commit(_: object) -> None:
        raise lost

    monkeypatch.setattr("sqlalchemy.orm.Session.commit", commit)
    response = client.post("/notifications/read", data={"csrf_token": token})
    text = UNKNOWN_OUTCOME if is_lost else ERROR_TEXTS[503]
    assert response.status_code == 503 and language("kk").gettext(text.title) in response.text


def test_a_pool_without_a_free_connection_is_the_same_page(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    app.testing = False
    with app.app_context():
        pool = db.engine.pool
        monkeypatch.setattr(pool, "_timeout", 0.05)
        taken = [db.engine.connect() for _ in range(2 * app.config["THREADS"])]
    try:
        assert app.test_client().get("/account/sign-in").status_code == 503
    finally:
        for connection in taken:
            connection.close()


def test_a_lost_redis_costs_a_second() -> None:
    assert redis_options("redis://localhost:1/0")["socket_connect_timeout"] == 1 and not redis_options("memory://")
