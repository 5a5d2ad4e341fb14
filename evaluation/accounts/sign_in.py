"""Rules and audit events of signing in: failed attempts are counted, lock the account and are written to the audit log.

Before a person has shown both factors their identity is unknown: failed attempts are written for the account with no actor.

A device with which a person has signed in before is recognised by a signed cookie. Its attempts are counted and locked
separately: otherwise anybody who knows an e-mail address could lock its owner out permanently.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import func, update

from evaluation.accounts.checks import EMAIL
from evaluation.accounts.credentials import CREDENTIAL_ACTIONS, fingerprints
from evaluation.accounts.models import Account
from evaluation.accounts.queries import DEMONSTRATION_DOMAIN
from evaluation.audit.actions import AuditAction
from evaluation.audit.operations import NewEvent, append_events
from evaluation.clock import now
from evaluation.configuration import configuration
from evaluation.database import db
from evaluation.logs import log_refusal
from evaluation.metrics import SIGN_IN_FAILURES
from evaluation.policy import Role, Viewer

DEVICE_DAYS = 90
"""Days for which a device is recognised after a sign-in with it."""


def device_cookie(account: Account) -> str:
    """Return the name of the cookie by which a device is recognised; several people may share a device."""
    prefix = "__Secure-" if configuration().settings.is_production else ""
    return f"{prefix}device-{account.id}"


def device_token(account: Account) -> str:
    """Return the signed value of the cookie; it is valid until the account's password or address changes."""
    return _device_serializer().dumps(_device_id(account))


def is_trusted_device(account: Account, token: str | None) -> bool:
    """Return whether a cookie's value is a valid token of the account that has not expired."""
    if not token:
        return False
    try:
        device_id = _device_serializer().loads(token, max_age=DEVICE_DAYS * 24 * 3600)
    except BadSignature:
        return False
    return isinstance(device_id, str) and hmac.compare_digest(device_id, _device_id(account))


def _device_id(account: Account) -> str:
    """Return an id that changes with the account's `fs_uniquifier` without revealing it."""
    return hashlib.blake2b(f"{account.id} {account.fs_uniquifier}".encode(), digest_size=16).hexdigest()


def _device_serializer() -> URLSafeTimedSerializer:
    settings = configuration().settings
    # The last key signs; the ones before it are accepted.
    return URLSafeTimedSerializer([*settings.secret_key_fallbacks, settings.secret_key], salt="known device")


def is_locked(account: Account, is_trusted: bool = False) -> bool:
    """Return whether too many attempts failed recently, from trusted devices or from all other ones."""
    until = account.trusted_locked_until if is_trusted else account.locked_until
    return until is not None and until > now()


def is_closed(account: Account) -> bool:
    """Return whether nobody may sign in with the account: it is inactive, or it is the demonstration's and this is production."""
    return not account.active or (configuration().settings.is_production and account.email.endswith(DEMONSTRATION_DOMAIN))


def record_failure(account: Account | None, email: str, address: str, factor: str, is_trusted: bool = False) -> None:
    """Count a failed attempt and lock the account after too many.

    Args:
        account: The account; None if there is none of the e-mail address.
        email: The typed e-mail address, used without an account.
        address: The network address of the device.
        factor: `password` or `code`.
        is_trusted: Whether the device is trusted: its attempts are counted separately.
    """
    SIGN_IN_FAILURES.add()
    if account is None:
        # A text that is no e-mail address may be a password that was typed into the wrong field, so it is not stored.
        typed = email if EMAIL.fullmatch(email) else ""
        event = NewEvent(AuditAction.SIGN_IN_FAILED, data={"email": typed, "address": address})
        append_events(Viewer.nobody(), [event])
        return
    # The database counts, so that concurrent attempts are all counted.
    count, lock = ("trusted_failures", "trusted_locked_until") if is_trusted else ("failures", "locked_until")
    db.session.execute(update(Account).where(Account.id == account.id).values({count: getattr(Account, count) + 1}))
    db.session.refresh(account)
    _append_attempt(account, AuditAction.SIGN_IN_FAILED, address, factor)
    settings = configuration().settings
    if getattr(account, count) >= settings.lock_after:
        setattr(account, count, 0)
        setattr(account, lock, now() + timedelta(minutes=settings.lock_minutes))
        _append_attempt(account, AuditAction.ACCOUNT_LOCKED, address, factor)


def record_refusal(account: Account, address: str, factor: str) -> None:
    """Write an attempt that was refused without a check because the account is locked or closed."""
    log_refusal("locked", address, account=account.id)
    _append_attempt(account, AuditAction.SIGN_IN_REFUSED, address, factor)


def record_sign_in(account: Account, address: str, is_trusted: bool = False) -> None:
    """Write a sign-in with both factors and reset the count of failures.

    A trusted device resets only the count of trusted devices, because another device may be guessing.
    """
    if is_trusted:
        account.trusted_failures, account.trusted_locked_until = 0, None
    else:
        account.unlock()
    account.signed_in_at = now()
    append_account_event(account, AuditAction.SIGNED_IN, {"address": address})


def record_password_reset(account: Account) -> None:
    """Write that the owner set a password by a one-time link, and unlock the account."""
    account.unlock()
    append_account_event(account, AuditAction.PASSWORD_RESET)


def record_rehashed_password(account: Account) -> None:
    """Write that the hash of the password was replaced by one of the present method."""
    append_account_event(account, AuditAction.PASSWORD_REHASHED)


def use_code(account: Account, period: int) -> bool:
    """Mark the authenticator's code of a period of 30 seconds as used; return False if it or a later one was used before."""
    # One statement compares and stores, so that of two concurrent requests with the same code only one succeeds.
    last = func.coalesce(Account.tf_counter, -1)
    statement = update(Account).where(Account.id == account.id, last < period).values(tf_counter=period)
    return bool(db.session.execute(statement).rowcount)  # type: ignore[attr-defined]


def lock_row(account: Account) -> None:
    """Lock the account's row until the transaction ends and read it again, so that a recovery code is used only once."""
    db.session.execute(update(Account).where(Account.id == account.id).values(failures=Account.failures))
    db.session.refresh(account)


def record_reset_link(account: Account, address: str) -> None:
    """Write that a one-time link was mailed."""
    _append_attempt(account, AuditAction.RESET_LINK_MAILED, address, "mail")


def record_second_factor_disabled(account: Account) -> None:
    """Write that the owner removed the authenticator app; recovery codes go with the last second factor."""
    if not account.has_second_factor:
        account.mf_recovery_codes = None
    append_account_event(account, AuditAction.SECOND_FACTOR_DISABLED)


def append_account_event(account: Account, action: AuditAction, data: Mapping[str, Any] | None = None) -> None:
    """Write what a person did with their own account; an action that changes credentials has their fingerprints."""
    viewer = owner(account)
    if action in CREDENTIAL_ACTIONS:
        data = {**(data or {}), "account": account.id, "credentials": fingerprints(account)}
    append_events(viewer, [NewEvent(action, data=data or {})])


def owner(account: Account) -> Viewer:
    """Return the account's owner as who acts on it."""
    return Viewer(account.name, Role(account.role), account_id=account.id)


def _append_attempt(account: Account, action: AuditAction, address: str, factor: str) -> None:
    viewer = Viewer("", Role.NOBODY, account_id=account.id)
    append_events(viewer, [NewEvent(action, data={"address": address, "factor": factor})])
