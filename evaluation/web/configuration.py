"""Flask's own configuration, made from the settings."""

from pathlib import Path
from typing import Any

import evaluation
from evaluation.clock import ZONE
from evaluation.language import CODES
from evaluation.settings import Settings

MAX_REQUEST_BYTES = 64 * 2**20
DEFAULT_LANGUAGE = "kk"
TRANSLATIONS = Path(evaluation.__file__).parent / "translations"


def flask_configuration(settings: Settings) -> dict[str, Any]:
    """Return what Flask and its extensions read from `app.config`: the settings by their variables' names, and constants."""
    variables = {name.upper(): getattr(settings, name) for name in type(settings).model_fields}
    return variables | {
        "SECRET_KEY_FALLBACKS": list(settings.secret_key_fallbacks),
        "TRUSTED_HOSTS": settings.answered_hosts,
        "PREFERRED_URL_SCHEME": "https" if settings.is_production else "http",
        "SQLALCHEMY_ENGINES": {"default": settings.database_url},
        "MAX_CONTENT_LENGTH": MAX_REQUEST_BYTES,
        "LANGUAGES": CODES,
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
        # Read by modules that do not use the settings object yet.
        "PRODUCTION": settings.is_production,
        "ADDRESS": settings.local_address,
    }
