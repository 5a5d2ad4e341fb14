"""`/healthz` and `/readyz`: whether the process answers, and whether the service is ready.

They are answered before Flask: without session, cookies, database (`/healthz`) and the check of the host, because probes come by
the address of the computer. The answer names checks and no data.
"""

import json
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask

from evaluation.configuration import Configuration
from evaluation.monitoring.readiness import FAILED, OK, Readiness

HEALTH, READINESS = "/healthz", "/readyz"


class Probes:
    """Answers the probes, and passes all other requests on."""

    def __init__(self, app: WSGIApplication, configuration: Configuration):
        self._app = app
        self._readiness = Readiness(configuration)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        path = environ["PATH_INFO"]
        if path not in (HEALTH, READINESS):
            return self._app(environ, start_response)
        checks = self._readiness.state() if path == READINESS else {}
        is_well = FAILED not in checks.values()
        answer = {"status": OK if is_well else FAILED} | ({"checks": checks} if checks else {})
        body = json.dumps(answer).encode()
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        start_response("200 OK" if is_well else "503 Service Unavailable", headers)
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]


def init_app(app: Flask) -> None:
    """Put the probes before the pages."""
    app.wsgi_app = Probes(app.wsgi_app, app.extensions["configuration"])  # type: ignore[method-assign]
