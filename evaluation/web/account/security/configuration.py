"""Flask-Security's settings: its features, addresses, templates and messages."""

import base64
import hashlib
from datetime import timedelta
from typing import Any

from flask import Flask

from evaluation.accounts.passkeys import CHALLENGE_TIME
from evaluation.language import N_, TRANSLATIONS_FOLDER

FEATURES: dict[str, Any] = {
    "CHANGEABLE": True,
    "RECOVERABLE": True,
    "TWO_FACTOR": True,
    "TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
    "TWO_FACTOR_RESCUE_EMAIL": False,
    "TWO_FACTOR_AUTHENTICATOR_VALIDITY": 30,
    "TWO_FACTOR_ALWAYS_VALIDATE": True,
    "TWO_FACTOR_SETUP_WITHIN": timedelta(minutes=30),
    "MULTI_FACTOR_RECOVERY_CODES": True,
    "MULTI_FACTOR_RECOVERY_CODES_N": 8,
    "WEBAUTHN": True,
    "WAN_ALLOW_AS_FIRST_FACTOR": False,
    "WAN_ALLOW_AS_MULTI_FACTOR": False,
    "WAN_ALLOW_AS_VERIFY": ["secondary"],
    "WAN_SIGNIN_WITHIN": CHALLENGE_TIME,
    "WAN_SIGNIN_TIMEOUT": 5 * 60 * 1000,
    "WAN_REGISTER_WITHIN": timedelta(minutes=5),
    "WAN_REGISTER_TIMEOUT": 5 * 60 * 1000,
    "PASSWORD_HASH": "argon2",
    "PASSWORD_SCHEMES": ["argon2"],
    # Argon2 salts each hash itself; a second secret would be one more secret that can be lost.
    "PASSWORD_SINGLE_HASH": True,
    "PASSWORD_LENGTH_MIN": 12,
    "PASSWORD_COMPLEXITY_CHECKER": "zxcvbn",
    "RESET_PASSWORD_WITHIN": timedelta(days=1),
    "SEND_PASSWORD_CHANGE_EMAIL": False,
    "SEND_PASSWORD_RESET_NOTICE_EMAIL": False,
    "EMAIL_HTML": False,
    "RETURN_GENERIC_RESPONSES": True,
    "API_ENABLED_METHODS": ["session"],
    # How long a password or a second factor confirms who uses the session; nothing extends it.
    "FRESHNESS": timedelta(minutes=15),
    "FRESHNESS_GRACE_PERIOD": timedelta(0),
    "STATIC_FOLDER": None,
    "CLI_USERS_NAME": None,
    "CLI_ROLES_NAME": None,
    "I18N_DOMAIN": "messages",
    "I18N_DIRNAME": str(TRANSLATIONS_FOLDER),
}

ADDRESSES = {
    "URL_PREFIX": "/account",
    "LOGIN_URL": "/sign-in",
    "LOGOUT_URL": "/sign-out",
    "VERIFY_URL": "/confirm",
    "CHANGE_URL": "/password",
    "RESET_URL": "/new-password",
    "TWO_FACTOR_SETUP_URL": "/second-factor",
    "TWO_FACTOR_TOKEN_VALIDATION_URL": "/code",
    "TWO_FACTOR_RESCUE_URL": "/no-code",
    "TWO_FACTOR_SELECT_URL": "/second-factors",
    "MULTI_FACTOR_RECOVERY_URL": "/recovery-code",
    "MULTI_FACTOR_RECOVERY_CODES_URL": "/recovery-codes",
    "WAN_REGISTER_URL": "/passkeys",
    "WAN_DELETE_URL": "/passkeys/remove",
    "WAN_SIGNIN_URL": "/passkey",
    "WAN_VERIFY_URL": "/confirm-by-passkey",
    "WAN_POST_REGISTER_VIEW": "security.wan_register",
    "POST_CHANGE_VIEW": "account.page",
    "POST_RESET_VIEW": "security.login",
    "POST_VERIFY_VIEW": "account.page",
    "POST_LOGOUT_VIEW": "security.login",
    "TWO_FACTOR_POST_SETUP_VIEW": "account.page",
}

TEMPLATES = {
    "LOGIN_USER_TEMPLATE": "account/sign_in.html",
    "VERIFY_TEMPLATE": "account/confirm.html",
    "CHANGE_PASSWORD_TEMPLATE": "account/password.html",
    "FORGOT_PASSWORD_TEMPLATE": "account/reset_request.html",
    "RESET_PASSWORD_TEMPLATE": "account/new_password.html",
    "TWO_FACTOR_SETUP_TEMPLATE": "account/second_factor.html",
    "TWO_FACTOR_VERIFY_CODE_TEMPLATE": "account/code.html",
    "TWO_FACTOR_SELECT_TEMPLATE": "account/factor_choice.html",
    "WAN_REGISTER_TEMPLATE": "account/passkeys.html",
    "WAN_SIGNIN_TEMPLATE": "account/passkey.html",
    "WAN_VERIFY_TEMPLATE": "account/passkey.html",
    "MULTI_FACTOR_RECOVERY_TEMPLATE": "account/recovery_code.html",
    "MULTI_FACTOR_RECOVERY_CODES_TEMPLATE": "account/recovery_codes.html",
}

NO_MESSAGE = " "
"""The placeholder for no message; gettext translates an empty message to the catalogue's header."""

