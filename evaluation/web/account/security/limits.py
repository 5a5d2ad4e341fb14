"""Limits of requests per network address. Many people share an address, so only failures count if they can be recognised."""

from flask import Flask, Response
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from evaluation.connections import redis_options
from evaluation.web.core.incoming import with_checked_text
from evaluation.web.sheets import verify

GUESSABLE_ENDPOINTS = ("login", "two_factor_token_validation", "mf_recovery", "verify", "change_password")
"""Endpoints whose form is shown again, with status 200, after a wrong guess."""
LINK_ENDPOINTS = ("forgot_password", "reset_password")


def init_app(app: Flask) -> None:
    """Limit the pages of Flask-Security that allow guessing, and the page where anybody may have a file verified.

    With the default storage in memory each worker counts separately, so that two workers allow twice as many requests. The lock
    of an account is in the database and applies to all workers.
    """
    storage = app.config["RATE_LIMIT_STORAGE"]
    # Without Redis each process counts for itself until it is back: people can sign in, and guessing stays limited.
    limiter = Limiter(
        get_remote_address, app=app, storage_uri=storage, storage_options=redis_options(storage), in_memory_fallback_enabled=True
    )
    for endpoint in GUESSABLE_ENDPOINTS + LINK_ENDPOINTS:
        is_guessable = endpoint in GUESSABLE_ENDPOINTS
        name, limit = f"security.{endpoint}", app.config["GUESS_LIMIT" if is_guessable else "LINK_LIMIT"]
        decorate = limiter.limit(limit, methods=["POST"], deduct_when=_is_failure if is_guessable else None)
        app.view_functions[name] = decorate(with_checked_text(app.view_functions[name]))  # type: ignore[assignment]
    limiter.limit(app.config["VERIFY_LIMIT"], exempt_when=verify.is_exempt_from_limit)(verify.blueprint)


def _is_failure(response: Response) -> bool:
    return response.status_code == 200
