"""Answers that a client takes slowly: the thread puts them down and is free; the worker's main loop sends them."""

import errno
import io
import select
import socket
import tempfile
import time
from collections.abc import Callable
from typing import Any

from evaluation.server.arrivals import BYTES_PER_SECOND, MEMORY_BYTES, PATIENCE_SECONDS

CHUNK_BYTES = 256 * 1024


class UnsentAnswer:
    """Stands for the socket of a connection while a thread answers a request.

    What the kernel takes at once is sent at once, which is all of most answers. The rest is stored.

    Args:
        sock: The connection.
        has_room: Whether more may be stored. While it may not, the thread waits for the client.
    """

    def __init__(self, sock: socket.socket, has_room: Callable[[], bool]):
        self.sock = sock
        self.size = 0
        """Bytes in the temporary file, sent ones included."""
        self._sent = 0
        self._has_room = has_room
        self._spool = tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES)  # noqa: SIM115 - closed by close()
        self._total = 0
        self._measurement = 0.0, 0

    def __getattr__(self, name: str) -> Any:
        """Return what the socket has under this name."""
        return getattr(self.sock, name)

    def sendall(self, data: bytes) -> None:
        """Take a part of the answer. Raises OSError: the client is gone or takes nothing, or there is no room for the file."""
        if not self.pump() and not self._has_room():
            self.start_clock()
            while not self.pump() and not self._has_room():
                self._wait()
        rest = memoryview(data)
        while rest and not self.size and (count := self._send(rest)):
            rest = rest[count:]
        if rest:
            self._spool.seek(self.size)
            self._spool.write(rest)
            self.size += len(rest)

    def sendfile(self, file: io.BufferedIOBase, offset: int = 0, count: int = 0) -> int:
        """Take a part of a file."""
        file.seek(offset)
        missing = count
        while missing and (data := file.read(min(CHUNK_BYTES, missing))):
            self.sendall(data)
            missing -= len(data)
        return count - missing

    def pump(self) -> bool:
        """Send what the client takes now; return whether everything is sent. Raises OSError: the client is gone."""
        while self._sent < self.size:
            self._spool.seek(self._sent)
            count = self._send(self._spool.read(min(CHUNK_BYTES, self.size - self._sent)))
            if not count:
                return False
            self._sent += count
        if self.size:
            self._spool.seek(0)
            self._spool.truncate()
            self.size = self._sent = 0
        return True

    def start_clock(self) -> None:
        """Measure the client's speed from now: before, the answer was still computed."""
        self._measurement = time.monotonic(), self._total

    def is_late(self, now: float) -> bool:
        """Return whether the client takes the answer too slowly."""
        since, total = self._measurement
        if now - since <= PATIENCE_SECONDS:
            return False
        self._measurement = now, self._total
        return self._total - total < PATIENCE_SECONDS * BYTES_PER_SECOND

    def close(self) -> None:
        """Remove the temporary file."""
        self.size = 0
        self._spool.close()

    def _send(self, data: "bytes | memoryview") -> int:
        try:
            count = self.sock.send(data, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return 0
        self._total += count
        return count

    def _wait(self) -> None:
        poll = select.poll()
        poll.register(self.sock, select.POLLOUT)
        poll.poll(100)
        if self.is_late(time.monotonic()):
            raise ConnectionResetError(errno.ECONNRESET, "The client takes its answer too slowly")
