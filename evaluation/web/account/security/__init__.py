"""Signing in: Flask-Security with this product's accounts, messages and limits."""

from typing import Any
from urllib.parse import urlsplit

from flask import Flask, abort, request
from flask_security import FSQLALiteUserDatastore, RoleMixin, Security
from werkzeug.middleware.proxy_fix import ProxyFix

from evaluation.accounts.links import reset_link
from evaluation.accounts.models import Account
from evaluation.accounts.queries import account_of_session
from evaluation.database import db
from evaluation.web.account.first_command import show_first_command
from evaluation.web.account.security import events, limits, second_factor_setup, sessions
from evaluation.web.account.security.configuration import configure
from evaluation.web.account.security.mail import BackgroundMailUtil
from evaluation.web.account.security.passwords import PasswordPolicy
from evaluation.web.account.security.second_factor import AuditedRecoveryCodes, EncryptedTotp
from evaluation.web.account.security.sessions import end_expired_session
from forms import account as forms

__all__ = ["end_expired_session", "init_app", "reset_link"]


class AccountDatastore(FSQLALiteUserDatastore):
    """Flask-Security's access to the accounts."""

    def __init__(self) -> None:
        super().__init__(db, Account, RoleMixin)

    def find_user(self, case_insensitive: bool = False, **kwargs: Any) -> Any:
        """Return an account by one column. The session of every request looks for its account by `fs_uniquifier`."""
        if "fs_uniquifier" in kwargs:
            return account_of_session(kwargs["fs_uniquifier"])
        return super().find_user(case_insensitive, **kwargs)

    def commit(self) -> None:
        """Do nothing: :func:`evaluation.web.core.request_context.commit_request` commits every request."""


def init_app(app: Flask) -> None:
    """Set up Flask-Security, its events, limits and sessions."""
    if proxies := app.config["TRUSTED_PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    configure(app)
    security = Security(
        app,
        AccountDatastore(),
        login_form=forms.SignInForm,
        verify_form=forms.ConfirmPasswordForm,
        change_password_form=forms.PasswordChangeForm,
        forgot_password_form=forms.ResetLinkForm,
        reset_password_form=forms.SetPasswordForm,
        two_factor_setup_form=forms.SecondFactorForm,
        two_factor_verify_code_form=forms.CodeForm,
        two_factor_rescue_form=forms.RescueForm,
        mf_recovery_codes_form=forms.NewCodesForm,
        mf_recovery_form=forms.RecoveryForm,
        mail_util_cls=BackgroundMailUtil,
        password_util_cls=PasswordPolicy,
        totp_cls=EncryptedTotp,
        mf_recovery_codes_util_cls=AuditedRecoveryCodes,
    )
    # Only pages and their cookie: no tokens and no JSON.
    security.want_json(_wants_no_json)
    security.principal.skip_static = True
    security.login_manager.request_loader(lambda _: None)
    app.before_request(_refuse_unusual_requests)
    app.before_request(show_first_command)
    events.init_app(app)
    second_factor_setup.init_app(app)
    limits.init_app(app)
    sessions.init_app(app)


def _wants_no_json(_: Any) -> bool:
    return False


def _refuse_unusual_requests() -> None:
    """Refuse JSON in place of a form, and a next page with an invalid address, before Flask-Security reads them."""
    if not (request.endpoint or "").startswith("security."):
        return
    if request.is_json:
        abort(400)
    for target in (*request.args.getlist("next"), *request.form.getlist("next")):
        try:
            urlsplit(target.replace("\\", "/"))
        except ValueError:
            abort(400)
