"""Signing in: Flask-Security with our accounts, words and limits."""

from typing import Any
from urllib.parse import urlsplit

from flask import Flask, abort, request
from flask_security import FSQLALiteUserDatastore, RoleMixin, Security
from werkzeug.middleware.proxy_fix import ProxyFix

from evaluation.accounts.links import reset_link
from evaluation.accounts.models import Account
from evaluation.database import db
from evaluation.web.account.security import events, limits, sessions
from evaluation.web.account.security import second_factor_setup as setting_up
from evaluation.web.account.security.configuration import configure
from evaluation.web.account.security.mail import BackgroundMailUtil
from evaluation.web.account.security.passwords import Passwords
from evaluation.web.account.security.second_factor import Codes, RecoveryCodes
from evaluation.web.account.security.sessions import end_if_over
from forms import account as forms

__all__ = ["end_if_over", "init_app", "reset_link"]


class Accounts(FSQLALiteUserDatastore):
    """Accounts as Flask-Security reads and changes them."""

    def __init__(self) -> None:
        super().__init__(db, Account, RoleMixin)

    def commit(self) -> None:
        """Left to :func:`evaluation.web.core.request_context.commit_request`, which commits every request in one place."""


def init_app(app: Flask) -> None:
    if proxies := app.config["TRUSTED_PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    configure(app)
    security = Security(
        app,
        Accounts(),
        login_form=forms.SignInForm,
        verify_form=forms.AskAgainForm,
        change_password_form=forms.OwnPasswordForm,
        forgot_password_form=forms.AskForLinkForm,
        reset_password_form=forms.NewPasswordForm,
        two_factor_setup_form=forms.SecondFactorForm,
        two_factor_verify_code_form=forms.CodeForm,
        two_factor_rescue_form=forms.RescueForm,
        mf_recovery_codes_form=forms.NewCodesForm,
        mf_recovery_form=forms.RecoveryForm,
        mail_util_cls=BackgroundMailUtil,
        password_util_cls=Passwords,
        totp_cls=Codes,
        mf_recovery_codes_util_cls=RecoveryCodes,
    )
    # Pages and their cookie alone: no tokens, no answers to scripts.
    security.want_json(_never)
    security.principal.skip_static = True
    security.login_manager.request_loader(lambda _: None)
    app.before_request(_only_what_forms_send)
    events.init_app(app)
    setting_up.init_app(app)
    limits.init_app(app)
    sessions.init_app(app)


def _never(_: Any) -> bool:
    return False


def _only_what_forms_send() -> None:
    """Flask-Security would read more: JSON of any shape in place of a form, and next pages whose address cannot be read."""
    if not (request.endpoint or "").startswith("security."):
        return
    if request.is_json:
        abort(400)
    for target in (*request.args.getlist("next"), *request.form.getlist("next")):
        try:
            urlsplit(target.replace("\\", "/"))
        except ValueError:
            abort(400)
