"""Duration of sessions: a session ends after a time without requests, and a working day after it began."""

import time
from functools import partial
from typing import Any

from flask import Flask, after_this_request, flash, g, request, session
from flask_babel import gettext
from flask_login import current_user
from flask_security import logout_user, signals

from evaluation.configuration import configuration
from evaluation.web.core.languages import LANGUAGE_COOKIE, store_language
from evaluation.web.core.request_context import STATIC_ENDPOINTS
from forms.account import SIGN_IN_EMAIL

STARTED_AT, LAST_REQUEST_AT = "started_at", "last_request_at"
"""Keys of the session: times in seconds since 1970."""
UPDATE_INTERVAL_SECONDS = 60
"""How often the time of the last request is updated, so that not every response sets the cookie."""


def init_app(app: Flask) -> None:
    """Start the session's times when a person signs in."""
    signals.user_authenticated.connect(_start_session, app)


def _start_session(_: Flask, user: Any, **__: Any) -> None:
    """Store when the session starts, choose the person's language, and make the tokens of earlier forms invalid."""
    session[STARTED_AT] = session[LAST_REQUEST_AT] = int(time.time())
    if user.language and LANGUAGE_COOKIE not in request.cookies:
        after_this_request(partial(store_language, code=user.language))
    session.pop(SIGN_IN_EMAIL, None)
    for storage in (session, g):
        storage.pop("csrf_token", None)


def end_expired_session() -> None:
    """Sign a person out whose session has expired; otherwise update the time of the last request."""
    if request.endpoint in STATIC_ENDPOINTS or not current_user.is_authenticated:
        return
    current_time, settings = int(time.time()), configuration().settings
    is_idle = current_time - session.get(LAST_REQUEST_AT, 0) > 60 * settings.session_idle_minutes
    is_old = current_time - session.get(STARTED_AT, 0) > 3600 * settings.session_hours
    if is_idle or is_old:
        logout_user()
        flash(
            gettext(
                "You were signed out because of inactivity or because the session reached its maximum length. Sign in "
                "again to continue."
            )
        )
    elif current_time - session[LAST_REQUEST_AT] >= UPDATE_INTERVAL_SECONDS:
        session[LAST_REQUEST_AT] = current_time
