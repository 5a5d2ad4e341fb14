"""A backup of either database is restored into either database, and proves itself; the database is copied likewise."""

import hashlib
from pathlib import Path
from typing import Any

from sqlalchemy import text

from evaluation import storage
from evaluation.backup.tables import last_ids, product_tables
from evaluation.database import db
from tests.conftest import ONE_DATABASE
from tests.support.backup_world import NewDatabase, backup_of, run, table_digests
from tests.support.factories import A_PDF
from tests.support.scenario import Scenario


def test_a_backup_is_restored_and_a_database_copied_into_either_database(
    scenario: Scenario, make_app: Any, new_database: NewDatabase, tmp_path: Path
) -> None:
    app = scenario.app
    with app.app_context():
        # As if the last bodies had been removed: the ids of their chains must not be given again.
        is_sqlite = db.engine.dialect.name == "sqlite"
        sequence = "UPDATE sqlite_sequence SET seq = 50 WHERE name = 'body'" if is_sqlite else "SELECT setval('body_id_seq', 50)"
        db.session.execute(text(sequence))
        db.session.commit()
    backup = backup_of(app, tmp_path / "backup.zip")
    before = table_digests(app)
    assert backup.stat().st_mode & 0o077 == 0
    for kind in ONE_DATABASE:
        restored = make_app(new_database(kind), FILES_FOLDER=tmp_path / f"files-{kind}")
        done = run(restored, "restore", backup)
        assert done.exit_code == 0, done.output
        assert "equal to a fresh scoring: 2" in done.output and "as it was accepted: 1" in done.output, done.output
        assert table_digests(restored) == before
        with restored.app_context():
            assert last_ids(db.session.connection(), product_tables(db.session.connection()))["body"] == 50
            assert storage.read(hashlib.sha256(A_PDF).hexdigest()) == A_PDF
        verified = run(restored, "audit", "verify")
        assert verified.exit_code == 0, verified.output
        copied = new_database(kind)
        done = run(app, "database", "copy", "--to", copied)
        assert done.exit_code == 0 and f"FILES_FOLDER={tmp_path / 'files'}" in done.output, done.output
        assert table_digests(make_app(copied), set()) == table_digests(app, set()), "also the audit log"
        again = run(app, "database", "copy", "--to", copied)
        assert again.exit_code == 1 and "account, account_body, " in again.stderr, "it is not empty any more"
        assert "audit_event" not in again.stderr, "the first three tables stand for all"
    without = run(app, "database", "copy")
    assert without.exit_code == 1 and "--to" in without.stderr and "TARGET_DATABASE_URL" in without.stderr
    gone = run(app, "database", "copy", "--to", "postgresql://nobody@127.0.0.1:1/none", "--lang", "en")
    assert gone.exit_code == 1 and "whether the server runs" in gone.stderr
