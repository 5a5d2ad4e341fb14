"""The Flask application class and its configuration.

The parts of the application can be wired at first use, so that `flask --app app --help` starts quickly.
"""

import hashlib
import re
import threading
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from flask import Flask, Request, request
from werkzeug.routing import Map, MapAdapter

from evaluation.clock import ZONE
from evaluation.connections import engine_options
from evaluation.language import LANGUAGE_CODES
from evaluation.settings import Settings

MAX_REQUEST_BYTES = 64 * 2**20
DEFAULT_LANGUAGE = "kk"
IPV6_HOST = re.compile(r"(\[[0-9a-f:.]+\])(?::[0-9]{1,5})?", re.ASCII)
"""A Host header with an IPv6 address, which Werkzeug's list of hosts cannot name."""
VERSION_DIGITS = 16
TRANSLATIONS = Path(__file__).parent / "translations"


class Application(Flask):
    """A Flask application whose database and pages are wired by :meth:`wire`, at the latest when a route is needed.

    The list of commands needs neither. Importing and wiring them takes over a second.
    """

    def __init__(self, *args: Any, **kwargs: Any):
        self._wiring: Callable[[], None] | None = None
        self._lock = threading.RLock()
        super().__init__(*args, **kwargs)

    def wire_with(self, wiring: Callable[[], None], deferred: bool) -> None:
        """Set the function that wires the application, and call it now unless `deferred`."""
        self._wiring = wiring
        if not deferred:
            self.wire()

    def wire(self) -> None:
        """Wire the application, once."""
        with self._lock:
            wiring, self._wiring = self._wiring, None
            if wiring is not None:
                wiring()

    @property
    def url_map(self) -> Map:
        """The routes; every request and link needs them."""
        self.wire()
        return self._url_map

    @url_map.setter
    def url_map(self, url_map: Map) -> None:
        self._url_map = url_map

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Refuse a request for another host than those of ANSWERED_HOSTS. Names of hosts have no upper and lower case."""
        if request is not None and "HTTP_HOST" in request.environ:
            host = request.environ["HTTP_HOST"] = request.environ["HTTP_HOST"].lower()
            address = IPV6_HOST.fullmatch(host)
            is_answered = address is not None and address[1] in self.config["ANSWERED_HOSTS"]
            request.trusted_hosts = None if is_answered else self.config["ANSWERED_HOSTS"]
        return super().create_url_adapter(request)

    def log_exception(self, exc_info: Any) -> None:
        """Log an error of a page by its route: the address can contain BINs and search texts."""
        route = request.url_rule.rule if request.url_rule else "-"
        self.logger.error("Error at %s %s", request.method, route, exc_info=exc_info)

    def make_shell_context(self) -> dict[str, Any]:
        """Return the names of `flask shell`."""
        self.wire()
        return super().make_shell_context()


def static_url_path(folder: Path) -> str:
    """Return the start of the addresses of static files: it contains the hash of all of them.

    The files of Bootstrap come with its package, so its version stands for them.
    """
    digest = hashlib.sha256(version("bootstrap-flask").encode())
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        digest.update(f"\n{path.relative_to(folder).as_posix()} {len(content)}\n".encode() + content)
    return f"/static/{digest.hexdigest()[:VERSION_DIGITS]}"


def flask_configuration(settings: Settings) -> dict[str, Any]:
    """Return what Flask and its extensions read from `app.config`: the settings by their variables' names, and constants."""
    variables = {name.upper(): getattr(settings, name) for name in type(settings).model_fields}
    return variables | {
        "SECRET_KEY_FALLBACKS": list(settings.secret_key_fallbacks),
        # Flask's own check is not used: see `Application.create_url_adapter`.
        "TRUSTED_HOSTS": None,
        "ANSWERED_HOSTS": [host.lower() for host in settings.answered_hosts],
        "PREFERRED_URL_SCHEME": "https" if settings.is_production else "http",
        "SQLALCHEMY_ENGINES": {"default": engine_options(settings)},
        "MAX_CONTENT_LENGTH": MAX_REQUEST_BYTES,
        "LANGUAGES": LANGUAGE_CODES,
        "BABEL_DEFAULT_LOCALE": DEFAULT_LANGUAGE,
        "BABEL_DEFAULT_TIMEZONE": ZONE.key,
        "BABEL_TRANSLATION_DIRECTORIES": str(TRANSLATIONS),
        "BOOTSTRAP_SERVE_LOCAL": True,
        # By the prefix browsers know that no other host, and no page without TLS, may have set the cookie.
        "SESSION_COOKIE_NAME": "__Host-session" if settings.is_production else "session",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.is_production,
        "WTF_CSRF_TIME_LIMIT": None,
        "GUESS_LIMIT": "30 per 10 minutes",
        "LINK_LIMIT": "10 per hour",
        "VERIFY_LIMIT": "60 per 10 minutes",
        "UNPACK_LIMIT": "5 per 10 minutes",
    }
