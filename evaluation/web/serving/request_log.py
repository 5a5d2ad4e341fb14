"""One log line and the counts of each request, and the number by which its lines are found again.

A line names the route, not the address, which can contain BINs and search texts, and the number of the account, not the person.
"""

import logging
import re
import time
import uuid
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response, g, request
from werkzeug.wsgi import ClosingIterator

from evaluation.logs import request_id
from evaluation.metrics import REQUEST_SECONDS, REQUESTS
from evaluation.web.core.request_context import STATIC_ENDPOINTS

HEADER = "X-Request-ID"
TOKEN = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""A number that a proxy may give: nothing that could break a line of the log."""
DETAILS = "evaluation.request"
"""The key of the WSGI environment under which Flask's part leaves what it knows of the request."""
UNKNOWN = "-"
METHODS = ("GET", "HEAD", "OPTIONS", "POST")

LOGGER = logging.getLogger("evaluation.request")


class RequestLog:
    """Gives each request a number, and logs and counts its answer.

    Args:
        app: What answers.
        has_proxy: Whether a trusted proxy is in front, whose numbers are used.
    """

    def __init__(self, app: WSGIApplication, has_proxy: bool):
        self._app, self._has_proxy = app, has_proxy

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        number = environ.get("HTTP_X_REQUEST_ID", "")
        if not (self._has_proxy and TOKEN.fullmatch(number)):
            number = uuid.uuid4().hex
        request_id.set(number)
        line = _Line(environ)

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            line.status = status[:3]
            line.bytes = next((value for name, value in headers if name == "Content-Length"), None)
            headers.append((HEADER, number))
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        try:
            body: Iterable[bytes] = self._app(environ, start)
        except BaseException:
            line.write()
            raise
        is_file = isinstance(body, environ.get("wsgi.file_wrapper", ()))
        if is_file:
            # The server sends the file itself, and recognises it by its class.
            line.write()
            return body
        logged: Iterable[bytes] = ClosingIterator(body, [line.write])
        return logged


class _Line:
    """The line of one request."""

    def __init__(self, environ: WSGIEnvironment):
        self._environ, self._started = environ, time.perf_counter()
        self.status = "500"
        self.bytes: str | None = None

    def write(self) -> None:
        """Write the line, and count the request. Static files that were found are only counted."""
        details = self._environ.get(DETAILS, {})
        seconds = time.perf_counter() - self._started
        method, route = self._environ["REQUEST_METHOD"], details.get("route", UNKNOWN)
        if method not in METHODS:
            # Whoever invents methods must not make a count of each.
            method = UNKNOWN
        REQUESTS.add(route, method, self.status)
        REQUEST_SECONDS.observe(seconds, route)
        if not details.get("is_static") or self.status >= "400":
            milliseconds = round(1000 * seconds, 1)
            extra = {"method": method, "route": route, "status": int(self.status), "milliseconds": milliseconds}
            extra |= {"bytes": int(self.bytes)} if self.bytes else {}
            extra |= {"account": details["account"]} if details.get("account") else {}
            LOGGER.info("request", extra=extra)
        request_id.set("")


def init_app(app: Flask) -> None:
    """Put the log around the application."""
    app.wsgi_app = RequestLog(app.wsgi_app, bool(app.config["TRUSTED_PROXIES"]))  # type: ignore[method-assign]
    app.after_request(_leave_details)


def _leave_details(response: Response) -> Response:
    viewer = g.get("viewer")
    request.environ[DETAILS] = {
        "route": request.url_rule.rule if request.url_rule else UNKNOWN,
        "is_static": request.endpoint in STATIC_ENDPOINTS,
        "account": viewer.account_id if viewer else None,
    }
    return response
