"""Forms of passkeys: Flask-Security's forms with this product's labels, audit events, locks and further checks."""

from typing import Any, cast

from flask import current_app, session
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from flask_security import (
    TwoFactorSelectForm,
    WebAuthnDeleteForm,
    WebAuthnRegisterForm,
    WebAuthnRegisterResponseForm,
    WebAuthnSigninForm,
    WebAuthnSigninResponseForm,
    WebAuthnVerifyForm,
)
from wtforms import Field, HiddenField, RadioField, StringField, SubmitField
from wtforms.validators import DataRequired, Length

from evaluation.accounts import passkeys, sign_in
from evaluation.accounts.models import Account, Passkey
from forms.account import is_locked, is_trusted_device, remote_address

MAX_NAME_LENGTH = 64
CHALLENGE = "passkey_challenge"
"""Key of the session: the challenge that the next answer must have signed. It is used once."""


class PasskeyForm(WebAuthnRegisterForm):
    """The name of a new passkey."""

    name = StringField(
        _("Name of the passkey"),
        [DataRequired(_("Enter a name.")), Length(max=MAX_NAME_LENGTH)],
        render_kw={"autocomplete": "off"},
    )
    usage = HiddenField(default="secondary")
    submit = SubmitField(_("Add a passkey"))


class NewPasskeyForm(WebAuthnRegisterResponseForm):
    """The browser's answer: the key that the authenticator has created."""

    def validate(self, **kwargs: Any) -> bool:
        """Return whether the answer is valid and belongs to the challenge of this session."""
        return _takes_challenge(self.credential, self.challenge) and bool(super().validate(**kwargs))


class PasskeyRemovalForm(WebAuthnDeleteForm):
    """The name of a passkey to remove."""

    submit = SubmitField(_("Remove"))

    def validate(self, **kwargs: Any) -> bool:
        """Return whether the account may lose the passkey."""
        account = cast(Account, current_user._get_current_object())
        # Of two requests that remove the last two passkeys, the second one waits here.
        sign_in.lock_row(account)
        if not super().validate(**kwargs):
            return False
        if passkeys.can_remove_passkey(account):
            return True
        self.name.errors = [gettext("Your role requires the second factor. Add another passkey or the app first.")]
        return False


class PasskeySignInForm(WebAuthnSigninForm):
    """Starts the second factor by passkey."""

    submit = SubmitField(_("Use the passkey"))


class PasskeyConfirmationForm(WebAuthnVerifyForm):
    """Starts the confirmation of who uses the session by passkey."""

    submit = SubmitField(_("Use a passkey"))


class PasskeyAnswerForm(WebAuthnSigninResponseForm):
    """The browser's answer: a challenge that the authenticator has signed."""

    def validate(self, **kwargs: Any) -> bool:
        """Return whether the answer is valid, belongs to the challenge of this session and to the person who signs in."""
        account = self._account()
        if account is None or not _takes_challenge(self.credential, self.challenge):
            return False
        if is_locked(self, account):
            self.credential.errors = list(self.form_errors)
            return False
        is_valid = bool(super().validate(**kwargs))
        if is_valid and cast(Account, self.user).id != account.id:
            # The passkey of one person must not complete the sign-in that another person's password began.
            self.credential.errors = [gettext("This passkey belongs to another account.")]
            is_valid = False
        if is_valid and not passkeys.use_challenge(self.challenge):
            # The session's cookie can be copied: another browser has sent the same answer before.
            self.credential.errors = [_too_late()]
            return False
        if is_valid:
            passkeys.record_passkey_use(account, cast(Passkey, self.cred))
        elif self.credential.data:
            sign_in.record_failure(account, "", remote_address(), "passkey", is_trusted_device(account))
        return is_valid

    def _account(self) -> Account | None:
        """Return the account that signs in, or whose owner is signed in."""
        if self.is_verify:
            return cast(Account, current_user._get_current_object())
        datastore = current_app.extensions["security"].datastore
        account = datastore.find_user(fs_uniquifier=session.get("tf_user_id", ""))
        return cast(Account | None, account)


class FactorChoiceForm(TwoFactorSelectForm):
    """Which second factor to use, where the person has both."""

    which = RadioField(validate_choice=True)


def _takes_challenge(field: Field, challenge: str) -> bool:
    """Return whether the session has this challenge, which it then loses; add the error to the field otherwise."""
    if session.pop(CHALLENGE, None) == challenge:
        return True
    field.errors = [_too_late()]
    return False


def _too_late() -> str:
    return str(gettext("Too much time has passed. Start again."))
