"""Gunicorn's threaded worker, which gives a request to a thread only when all of it has arrived.

So a client that sends slowly, or nothing, occupies a socket and no thread. Who sends too slowly is answered 408; if too many
requests are arriving, the oldest without a head is dropped: an honest one is there within milliseconds. A proxy that buffers
requests makes all this unnecessary, but the product must not depend on it.
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
from evaluation.server.unsent import UnsentAnswer

CHUNK_BYTES = 64 * 1024
MAX_CHUNKS = 16
"""Chunks that are read from one connection before the others have their turn."""
SMALL_BYTES = 2**20
"""A body up to this length never waits for the room that longer ones take."""
MAX_LARGE_BYTES = 128 * 2**20
"""Stored bytes of longer bodies that are arriving or being answered; beyond it the oldest that is arriving is answered 503."""
MAX_SMALL_BYTES = 200 * SMALL_BYTES
"""The same of the small bodies. As at most 200 requests are arriving, only whole requests that wait for threads can exceed it."""
MAX_ANSWER_BYTES = 64 * 2**20
"""Stored bytes of answers that clients take slowly; beyond it the oldest is dropped; a single longer one waits in its thread."""
CLOSE_SECONDS = 2
"""How long a client may take to close a connection after its last answer."""
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
        self.max_arriving = min(self.worker_connections // 4, MAX_SMALL_BYTES // SMALL_BYTES)
        self.arriving: dict[TConn, Arrival] = {}
        self.bodies: dict[TConn, Arrival] = {}
        """The requests with a body that are arriving or being answered, oldest first."""
        self.unsent: dict[TConn, UnsentAnswer] = {}
        self.sending: dict[TConn, Future[Any]] = {}
        """The connections whose answers are finished, but not sent."""
        self.closing: dict[TConn, float] = {}
        """The connections that wait for the client to close them, and until when."""
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
                self._drop_oldest(conn)

    def handle_request(self, req: Any, conn: TConn) -> Any:
        """Answer a request in a thread, which does not wait for a client that takes the answer slowly."""
        if self.cfg.is_ssl:
            return super().handle_request(req, conn)
        sock = conn.sock
        conn.sock = self.unsent[conn] = UnsentAnswer(sock, self._has_room_for_answers)
        try:
            return super().handle_request(req, conn)
        finally:
            conn.sock = sock

    def finish_request(self, conn: TConn, fs: "Future[Any]") -> None:
        """End a request: send what is left of the answer, then keep the connection or close it."""
        self.bodies.pop(conn, None)
        if conn.parser is not None and isinstance(conn.parser.unreader, ArrivalReader):
            conn.parser.unreader.end()
        if conn in self.unsent and not self._is_sent(conn):
            self.sending[conn] = fs
            self.unsent[conn].start_clock()
            conn.sock.setblocking(False)
            self.poller.register(conn.sock, selectors.EVENT_WRITE, partial(self._on_writable, conn))
            if len(self.sending) > self.max_arriving:
                self._stop_sending(next(iter(self.sending)))
            return
        if answer := self.unsent.pop(conn, None):
            answer.close()
        if self.cfg.is_ssl or fs.cancelled() or fs.exception() or fs.result():
            super().finish_request(conn, fs)
        else:
            self._close_later(conn)

    def _has_room_for_answers(self) -> bool:
        """Return whether more may be stored; called by the threads, so the main loop is asked to make room."""
        has_room = sum(answer.size for answer in list(self.unsent.values())) <= MAX_ANSWER_BYTES
        if not has_room:
            self.method_queue.defer(self._drop_oldest_answer)
        return has_room

    def _drop_oldest_answer(self) -> None:
        if self.sending and sum(answer.size for answer in list(self.unsent.values())) > MAX_ANSWER_BYTES:
            self._stop_sending(next(iter(self.sending)))

    def _is_sent(self, conn: TConn) -> bool:
        """Send what the client takes now; return whether nothing is left to send, as if the client is gone."""
        try:
            return self.unsent[conn].pump()
        except OSError:
            return True

    def _on_writable(self, conn: TConn, _socket: socket.socket) -> None:
        if conn in self.sending and self._is_sent(conn):
            self._stop_sending(conn)

    def _stop_sending(self, conn: TConn) -> None:
        """End a request of which everything is sent, or whose client takes it too slowly."""
        self.poller.unregister(conn.sock)
        fs = self.sending.pop(conn)
        answer = self.unsent.pop(conn)
        is_whole = not answer.size
        answer.close()
        if is_whole:
            self.finish_request(conn, fs)
        else:
            self.nr_conns -= 1
            conn.close()

    def _close_later(self, conn: TConn) -> None:
        """Close a connection when its client has, so that the end of the answer is not lost.

        Gunicorn does the same, but its main loop waits meanwhile.
        """
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_closing, conn))
        except (OSError, ValueError):
            self.nr_conns -= 1
            conn.close()
        else:
            self.closing[conn] = time.monotonic() + CLOSE_SECONDS

    def _on_closing(self, conn: TConn, _socket: socket.socket) -> None:
        try:
            if conn not in self.closing or conn.sock.recv(CHUNK_BYTES):
                return
        except BlockingIOError:
            return
        except OSError:
            self.log.debug("The client is gone")
        self._end_closing(conn)

    def _end_closing(self, conn: TConn) -> None:
        del self.closing[conn]
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        """Drop the connections that send too slowly; when the server stops, also those that have sent nothing."""
        super().murder_pending()
        now = time.monotonic()
        for conn in [conn for conn in self.sending if self.unsent[conn].is_late(now)]:
            self._stop_sending(conn)
        for conn in [conn for conn, until in self.closing.items() if now >= until]:
            self._end_closing(conn)
        if not self.alive and self.stopped_at is None:
            self.stopped_at = now
        is_ending = self.stopped_at is not None and now - self.stopped_at >= STOP_KEEPALIVE_LINGER
        for conn, arrival in list(self.arriving.items()):
            is_late = arrival.is_late(now)
            if not arrival.size and (is_ending or is_late):
                self._drop(conn)
            elif is_late:
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
        # Another connection, whose turn was before, may have ended this one.
        if self.arriving.get(conn) is arrival:
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
            return True
        elif arrival.is_complete:
            self._start(conn, arrival)
        else:
            return False
        return True

    def _has_room(self, conn: TConn, arrival: Arrival) -> bool:
        """Refuse the oldest bodies until there is room for the others; return False if this one was among them."""
        self.bodies[conn] = arrival
        is_small = arrival.body_bytes <= SMALL_BYTES
        same = {other: body for other, body in self.bodies.items() if (body.body_bytes <= SMALL_BYTES) == is_small}
        excess = sum(body.stored_bytes for body in same.values()) - (MAX_SMALL_BYTES if is_small else MAX_LARGE_BYTES)
        for other, body in same.items():
            if excess > 0 and other in self.arriving and body.stored_bytes:
                excess -= body.stored_bytes
                self._refuse(other, HTTPStatus.SERVICE_UNAVAILABLE)
        return conn in self.arriving

    def _drop_oldest(self, newest: TConn) -> None:
        """Drop the oldest request without a whole head, and an upload only if there is none; never the newest."""
        others = [conn for conn in self.arriving if conn is not newest]
        self._drop(next((conn for conn in others if not self.arriving[conn].has_head), others[0]))

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
        self.bodies.pop(conn, None)
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
