"""Makes backups, and removes the older ones of a folder."""

import os
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Table

from evaluation import VERSION, schema, storage
from evaluation.audit.hashing import audit_key, key_fingerprint
from evaluation.audit.verification.queries import database_snapshot
from evaluation.backup import archive, queries, tables
from evaluation.backup.archive import Manifest, TableMember, Writer, new_backup, sealed_fingerprint, verify
from evaluation.backup.loading import Digest
from evaluation.clock import now
from evaluation.configuration import configuration
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.policy import Viewer
from evaluation.review.stored_files.queries import named_hashes

EXISTS = N_("%(path)s already exists. Choose another path: a backup replaces nothing.")
NAME = re.compile(r"backup-\d{8}T\d{6}Z\.zip")
DRAFT_NAME = re.compile(NAME.pattern + r"\.\d+\.part")
DRAFT_SECONDS = 86_400
"""A draft that nobody has written to for a day is of a process that was killed."""
FILE_RETRY_SECONDS = 0.2


@dataclass(frozen=True)
class BackupResult:
    """A complete backup: its file, what it contains, and the older backups that were removed."""

    path: Path
    manifest: Manifest
    removed_paths: tuple[Path, ...] = ()


def make_backup(viewer: Viewer, path: Path, checkpoint: Mapping[str, Any]) -> BackupResult:
    """Write everything that is stored as of one moment to a new file, and read it back to its end.

    People can go on working. The database is read first and the files afterwards, so that no row lacks its file.

    Args:
        viewer: A viewer who sees all bodies.
        path: The file, which must not exist.
        checkpoint: The content of a checkpoint that is committed.

    Raises:
        EvaluationError: The path is taken.
        OSError: The file cannot be written.
    """
    if path.exists():
        raise EvaluationError(EXISTS, path=path)
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with open(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            with new_backup(file) as writer:
                _write_members(viewer, writer, checkpoint)
            file.flush()
            os.fsync(file.fileno())
        manifest = verify(draft)
        os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    return BackupResult(path, manifest)


def make_dated_backup(viewer: Viewer, folder: Path, limit: int | None, checkpoint: Mapping[str, Any]) -> BackupResult:
    """Make a backup named by the time in a folder; then leave only the newest `limit` backups of this installation there."""
    backup = make_backup(viewer, folder / f"backup-{now():%Y%m%dT%H%M%SZ}.zip", checkpoint)
    removed = () if limit is None else tuple(_remove_older(folder, backup.path, limit))
    return BackupResult(backup.path, backup.manifest, removed)


def _remove_older(folder: Path, newest: Path, limit: int) -> list[Path]:
    fingerprint = key_fingerprint(audit_key())
    older = [
        path for path in folder.iterdir() if NAME.fullmatch(path.name) and path != newest and _fingerprint(path) == fingerprint
    ]
    surplus = sorted(older, reverse=True)[limit - 1 :]
    for path in surplus:
        path.unlink()
    for path in folder.iterdir():
        with suppress(FileNotFoundError):
            if DRAFT_NAME.fullmatch(path.name) and path.stat().st_mtime < time.time() - DRAFT_SECONDS:
                path.unlink()
    return surplus


def _fingerprint(path: Path) -> str | None:
    """Return the fingerprint of the key that sealed a regular file."""
    if path.is_symlink() or not path.is_file():
        return None
    with open(path, "rb") as file:
        return sealed_fingerprint(file)


def _write_members(viewer: Viewer, writer: Writer, checkpoint: Mapping[str, Any]) -> None:
    settings = configuration().settings
    with database_snapshot(viewer) as connection:
        at, stored = now(), tables.product_tables(connection)
        members = {table.name: _write_table(writer, connection, table) for table in stored}
        last_ids = tables.last_ids(connection, stored)
        named, second_factors = named_hashes(viewer, connection), queries.second_factors(viewer, connection)
        revision = schema.stored_revision(connection) or ""
    files, missing = _write_files(writer, named)
    manifest = Manifest(
        format=archive.FORMAT,
        version=VERSION,
        revision=revision,
        at=_text(at),
        secret_key=key_fingerprint(settings.secret_key.encode()),
        second_factors=second_factors,
        checkpoint=writer.add(archive.CHECKPOINT, [orjson.dumps(checkpoint, option=orjson.OPT_INDENT_2)]),
        tables=members,
        files=files,
        missing_files=missing,
        last_ids=last_ids,
    )
    writer.add(archive.MANIFEST, [manifest.model_dump_json(indent=1).encode()])


def _write_table(writer: Writer, connection: Connection, table: Table) -> TableMember:
    digest = Digest()
    member = writer.add(archive.TABLES + table.name, digest.over(tables.read_rows(connection, table)))
    return TableMember(**member.model_dump(), columns=tables.column_names(table), rows=digest.rows)


def _write_files(writer: Writer, named: set[str]) -> tuple[dict[str, int], tuple[str, ...]]:
    """Write all stored files; return their sizes, and the named ones that are missing or damaged."""
    files, missing = {}, []
    for sha256 in sorted({sha256 for sha256, _ in storage.list_files()} | named):
        data = _read_file(sha256, retry=sha256 in named)
        if data is not None:
            # Evidence and workbooks are compressed already.
            files[sha256] = writer.add(archive.FILES + sha256, [data], compressed=False).size
        elif sha256 in named:
            missing.append(sha256)
    return files, tuple(missing)


def _read_file(sha256: str, retry: bool) -> bytes | None:
    """Return a stored file; None if it is missing: a file that no row names may be removed meanwhile."""
    try:
        return storage.read(sha256)
    except storage.MissingFile:
        if not retry:
            return None
        time.sleep(FILE_RETRY_SECONDS)
        return _read_file(sha256, retry=False)


def _text(at: datetime) -> str:
    return at.isoformat(" ", "seconds")
