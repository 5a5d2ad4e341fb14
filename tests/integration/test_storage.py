"""The store of files, in a folder and on an S3-compatible server: by hash, complete or absent, with honest errors."""

import hashlib
import os
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

import pytest
from flask import Flask

from evaluation import storage
from evaluation.clock import now
from evaluation.storage import MissingFile, StoreFull, StoreUnavailable, folder, object_store
from tests.support.object_server import ObjectServer, free_ports
from tests.support.settings import change_settings

DATA = b"an act"


@pytest.fixture(params=["folder", "s3"])
def app(request: pytest.FixtureRequest, make_app: Callable[..., Flask], tmp_path: Path) -> Flask:
    """An application whose files are in a folder or in a bucket."""
    url = request.getfixturevalue("object_server").url(uuid.uuid4().hex) if request.param == "s3" else ""
    return make_app(f"sqlite:///{tmp_path / 'evaluation.db'}", FILES_FOLDER=tmp_path / "files", FILES_URL=url)


@pytest.fixture
def damage(app: Flask) -> Callable[[str], None]:
    """Damage the stored bytes of a hash behind the product's back."""

    def overwrite(sha256: str) -> None:
        with storage.file_store().open(f"{sha256[:2]}/{sha256}") as file:
            size = len(file.read())
        storage.file_store().write(f"{sha256[:2]}/{sha256}", b"x" * size)

    return overwrite


def test_bytes_are_stored_once_by_hash(app: Flask, damage: Callable[[str], None]) -> None:
    with app.app_context():
        assert not list(storage.list_files())
        sha256 = storage.store(DATA)
        assert sha256 == hashlib.sha256(DATA).hexdigest() == storage.store(DATA)
        empty = storage.store(b"")
        assert sorted(storage.list_files()) == sorted([(sha256, len(DATA)), (empty, 0)])
        assert storage.read(sha256) == DATA and storage.read(empty) == b"" and storage.is_intact(sha256)
        damage(sha256)
        assert not storage.is_intact(sha256)
        with pytest.raises(MissingFile):
            storage.read(sha256)
        assert storage.store(DATA) == sha256 and storage.read(sha256) == DATA, "storing again restores damaged bytes"
        storage.delete(sha256)
        storage.delete(sha256)
        assert [name for name, _ in storage.list_files()] == [empty] and not storage.is_intact(sha256)
        assert storage.find(sha256) is None
        with pytest.raises(MissingFile):
            storage.read(sha256)
        for invalid in ("../../evaluation.db", "", "A" * 64):
            with pytest.raises(ValueError, match="SHA-256"):
                storage.read(invalid)


def test_storing_again_renews_the_time(app: Flask) -> None:
    with app.app_context():
        sha256 = storage.store(DATA)
        first = storage.find(sha256)
        assert first is not None and abs(first.modified - now()) < timedelta(minutes=5)
        time.sleep(1.1)
        storage.store(DATA)
        second = storage.find(sha256)
        assert second is not None and second.modified > first.modified


