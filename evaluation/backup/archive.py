"""The file of a backup: a zip archive whose comment ends with a keyed hash of everything before it.

The hash is compared before anything of the archive is parsed, so that a damaged, cut or foreign file is refused as a whole. The
comment also names the fingerprint of the key, so that another key can be told from damage. Members are `backup.json` (manifest,
with size and SHA-256 of the others), `checkpoint.json`, `tables/NAME`, `files/SHA256`.
"""

import hashlib
import hmac
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from evaluation.audit.hashing import audit_key, key_fingerprint
from evaluation.errors import EvaluationError
from evaluation.language import N_

FORMAT = "backup/1"
MANIFEST, CHECKPOINT, TABLES, FILES = "backup.json", "checkpoint.json", "tables/", "files/"
MAX_MANIFEST_BYTES = 2**28
CHUNK_BYTES = 2**18
COMMENT = re.compile(rb"evaluation-backup/1 ([0-9a-f]{16}) ([0-9a-f]{64})")
EMPTY_SEAL = b"0" * 64
COMMENT_BYTES = len(b"evaluation-backup/1 ") + 16 + 1 + len(EMPTY_SEAL)

NOT_A_BACKUP = N_("%(file)s is no backup of this product, or it was cut off or altered. Nothing was stored.")
FOREIGN = N_(
    "%(file)s was sealed with another AUDIT_KEY, of fingerprint %(fingerprint)s; the one that is set has %(expected)s. Set the "
    "key of the installation that made the backup."
)
DAMAGED = N_("%(file)s is damaged or was altered after it was made. Nothing was stored; take another backup.")

FORMAT_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, KeyError, RuntimeError, ValueError)
"""What zipfile raises for an archive that is not as the product writes it."""


class InvalidBackup(EvaluationError):
    """The file is not a backup as the product made it with this key."""


class Member(BaseModel):
    """Size in bytes and SHA-256 of a member's content."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    size: int
    sha256: str


class TableMember(Member):
    """A table's content: its columns in their order and the number of its rows."""

    columns: tuple[str, ...]
    rows: int


class Manifest(BaseModel):
    """The content of `backup.json`.

    `revision` is that of the schema, `version` that of the product, `at` the time in UTC. `secret_key` is the fingerprint of the
    key that encrypts the second factors of `second_factors` people. `tables` are by name, `files` are sizes in bytes by SHA-256;
    `missing_files` are those that the database names and that were not there. `last_ids` are the last ids ever given, by table.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: str
    version: str
    revision: str
    at: str
    secret_key: str
    second_factors: int
    checkpoint: Member
    tables: dict[str, TableMember]
    files: dict[str, int]
    missing_files: tuple[str, ...]
    last_ids: dict[str, int]


class Writer:
    """Writes the members of a backup one after another; the sealed file is complete after :func:`new_backup`."""

    def __init__(self, archive: zipfile.ZipFile):
        self._archive = archive

    def add(self, name: str, chunks: Iterable[bytes], compressed: bool = True) -> Member:
        """Write a member from parts of its content, and return its size and hash."""
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
        info.external_attr = 0o600 << 16
        digest, size = hashlib.sha256(), 0
        with self._archive.open(info, "w", force_zip64=True) as out:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                out.write(chunk)
        return Member(size=size, sha256=digest.hexdigest())


@contextmanager
def new_backup(file: IO[bytes]) -> Iterator[Writer]:
    """Write a backup to a file that is open for reading and writing; it is sealed at the end of the block."""
    key = audit_key()
    with zipfile.ZipFile(file, "w") as archive:
        yield Writer(archive)
        archive.comment = b"evaluation-backup/1 " + key_fingerprint(key).encode() + b" " + EMPTY_SEAL
    end = file.seek(0, 2) - len(EMPTY_SEAL)
    seal = _seal(file, key, end)
    file.seek(end)
    file.write(seal)


def _seal(file: IO[bytes], key: bytes, end: int) -> bytes:
    """Return the keyed hash of the first `end` bytes of a file."""
    mac, rest = hmac.new(key, b"backup", "sha256"), end
    file.seek(0)
    while rest and (chunk := file.read(min(CHUNK_BYTES, rest))):
        mac.update(chunk)
        rest -= len(chunk)
    return mac.hexdigest().encode()


def sealed_fingerprint(file: IO[bytes]) -> str | None:
    """Return the fingerprint of the key that a file says it was sealed with; None if it is no complete backup."""
    comment = _comment(file)
    return comment[1].decode() if comment else None


def _comment(file: IO[bytes]) -> re.Match[bytes] | None:
    size = file.seek(0, 2)
    file.seek(max(0, size - COMMENT_BYTES))
    return COMMENT.fullmatch(file.read())


class Reader:
    """A backup whose seal and names were compared; each member's size and hash are compared when it is read to its end."""

    def __init__(self, path: Path, archive: zipfile.ZipFile, manifest: Manifest):
        self.path, self.manifest, self._archive = path, manifest, archive

    def table(self, name: str) -> Iterator[bytes]:
        """Yield the rows of a table in parts. Raises InvalidBackup at the end if they are not those of the manifest."""
        return self._chunks(TABLES + name, self.manifest.tables[name])

    def checkpoint(self) -> Any:
        """Return the checkpoint's content. Raises InvalidBackup."""
        return _parse(self.path, b"".join(self._chunks(CHECKPOINT, self.manifest.checkpoint)))

    def file(self, sha256: str) -> bytes:
        """Return the bytes of a stored file. Raises InvalidBackup."""
        return b"".join(self._chunks(FILES + sha256, Member(size=self.manifest.files[sha256], sha256=sha256)))

    def _chunks(self, name: str, member: Member) -> Iterator[bytes]:
        digest, size = hashlib.sha256(), 0
        try:
            with self._archive.open(name) as content:
                # A member may not become larger than the manifest says, whatever the archive says of it.
                while size <= member.size and (chunk := content.read(CHUNK_BYTES)):
                    digest.update(chunk)
                    size += len(chunk)
                    yield chunk
        except FORMAT_ERRORS as error:
            raise InvalidBackup(DAMAGED, file=self.path) from error
        if (size, digest.hexdigest()) != (member.size, member.sha256):
            raise InvalidBackup(DAMAGED, file=self.path)


