"""`flask backup`, `restore` and `database copy`: what they refuse, report and remove."""

import hashlib
import shutil
import uuid
import zipfile
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from evaluation import schema, storage
from evaluation.accounts.models import Account
from evaluation.audit.queries import log_size
from evaluation.backup.queries import second_factors
from evaluation.database import db
from evaluation.language import LANGUAGE_CODES
from tests.conftest import ONE_DATABASE
from tests.support.backup_world import NewDatabase, attach, backup_of, run, table_digests
from tests.support.factories import A_PDF, bin_of
from tests.support.object_server import ObjectServer
from tests.support.scenario import SYSTEM, Scenario


def test_people_continue_after_a_restoration(
    scenario: Scenario, make_app: Any, new_database: NewDatabase, object_server: ObjectServer, tmp_path: Path
) -> None:
    """New ids and events follow those of the backup, in the other database and with the files in a bucket."""
    backup = backup_of(scenario.app, tmp_path / "backup.zip")
    kind = next(name for name in ONE_DATABASE if not scenario.app.config["DATABASE_URL"].startswith(name))
    restored = make_app(new_database(kind), FILES_URL=object_server.url(uuid.uuid4().hex))
    assert run(restored, "restore", backup).exit_code == 0
    scenario.app = restored
    with restored.app_context():
        assert storage.read(hashlib.sha256(A_PDF).hexdigest()) == A_PDF
        events, _ = log_size(SYSTEM)
        attach_to = scenario.bodies.popitem()[1]
        scenario.bodies = {"other": attach_to}
        scenario.bins["other"] = (bin_of(13),)
        attach(scenario, A_PDF + b"\n")
        db.session.commit()
        assert log_size(SYSTEM)[0] > events
    verified = run(restored, "audit", "verify")
    assert verified.exit_code == 0, verified.output


def test_what_is_not_empty_is_named(scenario: Scenario, make_app: Any, new_database: NewDatabase, tmp_path: Path) -> None:
    backup = backup_of(scenario.app, tmp_path / "backup.zip")
    done = run(scenario.app, "restore", backup)
    assert done.exit_code == 1 and "account, account_body" in done.stderr
    store = tmp_path / "other"
    foreign = hashlib.sha256(b"foreign").hexdigest()
    empty = make_app(new_database("sqlite"), FILES_FOLDER=store)
    with empty.app_context():
        storage.store(b"foreign")
    done = run(empty, "restore", backup)
    assert done.exit_code == 1 and foreign in done.stderr and not tables_of(empty)
    with empty.app_context():
        storage.delete(foreign)
        storage.store(A_PDF)
    assert run(empty, "restore", backup).exit_code == 0, "files of a restoration that was killed are those of the backup"


