"""Faults of what the product runs on, injected into a running server, and people who go on saving meanwhile."""

import http.client
import json
import os
import random
import shlex
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from evaluation.answers import values
from evaluation.criteria import Order
from evaluation.language import language
from evaluation.web.core.errors import UNKNOWN_OUTCOME
from tests.support.factories import random_answers
from tests.support.server import free_port
from tests.torture.site import Browser, Clerk, Site

FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
"""The library that shifts a process's clock, of this machine's architecture; None if it is not installed."""
NOT_STORED = 503
SLEEP = """import select, time
time.sleep = lambda seconds: select.select((), (), (), seconds)
"""
"""Imported by every Python process with a wrong clock: Python's own sleep fails under faketime."""


@dataclass
class Sights:
    """What people saw during one kind of fault, and what the clerks' books say of it."""

    seen: Counter[str] = field(default_factory=Counter)
    slowest: float = 0
    false_denials: int = 0
    """Answers "nothing was stored" of values that were stored."""


class SavingClerk:
    """A clerk whose browser saves and, after an error, sends the same again until it is answered: as the page's outbox does."""

    def __init__(self, order: Order, clerk: Clerk, port: int, number: int):
        self.order, self.clerk, self.random = order, clerk, random.Random(number)
        self.browser = Browser(port, language=("kk", "ru")[number % 2], timeout=60).sign_in(clerk.email)
        self.stored: dict[tuple[str, str], Any] = {}
        self.sights = Sights()
        self.ended = threading.Event()
        self.saves = 0
        self.failure = ""
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to save."""
        self.ended.clear()
        self.sights = Sights()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop when the last edit is answered."""
        self.ended.set()
        if self._thread is not None:
            self._thread.join(timeout=120)
            assert not self._thread.is_alive(), "a clerk waits for an answer for ever"
        assert not self.failure, self.failure

    def _run(self) -> None:
        try:
            while not self.ended.is_set():
                self._save(*self._edit())
                self.ended.wait(0.05)
        except Exception as error:
            self.failure = f"{type(error).__name__}: {error}"

    def _edit(self) -> tuple[str, str, Any]:
        organisation, kind = self.random.choice(self.clerk.organisations)
        code, value = self.random.choice(list(random_answers(self.order, kind, self.random, blank=0).items()))
        return organisation, code, value

    def _save(self, organisation: str, code: str, value: Any) -> None:
        typed = values.format_value(self.order, self.order.by_code[code], value, language(self.browser.language))
        expected = self.stored.get((organisation, code))
        edit = {"organisation": organisation, "code": code, "typed": typed, "expected": expected}
        is_denied = is_uncertain = False
        while True:
            started = time.monotonic()
            try:
                answer = self.browser.save(self.clerk.body, edit)
            except (OSError, http.client.HTTPException) as error:
                self._see(f"connection broken ({type(error).__name__})", started)
                is_uncertain = True
            else:
                if answer.status == 200:
                    break
                self._see(f"{answer.status} {answer.title}", started)
                denied = answer.status == NOT_STORED and not _is_uncertain(answer.text)
                is_denied, is_uncertain = is_denied or denied, is_uncertain or not denied
                assert answer.status in (502, NOT_STORED), f"{answer.status} {answer.text[:500]}"
            time.sleep(0.1)
        self._see("saved", started)
        cell = json.loads(answer.text)["cells"][0]
        if cell["state"] == "unchanged" and cell["value"] != expected:
            # An earlier attempt had stored it, although its answer did not say so.
            self.sights.false_denials += is_denied and not is_uncertain
        elif cell["state"] != "saved":
            assert cell["state"] == "unchanged", cell
            return
        self.clerk.sent.append((organisation, code, expected, cell["value"]))
        self.stored[organisation, code] = cell["value"]
        self.saves += 1

    def _see(self, sight: str, started: float) -> None:
        self.sights.seen[sight] += 1
        self.sights.slowest = max(self.sights.slowest, time.monotonic() - started)


def _is_uncertain(text: str) -> bool:
    """Return whether an answer says that the changes may be stored."""
    return any(language(code).gettext(UNKNOWN_OUTCOME.title) in text for code in ("kk", "ru"))


