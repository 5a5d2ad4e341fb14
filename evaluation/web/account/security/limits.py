"""How often one address may try: many people share one, so only what fails counts where that can be told."""

from flask import Flask, Response
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from evaluation.web.sheets import verify

GUESSES = ("login", "two_factor_token_validation", "mf_recovery", "verify", "change_password")
"""Forms that are shown again where the guess was wrong."""
LINKS = ("forgot_password", "reset_password")


def init_app(app: Flask) -> None:
    """Limit the pages of Flask-Security that could be used to guess, and those where anybody may have a file looked into.

    In memory, which is the default, each worker counts for itself: with two workers twice as much is let through.
    The lock of an account is kept in the database and holds for all.
    """
    limiter = Limiter(get_remote_address, app=app, storage_uri=app.config["RATE_LIMIT_STORAGE"])
    for endpoint in GUESSES + LINKS:
        guesses = endpoint in GUESSES
        name, limit = f"security.{endpoint}", app.config["GUESS_LIMIT" if guesses else "LINK_LIMIT"]
        decorate = limiter.limit(limit, methods=["POST"], deduct_when=_failed if guesses else None)
        app.view_functions[name] = decorate(app.view_functions[name])  # type: ignore[assignment]
    limiter.limit(app.config["VERIFY_LIMIT"], exempt_when=verify.is_exempt_from_limit)(verify.blueprint)


def _failed(response: Response) -> bool:
    return response.status_code == 200
