"""The forms of one's own account: signing in, passwords, the second factor. Flask-Security's, with our words and our locks."""

from typing import Any, cast

from flask import current_app, g, request, session
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from flask_security import (
    ChangePasswordForm,
    ForgotPasswordForm,
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
from flask_security.forms import valid_user_email
from flask_security.utils import validate_redirect_url
from wtforms import EmailField, Field, PasswordField, RadioField, StringField, SubmitField
from wtforms.validators import DataRequired, EqualTo, Length

from evaluation.accounts import signing
from evaluation.accounts.models import Account

MAX_EMAIL = 254
MAX_PASSWORD = 128
SETTING_UP = "setting_up"
"""In a request: the form of the first code of a second factor that is being set up."""
SIGNS_IN = "signs_in"
"""In the session: the address of who has just set a password, so that only the password is left to be typed."""


def address() -> str:
    """Where the request comes from, for the record."""
    return request.remote_addr or ""


def known(account: Account) -> bool:
    """Whether the request comes from a device that the account's owner has signed in with before."""
    return signing.is_known(account, request.cookies.get(signing.device_cookie(account)))


def _plain(value: Any) -> Any:
    """As addresses and codes are compared: without spaces, in small letters."""
    return "".join(value.split()).lower() if isinstance(value, str) else value


def _email(*validators: Any) -> EmailField:
    required = [DataRequired(_("Give your e-mail address.")), Length(max=MAX_EMAIL)]
    return EmailField(_("E-mail address"), [*required, *validators], filters=[_plain], render_kw={"autocomplete": "username"})


def _password(label: Any, autocomplete: str, *validators: Any) -> PasswordField:
    required = [DataRequired(_("Give the password.")), Length(max=MAX_PASSWORD)]
    return PasswordField(label, [*required, *validators], render_kw={"autocomplete": autocomplete})


def _again(name: str) -> PasswordField:
    return _password(_("The new password again"), "new-password", EqualTo(name, _("The two passwords differ.")))


def _is_locked(form: Any) -> bool:
    """Whether the form's account takes no attempts now, which the form then says."""
    if not signing.is_locked(form.user, known(form.user)):
        return False
    signing.refused(form.user, address(), "password" if hasattr(form, "password") else "code")
    form.form_errors.append(gettext("There were too many wrong attempts. Try again later."))
    return True


def _all_is_wrong() -> str:
    """What every failed sign-in is told, whatever the reason."""
    words: str = gettext(
        "The e-mail address or the password is wrong. If you have mistyped it several times, wait %(minutes)s minutes or ask "
        "for a new link.",
        minutes=current_app.config["LOCK_MINUTES"],
    )
    return words


class SignInForm(LoginForm):
    """E-mail and password. One answer to every failure, so that nobody learns which accounts there are or are locked."""

    email = _email()
    password = _password(_("Password"), "current-password")
    remember = None
    submit = SubmitField(_("Sign in"))

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if request.method == "GET" and not self.email.data:
            self.email.data = session.get(SIGNS_IN)

    def validate_next(self, field: Field) -> None:
        """Where to go then: an address elsewhere is forgotten, and the first page stands for none."""
        if not field.data or not validate_redirect_url(field.data):
            field.data = "/"

    def validate(self, **kwargs: Any) -> bool:
        """Whether the account may sign in with the password; whatever is wrong is counted and recorded."""
        if not super(LoginForm, self).validate(**kwargs):
            return False
        security = current_app.extensions["security"]
        found = security.datastore.find_user(case_insensitive=True, email=self.email.data)
        password = security.password_util.normalize(self.password.data)
        device = found is not None and known(found)
        shut = found is not None and (signing.is_locked(found, device) or signing.is_closed(found))
        if found is not None and shut:
            signing.refused(found, address(), "password")
        elif found is not None and found.password and found.verify_and_update_password(password):
            self.user = found
            return True
        else:
            signing.failed(found, self.email.data, address(), "password", device)
        if found is None or not found.password or shut:
            # As long as it takes to look at a password.
            hash_password(password)
        self.form_errors.append(_all_is_wrong())
        return False


class AskAgainForm(VerifyForm):
    """The password once more, before what only its owner may change."""

    password = _password(_("Password"), "current-password")
    submit = SubmitField(_("Go on"))

    def validate(self, **kwargs: Any) -> bool:
        return not _is_locked(self) and bool(super().validate(**kwargs))


class OwnPasswordForm(ChangePasswordForm):
    """A new password in place of the one that is known."""

    password = _password(_("The password you have now"), "current-password")
    new_password = _password(_("The new password"), "new-password")
    new_password_confirm = _again("new_password")
    submit = SubmitField(_("Change the password"))

    def validate(self, **kwargs: Any) -> bool:
        """Whether the password may be changed; a wrong one counts as a failed sign-in."""
        self.user = current_user._get_current_object()
        if _is_locked(self):
            return False
        good = bool(super().validate(**kwargs))
        if self.password.data and not self.user.verify_and_update_password(self.password.data):
            signing.failed(self.user, "", address(), "password", known(self.user))
        return good


class AskForLinkForm(ForgotPasswordForm):
    """The address that a one-time link is mailed to."""

    email = _email(valid_user_email)
    submit = SubmitField(_("Send the link"))

    def validate(self, **kwargs: Any) -> bool:
        # Where no mail goes out the page has no form; whoever sends one all the same gets no link.
        known = bool(super().validate(**kwargs))
        return known and bool(current_app.config["SMTP_URL"]) and not signing.is_closed(cast(Account, self.user))


class NewPasswordForm(ResetPasswordForm):
    """A new password for who came by a one-time link."""

    password = _password(_("The new password"), "new-password")
    password_confirm = _again("password")
    submit = SubmitField(_("Set the password"))


class SecondFactorForm(TwoFactorSetupForm):
    """Turning the second factor on and off."""

    setup = StringField()
    submit = SubmitField(_("Go on"))


class CodeForm(TwoFactorVerifyCodeForm):
    """Six digits from the authenticator app."""

    code = StringField(
        _("Code from the app"),
        [DataRequired(_("Give the six digits that the app shows."))],
        filters=[_plain],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric"},
    )
    submit = SubmitField(_("Go on"), id="submit-code")
    right = False

    def validate(self, **kwargs: Any) -> bool:
        if self.is_setup or session.get("tf_state") == "validating_profile":
            g.setdefault(SETTING_UP, self)
        if _is_locked(self):
            return False
        kept = cast(Account, self.user).tf_totp_secret
        if kept and kept != self.tf_totp_secret and not self.is_setup:
            # Somebody began to set the factor up while signing in, and another has finished since.
            self.form_errors.append(gettext("Sign in again: too much time has passed."))
            g.pop(SETTING_UP, None)
            return False
        self.right = bool(super().validate(**kwargs))
        return self.right


class RescueForm(TwoFactorRescueForm):
    """The way round a lost telephone: a recovery code, and nothing else."""

    help_setup = RadioField(choices=[])


class NewCodesForm(MfRecoveryCodesForm):
    """Fresh recovery codes in place of those there were."""

    generate_new_codes = SubmitField(_("Make new codes"))


class RecoveryForm(MfRecoveryForm):
    """A recovery code in place of one from the app."""

    code = StringField(
        _("Recovery code"),
        [DataRequired(_("Give one of your recovery codes."))],
        filters=[_plain],
        render_kw={"autocomplete": "off"},
    )
    submit = SubmitField(_("Go on"))

    def validate(self, **kwargs: Any) -> bool:
        if _is_locked(self):
            return False
        signing.wait_for(cast(Account, self.user))
        if super().validate(**kwargs):
            return True
        if self.code.data:
            signing.failed(cast(Account, self.user), "", address(), "code", known(cast(Account, self.user)))
        return False
