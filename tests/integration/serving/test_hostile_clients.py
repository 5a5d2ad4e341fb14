"""A real gunicorn of one process and two threads, against clients that take its room, its threads or its connections."""

import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.integration.serving.test_server import APPLICATION, PATIENT_SECONDS, answer
from tests.support.server import Server, running_server

MEGABYTE = 2**20


def head(length: int) -> bytes:
    return f"POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n".encode()


@pytest.fixture(scope="module")
def server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    shutil.copy(sqlite_template, folder / "evaluation.db")
    settings = {"DATABASE_URL": f"sqlite:///{folder / 'evaluation.db'}", "JOB_WORKERS": "0", "WORKERS": "1", "THREADS": "2"}
    with running_server(folder, APPLICATION, **settings) as running:
        yield running


def clients(server: Server, stack: ExitStack, count: int) -> list[socket.socket]:
    return [stack.enter_context(server.connect()) for _ in range(count)]


def assert_is_quick(server: Server) -> None:
    started = time.monotonic()
    for number in range(3):
        assert answer(server, "GET", f"/slow/0?{number}")[0].status == 200
    assert answer(server, "POST", "/body", b"x" * 9_000)[1] == "9000"
    assert time.monotonic() - started < PATIENT_SECONDS


def test_an_announced_length_takes_no_room(server: Server) -> None:
    with ExitStack() as stack:
        for client in clients(server, stack, 60):
            client.sendall(head(64 * MEGABYTE) + b"x" * 100)
        assert_is_quick(server)
        assert answer(server, "POST", "/body", b"x" * 20 * MEGABYTE)[1] == str(20 * MEGABYTE)


def test_stored_bodies_are_limited_and_small_ones_have_room(server: Server) -> None:
    """Three of 60 MB do not fit: the oldest is refused, the others go on."""
    with ExitStack() as stack:
        uploads = clients(server, stack, 3)
        for upload in uploads:
            upload.sendall(head(60 * MEGABYTE) + b"x" * (60 * MEGABYTE - 1))
        assert uploads[0].recv(100).startswith(b"HTTP/1.1 503")
        assert_is_quick(server)
        uploads[2].sendall(b"x")
        assert uploads[2].recv(100).startswith(b"HTTP/1.1 200")


def test_idle_connections_drop_no_upload_in_progress(server: Server) -> None:
    with ExitStack() as stack:
        (upload,) = clients(server, stack, 1)
        upload.sendall(head(2_000) + b"x" * 1_000)
        # The server knows by now that an upload has begun.
        assert_is_quick(server)
        for other in clients(server, stack, 249):
            other.sendall(b"GET / HTTP/1.1\r\n")
        assert_is_quick(server)
        upload.sendall(b"x" * 1_000)
        assert upload.recv(100).startswith(b"HTTP/1.1 200")


def test_clients_that_do_not_close_delay_nobody(server: Server) -> None:
    with ExitStack() as stack:
        for client in clients(server, stack, 20):
            client.sendall(b"GET /slow/0 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert client.recv(100)
        assert_is_quick(server)


def test_slow_readers_occupy_no_thread(server: Server) -> None:
    """Each asks for thirty large answers and takes none; another takes a large answer slowly and gets all of it."""
    size = 8 * MEGABYTE
    with ExitStack() as stack:
        for _ in range(24):
            client = stack.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", server.port))
            client.sendall(f"GET /large/{size} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * 30)
        assert_is_quick(server)
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    for _ in range(2):
        connection.request("GET", f"/large/{size}")
        response = connection.getresponse()
        time.sleep(0.5)
        assert response.read() == b"0123456789abcdef" * (size // 16)
    connection.close()
