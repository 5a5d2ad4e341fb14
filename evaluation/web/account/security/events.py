"""Writes what happens to accounts on Flask-Security's pages to the audit log, by its signals."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Flask, Response, after_this_request, current_app, request, session
from flask_login import user_logged_out
from flask_security import signals

from evaluation.accounts import sign_in
from evaluation.accounts.devices import device_name
from evaluation.accounts.models import Account
from evaluation.audit.actions import AuditAction
from evaluation.notifications.operations import notify_owner
from evaluation.web.account.security import limits
from evaluation.web.account.security.sessions import end_other_sessions
from forms.account import SIGN_IN_EMAIL, is_trusted_device, remote_address

AUTHENTICATED_BY_PASSWORD_CHANGE = ["change"]
"""Flask-Security's mark of a sign-in that only continues the session after a change of the password."""


def init_app(app: Flask) -> None:
    """Connect the signals."""
    signals.user_authenticated.connect(_on_sign_in, app)
    signals.user_failed_authn.connect(_on_failure, app)
    signals.password_changed.connect(_on_password_changed, app)
    signals.password_reset.connect(_on_password_reset, app)
    signals.tf_profile_changed.connect(_on_second_factor_enabled, app)
    signals.tf_disabled.connect(_on_second_factor_disabled, app)
    user_logged_out.connect(_on_sign_out, app)


def account_of(user: Any) -> Account:
    """Return the account behind Flask-Login's proxy."""
    account: Account = user._get_current_object() if hasattr(user, "_get_current_object") else user
    return account


def notify(account: Account, event: str, data: Mapping[str, str] | None = None) -> None:
    """Notify a person of what they, or somebody in their name, did with their account."""
    notify_owner(sign_in.owner(account), account, event, data)


def _on_sign_in(_: Flask, user: Any, authn_via: Any = None, **__: Any) -> None:
    account = account_of(user)
    if authn_via != AUTHENTICATED_BY_PASSWORD_CHANGE:
        # The first sign-in ever is no news.
        if account.signed_in_at is not None and not is_trusted_device(account):
            device = device_name(request.user_agent.string)
            notify(account, "new_device", {"device": device, "address": remote_address()})
        sign_in.record_sign_in(account, remote_address(), is_trusted_device(account))
        limits.forget_guesses(account)
    after_this_request(partial(_trust_device, account=account))


def _on_failure(_: Flask, user: Any, auth_type: str, tfa: bool = False, **__: Any) -> None:
    if auth_type == "passkey":
        # The form of the answer counts it for the account that signs in.
        return
    account = account_of(user)
    sign_in.record_failure(account, "", remote_address(), "code" if tfa else "password", is_trusted_device(account))


def _on_password_changed(_: Flask, user: Any, **__: Any) -> None:
    sign_in.append_account_event(account_of(user), AuditAction.PASSWORD_CHANGED)
    notify(account_of(user), "password_changed")


def _on_password_reset(_: Flask, user: Any, **__: Any) -> None:
    sign_in.record_password_reset(account_of(user))
    limits.forget_guesses(account_of(user))
    notify(account_of(user), "password_set")
    session[SIGN_IN_EMAIL] = account_of(user).email


def _on_second_factor_enabled(_: Flask, user: Any, **__: Any) -> None:
    sign_in.append_account_event(account_of(user), AuditAction.SECOND_FACTOR_ENABLED)
    notify(account_of(user), "factor_added")


def _on_second_factor_disabled(_: Flask, user: Any, **__: Any) -> None:
    sign_in.record_second_factor_disabled(account_of(user))
    notify(account_of(user), "factor_removed")
    end_other_sessions(account_of(user))


def _on_sign_out(_: Flask, user: Any, **__: Any) -> None:
    # A session that expires ends at any endpoint; only the page for signing out is the person's own action.
    if request.endpoint == "security.logout":
        sign_in.append_account_event(account_of(user), AuditAction.SIGNED_OUT)


def _trust_device(response: Response, account: Account) -> Response:
    """Set the cookie of a trusted device: failed attempts from other devices no longer lock this one."""
    if response.status_code >= 400:
        return response
    response.set_cookie(
        sign_in.device_cookie(account),
        sign_in.device_token(account),
        max_age=sign_in.DEVICE_DAYS * 24 * 3600,
        path=current_app.config["SECURITY_URL_PREFIX"],
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )
    return response
