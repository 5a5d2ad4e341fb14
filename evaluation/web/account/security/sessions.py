"""How long one is signed in: a session ends when nothing was asked for some time, and a working day after it began."""

import time
from functools import partial
from typing import Any

from flask import Flask, after_this_request, current_app, flash, g, request, session
from flask_babel import gettext
from flask_login import current_user
from flask_security import logout_user, signals

from evaluation.web.core.languages import COOKIE as LANGUAGE
from evaluation.web.core.languages import store_language
from evaluation.web.core.request_context import STATIC_ENDPOINTS
from forms.account import SIGNS_IN

BEGAN, SEEN = "began", "seen"
NOTED_EVERY = 60
"""Seconds: the cookie is not written anew with every request."""


def init_app(app: Flask) -> None:
    signals.user_authenticated.connect(_begin, app)


def _begin(_: Flask, user: Any, **__: Any) -> None:
    """A fresh session for who has just signed in; the token of the forms before is void."""
    session[BEGAN] = session[SEEN] = int(time.time())
    if user.language and LANGUAGE not in request.cookies:
        after_this_request(partial(speak, code=user.language))
    session.pop(SIGNS_IN, None)
    for place in (session, g):
        place.pop("csrf_token", None)


def end_if_over() -> None:
    """Sign out who has been away, or signed in, for too long; note that the others are here."""
    if request.endpoint in STATIC_ENDPOINTS or not current_user.is_authenticated:
        return
    moment, idle, most = int(time.time()), current_app.config["SESSION_IDLE_MINUTES"], current_app.config["SESSION_HOURS"]
    if moment - session.get(SEEN, 0) > 60 * idle or moment - session.get(BEGAN, 0) > 3600 * most:
        logout_user()
        flash(gettext("You were signed out because you were away for long, or signed in for long. Sign in again to go on."))
    elif moment - session[SEEN] >= NOTED_EVERY:
        session[SEEN] = moment
