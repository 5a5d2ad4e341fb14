"""Only a command migrates the database: pages of an outdated database answer 503 and name the command."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import text

from app import create_app
from evaluation import schema
from evaluation.database import db
from evaluation.language import LANGUAGE_CODES, language
from tests.support import accounts
from tests.support.paths import ROOT
from tests.support.server import free_port

COMMAND = "flask --app app database upgrade"
SIGN_IN = "/account/sign-in"


def set_revision(app: Flask, revision: str) -> None:
    with app.app_context():
        db.session.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
        db.session.commit()


@pytest.mark.parametrize("code", LANGUAGE_CODES)
def test_pages_of_a_missing_database_name_the_command_that_creates_it(tmp_path: Path, code: str) -> None:
    folder = tmp_path / "folder"
    app = create_app({"DATABASE_URL": f"sqlite:///{folder / 'evaluation.db'}", "SECRET_KEY": "tests"})
    client = app.test_client()
    client.set_cookie("language", code)
    for path in (SIGN_IN, "/bodies"):
        page = client.get(path)
        assert page.status_code == 503 and COMMAND in page.text
        assert language(code).gettext("The database must be upgraded") in page.text
    answer = client.get("/bodies", headers={"Accept": "application/json"})
    assert answer.status_code == 503 and COMMAND in answer.json["message"]  # type: ignore[index]
    assert client.get("/static/css/style.css").status_code in (200, 404), "static files need no database"
    assert not folder.exists(), "a request creates nothing"
    runner = app.test_cli_runner()
    refused = runner.invoke(args=["user", "list", "--lang", code])
    assert refused.exit_code == 1 and COMMAND in refused.stderr and not folder.exists()
    upgraded = runner.invoke(args=["database", "upgrade", "--lang", code])
    assert upgraded.exit_code == 0 and language(code).gettext("The database is at the newest version.") in upgraded.stdout
    assert client.get(SIGN_IN).status_code == 200
    assert runner.invoke(args=["database", "upgrade"]).exit_code == 0


def test_an_outdated_database_is_not_migrated_by_a_request(database_url: str, make_app: Callable[..., Flask]) -> None:
    app = make_app(database_url)
    set_revision(app, "0000")
    client = app.test_client()
    assert client.get(SIGN_IN).status_code == 503
    with app.app_context():
        assert not schema.is_current()
    set_revision(app, schema.newest_revision())
    assert client.get(SIGN_IN).status_code == 200


def test_the_schema_is_checked_until_it_is_current_and_then_no_more(
    tmp_path: Path, make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'evaluation.db'}")
    calls = []
    monkeypatch.setattr(schema, "is_current", lambda: calls.append(1) or len(calls) > 2)
    client = app.test_client()
    assert [client.get(SIGN_IN).status_code for _ in range(5)] == [503, 503, 200, 200, 200]
    assert len(calls) == 3


def test_the_newest_revision_is_the_head_of_the_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [schema.newest_revision()]


def test_a_page_of_a_current_database_is_answered(app: Flask) -> None:
    with app.app_context():
        assert schema.is_current()
    assert accounts.signed_in(app, "reviewer").get("/bodies").status_code == 200


@pytest.mark.parametrize("code", LANGUAGE_CODES)
def test_a_database_of_a_newer_version_is_refused_in_words(database_url: str, make_app: Callable[..., Flask], code: str) -> None:
    app = make_app(database_url)
    set_revision(app, "9999")
    client = app.test_client()
    client.set_cookie("language", code)
    page = client.get(SIGN_IN)
    assert page.status_code == 503 and "9999" in page.text and COMMAND not in page.text
    assert language(code).gettext(schema.NEWER_TITLE) in page.text
    result = app.test_cli_runner().invoke(args=["database", "upgrade", "--lang", code])
    assert result.exit_code == 1 and "9999" in result.output and "Traceback" not in result.output


def test_the_server_does_not_start_on_a_database_of_a_newer_version(tmp_path: Path, make_app: Callable[..., Flask]) -> None:
    url = f"sqlite:///{tmp_path / 'evaluation.db'}"
    set_revision(make_app(url), "9999")
    environment = os.environ | {"DATABASE_URL": url, "JOB_WORKERS": "0", "WORKERS": "1", "PORT": str(free_port())}
    command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "app:create_app()"]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode != 0 and "9999" in ended.stderr and "Traceback" not in ended.stderr
