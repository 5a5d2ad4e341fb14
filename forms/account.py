"""Forms of a person's own account: signing in, passwords, the second factor.

They are Flask-Security's forms with this product's labels, audit events and locks.
"""

import time
from typing import Any, cast

from flask import current_app, g, request, session
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from flask_security import (
    ChangePasswordForm,
    LoginForm,
    MfRecoveryCodesForm,
    MfRecoveryForm,
    ResetPasswordForm,
    TwoFactorRescueForm,
    TwoFactorSetupForm,
    TwoFactorVerifyCodeForm,
    VerifyForm,
    hash_password,
)
from flask_security.utils import validate_redirect_url
from flask_wtf import FlaskForm
from wtforms import EmailField, Field, PasswordField, RadioField, StringField, SubmitField
from wtforms.validators import DataRequired, EqualTo, Length

from evaluation.accounts import sign_in
from evaluation.accounts.checks import EMAIL
from evaluation.accounts.models import Account
from evaluation.configuration import configuration

MAX_EMAIL_LENGTH = 254
MAX_PASSWORD_LENGTH = 128
SETUP_FORM = "setup_form"
"""Key of the request's `g`: the form with the first code of a second factor that is being set up."""
RIGHT_GUESS = "is_right_guess"
"""Key of the request's `g`: whether the current password was right although the form is shown again."""
FIRST_FACTOR_AT = "first_factor_at"
"""Key of the session: when a password was right at sign-in, in seconds since 1970; the second factor must follow soon."""
SIGN_IN_EMAIL = "sign_in_email"
"""Key of the session: the e-mail address of a person who has just set a password; the sign-in form contains it."""


def remote_address() -> str:
    """Return the network address of the request for the audit log."""
    return request.remote_addr or ""


def is_trusted_device(account: Account) -> bool:
    """Return whether the request comes from a device with which the account's owner has signed in before."""
    return sign_in.is_trusted_device(account, request.cookies.get(sign_in.device_cookie(account)))


def normalise(value: Any) -> Any:
    """Return an address or code without spaces and in lower case."""
    return "".join(value.split()).lower() if isinstance(value, str) else value


def account_of_email(typed: str) -> Account | None:
    """Return the account of a typed e-mail address; None without a read for a text that is no such address."""
    email = str(normalise(typed))
    if not EMAIL.fullmatch(email) or len(email) > MAX_EMAIL_LENGTH:
        return None
    account: Account | None = current_app.extensions["security"].datastore.find_user(case_insensitive=True, email=email)
    return account


def _email_field(*validators: Any) -> EmailField:
    required = [DataRequired(_("Enter your e-mail address.")), Length(max=MAX_EMAIL_LENGTH)]
    return EmailField(_("E-mail address"), [*required, *validators], filters=[normalise], render_kw={"autocomplete": "username"})


def _password_field(label: Any, autocomplete: str, *validators: Any) -> PasswordField:
    required = [DataRequired(_("Enter the password.")), Length(max=MAX_PASSWORD_LENGTH)]
    return PasswordField(label, [*required, *validators], render_kw={"autocomplete": autocomplete})


def _repeated_password_field(name: str) -> PasswordField:
    return _password_field(_("The new password again"), "new-password", EqualTo(name, _("The two passwords differ.")))


def is_locked(form: Any, account: Account) -> bool:
    """Return whether the account is locked; add the error to the form then."""
    if not sign_in.is_locked(account, is_trusted_device(account)):
        return False
    factor = next((name for name in ("password", "code") if hasattr(form, name)), "passkey")
    sign_in.record_refusal(account, remote_address(), factor)
    form.form_errors.append(gettext("There were too many wrong attempts. Try again later."))
    return True


def _failure_message() -> str:
    """Return the message of a failed sign-in; it is the same for every reason."""
    message: str = gettext(
        "The e-mail address or the password is wrong. After several wrong attempts wait %(minutes)s minutes or request a new "
        "link.",
        minutes=configuration().settings.lock_minutes,
    )
    return message


