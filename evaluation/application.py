"""The Flask application class and its configuration.

The parts of the application can be wired at first use, so that `flask --app app --help` starts quickly.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.routing import Map

from evaluation.clock import ZONE
from evaluation.language import LANGUAGE_CODES
from evaluation.settings import Settings

MAX_REQUEST_BYTES = 64 * 2**20
DEFAULT_LANGUAGE = "kk"
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

    def make_shell_context(self) -> dict[str, Any]:
        """Return the names of `flask shell`."""
        self.wire()
        return super().make_shell_context()


def flask_configuration(settings: Settings) -> dict[str, Any]:
    """Return what Flask and its extensions read from `app.config`: the settings by their variables' names, and constants."""
    variables = {name.upper(): getattr(settings, name) for name in type(settings).model_fields}
    return variables | {
        "SECRET_KEY_FALLBACKS": list(settings.secret_key_fallbacks),
        "TRUSTED_HOSTS": settings.answered_hosts,
        "PREFERRED_URL_SCHEME": "https" if settings.is_production else "http",
        "SQLALCHEMY_ENGINES": {"default": settings.database_url},
        "MAX_CONTENT_LENGTH": MAX_REQUEST_BYTES,
        "LANGUAGES": LANGUAGE_CODES,
        "BABEL_DEFAULT_LOCALE": DEFAULT_LANGUAGE,
        "BABEL_DEFAULT_TIMEZONE": ZONE.key,
        "BABEL_TRANSLATION_DIRECTORIES": str(TRANSLATIONS),
        "BOOTSTRAP_SERVE_LOCAL": True,
        "SESSION_COOKIE_NAME": "session",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.is_production,
        "WTF_CSRF_TIME_LIMIT": None,
        "GUESS_LIMIT": "30 per 10 minutes",
        "LINK_LIMIT": "10 per hour",
        "VERIFY_LIMIT": "60 per 10 minutes",
    }
