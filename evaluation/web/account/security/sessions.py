"""Sessions of the pages: stored in the database, ended after a time without requests and a working day after their start."""

from functools import partial
from typing import Any

from flask import Flask, Response, after_this_request, flash, g, request, session
from flask_babel import gettext
from flask_login import current_user, user_logged_out
from flask_security import logout_user, signals
from flask_security.utils import set_request_attr

from evaluation.accounts import queries, sessions
from evaluation.accounts.models import Account
from evaluation.clock import now
from evaluation.web.core.languages import language_cookie, store_language
from evaluation.web.core.request_context import STATIC_ENDPOINTS
from forms.account import SIGN_IN_EMAIL, is_trusted_device, remote_address

TOKEN, ACCOUNT = "token", "_user_id"
"""Keys of the session: the token of the stored session, and Flask-Login's key of the account's `fs_uniquifier`."""


def init_app(app: Flask) -> None:
    """Store a session when a person signs in, and delete it when they sign out."""
    app.extensions["security"].login_manager.user_loader(_account_of_request)
    signals.user_authenticated.connect(_start_session, app)
    user_logged_out.connect(_on_sign_out, app)


def current_session_id() -> str:
    """Return the id of the stored session of the request; empty without one."""
    return sessions.session_id(session[TOKEN]) if TOKEN in session else ""


def _account_of_request(uniquifier: str) -> Account | None:
    """Return the account of the request's session, if the session is stored, belongs to the account and has not expired."""
    stored = queries.account_of_session(uniquifier, current_session_id())
    if stored is None:
        return None
    account, stored_session = stored
    if not account.active or sessions.is_expired(stored_session.started_at, stored_session.last_request_at):
        return None
    g.stored_session = stored_session
    # Flask-Security asks these two how and when the person has shown the password.
    set_request_attr("fs_authn_via", "session")
    set_request_attr("fs_paa", session.get("fs_paa", 0))
    return account


def _start_session(_: Flask, user: Account, **__: Any) -> None:
    """Store the session, choose the person's language, and make the tokens of earlier forms invalid."""
    session[TOKEN] = sessions.start_session(user, remote_address(), request.user_agent.string, is_trusted_device(user))
    if user.language and language_cookie() not in request.cookies:
        after_this_request(partial(store_language, code=user.language))
    session.pop(SIGN_IN_EMAIL, None)
    for storage in (session, g):
        storage.pop("csrf_token", None)


def _on_sign_out(_: Flask, **__: Any) -> None:
    # A session that has ended is deleted with the expired ones: a GET request writes nothing.
    if request.endpoint == "security.logout":
        sessions.delete_session(current_session_id())
    session.pop(TOKEN, None)


def end_other_sessions(account: Account) -> None:
    """End all sessions of an account but the one of the request: a factor was removed."""
    sessions.delete_sessions(account.id, current_session_id())


def end_expired_session() -> None:
    """Remove a session that has expired or was ended elsewhere from the cookie, and say so on the next page."""
    if request.endpoint in STATIC_ENDPOINTS or ACCOUNT not in session or current_user.is_authenticated:
        return
    logout_user()
    flash(
        gettext(
            "You were signed out: there was no activity for a while, the session reached its maximum length, or it was ended "
            "elsewhere. Sign in again to continue."
        )
    )


def store_last_request(response: Response) -> Response:
    """Store the time of the request, once a minute at most."""
    stored = g.get("stored_session")
    if stored is not None and stored.last_request_at <= now() - sessions.UPDATE_INTERVAL:
        sessions.store_last_request(stored.id)
    return response
