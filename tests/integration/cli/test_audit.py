"""`flask audit` and `flask backup`: their messages, files and exit codes."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import text

from evaluation import database
from evaluation.audit.actions import AuditAction
from evaluation.audit.checkpoints import checkpoint_content
from evaluation.audit.operations import NewEvent, append_events
from evaluation.audit.verification import verify_audit_log
from evaluation.database import db
from evaluation.language import LANGUAGE_CODES, language
from evaluation.policy import Viewer
from evaluation.registry import operations as registry
from evaluation.review.integrity import Discrepancy
from tests.support.factories import bin_of
from tests.support.settings import change_settings
from tests.support.tampering import AuditTables

SYSTEM = Viewer.system()


def run(app: Flask, *words: Any) -> Result:
    return app.test_cli_runner().invoke(args=[str(word) for word in words])


@pytest.fixture
def audited_app(app: Flask) -> Flask:
    """An app whose record has a chain of a body."""
    with app.app_context():
        registry.open_year(SYSTEM, 2024, app.extensions["orders"].latest.code)
        registry.register_bodies(SYSTEM, [registry.NewBody(bin_of(1), "Орган")])
        append_events(SYSTEM, [NewEvent(AuditAction.ANSWERS_SAVED, 2024, 1, 5, {"x": [None, 1]})])
        db.session.commit()
    return app


def test_the_record_is_verified_and_its_checkpoints_are_taken(audited_app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "checkpoint.json"
    assert run(audited_app, "audit", "checkpoint", "--out", file).exit_code == 0
    assert json.loads(run(audited_app, "audit", "checkpoint").output) == json.loads(file.read_text())
    done = run(audited_app, "audit", "verify", "--checkpoint", file, "--lang", "ru")
    assert done.exit_code == 0 and "5" in done.output and "2" in done.output, done.output
    with audited_app.app_context(), db.engine.connect() as connection:
        owner = AuditTables(connection)
        owner.remove_protection()
        owner.run("UPDATE audit_event SET actor = 'x' WHERE chain = 1 AND seq = 2")
        owner.run("DELETE FROM chain_head WHERE chain = 0")
        connection.commit()
    for code in LANGUAGE_CODES:
        done = run(audited_app, "audit", "verify", "--lang", code)
        first, second = done.stdout.splitlines()
        assert done.exit_code == 1 and first.startswith(bin_of(1)) and " 2" in first.split(":")[0] and second, done.output
        assert ("event" in first) == (code == "en"), "the position is in the requested language"
    with audited_app.app_context():
        (altered, _) = [issue.kind for issue in verify_audit_log(SYSTEM)]
        assert altered == "altered"
    with audited_app.app_context(), db.engine.connect() as connection:
        AuditTables(connection).run("UPDATE body SET name_kk = 'x'")
        connection.commit()
    assert f"{bin_of(1)}, 2024: " in run(audited_app, "audit", "verify").stdout, "what is stored is not what the record says"
    file.write_text("{")
    done = run(audited_app, "audit", "verify", "--checkpoint", file)
    assert done.exit_code == 1 and "Traceback" not in done.output


def test_a_status_is_described_in_words() -> None:
    differs = Discrepancy("status_differs", bin_of(1), 2024, {"state": "returned", "logged": "accepted"})
    for code in LANGUAGE_CODES:
        message = differs.message(language(code))
        assert (
            "returned" not in message
            and "accepted" not in message
            and language(code).gettext("Returned for correction") in message
        )


def test_a_backup_contains_everything_and_verifies(audited_app: Flask, tmp_path: Path, make_app: Any) -> None:
    files = tmp_path / "evidence"
    (files / "ab").mkdir(parents=True)
    (files / "ab" / "cd").write_bytes(b"proof")
    change_settings(audited_app, files_folder=files)
    whole = tmp_path / "backups" / "whole"
    assert run(audited_app, "backup", "--out", whole).exit_code == 0
    assert (whole / "files" / "ab" / "cd").read_bytes() == b"proof" and whole.stat().st_mode & 0o077 == 0
    file = json.loads((whole / "checkpoint.json").read_text())
    if (whole / "evaluation.db").exists():
        again = make_app(f"sqlite:///{whole / 'evaluation.db'}")
        with again.app_context():
            assert not verify_audit_log(SYSTEM, file) and checkpoint_content(SYSTEM) == file
            assert db.session.execute(text("SELECT count(*) FROM audit_event")).scalar() == 5
            assert not verify_audit_log(SYSTEM, file)
            database.db.engine.dispose()
    else:
        assert (whole / "evaluation.dump").stat().st_size > 1000
    packed = tmp_path / "backup.zip"
    assert run(audited_app, "backup", "--out", packed).exit_code == 0
    with zipfile.ZipFile(packed) as archive:
        assert {"files/ab/cd", "checkpoint.json"} < set(archive.namelist()) and len(archive.namelist()) == 3
    assert packed.stat().st_mode & 0o077 == 0
    done = run(audited_app, "backup", "--out", packed)
    assert done.exit_code == 1 and str(packed) in done.stderr
    assert not list(tmp_path.rglob("*.part")) and not list(tmp_path.rglob("*.part.zip"))


def test_a_database_that_cannot_be_copied_says_why(audited_app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with audited_app.app_context():
        if db.engine.dialect.name == "sqlite":
            return
    monkeypatch.setenv("PATH", str(tmp_path))
    done = run(audited_app, "backup", "--out", tmp_path / "backup", "--lang", "en")
    assert done.exit_code == 1 and "pg_dump" in done.stderr and not list(tmp_path.iterdir())
