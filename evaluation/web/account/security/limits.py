"""Limits of guessing passwords and codes, and of asking for links. Where many people share an address, only failures count.

A guess counts for the network address and for the account that it is about; with a device with which the account's owner has
signed in before, for that device alone, so that nobody else can shut the person out. The counts are kept apart from the database:
a fault of the database that undoes its count of failures leaves these.
"""

import hashlib
from contextlib import suppress
from typing import Any, cast

from flask import Flask, Response, current_app, g, request, session
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import current_user
from limits import parse

from evaluation.accounts import sign_in
from evaluation.accounts.models import Account
from evaluation.connections import redis_options
from evaluation.web.core.incoming import with_checked_content
from evaluation.web.sheets import verify
from forms.account import RIGHT_GUESS, ConfirmPasswordForm, account_of_email, normalise

GUESSABLE_ENDPOINTS = ("login", "two_factor_token_validation", "mf_recovery", "verify", "change_password")
"""Endpoints whose form is shown again, with status 200, after a wrong guess."""
LINK_ENDPOINTS = ("forgot_password", "reset_password")
DEVICE, ACCOUNT = "device", "account"
"""What a guess counts for, besides the network address."""
SCOPE = "guesses"
"""The name of the count that all endpoints share."""


def init_app(app: Flask) -> None:
    """Create the limiter. Its function that counts after a response must run after the commit: a failed commit is no success.

    With the default storage in memory each worker counts separately, so that two workers allow twice as many requests. The lock
    of an account is in the database and applies to all workers.
    """
    storage = app.config["RATE_LIMIT_STORAGE"]
    # Without Redis each process counts for itself until it is back: people can sign in, and guessing stays limited.
    app.extensions["rate_limiter"] = Limiter(
        get_remote_address, app=app, storage_uri=storage, storage_options=redis_options(storage), in_memory_fallback_enabled=True
    )
    app.before_request(_identify_guesser)


def limit_views(app: Flask) -> None:
    """Limit the pages of Flask-Security that allow guessing, and the page where anybody may have a file verified."""
    limiter: Limiter = app.extensions["rate_limiter"]
    options: dict[str, Any] = {"methods": ["POST"], "deduct_when": _is_failure}
    by_address = limiter.limit(app.config["GUESS_LIMIT"], exempt_when=lambda: _guesser().startswith(DEVICE), **options)
    by_guesser = limiter.shared_limit(guesser_limit, SCOPE, key_func=_guesser, **options)
    links = limiter.limit(app.config["LINK_LIMIT"], methods=["POST"])
    for endpoint in GUESSABLE_ENDPOINTS + LINK_ENDPOINTS:
        name = f"security.{endpoint}"
        view = with_checked_content(app.view_functions[name])
        app.view_functions[name] = by_address(by_guesser(view)) if endpoint in GUESSABLE_ENDPOINTS else links(view)
    app.extensions["confirmation_check"] = by_guesser(_validate)
    limiter.limit(app.config["VERIFY_LIMIT"], exempt_when=verify.is_exempt_from_limit)(verify.blueprint)


def validate_confirmation(form: ConfirmPasswordForm) -> bool:
    """Return whether the form is valid that asks for the password on any page; a wrong password counts as a guess.

    Raises:
        RateLimitExceeded: There were too many guesses.
    """
    g.guesser = _guesser_of(cast(Account, form.user))
    is_valid: bool = current_app.extensions["confirmation_check"](form)
    return is_valid


def _validate(form: ConfirmPasswordForm) -> bool:
    return form.validate()


def guesser_limit() -> str:
    """Return how many guesses about an account, or with a trusted device, may fail: more than lock the account."""
    return f"{2 * current_app.config['LOCK_AFTER']} per {current_app.config['LOCK_MINUTES']} minutes"


def forget_guesses(account: Account) -> None:
    """Begin the count of guesses about an account anew: its owner has signed in or set a new password by a link."""
    limiter: Limiter = current_app.extensions["rate_limiter"]
    # Without its storage the limiter counts in memory, and the count ends by itself.
    with suppress(Exception):
        limiter.limiter.clear(parse(guesser_limit()), _key(ACCOUNT, account.email), SCOPE)


def _is_failure(response: Response) -> bool:
    """Return whether a guess failed, or the request did for any reason; a refusal by a limit is not counted once more."""
    if response.status_code == 200:
        return not g.get(RIGHT_GUESS)
    return response.status_code >= 400 and response.status_code != 429


def _guesser() -> str:
    key: str = g.get("guesser", "")
    return key


def _identify_guesser() -> None:
    """Set whose guesses this request counts as: those with a trusted device, or those about an account.

    It reads the database before the limiter asks: an error is no error of the limiter's storage.
    """
    if request.method != "POST" or request.endpoint not in {f"security.{endpoint}" for endpoint in GUESSABLE_ENDPOINTS}:
        return
    account = _guessed_account()
    if account is not None:
        g.guesser = _guesser_of(account)
    else:
        g.guesser = _key(ACCOUNT, str(normalise(request.form.get("email", ""))) or get_remote_address())


def _guesser_of(account: Account) -> str:
    token = request.cookies.get(sign_in.device_cookie(account))
    if token and sign_in.is_trusted_device(account, token):
        return _key(DEVICE, token)
    return _key(ACCOUNT, account.email)


def _guessed_account() -> Account | None:
    """Return the account that a guess is about: the form's, the one between both factors, or the signed-in person's."""
    if request.endpoint == "security.login":
        return account_of_email(request.form.get("email", ""))
    if current_user.is_authenticated:
        account: Account = current_user._get_current_object()
        return account
    if "tf_user_id" not in session:
        return None
    datastore = current_app.extensions["security"].datastore
    between_factors: Account | None = datastore.find_user(fs_uniquifier=session["tf_user_id"])
    return between_factors


def _key(kind: str, name: str) -> str:
    """Return the key of a count; it names nobody."""
    return f"{kind} {hashlib.blake2b(name.encode(), digest_size=16).hexdigest()}"
