"""Files that people upload, stored under the SHA-256 of their content, and the finished files of background jobs.

The store is a folder (FILES_FOLDER; JOB_FOLDER for jobs), or with FILES_URL a bucket of an S3-compatible server, which several
servers share. A file name that a person chose never becomes a path. Bytes of uploaded files are deleted by `flask files prune`
alone (:mod:`evaluation.review.stored_files`): rows of several reports may use the same ones.
"""

import hashlib
import logging
import os
import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from evaluation.configuration import configuration
from evaluation.settings import MEGABYTE, Settings
from evaluation.storage.folder import FolderStore
from evaluation.storage.model import FILE_MISSING, Entry, MissingFile, Store, StoreFull, StoreUnavailable
from evaluation.storage.object_store import ObjectStore

__all__ = [
    "SHA256",
    "Entry",
    "MissingFile",
    "StoreFull",
    "StoreUnavailable",
    "delete",
    "entries",
    "file_store",
    "find",
    "is_intact",
    "job_store",
    "list_files",
    "local_job_files",
    "read",
    "remove_leftovers",
    "store",
]

LOGGER = logging.getLogger(__name__)
SHA256 = re.compile(r"[0-9a-f]{64}")
FILES, JOBS = "files", "jobs"


def store(data: bytes) -> str:
    """Store bytes and return their SHA-256, in hexadecimal; :func:`read` returns them. Equal bytes are stored once.

    A crash or a full disk leaves either the complete file or none.

    Raises:
        StoreFull: There is too little space left.
        StoreUnavailable: The store does not answer or cannot be written.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    file_store().write(_name(sha256), data)
    return sha256


def read(sha256: str) -> bytes:
    """Return the bytes stored under a SHA-256.

    Raises:
        MissingFile: The bytes are missing or damaged.
        StoreUnavailable: The store does not answer.
    """
    try:
        with file_store().open(_name(sha256)) as file:
            data = file.read()
    except FileNotFoundError as error:
        LOGGER.error("The stored file %s is missing", sha256)
        raise MissingFile(FILE_MISSING) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        LOGGER.error("The stored file %s is damaged", sha256)
        raise MissingFile(FILE_MISSING)
    return data


def is_intact(sha256: str) -> bool:
    """Whether the bytes are stored and have this hash; they are read piece by piece. Raises StoreUnavailable."""
    digest = hashlib.sha256()
    try:
        with file_store().open(_name(sha256)) as file:
            while piece := file.read(MEGABYTE):
                digest.update(piece)
        return digest.hexdigest() == sha256
    except FileNotFoundError:
        return False


def delete(sha256: str) -> None:
    """Delete the bytes stored under a SHA-256, if they are. Raises StoreUnavailable."""
    file_store().delete(_name(sha256))


def list_files() -> Iterator[tuple[str, int]]:
    """Yield SHA-256 and size in bytes of every stored file, in no certain order. Raises StoreUnavailable."""
    return ((sha256, entry.size) for sha256, entry in entries())


def entries() -> Iterator[tuple[str, Entry]]:
    """Yield the SHA-256 of every stored file and what is known of it; other files in the folder are left out."""
    for entry in file_store().entries():
        sha256 = entry.name.rpartition("/")[2]
        if SHA256.fullmatch(sha256) and entry.name == _name(sha256):
            yield sha256, entry


def find(sha256: str) -> Entry | None:
    """Return what is known of stored bytes, without reading them; None if they are not there. Raises StoreUnavailable."""
    return file_store().entry(_name(sha256))


def remove_leftovers(before: datetime) -> int:
    """Remove the incomplete files that processes left which were killed before a time (UTC); return their number."""
    return file_store().remove_leftovers(before)


def file_store() -> Store:
    """Return the store of uploaded files."""
    settings = configuration().settings
    if settings.files_url:
        return _bucket(os.getpid(), settings.files_url, FILES)
    return FolderStore(settings.files_folder, settings.disk_reserve_megabytes * MEGABYTE)


def job_store() -> Store:
    """Return the store of the files of background jobs, in a folder for each job."""
    settings = configuration().settings
    return _bucket(os.getpid(), settings.files_url, JOBS) if settings.files_url else FolderStore(local_job_files(settings))


def local_job_files(settings: Settings) -> Path:
    """Return the folder in which this computer's workers write files of jobs."""
    return settings.job_folder / FILES


@lru_cache(maxsize=8)
def _bucket(_process: int, url: str, folder: str) -> ObjectStore:
    """Return the bucket of an address; a process that was forked needs connections of its own."""
    return ObjectStore(url, folder)


def _name(sha256: str) -> str:
    """Return the name of a file in the store. Raises ValueError: the text is no SHA-256."""
    if not SHA256.fullmatch(sha256):
        raise ValueError("not a SHA-256")
    return f"{sha256[:2]}/{sha256}"
