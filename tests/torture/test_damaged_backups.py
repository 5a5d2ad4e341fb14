"""Damaged, foreign and forged backups are refused as a whole, and nothing is stored.

`make torture` damages a hundred on each database; `make test` a few.
"""

import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from evaluation.audit.hashing import audit_key
from evaluation.criteria import Order
from evaluation.database import db
from tests.support.backup_damage import WAYS, damaged
from tests.support.backup_world import NewDatabase, backup_of, run, sound_installation, table_digests

COUNT = int(os.environ.get("DAMAGES", "100" if "TRIALS" in os.environ else str(len(WAYS))))
FIRST = int(os.environ.get("SEED", "0"))


def is_empty(app: Flask) -> bool:
    """Whether the database of the app has no table."""
    with app.app_context(), db.engine.connect() as connection:
        catalogue = "sqlite_master" if connection.dialect.name == "sqlite" else "pg_tables WHERE schemaname = 'public'"
        return not connection.execute(text(f"SELECT 1 FROM {catalogue}")).first()


def test_damaged_backups_are_refused_as_a_whole(
    app: Flask,
    order: Order,
    make_app: Any,
    new_database: NewDatabase,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    sound_installation(app, order)
    backup, kind = backup_of(app, tmp_path / "backup.zip"), app.config["DATABASE_URL"].partition(":")[0].partition("+")[0]
    files = tmp_path / "restored"
    target = make_app(new_database(kind), FILES_FOLDER=files)
    refused: Counter[str] = Counter()
    with app.app_context():
        key = audit_key()
    for number in range(FIRST, FIRST + COUNT):
        path, way = damaged(backup, tmp_path, number, key)
        done = run(target, "restore", path)
        context = f"{way}, seed {number}: {done.output}"
        assert done.exit_code == 1 and "Traceback" not in done.output and "Error:" in done.stderr, context
        assert is_empty(target) and not [file for file in files.rglob("*") if file.is_file()], context
        assert not Path(tempfile.gettempdir(), "evil").exists() and not (tmp_path / "evil").exists(), context
        path.unlink()
        refused[way] += 1
    done = run(target, "restore", backup)
    assert done.exit_code == 0 and table_digests(target) == table_digests(app), "the backup itself is sound"
    with capsys.disabled():
        print(f"\n{kind}: {sum(refused.values())} damaged backups refused: {dict(refused)}")
