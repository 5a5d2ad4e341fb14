"""No bytes are two requests to one reader and one request to another: what is ambiguous is refused, the rest is read as usual."""

import re
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.server import Server, running_server

APPLICATION = "tests.integration.serving.slow_app:create()"
NEXT = b"GET /slow/0 HTTP/1.1\r\nHost: localhost\r\n\r\n"
"""What may be hidden in a body; its answer is `done`."""
POST = "POST /body HTTP/1.1\r\nHost: localhost\r\n"
LENGTH = len(NEXT)

AMBIGUOUS = {
    "two lengths": f"Content-Length: 0\r\nContent-Length: {LENGTH}\r\n",
    "two lengths, the other first": f"Content-Length: {LENGTH}\r\nContent-Length: 0\r\n",
    "a list of lengths": f"Content-Length: {LENGTH}, 0\r\n",
    "length and coding": f"Content-Length: {LENGTH}\r\nTransfer-Encoding: chunked\r\n",
    "coding and length": f"Transfer-Encoding: chunked\r\nContent-Length: {LENGTH}\r\n",
    "unknown coding": f"Transfer-Encoding: xchunked\r\nContent-Length: {LENGTH}\r\n",
    "space before the colon": f"Transfer-Encoding : chunked\r\nContent-Length: {LENGTH}\r\n",
    "folded coding": f"Content-Length: {LENGTH}\r\nTransfer-Encoding:\r\n chunked\r\n",
    "folded length": f"Content-Length:\r\n {LENGTH}\r\n",
    "length within a folded line": f"X-Other: a\r\n Content-Length: {LENGTH}\r\n",
    "plus sign": f"Content-Length: +{LENGTH}\r\n",
    "minus sign": f"Content-Length: -{LENGTH}\r\n",
    "hexadecimal": f"Content-Length: {LENGTH:#x}\r\n",
    "underscore": f"Content-Length: {LENGTH // 10}_{LENGTH % 10}\r\n",
    "parameter": f"Content-Length: {LENGTH};a=b\r\n",
    "two numbers": f"Content-Length: 0 {LENGTH}\r\n",
    "other digits": "Content-Length: ٤٤\r\n",
    "space before the name": f" Content-Length: {LENGTH}\r\n",
    "length, space, colon": f"Content-Length : {LENGTH}\r\n",
    "NUL in the name": f"Content-Length\0: {LENGTH}\r\n",
    "bare LF before the length": f"X-Other: a\nContent-Length: {LENGTH}\r\n",
    "bare LF after the length": f"Content-Length: {LENGTH}\nX-Other: a\r\n",
    "bare LF before the coding": f"Content-Length: {LENGTH}\r\nX-Other: a\nTransfer-Encoding: chunked\r\n",
    "bare CR before the length": f"X-Other: a\rContent-Length: {LENGTH}\r\n",
}
"""Headers of a request whose body is :data:`NEXT` to one reader and empty to another."""

PLAIN = {
    "one after another": NEXT * 3,
    "a body and the next": f"{POST}Content-Length: 5\r\n\r\nhello".encode() + NEXT,
    "a body like a request": f"{POST}Content-Length: {LENGTH}\r\n\r\n".encode() + NEXT + NEXT,
    "spaces around the length": f"{POST}Content-Length: \t5 \r\n\r\nhello".encode() + NEXT,
    "a body of GET": b"GET /slow/0 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello" + NEXT,
    "the connection ends": b"GET /slow/0 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" + NEXT,
    "HTTP/1.0": b"GET /slow/0 HTTP/1.0\r\nHost: localhost\r\n\r\n" + NEXT,
    "another name": f"{POST}Content_Length: {LENGTH}\r\n\r\n".encode() + NEXT,
    "lines end with LF": NEXT.replace(b"\r\n", b"\n") + NEXT,
    "empty lines first": b"\r\n\r\n" + NEXT,
    "chunks": f"{POST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n".encode() + NEXT,
}
REFUSED = ("lines end with LF", "empty lines first", "chunks")
"""Those that the product's server may refuse: no browser sends them."""


@pytest.fixture(scope="module")
def servers(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """The product's server, and one with gunicorn's own threaded worker."""
    folder = tmp_path_factory.mktemp("server")
    shutil.copy(sqlite_template, folder / "evaluation.db")
    settings = {"DATABASE_URL": f"sqlite:///{folder / 'evaluation.db'}", "JOB_WORKERS": "0", "WORKERS": "1", "THREADS": "2"}
    other = tmp_path_factory.mktemp("plain")
    with (
        running_server(folder, APPLICATION, **settings) as product,
        running_server(other, APPLICATION, GUNICORN_CMD_ARGS="--worker-class=gthread", **settings) as plain,
    ):
        yield product, plain


def answers(server: Server, sent: bytes) -> tuple[list[int], int]:
    """The statuses of all answers to these bytes, and how many of them are those of :data:`NEXT`."""
    received = b""
    with server.connect() as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        try:
            while part := connection.recv(65_536):
                received += part
        except ConnectionResetError:
            # The server closed the connection with bytes that it had not read.
            pass
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)], received.count(b"done")


@pytest.mark.parametrize("header", AMBIGUOUS)
def test_what_is_ambiguous_is_refused(servers: tuple[Server, Server], header: str) -> None:
    statuses, hidden = answers(servers[0], f"{POST}{AMBIGUOUS[header]}\r\n".encode() + NEXT)
    assert hidden == 0 and len(statuses) <= 1 and all(400 <= status < 500 for status in statuses)


@pytest.mark.parametrize("requests", PLAIN)
def test_requests_are_separated_as_by_the_plain_worker(servers: tuple[Server, Server], requests: str) -> None:
    product, plain = (answers(server, PLAIN[requests]) for server in servers)
    is_refused = requests in REFUSED and product[1] == 0 and all(400 <= status < 500 for status in product[0])
    assert product == plain or is_refused, (product, plain)