MESSAGES = {
    # Shown for an empty field; the form has its own message for every other failure.
    "GENERIC_AUTHN_FAILED": N_("Enter the e-mail address and the password."),
    "INVALID_PASSWORD": N_("The password is wrong."),
    "PASSWORD_NOT_PROVIDED": N_("Enter the password."),
    "PASSWORD_INVALID_LENGTH": N_("A password has at least %(length)s characters."),
    "PASSWORD_TOO_SIMPLE": N_(
        "This password is easy to guess: common words, names, dates and keyboard rows are tried first. Combine several words "
        "that nobody would expect together."
    ),
    "PASSWORD_IS_THE_SAME": N_("The new password is the same as the old one."),
    "RETYPE_PASSWORD_MISMATCH": N_("The two passwords differ."),
    "PASSWORD_CHANGE": N_("The password is changed. You are signed out everywhere else."),
    "PASSWORD_RESET_NO_LOGIN": N_("The password is set. Sign in with it."),
    "PASSWORD_RESET_REQUEST": N_("If %(email)s has an account, a link to set a new password has been sent to it."),
    "PASSWORD_RESET_EXPIRED": N_("This link is no longer valid. Request a new one."),
    "INVALID_RESET_PASSWORD_TOKEN": N_("This link is no longer valid. Request a new one."),
    "EMAIL_NOT_PROVIDED": N_("Enter your e-mail address."),
    "USER_DOES_NOT_EXIST": N_("Enter your e-mail address."),
    "DISABLED_ACCOUNT": N_("Enter your e-mail address."),
    "REAUTHENTICATION_REQUIRED": N_("Enter your password again to continue."),
    "REAUTHENTICATION_SUCCESSFUL": NO_MESSAGE,
    "ANONYMOUS_USER_REQUIRED": NO_MESSAGE,
    "UNAUTHENTICATED": N_("You are signed out. Sign in again to go on."),
    "INVALID_CODE": N_("The code is wrong or no longer valid."),
    "TWO_FACTOR_INVALID_TOKEN": N_(
        "The code is wrong or was already used. Try again with the code that the app shows now; if it is the one you used "
        "last, wait for the next."
    ),
    "TWO_FACTOR_LOGIN_SUCCESSFUL": NO_MESSAGE,
    "TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": N_("From now on signing in takes a code from your authenticator app."),
    "TWO_FACTOR_DISABLED": N_("From now on signing in takes no code."),
    "TWO_FACTOR_PERMISSION_DENIED": N_("Too much time has passed. Sign in again."),
    "TWO_FACTOR_METHOD_NOT_AVAILABLE": N_("Your role requires the second factor."),
    "TWO_FACTOR_SETUP_EXPIRED": N_("Too much time has passed. Start again."),
    "INVALID_RECOVERY_CODE": N_("This is not one of your recovery codes, or it was already used."),
    "NO_RECOVERY_CODES_SETUP": N_("You have no recovery codes yet."),
    "INVALID_REDIRECT": NO_MESSAGE,
    "WEBAUTHN_EXPIRED": N_("Too much time has passed. Start again."),
    "WEBAUTHN_NAME_REQUIRED": N_("Enter a name of at most 64 characters."),
    "WEBAUTHN_NAME_INUSE": N_("You already have a passkey with this name."),
    "WEBAUTHN_NAME_NOT_FOUND": N_("You have no passkey with this name."),
    "WEBAUTHN_CREDENTIAL_DELETED": N_("The passkey “%(name)s” is removed."),
    "WEBAUTHN_REGISTER_SUCCESSFUL": N_("The passkey “%(name)s” is added."),
    "WEBAUTHN_CREDENTIAL_ID_INUSE": N_("This passkey has been added already."),
    "WEBAUTHN_UNKNOWN_CREDENTIAL_ID": N_("This passkey is not known here."),
    "WEBAUTHN_ORPHAN_CREDENTIAL_ID": N_("This passkey is not known here."),
    "WEBAUTHN_NO_VERIFY": N_("The passkey could not be verified. Try again."),
    "WEBAUTHN_CREDENTIAL_WRONG_USAGE": N_("The passkey could not be verified. Try again."),
    "WEBAUTHN_MISMATCH_USER_HANDLE": N_("This passkey belongs to another account."),
    "API_ERROR": N_("The request could not be understood"),
}
"""The messages that our pages can show."""


def configure(app: Flask) -> None:
    """Set Flask-Security's settings that are not set yet."""
    values = FEATURES | ADDRESSES | TEMPLATES | {f"MSG_{key}": (text, "info") for key, text in MESSAGES.items()}
    values |= {
        "TOTP_ISSUER": "State property evaluation",
        "WAN_RP_NAME": "State property evaluation",
        "TOTP_SECRETS": {key_name(key): derive_key(key, "second factor").hex() for key in reversed(secret_keys(app))},
        "MULTI_FACTOR_RECOVERY_CODES_KEYS": [
            base64.urlsafe_b64encode(derive_key(key, "recovery codes")) for key in secret_keys(app)
        ],
        "EMAIL_SENDER": app.config["MAIL_FROM"],
    }
    for name, value in values.items():
        app.config.setdefault(f"SECURITY_{name}", value)


def secret_keys(app: Flask) -> list[str]:
    """Return the secret key and the ones before it."""
    return [app.config["SECRET_KEY"], *(app.config.get("SECRET_KEY_FALLBACKS") or ())]


def key_name(key: str) -> str:
    """Return the name of a key, stored with each value that is encrypted with it; it does not reveal the key."""
    return derive_key(key, "name").hex()[:8]


def derive_key(key: str, use: str) -> bytes:
    """Return the key of 32 bytes for one use of a secret key."""
    return hashlib.blake2b(use.encode(), key=hashlib.sha512(key.encode()).digest(), digest_size=32).digest()
