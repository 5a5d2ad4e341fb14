"""`flask audit`: its messages, files and exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from evaluation.audit.actions import AuditAction
from evaluation.audit.operations import NewEvent, append_events
from evaluation.audit.verification import verify_audit_log
from evaluation.database import db
from evaluation.language import LANGUAGE_CODES, language
from evaluation.policy import Viewer
from evaluation.registry import operations as registry
from evaluation.review.integrity import Discrepancy
from tests.support import accounts
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
    assert "1" in done.stdout.splitlines()[1], "the number of the checkpoint that was compared"
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


def test_with_a_wrong_key_only_the_key_is_reported(audited_app: Flask) -> None:
    """Every account differs from its events too: the message must not tell the operator to disable them all."""
    accounts.make_account(audited_app, "clerk")
    change_settings(audited_app, audit_key="another")
    done = run(audited_app, "audit", "verify")
    assert done.exit_code == 1 and "AUDIT_KEY" in done.output and len(done.output.splitlines()) == 1, done.output


def test_a_status_is_described_in_words() -> None:
    differs = Discrepancy("status_differs", bin_of(1), 2024, {"state": "returned", "logged": "accepted"})
    for code in LANGUAGE_CODES:
        message = differs.message(language(code))
        assert (
            "returned" not in message
            and "accepted" not in message
            and language(code).gettext("Returned for correction") in message
        )
