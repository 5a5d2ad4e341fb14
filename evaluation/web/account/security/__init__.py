"""Signing in: Flask-Security with this product's accounts, messages and limits."""

from typing import Any
from urllib.parse import urlsplit

from flask import Flask, abort, request
from flask_security import FSQLALiteUserDatastore, RoleMixin, Security
from werkzeug.middleware.proxy_fix import ProxyFix

from evaluation.accounts.links import reset_link
from evaluation.accounts.models import Account, Passkey
from evaluation.accounts.passkeys import add_passkey, remove_passkey
from evaluation.accounts.sessions import delete_sessions
from evaluation.database import db
from evaluation.web.account.first_command import show_first_command
from evaluation.web.account.security import events, factor_time, limits, passkeys, reset_request, second_factor_setup, sessions
from evaluation.web.account.security.configuration import configure
from evaluation.web.account.security.mail import BackgroundMailUtil
from evaluation.web.account.security.passwords import PasswordPolicy
from evaluation.web.account.security.second_factor import AuditedRecoveryCodes, EncryptedTotp
from evaluation.web.account.security.sessions import end_expired_session, store_last_request
from forms import account as forms
from forms import passkeys as passkey_forms

__all__ = ["end_expired_session", "init_app", "limits", "reset_link", "store_last_request"]

FORMS_AND_RULES: dict[str, Any] = {
    "login_form": forms.SignInForm,
    "verify_form": forms.ConfirmPasswordForm,
    "change_password_form": forms.PasswordChangeForm,
    "reset_password_form": forms.SetPasswordForm,
    "two_factor_setup_form": forms.SecondFactorForm,
    "two_factor_verify_code_form": forms.CodeForm,
    "two_factor_rescue_form": forms.RescueForm,
    "mf_recovery_codes_form": forms.NewCodesForm,
    "mf_recovery_form": forms.RecoveryForm,
    "two_factor_select_form": passkey_forms.FactorChoiceForm,
    "wan_register_form": passkey_forms.PasskeyForm,
    "wan_register_response_form": passkey_forms.NewPasskeyForm,
    "wan_delete_form": passkey_forms.PasskeyRemovalForm,
    "wan_signin_form": passkey_forms.PasskeySignInForm,
    "wan_signin_response_form": passkey_forms.PasskeyAnswerForm,
    "wan_verify_form": passkey_forms.PasskeyConfirmationForm,
    "webauthn_util_cls": passkeys.PasskeyUtil,
    "mail_util_cls": BackgroundMailUtil,
    "password_util_cls": PasswordPolicy,
    "totp_cls": EncryptedTotp,
    "mf_recovery_codes_util_cls": AuditedRecoveryCodes,
}
"""Argument of Flask-Security → the product's form, or class of rules."""


class AccountDatastore(FSQLALiteUserDatastore):
    """Flask-Security's access to the accounts."""

    def __init__(self) -> None:
        super().__init__(db, Account, RoleMixin, Passkey)

    def create_webauthn(self, user: Any, **fields: Any) -> None:  # type: ignore[override]
        """Store a passkey. What Flask-Security knows of it beyond the columns is not used."""
        columns = ("name", "credential_id", "public_key", "sign_count", "transports")
        add_passkey(events.account_of(user), **{name: fields[name] for name in columns})
        events.notify(events.account_of(user), "passkey_added", {"passkey": fields["name"]})

    def delete_webauthn(self, webauthn: Any) -> None:
        """Remove a passkey."""
        account = db.session.get_one(Account, webauthn.account_id)
        name = webauthn.name
        remove_passkey(account, webauthn)
        events.notify(account, "passkey_removed", {"passkey": name})
        sessions.end_other_sessions(account)

    def set_uniquifier(self, user: Any, uniquifier: str | None = None) -> None:
        """Give an account with a new password a new `fs_uniquifier`, and delete its sessions, which it ends."""
        super().set_uniquifier(user, uniquifier)
        delete_sessions(user.id)

    def commit(self) -> None:
        """Do nothing: :func:`evaluation.web.core.request_context.commit_request` commits every request."""


def init_app(app: Flask) -> None:
    """Set up Flask-Security, its events, limits and sessions."""
    if proxies := app.config["TRUSTED_PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    configure(app)
    security = Security(app, AccountDatastore(), **FORMS_AND_RULES)
    # Only pages and their cookie: no tokens and no JSON.
    security.want_json(_wants_no_json)
    security.principal.skip_static = True
    security.login_manager.request_loader(lambda _: None)
    app.before_request(_refuse_unusual_requests)
    app.before_request(show_first_command)
    factor_time.init_app(app)
    events.init_app(app)
    second_factor_setup.init_app(app)
    passkeys.init_app(app)
    reset_request.init_app(app)
    limits.limit_views(app)
    sessions.init_app(app)


def _wants_no_json(_: Any) -> bool:
    return False


def _refuse_unusual_requests() -> None:
    """Refuse a next page with an invalid address, before Flask-Security reads it."""
    if not (request.endpoint or "").startswith("security."):
        return
    for target in (*request.args.getlist("next"), *request.form.getlist("next")):
        try:
            urlsplit(target.replace("\\", "/"))
        except ValueError:
            abort(400)
