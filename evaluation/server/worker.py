"""Gunicorn's threaded worker, which gives a request to a thread only when all of it has arrived.

So a client that sends slowly, or nothing, occupies a socket and no thread. Who sends too slowly is answered 408; if too many
requests are arriving, the oldest is dropped: an honest one is there within milliseconds. A proxy that buffers requests makes
all this unnecessary, but the product must not depend on it.
"""

import select
import selectors
import socket
import time
from concurrent.futures import Future
from functools import partial
from http import HTTPStatus
from typing import Any

from gunicorn import util
from gunicorn.http.errors import LimitRequestLine
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

from evaluation.logs import log_refusal
from evaluation.server.arrivals import Arrival, ArrivalReader
from evaluation.server.error_page import too_long_page

CHUNK_BYTES = 64 * 1024
MAX_CHUNKS = 16
"""Chunks that are read from one connection before the others have their turn."""
MAX_ANNOUNCED_BYTES = 2**30
"""Bytes of all requests of the worker that are arriving or being answered; what would exceed it is answered 503."""
SEND_MILLISECONDS = 30_000
"""A client that takes nothing of its answer for this long is disconnected by the kernel."""


def address_of(client: Any) -> str:
    """Return the network address of a connection; empty for a socket of this computer."""
    return str(client[0]) if isinstance(client, tuple) else ""


class ArrivalWorker(ThreadWorker):  # type: ignore[misc]
    """A threaded worker whose main loop receives the requests."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        # Of the connections, half may be idle and a quarter may be sending; so there is always room for new ones.
        self.max_keepalived = self.worker_connections // 2
        self.max_arriving = self.worker_connections // 4
        self.arriving: dict[TConn, Arrival] = {}
        self.announced: dict[TConn, int] = {}
        self.stopped_at: float | None = None

    def set_accept_enabled(self, enabled: bool) -> None:
        """Accept connections or not. A worker that ends first takes those that the kernel has accepted already."""
        if not enabled and not self.alive:
            for listener in self.sockets:
                while select.select([listener], [], [], 0)[0]:
                    self.accept(listener)
        super().set_accept_enabled(enabled)

    def enqueue_req(self, conn: TConn) -> None:
        """Receive the next request of a connection; a thread answers it once it has arrived."""
        if self.cfg.is_ssl:
            super().enqueue_req(conn)
            return
        is_new = conn.parser is None
        conn.init()
        conn.sock.setblocking(False)
        if is_new and conn.sock.family != socket.AF_UNIX and hasattr(socket, "TCP_USER_TIMEOUT"):
            conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SEND_MILLISECONDS)
        arrival = Arrival(time.monotonic())
        buffered = conn.parser.unreader.take_buffered()
        if buffered:
            arrival.add(buffered)
        self.arriving[conn] = arrival
        # What was sent over a kept connection is there already.
        self._receive(conn, arrival)
        if conn in self.arriving:
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_readable, conn, arrival))
            if len(self.arriving) > self.max_arriving:
                self._drop(next(iter(self.arriving)))

    def finish_request(self, conn: TConn, fs: "Future[Any]") -> None:
        """End a request: keep the connection or close it."""
        self.announced.pop(conn, None)
        if conn.parser is not None and isinstance(conn.parser.unreader, ArrivalReader):
            conn.parser.unreader.end()
        super().finish_request(conn, fs)

    def murder_pending(self) -> None:
        """Drop the connections that send too slowly; when the server stops, also those that have sent nothing."""
        super().murder_pending()
        now = time.monotonic()
        if not self.alive and self.stopped_at is None:
            self.stopped_at = now
        is_ending = self.stopped_at is not None and now - self.stopped_at >= STOP_KEEPALIVE_LINGER
        for conn, arrival in list(self.arriving.items()):
            if not arrival.size and (is_ending or arrival.is_late(now)):
                self._drop(conn)
            elif arrival.is_late(now):
                self._refuse(conn, HTTPStatus.REQUEST_TIMEOUT)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer what gunicorn cannot parse; an address that is too long with a page in both languages."""
        if not isinstance(exc, LimitRequestLine):
            super().handle_error(req, client, addr, exc)
            return
        log_refusal("long_address", address_of(addr))
        try:
            util.write(client, too_long_page())
        except OSError:
            self.log.debug("Failed to send error message.")

    def _on_readable(self, conn: TConn, arrival: Arrival, _socket: socket.socket) -> None:
        self._receive(conn, arrival)

    def _receive(self, conn: TConn, arrival: Arrival) -> None:
        """Read what has arrived; start, refuse or drop the request if that is decided now."""
        try:
            for _ in range(MAX_CHUNKS):
                if self._decide(conn, arrival):
                    return
                data = conn.sock.recv(CHUNK_BYTES)
                if not data:
                    self._drop(conn)
                    return
                arrival.add(data)
            self._decide(conn, arrival)
        except BlockingIOError:
            return
        except OSError as error:
            # The client is gone, or there is no room for the temporary file.
            self.log.warning("A request was not received: %s", error.strerror)
            self._drop(conn)

    def _decide(self, conn: TConn, arrival: Arrival) -> bool:
        """Refuse or start a request; return False if more of it is needed."""
        if arrival.refusal:
            self._refuse(conn, arrival.refusal)
        elif arrival.body_bytes and not self._has_room(conn, arrival):
            self._refuse(conn, HTTPStatus.SERVICE_UNAVAILABLE)
        elif arrival.is_complete:
            self._start(conn, arrival)
        else:
            return False
        return True

    def _has_room(self, conn: TConn, arrival: Arrival) -> bool:
        if conn not in self.announced and not arrival.is_discarded:
            self.announced[conn] = arrival.body_bytes
        return sum(self.announced.values()) <= MAX_ANNOUNCED_BYTES

    def _start(self, conn: TConn, arrival: Arrival) -> None:
        """Give a request that has arrived to a thread."""
        self._forget(conn)
        conn.parser.unreader = arrival.reader(conn.sock)
        conn.data_ready = True
        super().enqueue_req(conn)

    def _refuse(self, conn: TConn, status: HTTPStatus) -> None:
        """Answer a connection without a thread, as far as it takes the answer at once, and close it."""
        log_refusal(f"arrival_{status.value}", address_of(conn.client))
        try:
            conn.sock.send(f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode())
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.log.debug("A client does not take its answer")
        self._drop(conn)

    def _drop(self, conn: TConn) -> None:
        """Close a connection of which no request was started."""
        arrival = self._forget(conn)
        self.announced.pop(conn, None)
        self.nr_conns -= 1
        if arrival is not None:
            arrival.close()
        conn.close()

    def _forget(self, conn: TConn) -> Arrival | None:
        """Stop waiting for a connection."""
        try:
            self.poller.unregister(conn.sock)
        except (KeyError, ValueError):
            self.log.debug("The request arrived at once")
        return self.arriving.pop(conn, None)