def tables_of(app: Flask) -> list[str]:
    """The tables of an SQLite database."""
    with app.app_context(), db.engine.connect() as connection:
        return list(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")))


def test_keys_are_named_in_every_language(scenario: Scenario, make_app: Any, new_database: NewDatabase, tmp_path: Path) -> None:
    with scenario.app.app_context():
        db.session.execute(text("UPDATE account SET tf_totp_secret = 'x' WHERE id = 1"))
        db.session.commit()
    backup = backup_of(scenario.app, tmp_path / "backup.zip")
    url = new_database("sqlite")
    for key, option in (("AUDIT_KEY", ()), ("SECRET_KEY", ("--new-secret-key",))):
        app = make_app(url, FILES_FOLDER=tmp_path / "none", **{key: "another key"})
        for code in LANGUAGE_CODES:
            done = app.test_cli_runner().invoke(args=["restore", str(backup), "--lang", code])
            assert done.exit_code == 1 and key in done.stderr and not tables_of(app), done.output
            assert all(word in done.stderr for word in option)


def test_second_factors_that_need_the_secret_key_are_counted(scenario: Scenario) -> None:
    """People with passkeys alone have recovery codes that are encrypted with it."""
    with scenario.app.app_context():
        account = db.session.get_one(Account, 1)
        for codes, count in (([], 0), (["code"], 1), (None, 0)):
            account.mf_recovery_codes = codes
            db.session.flush()
            assert second_factors(SYSTEM, db.session.connection()) == count
        account.tf_totp_secret = "secret"
        db.session.flush()
        assert second_factors(SYSTEM, db.session.connection()) == 1


def test_an_unsound_source_is_stored_only_on_request(
    scenario: Scenario, make_app: Any, new_database: NewDatabase, tmp_path: Path
) -> None:
    with scenario.app.app_context():
        db.session.execute(text("UPDATE body SET name_kk = 'x' WHERE id = 1"))
        db.session.commit()
    backup = backup_of(scenario.app, tmp_path / "backup.zip")
    target = make_app(new_database("sqlite"), FILES_FOLDER=tmp_path / "restored")
    done = run(target, "restore", backup)
    assert done.exit_code == 1 and "differs from the audit log" in done.output and "--despite-problems" in done.stderr
    assert not tables_of(target) and not list((tmp_path / "restored").rglob("?" * 64)), "nothing is left"
    done = run(target, "restore", backup, "--despite-problems")
    assert done.exit_code == 0 and "differs from the audit log" in done.output, done.output
    assert table_digests(target) == table_digests(scenario.app)
    copy = new_database("postgresql")
    assert run(scenario.app, "database", "copy", "--to", copy).exit_code == 1
    assert run(scenario.app, "database", "copy", "--to", copy, "--despite-problems").exit_code == 0


def test_a_missing_file_is_reported_and_prevents_no_backup(
    scenario: Scenario, make_app: Any, new_database: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = hashlib.sha256(A_PDF).hexdigest()
    with scenario.app.app_context():
        storage.delete(sha256)
    (tmp_path / "files" / "ab").mkdir(parents=True, exist_ok=True)
    (tmp_path / "files" / "ab" / "tmp1234").write_bytes(b"half")
    listed = storage.list_files
    vanishing = hashlib.sha256(b"vanishes").hexdigest()
    monkeypatch.setattr(storage, "list_files", lambda: iter([*listed(), (vanishing, 8)]))
    done = run(scenario.app, "backup", "--out", tmp_path / "backup.zip")
    assert done.exit_code == 0 and sha256 in done.output
    monkeypatch.undo()
    with zipfile.ZipFile(tmp_path / "backup.zip") as archive:
        stored = [name for name in archive.namelist() if name.startswith("files/")]
        assert stored and not [name for name in stored if sha256 in name], "only the others"
    target = make_app(new_database("sqlite"), FILES_FOLDER=tmp_path / "restored")
    done = run(target, "restore", tmp_path / "backup.zip")
    assert done.exit_code == 0 and sha256 in done.output


def test_the_address_of_a_copy_is_checked(scenario: Scenario) -> None:
    for url in ("nonsense", "oracle://x/y", "postgresql://host:many/name"):
        done = run(scenario.app, "database", "copy", "--to", url)
        assert done.exit_code == 1 and "postgresql://" in done.stderr and "Traceback" not in done.output


def test_dated_backups_replace_only_older_ones_of_the_installation(scenario: Scenario, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    foreign = [folder / "backup-20200101T000000Z.zip", folder / "notes.zip", folder / "backup-20200102T000000Z.zip.1.part"]
    for path in foreign:
        path.write_bytes(b"foreign")
    app = scenario.app
    backup_of(app, folder / "backup-20210101T000000Z.zip")
    (folder / "backup-20210102T000000Z.zip").write_bytes((folder / "backup-20210101T000000Z.zip").read_bytes())
    assert run(app, "backup", "--folder", folder, "--keep", 2).exit_code == 0
    left = sorted(path.name for path in folder.iterdir())
    assert "backup-20210101T000000Z.zip" not in left and "backup-20210102T000000Z.zip" in left and len(left) == 5
    assert all(path.exists() for path in foreign), "of others, or a draft of today"
    for words in (("--folder", folder, "--out", tmp_path / "x.zip"), (), ("--out", tmp_path / "x.zip", "--keep", 2)):
        assert run(app, "backup", *words).exit_code == 1
    assert run(app, "backup", "--out", tmp_path / "folder").exit_code == 1
    taken = run(app, "backup", "--out", folder / "notes.zip")
    assert taken.exit_code == 1 and "notes.zip" in taken.stderr


def test_a_backup_that_cannot_be_written_leaves_nothing(
    scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("evaluation.backup.operations.os.fsync", full)
    folder = tmp_path / "backups"
    (folder).mkdir()
    older = backup_of_before(folder)
    done = run(scenario.app, "backup", "--folder", folder, "--keep", 1)
    assert done.exit_code == 1 and "No space left" in done.stderr and list(folder.iterdir()) == [older]


def backup_of_before(folder: Path) -> Path:
    """A file with the name of an older backup."""
    path = folder / "backup-20200101T000000Z.zip"
    path.write_bytes(b"older")
    return path


def add_migration(folder: Path) -> Path:
    """A copy of the migrations with a newer one."""
    target = folder / "migrations"
    shutil.copytree(schema.MIGRATIONS, target)
    (target / "versions" / "0002_test.py").write_text(
        '"""A newer version."""\n'
        "import sqlalchemy as sa\nfrom alembic import op\n"
        "revision, down_revision, branch_labels, depends_on = '0002', '0001', None, None\n"
        "def upgrade():\n"
        "    op.add_column('body', sa.Column('motto', sa.Text(), server_default='x', nullable=False))\n"
    )
    return target


def test_a_backup_of_an_older_version_is_upgraded_and_one_of_a_newer_version_refused(
    scenario: Scenario, make_app: Any, new_database: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = backup_of(scenario.app, tmp_path / "older.zip")
    with monkeypatch.context() as newer:
        newer.setattr(schema, "MIGRATIONS", add_migration(tmp_path))
        kind = scenario.app.config["DATABASE_URL"].partition(":")[0].partition("+")[0]
        upgraded = make_app(new_database(kind), FILES_FOLDER=tmp_path / "upgraded")
        done = run(upgraded, "restore", backup)
        assert done.exit_code == 0, done.output
        with upgraded.app_context():
            assert set(db.session.scalars(text("SELECT motto FROM body"))) == {"x"}
            assert schema.stored_revision(db.session.connection()) == "0002"
            db.session.rollback()
        backup_of(upgraded, tmp_path / "newer.zip")
    target = make_app(new_database("sqlite"), FILES_FOLDER=tmp_path / "target")
    done = run(target, "restore", tmp_path / "newer.zip")
    assert done.exit_code == 1 and "newer version" in done.stderr and "0002" in done.stderr and not tables_of(target)
