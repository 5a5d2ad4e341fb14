"""The product in a real gunicorn, on a free port of this computer."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.support.paths import ROOT

START_SECONDS = 90


@dataclass
class Server:
    """A running server."""

    port: int
    metrics_port: int
    log: Path
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    def connect(self) -> socket.socket:
        """Open a connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


@contextmanager
def running_server(folder: Path, application: str, **settings: str) -> Iterator[Server]:
    """Run gunicorn with the product's configuration and these settings until the block ends."""
    server = Server(free_port(), free_port(), folder / "log", None)  # type: ignore[arg-type]
    environment = os.environ | {"INSTANCE": str(folder), "PORT": str(server.port)} | settings
    command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", application]
    with server.log.open("wb") as log:
        server.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait(server)
        yield server
    finally:
        server.process.terminate()
        try:
            server.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            server.process.kill()


def _wait(server: Server) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.process.poll() is None:
        try:
            with urlopen(f"{server.url}/healthz", timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(server.log.read_text())