def test_concurrent_stores_of_the_same_bytes_are_complete(app: Flask) -> None:
    data, hashes = bytes(range(256)) * 20_000, []

    def store() -> None:
        with app.app_context():
            hashes.append(storage.store(data))

    threads = [threading.Thread(target=store) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    with app.app_context():
        assert len(set(hashes)) == 1 and len(hashes) == 8 and storage.read(hashes[0]) == data
        assert list(storage.list_files()) == [(hashes[0], len(data))]


def test_files_of_jobs_are_moved_listed_and_deleted(app: Flask, tmp_path: Path) -> None:
    draft = tmp_path / "draft"
    with app.app_context():
        store = storage.job_store()
        for name in ("7/part-1", "7/part-2", "77/file"):
            draft.write_bytes(name.encode() * 1000)
            store.take(name, draft)
            assert not draft.exists()
        with store.open("7/part-2") as file:
            assert file.read(8) == b"7/part-2" and file.seek(0) == 0 and len(file.read()) == 8000
        assert sorted(entry.name for entry in store.entries("7")) == ["7/part-1", "7/part-2"]
        store.delete_folder("7")
        assert [entry.name for entry in store.entries()] == ["77/file"]
        with pytest.raises(FileNotFoundError):
            store.open("7/part-1")


def test_drafts_of_killed_processes_are_no_files_and_are_removed(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'evaluation.db'}", FILES_FOLDER=tmp_path / "files")
    with app.app_context():
        sha256 = storage.store(DATA)
        draft = tmp_path / "files" / sha256[:2] / f"{folder.DRAFT}abc"
        draft.write_bytes(b"half")
        assert [name for name, _ in storage.list_files()] == [sha256]
        assert storage.remove_leftovers(now() - timedelta(hours=1)) == 0 and draft.exists(), "it may still be written"
        os.utime(draft, (time.time() - 7200,) * 2)
        assert storage.remove_leftovers(now() - timedelta(hours=1)) == 1 and not draft.exists()
        assert storage.read(sha256) == DATA


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_a_full_disk_leaves_nothing(
    make_app: Callable[..., Flask], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'evaluation.db'}", FILES_FOLDER=tmp_path / "files")

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    target = folder.tempfile if step == "write" else folder.os
    monkeypatch.setattr(target, {"write": "mkstemp"}.get(step, step), fail)
    with app.app_context():
        with pytest.raises(StoreFull) as caught:
            storage.store(DATA)
        assert caught.value.status == HTTPStatus.INSUFFICIENT_STORAGE
        monkeypatch.undo()
        assert not [path for path in (tmp_path / "files").rglob("*") if path.is_file()]


def test_free_space_stays_for_the_database(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'evaluation.db'}", FILES_FOLDER=tmp_path / "files")
    with app.app_context():
        free = storage.file_store().free_bytes()
        assert free
        change_settings(app, disk_reserve_megabytes=free // 2**20 + 100)
        with pytest.raises(StoreFull):
            storage.store(DATA)
        assert not list(storage.list_files())


@contextmanager
def stopped(server: ObjectServer) -> Iterator[None]:
    """Stop the server's process for the block: it neither answers nor closes connections."""
    server.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        server.process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("fault", ["refused", "wrong key", "hanging"])
def test_a_server_that_does_not_answer_is_an_error_within_bounds(
    make_app: Callable[..., Flask],
    tmp_path: Path,
    object_server: ObjectServer,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
) -> None:
    monkeypatch.setattr(object_store, "TIMEOUT", timedelta(seconds=1))
    prefix = uuid.uuid4().hex
    port, secret = (free_ports(1)[0], None) if fault == "refused" else (None, "another" if fault == "wrong key" else None)
    url = object_server.url(prefix, port, **({"secret": secret} if secret else {}))
    app = make_app(f"sqlite:///{tmp_path / 'evaluation.db'}", FILES_URL=url)
    attempts: list[Callable[[], object]] = [
        lambda: storage.store(DATA),
        lambda: storage.read(hashlib.sha256(DATA).hexdigest()),
        lambda: list(storage.list_files()),
        lambda: storage.delete("0" * 64),
    ]
    with app.app_context(), stopped(object_server) if fault == "hanging" else app.app_context():
        for attempt in attempts:
            start = time.monotonic()
            with pytest.raises(StoreUnavailable) as caught:
                attempt()
            assert caught.value.status == HTTPStatus.SERVICE_UNAVAILABLE and time.monotonic() - start < 15
            assert secret is None or secret not in str(caught.value)
    healthy = make_app(f"sqlite:///{tmp_path / 'evaluation.db'}", FILES_URL=object_server.url(prefix))
    with healthy.app_context():
        assert all(storage.is_intact(sha256) for sha256, _ in storage.list_files()), "nothing is half stored"
