"""Requests that are arriving: their bytes are collected without a thread, however slowly the client sends them."""

import re
import socket
import tempfile
from http import HTTPStatus

from gunicorn.http.unreader import SocketUnreader

from evaluation.application import MAX_REQUEST_BYTES

END_OF_HEAD = b"\r\n\r\n"
MAX_HEAD_BYTES = 64 * 1024
"""A longer head is passed on as it is: gunicorn's own limits are smaller, so it refuses it."""
MEMORY_BYTES = 64 * 1024
"""A longer request is stored in a temporary file."""
PATIENCE_SECONDS = 20
"""How long a head may take to arrive, and the time over which the speed of a body is measured."""
BYTES_PER_SECOND = 10_000
"""A body that is slower, in any :data:`PATIENCE_SECONDS`, is refused; bytes sent faster before buy no time."""
CONTENT_LENGTHS = re.compile(rb"\ncontent-length[ \t]*:([^\r\n]*)", re.IGNORECASE)
CONTENT_LENGTH = re.compile(rb"[ \t]*[0-9]{1,18}[ \t]*")
TRANSFER_ENCODING = re.compile(rb"\ntransfer-encoding", re.IGNORECASE)


class Arrival:
    """A request of which some bytes have arrived.

    A body longer than MAX_REQUEST_BYTES is counted but not stored, because the product answers 413 by its announced length; what
    the client sends is received all the same, since a browser shows an answer only after it has sent everything.

    Args:
        started: The time by the monotonic clock.
    """

    def __init__(self, started: float):
        self.started = started
        self.size = 0
        self.body_bytes = 0
        """The announced length of the body."""
        self.refusal: HTTPStatus | None = None
        """The status of the answer to a request whose length is not known; nobody waits for its end."""
        self.surplus = b""
        """What follows the request: the start of the next one."""
        self._head_bytes = 0
        self._head = bytearray()
        self._measurement = started, 0
        self._spool = tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES)  # noqa: SIM115 - closed by its reader

    @property
    def has_head(self) -> bool:
        """Whether the whole head has arrived, or more than any head may have."""
        return bool(self._head_bytes)

    @property
    def is_complete(self) -> bool:
        """Whether nothing more is to be waited for."""
        return self.has_head and self.size >= self._head_bytes + self.body_bytes

    @property
    def is_discarded(self) -> bool:
        """Whether the body is too long to be stored."""
        return self.body_bytes > MAX_REQUEST_BYTES

    @property
    def stored_bytes(self) -> int:
        """The bytes of the body that are stored."""
        return 0 if self.is_discarded or not self.has_head else self.size - self._head_bytes

    def is_late(self, now: float) -> bool:
        """Return whether the client sends too slowly."""
        since, size = self._measurement
        if now - since <= PATIENCE_SECONDS:
            return False
        self._measurement = now, self.size
        return not self.has_head or self.size - size < PATIENCE_SECONDS * BYTES_PER_SECOND

    def add(self, data: bytes) -> None:
        """Add bytes. Raises OSError: there is no room for the temporary file."""
        if not self.has_head:
            self._head += data
            self._find_end_of_head()
            if not self.has_head:
                self.size = len(self._head)
                return
            data, self.size = bytes(self._head), 0
            self._head.clear()
            self._write(data[: self._head_bytes])
            data = data[self._head_bytes :]
        missing = self._head_bytes + self.body_bytes - self.size
        self.surplus += data[missing:]
        self._write(data[:missing])

    def _write(self, data: bytes) -> None:
        self.size += len(data)
        if not self.is_discarded or self.size <= self._head_bytes:
            self._spool.write(data)

    def _find_end_of_head(self) -> None:
        position = self._head.find(END_OF_HEAD)
        if position < 0:
            if len(self._head) > MAX_HEAD_BYTES:
                self._head_bytes = len(self._head)
            return
        self._head_bytes = position + len(END_OF_HEAD)
        head = bytes(self._head[: self._head_bytes])
        lengths = CONTENT_LENGTHS.findall(head)
        if TRANSFER_ENCODING.search(head):
            self.refusal = HTTPStatus.LENGTH_REQUIRED
        elif len(lengths) > 1 or (lengths and not CONTENT_LENGTH.fullmatch(lengths[0])):
            self.refusal = HTTPStatus.BAD_REQUEST
        self.body_bytes = int(lengths[0]) if lengths and not self.refusal else 0

    def reader(self, sock: socket.socket) -> "ArrivalReader":
        """Return what gunicorn reads the request from."""
        self._spool.seek(0)
        return ArrivalReader(sock, self)

    def read(self, size: int) -> bytes:
        """Read the stored bytes; empty at their end, where the temporary file is removed."""
        data = b"" if self._spool.closed else self._spool.read(size)
        if not data:
            self.close()
        return data

    def close(self) -> None:
        """Remove the temporary file."""
        self._spool.close()


class ArrivalReader(SocketUnreader):  # type: ignore[misc]
    """Reads a request that has arrived. It never reads the socket, so no thread waits for a client."""

    def __init__(self, sock: socket.socket, arrival: Arrival):
        super().__init__(sock)
        self.arrival = arrival

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Return the next bytes; none after those that have arrived."""
        data = self.arrival.read(max(self.mxchunk, min(size_hint or 0, self.max_body_chunk)))
        if not data:
            data, self.arrival.surplus = self.arrival.surplus, b""
        return data

    def end(self) -> None:
        """End the request: what follows it is the next one, and its temporary file is removed."""
        self.buf.seek(0, 2)
        self.buf.write(self.arrival.surplus)
        self.arrival.surplus = b""
        self.arrival.close()
