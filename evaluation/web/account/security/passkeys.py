"""Passkeys (WebAuthn) as second factor: what authenticators are asked for, and registering one while signing in.

User verification (PIN, fingerprint or face) is preferred at sign-in: a device that can ask for it does, and a security key
without it is accepted, because the password has been checked. Confirming who uses an open session by a passkey alone requires
it: a key that was left in the computer must not be enough.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app, redirect, request, session, url_for
from flask_login import current_user
from flask_security import WebauthnUtil
from flask_security.utils import _get_post_login_redirect, get_message
from webauthn.helpers.structs import AuthenticatorSelectionCriteria, ResidentKeyRequirement, UserVerificationRequirement

from evaluation.accounts.models import Account
from evaluation.configuration import configuration
from evaluation.text import normalise_line
from evaluation.web.account.security.events import account_of
from evaluation.web.account.security.second_factor_setup import with_recovery_codes
from forms.passkeys import CHALLENGE, MAX_NAME_LENGTH

REGISTRATION_ENDPOINTS = ("security.wan_register", "security.wan_register_response")
SETUP_STATES = ("setup_from_login", "validating_profile")
"""Flask-Security's states of a sign-in whose role requires a second factor that is not set up yet."""


def init_app(app: Flask) -> None:
    """Open the pages that register a passkey to people who must set up a second factor before they are signed in."""
    for endpoint in REGISTRATION_ENDPOINTS:
        app.view_functions[endpoint] = _wrap(app.view_functions[endpoint])
    app.view_functions["security.wan_verify"] = _require_passkey(app.view_functions["security.wan_verify"])


class PasskeyUtil(WebauthnUtil):
    """What authenticators are asked for.

    In production passkeys belong to the address of `PUBLIC_URL`, elsewhere to that of the request.
    """

    def generate_challenge(self, nbytes: int | None = None) -> str:
        """Return a new challenge; only this session can answer it, once."""
        challenge: str = super().generate_challenge(nbytes)
        session[CHALLENGE] = challenge
        return challenge

    def origin(self) -> str:
        """Return scheme, host and port of the pages that may use the passkeys."""
        if configuration().settings.is_production:
            address = urlsplit(configuration().settings.base_address)
            return f"{address.scheme}://{address.netloc}"
        return str(super().origin())

    def registration_options(self, user: Any, usage: str, existing_options: dict[str, Any]) -> dict[str, Any]:
        """Return the options of a new passkey."""
        options: dict[str, Any] = super().registration_options(user, usage, existing_options)
        return options | {"rp_id": urlsplit(self.origin()).hostname}

    def authenticator_selection(self, user: Any, usage: str) -> AuthenticatorSelectionCriteria:
        """Return the wanted properties of a new passkey."""
        return AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        )

    def authentication_options(self, user: Any, usage: list[str], existing_options: dict[str, Any]) -> dict[str, Any]:
        """Return the options of using a passkey."""
        options: dict[str, Any] = super().authentication_options(user, usage, existing_options)
        return options | {"rp_id": urlsplit(self.origin()).hostname}

    def user_verification(self, user: Any, usage: list[str]) -> UserVerificationRequirement:
        """Return whether the authenticator must verify its user."""
        is_confirmation = request.endpoint == "security.wan_verify"
        return UserVerificationRequirement.REQUIRED if is_confirmation else UserVerificationRequirement.PREFERRED

    def name_svn(self, value: str) -> tuple[str | None, str | None]:
        """Return the message of an invalid name, and the normalised name."""
        name = normalise_line(value)
        if not name or not name.isprintable() or len(name) > MAX_NAME_LENGTH:
            return get_message("WEBAUTHN_NAME_REQUIRED")[0], None
        return None, name


def _require_passkey(view: Callable[..., Any]) -> Callable[..., Any]:
    """Lead a person without passkeys to the question for the password."""

    @wraps(view)
    def wrapper() -> Any:
        owner = account_of(current_user)
        if isinstance(owner, Account) and not owner.webauthn:
            return redirect(url_for("security.verify", next=request.args.get("next")), 303)
        return view()

    return wrapper


def _wrap(view: Callable[..., Any]) -> Callable[..., Any]:
    # Without Flask-Security's check of a session.
    inner: Callable[..., Any] = view.__wrapped__  # type: ignore[attr-defined]

    @wraps(view)
    def wrapper(**arguments: Any) -> Any:
        account, security = _account_signing_in(), current_app.extensions["security"]
        if account is not None:
            # The views read whose passkey it is from Flask-Login; the person is not signed in by this.
            security.login_manager._update_request_context_with_user(account)
        owner = account_of(current_user)
        count = len(owner.webauthn) if isinstance(owner, Account) else 0
        response = view(**arguments) if account is None else inner(**arguments)
        if not isinstance(owner, Account) or len(owner.webauthn) == count:
            return response
        if account is not None:
            security.two_factor_plugins.tf_complete(account, True)
            response = redirect(_get_post_login_redirect())
        return with_recovery_codes(owner, response)

    return wrapper


def _account_signing_in() -> Account | None:
    """Return the account of a person who has shown the password and must set up a second factor; None for others."""
    if current_user.is_authenticated or session.get("tf_state") not in SETUP_STATES:
        return None
    account = current_app.extensions["security"].datastore.find_user(fs_uniquifier=session.get("tf_user_id", ""))
    # Another session may have set one up since.
    return account if isinstance(account, Account) and not account.has_second_factor else None