class Postgresql:
    """The tests' PostgreSQL server as something that fails."""

    def __init__(self, url: str):
        self.url = url.replace("+psycopg", "")
        with psycopg.connect(self.url) as connection:
            row = connection.execute("SHOW data_directory").fetchone()
            # The tests' server confirms commits before they are written, which no installation does: a crash would lose some.
            name = self.url.rpartition("/")[2]
            connection.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = on')
        assert row
        self.data = Path(row[0])

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stop every process of the server for a while: it accepts connections and answers nothing."""
        processes = self._processes()
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGCONT)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """End the server at once, as a crash does, and start it again."""
        options = (self.data / "postmaster.opts").read_text()
        self._control("stop", "-m", "immediate", "-w")
        try:
            yield
        finally:
            arguments = " ".join(map(shlex.quote, shlex.split(options)[1:]))
            self._control("start", "-w", "-l", str(self.data.parent / "log"), "-o", arguments)

    def _control(self, *words: str) -> None:
        program = next(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
        as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*as_user, str(program), "-D", str(self.data), *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd="/")
        assert done.returncode == 0, done.stdout + done.stderr

    def _processes(self) -> list[int]:
        first = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return [first, *map(int, children)]


@contextmanager
def locked_sqlite(file: Path) -> Iterator[None]:
    """Hold SQLite's lock of writers, as a forgotten shell does."""
    connection = sqlite3.connect(file, isolation_level=None, timeout=30)
    try:
        connection.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        connection.rollback()
        connection.close()


class SmallDisk:
    """A disk of a few megabytes that can be filled. Needs root: a test without it fails."""

    def __init__(self, folder: Path, megabytes: int):
        assert os.geteuid() == 0, "a full disk is a small tmpfs, which root alone can mount"
        self.folder = folder
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], check=True)

    @contextmanager
    def full(self) -> Iterator[None]:
        """Leave no free byte for a while."""
        filler = self.folder / "filler"
        with filler.open("wb", buffering=0) as out:
            for size in (2**20, 2**12, 1):
                with suppress(OSError):
                    while True:
                        out.write(b"0" * size)
        try:
            yield
        finally:
            filler.unlink()

    def unmount(self) -> None:
        """Remove the disk."""
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)


class Redis:
    """A Redis server on loopback that can be lost."""

    def __init__(self, folder: Path):
        self.folder, self.port = folder, free_port()
        self.start()

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start the server and wait for it."""
        program = shutil.which("redis-server")
        assert program, "Redis is not installed; `make test` installs it"
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen([program, *options], cwd=self.folder, stdout=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("Redis did not start")

    def stop(self) -> None:
        """End the server with all that it had."""
        self.process.kill()
        self.process.wait()

    @contextmanager
    def lost(self) -> Iterator[None]:
        """End the server for a while; it comes back empty."""
        self.stop()
        try:
            yield
        finally:
            self.start()


class SilentServer:
    """A mail server that accepts connections and never says anything."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.accepted: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """The address as SMTP_URL has it."""
        return f"smtp://127.0.0.1:{self.socket.getsockname()[1]}"

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                self.accepted.append(self.socket.accept()[0])

    def close(self) -> None:
        """Close all connections."""
        for connection in [self.socket, *self.accepted]:
            connection.close()


class Clock:
    """The clock of the server's processes, which reads a file in a folder. Clocks that only measure stay right."""

    def __init__(self, folder: Path):
        assert FAKETIME, "faketime is not installed; `make test` installs it"
        self.folder, self.file = folder, folder / "offset"
        folder.mkdir()
        self.file.write_text("+0")
        (folder / "sitecustomize.py").write_text(SLEEP)

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a process whose clock this is."""
        return {
            "LD_PRELOAD": str(FAKETIME),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "PYTHONPATH": str(self.folder),
        }

    @contextmanager
    def wrong(self, seconds: int) -> Iterator[None]:
        """Set the clock forward, or back, for a while."""
        self.file.write_text(f"{seconds:+d}")
        try:
            yield
        finally:
            self.file.write_text("+0")


def send_half(port: int, browser: Browser, path: str, body: bytes, media_type: str) -> None:
    """Send the head and half of the body of a request, and break the connection."""
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\nContent-Type: {media_type}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(head.encode() + body[: len(body) // 2])
        time.sleep(0.1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def kill_worker(site: Site, chance: random.Random) -> None:
    """Kill one of the processes that answer requests."""
    os.kill(chance.choice(site.workers()), signal.SIGKILL)