class SignInForm(LoginForm):
    """E-mail address and password. All failures have one message, which does not reveal which accounts exist or are locked."""

    email = _email_field()
    password = _password_field(_("Password"), "current-password")
    remember = None
    submit = SubmitField(_("Sign in"))

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if request.method == "GET" and not self.email.data:
            self.email.data = session.get(SIGN_IN_EMAIL)

    def validate_next(self, field: Field) -> None:
        """Replace an empty address, and an address of another site, by the first page."""
        if not field.data or not validate_redirect_url(field.data):
            field.data = "/"

    def validate(self, **kwargs: Any) -> bool:
        """Return whether the account may sign in with the password; count and audit a failure."""
        if not super(LoginForm, self).validate(**kwargs):
            return False
        security = current_app.extensions["security"]
        account = account_of_email(str(self.email.data))
        password = security.password_util.normalize(self.password.data)
        is_trusted = account is not None and is_trusted_device(account)
        is_refused = account is not None and (sign_in.is_locked(account, is_trusted) or sign_in.is_closed(account))
        if account is not None and is_refused:
            sign_in.record_refusal(account, remote_address(), "password")
        elif account is not None and account.password and account.verify_and_update_password(password):
            self.user = account
            session[FIRST_FACTOR_AT] = time.time()
            return True
        else:
            sign_in.record_failure(account, self.email.data, remote_address(), "password", is_trusted)
        if account is None or not account.password or is_refused:
            # Takes as long as checking a password, so that the time does not reveal whether the account exists.
            hash_password(password)
        self.form_errors.append(_failure_message())
        return False


class ConfirmPasswordForm(VerifyForm):
    """The password again, before a change that only its owner may make."""

    password = _password_field(_("Password"), "current-password")
    submit = SubmitField(_("Continue"))

    def validate(self, **kwargs: Any) -> bool:
        """Return whether the form is valid and the account is not locked."""
        return not is_locked(self, cast(Account, self.user)) and bool(super().validate(**kwargs))


class PasswordChangeForm(ChangePasswordForm):
    """The current password and a new one."""

    password = _password_field(_("Current password"), "current-password")
    new_password = _password_field(_("The new password"), "new-password")
    new_password_confirm = _repeated_password_field("new_password")
    submit = SubmitField(_("Change the password"))

    def validate(self, **kwargs: Any) -> bool:
        """Return whether the password may be changed; a wrong one counts as a failed sign-in."""
        self.user = current_user._get_current_object()
        if is_locked(self, cast(Account, self.user)):
            return False
        is_valid = bool(super().validate(**kwargs))
        if self.password.data and self.user.verify_and_update_password(self.password.data):
            setattr(g, RIGHT_GUESS, True)
        elif self.password.data:
            sign_in.record_failure(self.user, "", remote_address(), "password", is_trusted_device(self.user))
        return is_valid


class ResetLinkForm(FlaskForm):  # type: ignore[misc]
    """The e-mail address to which a one-time link is mailed."""

    email = _email_field()
    submit = SubmitField(_("Send the link"))


class SetPasswordForm(ResetPasswordForm):
    """A new password, set by a one-time link."""

    password = _password_field(_("The new password"), "new-password")
    password_confirm = _repeated_password_field("password")
    submit = SubmitField(_("Set the password"))


class SecondFactorForm(TwoFactorSetupForm):
    """Enables and disables the second factor."""

    setup = StringField()
    submit = SubmitField(_("Continue"))


class CodeForm(TwoFactorVerifyCodeForm):
    """Six digits from the authenticator app."""

    code = StringField(
        _("Code from the app"),
        [DataRequired(_("Enter the six digits that the app shows."))],
        filters=[normalise],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric"},
    )
    submit = SubmitField(_("Continue"), id="submit-code")
    is_right_code = False

    def validate(self, **kwargs: Any) -> bool:
        """Return whether the form is valid and the account is not locked."""
        if self.is_setup or session.get("tf_state") == "validating_profile":
            g.setdefault(SETUP_FORM, self)
        if is_locked(self, cast(Account, self.user)):
            return False
        secret = cast(Account, self.user).tf_totp_secret
        if secret and secret != self.tf_totp_secret and not self.is_setup:
            # The setup started while signing in, and another session has completed one since.
            self.form_errors.append(gettext("Too much time has passed. Sign in again."))
            g.pop(SETUP_FORM, None)
            return False
        self.is_right_code = bool(super().validate(**kwargs))
        return self.is_right_code


class RescueForm(TwoFactorRescueForm):
    """The alternative without the telephone: only a recovery code."""

    help_setup = RadioField(choices=[])


class NewCodesForm(MfRecoveryCodesForm):
    """Creates new recovery codes, which replace the earlier ones."""

    generate_new_codes = SubmitField(_("Create new codes"))


class RecoveryForm(MfRecoveryForm):
    """A recovery code in place of a code from the app."""

    code = StringField(
        _("Recovery code"),
        [DataRequired(_("Enter one of your recovery codes."))],
        filters=[normalise],
        render_kw={"autocomplete": "off"},
    )
    submit = SubmitField(_("Continue"))

    def validate(self, **kwargs: Any) -> bool:
        """Return whether the form is valid and the account is not locked."""
        if is_locked(self, cast(Account, self.user)):
            return False
        sign_in.lock_row(cast(Account, self.user))
        if super().validate(**kwargs):
            return True
        if self.code.data:
            sign_in.record_failure(
                cast(Account, self.user), "", remote_address(), "code", is_trusted_device(cast(Account, self.user))
            )
        return False