@contextmanager
def open_backup(path: Path) -> Iterator[Reader]:
    """Open a backup whose seal, manifest and members' names are right.

    Raises:
        InvalidBackup: The file is no backup, was altered, or was sealed with another key.
        OSError: The file cannot be read.
    """
    with open(path, "rb") as file:
        _check_seal(path, file)
        try:
            archive = zipfile.ZipFile(file)
            manifest = _manifest(path, archive)
        except FORMAT_ERRORS as error:
            raise InvalidBackup(DAMAGED, file=path) from error
        yield Reader(path, archive, manifest)


def _check_seal(path: Path, file: IO[bytes]) -> None:
    key = audit_key()
    comment = _comment(file)
    if comment is None:
        raise InvalidBackup(NOT_A_BACKUP, file=path)
    if not hmac.compare_digest(_seal(file, key, file.seek(0, 2) - len(EMPTY_SEAL)), comment[2]):
        expected, fingerprint = key_fingerprint(key), comment[1].decode()
        if expected != fingerprint:
            raise InvalidBackup(FOREIGN, file=path, fingerprint=fingerprint, expected=expected)
        raise InvalidBackup(DAMAGED, file=path)


def _manifest(path: Path, archive: zipfile.ZipFile) -> Manifest:
    if archive.getinfo(MANIFEST).file_size > MAX_MANIFEST_BYTES:
        raise InvalidBackup(DAMAGED, file=path)
    try:
        manifest = Manifest.model_validate_json(archive.read(MANIFEST))
    except ValidationError as error:
        raise InvalidBackup(DAMAGED, file=path) from error
    names = [MANIFEST, CHECKPOINT, *(TABLES + name for name in manifest.tables), *(FILES + sha256 for sha256 in manifest.files)]
    if manifest.format != FORMAT or sorted(names) != sorted(archive.namelist()):
        raise InvalidBackup(DAMAGED, file=path)
    return manifest


def _parse(path: Path, content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except ValueError as error:
        raise InvalidBackup(DAMAGED, file=path) from error


def verify(path: Path) -> Manifest:
    """Read a backup to its end and return its manifest.

    Raises:
        InvalidBackup: Something in it is not as the product wrote it.
    """
    with open_backup(path) as backup:
        backup.checkpoint()
        for name in backup.manifest.tables:
            for _ in backup.table(name):
                pass
        for sha256 in backup.manifest.files:
            backup.file(sha256)
        return backup.manifest
