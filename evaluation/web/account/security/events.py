"""What happens to accounts goes on record, whichever of Flask-Security's pages it happens on."""

from functools import partial
from typing import Any

from flask import Flask, Response, after_this_request, current_app, request, session
from flask_login import user_logged_out
from flask_security import signals

from evaluation.accounts import signing
from evaluation.accounts.models import Account
from forms.account import SIGNS_IN, address, known

BY_CHANGE = ["change"]
"""How Flask-Security marks that who changed their password stays signed in."""


def init_app(app: Flask) -> None:
    signals.user_authenticated.connect(_signed_in, app)
    signals.user_failed_authn.connect(_failed, app)
    signals.password_changed.connect(_password_changed, app)
    signals.password_reset.connect(_password_reset, app)
    signals.reset_password_instructions_sent.connect(_link_sent, app)
    signals.tf_profile_changed.connect(_second_factor_on, app)
    signals.tf_disabled.connect(_second_factor_off, app)
    user_logged_out.connect(_signed_out, app)


def _signed_in(_: Flask, user: Any, authn_via: Any = None, **__: Any) -> None:
    if authn_via != BY_CHANGE:
        signing.signed_in(account(user), address(), known(account(user)))
    after_this_request(partial(_know_device, account=account(user)))


def _failed(_: Flask, user: Any, auth_type: str, tfa: bool = False, **__: Any) -> None:
    signing.failed(account(user), "", address(), "code" if tfa else "password", known(account(user)))


def _password_changed(_: Flask, user: Any, **__: Any) -> None:
    signing.done(account(user), "password_changed")


def _password_reset(_: Flask, user: Any, **__: Any) -> None:
    signing.unlocked(account(user), "password_reset")
    session[SIGNS_IN] = account(user).email


def _link_sent(_: Flask, user: Any, **__: Any) -> None:
    signing.asked_for_link(account(user), address())


def _second_factor_on(_: Flask, user: Any, **__: Any) -> None:
    signing.done(account(user), "second_factor_on")


def _second_factor_off(_: Flask, user: Any, **__: Any) -> None:
    signing.second_factor_removed(account(user))


def _signed_out(_: Flask, user: Any, **__: Any) -> None:
    # A session that ran out ends by itself, at whatever page was asked for next.
    if request.endpoint == "security.logout":
        signing.done(account(user), "signed_out")


def _know_device(response: Response, account: Account) -> Response:
    """From now on wrong attempts elsewhere do not keep this device out."""
    response.set_cookie(
        signing.device_cookie(account),
        signing.device_token(account),
        max_age=signing.DEVICE_DAYS * 24 * 3600,
        path=current_app.config["SECURITY_URL_PREFIX"],
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )
    return response


def account(user: Any) -> Account:
    """The account behind Flask-Login's stand-in for it."""
    found: Account = user._get_current_object() if hasattr(user, "_get_current_object") else user
    return found
