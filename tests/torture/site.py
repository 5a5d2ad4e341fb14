"""The product as a server of the tests, and browsers that use it: the parts that tests of many people and of faults share."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.support.accounts import PASSWORD
from tests.support.server import free_port

YEAR = 2024
START_SECONDS = 120
IDLE_SECONDS = 60
"""After this time a browser takes a new connection; the server closes an idle one after 75 s."""
APP = "tests.torture.server:create()"


@dataclass
class Clerk:
    """A clerk at a computer: the sent answers in order, and the counts of the responses."""

    email: str
    body: str
    organisations: tuple[tuple[str, str], ...]
    sent: list[tuple[str, str, Any, Any]] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    slowest: float = 0
    faults: list[str] = field(default_factory=list)


class Site:
    """A running server: its port, its log and its processes."""

    def __init__(self, port: int, process: "subprocess.Popen[bytes]", log: Path):
        self.port, self.process, self.log = port, process, log

    def workers(self) -> list[int]:
        """Return the ids of the processes that answer requests."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(child) for child in children if b"gunicorn" in Path(f"/proc/{child}/cmdline").read_bytes()]

    def log_size(self) -> int:
        """Return the length of the log, a position for :meth:`logged`."""
        return self.log.stat().st_size

    def logged(self, position: int = 0) -> str:
        """Return what was logged after a position."""
        return self.log.read_bytes()[position:].decode(errors="replace")


@contextmanager
def site(url: str, folder: Path, environment: Mapping[str, str] = {}) -> Iterator[Site]:
    """Run gunicorn with the product's configuration on the database, by default without workers of background jobs."""
    port = free_port()
    variables = {"DATABASE_URL": url, "PORT": str(port), "INSTANCE": str(folder), "JOB_WORKERS": "0", "SECRET_KEY": "tests"}
    command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", APP]
    log = folder / "server.log"
    with log.open("w") as out:
        process = subprocess.Popen(command, env=os.environ | variables | environment, stdout=out, stderr=subprocess.STDOUT)
    try:
        _wait_for(port, process, log)
        yield Site(port, process, log)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, f"the server did not start: {log.read_text()[-2000:]}"
        with suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            with closing(connection):
                connection.request("GET", "/healthz")
                if connection.getresponse().status == 200:
                    return
        time.sleep(0.1)
    raise AssertionError("the server did not answer")


@dataclass(frozen=True)
class Answer:
    """What a browser received."""

    status: int
    text: str
    headers: http.client.HTTPMessage

    @property
    def title(self) -> str:
        """The heading of a page, or the first sentence of a message to a script."""
        heading = re.search(r"<h1[^>]*>(.*?)</h1>", self.text, re.S)
        if heading:
            return heading[1].strip()
        with suppress(ValueError, AttributeError):
            return str(json.loads(self.text).get("message", "")).partition(". ")[0]
        return ""


class Browser:
    """The parts of a browser that pages and saving need: one connection, cookies, the page's CSRF token."""

    def __init__(self, port: int, language: str = "kk", timeout: float = 120):
        self.port, self.language, self.timeout = port, language, timeout
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        self.cookies: SimpleCookie = SimpleCookie({"language": language})
        self.slowest = 0.0
        self.token = ""
        self.last_used = time.monotonic()

    def sign_in(self, email: str) -> "Browser":
        """Sign in by the form."""
        answer = self.post_form("/account/sign-in", {"email": email, "password": PASSWORD}, form="/account/sign-in")
        assert answer.status == 302, f"{answer.status} {answer.text[:500]}"
        self.token = token_in(self.get("/account/password").text)
        return self

    def get(self, path: str, **headers: str) -> Answer:
        """Fetch a page."""
        return self.send("GET", path, None, headers)

    def post_form(self, path: str, fields: dict[str, str], form: str | None = None) -> Answer:
        """Send a form with the token of the page `form`, or with the session's."""
        token = token_in(self.get(form).text) if form else self.token
        data = urlencode({**fields, "csrf_token": token}).encode()
        return self.send("POST", path, data, {"Content-Type": "application/x-www-form-urlencoded"})

    def upload(self, path: str, fields: dict[str, str], name: str, data: bytes) -> Answer:
        """Send a form with a file."""
        body, media_type = multipart({**fields, "csrf_token": self.token}, name, data)
        return self.send("POST", path, body, {"Content-Type": media_type})

    def save(self, body: str, edit: dict[str, Any]) -> Answer:
        """Save one cell, as the page does."""
        headers = {"Content-Type": "application/json", "Accept": "application/json", "X-CSRFToken": self.token}
        return self.send("POST", f"/bodies/{body}/{YEAR}/answers", json.dumps({"edits": [edit]}).encode(), headers)

    def send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """Send a request. Raises OSError, HTTPException: the connection broke."""
        cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in self.cookies.items())
        started = time.monotonic()
        if started - self.last_used > IDLE_SECONDS:
            self.connection.close()
        try:
            self.connection.request(method, path, body, {**headers, "Cookie": cookie})
            response = self.connection.getresponse()
            text = response.read().decode(errors="replace")
        except (OSError, http.client.HTTPException):
            self.connection.close()
            raise
        self.last_used = time.monotonic()
        self.slowest = max(self.slowest, self.last_used - started)
        for value in response.headers.get_all("Set-Cookie") or ():
            self.cookies.load(value)
        return Answer(response.status, text, response.headers)

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


def multipart(fields: Mapping[str, str], name: str, data: bytes) -> tuple[bytes, str]:
    """Return the body of a form with a file in its field `file`, and its media type."""
    boundary = "boundary47"
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n' for key, value in fields.items()]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    body = "".join([*parts, head]).encode() + data + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"


def token_in(page: str) -> str:
    """Return the CSRF token of a page's form."""
    match = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert match, page[:500]
    return match[1]
