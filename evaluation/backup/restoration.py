"""Restores a backup into an empty installation, and copies an installation to another database."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from evaluation import schema, storage
from evaluation.audit.actions import AuditAction
from evaluation.audit.hashing import key_fingerprint
from evaluation.audit.operations import NewEvent, append_events
from evaluation.backup import tables
from evaluation.backup.archive import InvalidBackup, Manifest, Reader, open_backup
from evaluation.backup.loading import Digest, NotEmpty, load, make_empty_schema
from evaluation.backup.soundness import Soundness, Unsound, prove
from evaluation.configuration import configuration
from evaluation.database import db
from evaluation.language import N_
from evaluation.policy import Viewer
from evaluation.submissions.models import SheetRevision

OTHER_FILES = N_(
    "The store of files is not empty: it has files that are not in the backup, such as %(name)s (%(count)s in all). Nothing was "
    "stored. Set FILES_FOLDER or FILES_URL to an empty place."
)
OTHER_SECRET_KEY = N_(
    "SECRET_KEY is not that of the backup, so the second factors of %(count)s people could not be used. Set the original key, or "
    "name it in SECRET_KEY_FALLBACKS. If it is lost, add --new-secret-key; then `flask user reset --second-factor` removes each "
    "of these second factors."
)


@dataclass(frozen=True)
class Transfer:
    """What was stored: rows by table, and the proof that it is sound."""

    rows: Mapping[str, int]
    soundness: Soundness

    @property
    def sheets(self) -> int:
        """The number of accepted sheets, each of which was compared."""
        return self.rows[SheetRevision.__tablename__]


def restore(
    viewer: Viewer, path: Path, new_secret_key: bool = False, despite_problems: bool = False
) -> tuple[Manifest, Transfer]:
    """Store a backup in the current database and store of files, which must be empty; the caller commits.

    Everything is compared before: the seal and every hash of the backup; then the rows, the audit log against the checkpoint in
    the backup, the accepted sheets and the results. After an error the caller rolls back, and nothing is left but perhaps the
    empty file of an SQLite database.

    Args:
        viewer: A viewer who sees all bodies.
        path: The backup.
        new_secret_key: Whether SECRET_KEY may be another one than that of the backup.
        despite_problems: Whether a backup of an installation that was not sound is stored.

    Raises:
        InvalidBackup: The file is no backup, is damaged, or was sealed with another key.
        NotEmpty: The database or the store of files has something.
        NotLoaded: The backup is of a newer version, or the database refuses its rows.
        Unsound: The installation was not sound when the backup was made.
    """
    with open_backup(path) as backup:
        manifest, checkpoint = backup.manifest, backup.checkpoint()
        if not new_secret_key:
            _check_secret_key(manifest)
        _check_store(manifest)
        connection = db.session.connection()
        make_empty_schema(connection, manifest.revision)
        columns = {name: member.columns for name, member in manifest.tables.items()}
        digests = load(connection, columns, backup.table, manifest.last_ids)
        schema.upgrade_within(connection)
        with _stored_files(backup):
            soundness = prove(viewer, connection, checkpoint)
            if soundness.problems and not despite_problems:
                raise Unsound(soundness.problems)
            data = {"file": path.name, "state_of": manifest.at}
            append_events(viewer, [NewEvent(AuditAction.RESTORED, data=data)])
            return manifest, _transfer(digests, soundness)


def copy_database(viewer: Viewer, source: Connection, despite_problems: bool = False) -> Transfer:
    """Copy all tables to the current database, which must be empty; the caller commits.

    Args:
        viewer: A viewer who sees all bodies.
        source: A connection that sees the other database as of one moment, with the newest schema.
        despite_problems: Whether an installation that is not sound is copied.

    Raises:
        NotEmpty: The database has something.
        NotLoaded: The database refuses rows.
        Unsound: The installation is not sound.
    """
    connection = db.session.connection()
    make_empty_schema(connection, schema.newest_revision())
    stored = {table.name: table for table in tables.product_tables(source)}
    columns = {name: tables.column_names(table) for name, table in stored.items()}
    last_ids = tables.last_ids(source, stored.values())
    digests = load(connection, columns, lambda name: tables.read_rows(source, stored[name]), last_ids)
    soundness = prove(viewer, connection)
    if soundness.problems and not despite_problems:
        raise Unsound(soundness.problems)
    return _transfer(digests, soundness)


def _transfer(digests: Mapping[str, Digest], soundness: Soundness) -> Transfer:
    return Transfer({name: digest.rows for name, digest in digests.items()}, soundness)


def _check_secret_key(manifest: Manifest) -> None:
    settings = configuration().settings
    keys = (settings.secret_key, *settings.secret_key_fallbacks)
    if manifest.second_factors and manifest.secret_key not in {key_fingerprint(key.encode()) for key in keys}:
        raise InvalidBackup(OTHER_SECRET_KEY, count=manifest.second_factors)


def _check_store(manifest: Manifest) -> None:
    """Refuse files that are not in the backup; those of a restoration that was killed may be there."""
    others = [sha256 for sha256, _ in storage.list_files() if sha256 not in manifest.files]
    if others:
        raise NotEmpty(OTHER_FILES, name=others[0], count=len(others))


@contextmanager
def _stored_files(backup: Reader) -> Iterator[None]:
    """Store the files of a backup; remove them again if the block fails."""
    stored: list[str] = []
    try:
        for sha256 in backup.manifest.files:
            data = backup.file(sha256)
            stored.append(sha256)
            storage.store(data)
        yield
    except BaseException:
        for sha256 in stored:
            storage.delete(sha256)
        raise
