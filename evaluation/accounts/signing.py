"""What happens to an account when somebody signs in with it, or tries to: counted, locked, recorded.

Whoever tries is not known before they have shown both factors, so these act for the account itself, and for nobody
where the attempt failed.

A device that somebody has signed in with before is known by a signed cookie. Attempts from it are counted, and locked, apart
from all others: otherwise whoever knows an address could keep its owner out by guessing wrongly for ever.
"""

import hashlib
import hmac
from datetime import timedelta

from flask import current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import func, update

from evaluation.accounts.checks import EMAIL
from evaluation.accounts.models import Account
from evaluation.accounts.queries import DEMONSTRATION
from evaluation.audit.operations import NewEvent, write
from evaluation.clock import now
from evaluation.database import db
from evaluation.policy import Role, Viewer

DEVICE_DAYS = 90
"""How long a device stays known after a sign-in with it."""


def device_cookie(account: Account) -> str:
    """The name of the cookie by which a device is known to the account: several people may share one."""
    return f"device-{account.id}"


def device_token(account: Account) -> str:
    """What makes a device known: signed, for this account, until its password or its address changes."""
    return _devices().dumps(_device(account))


def is_known(account: Account, token: str | None) -> bool:
    """Whether a device's token is one of the account's, and not too old."""
    if not token:
        return False
    try:
        found = _devices().loads(token, max_age=DEVICE_DAYS * 24 * 3600)
    except BadSignature:
        return False
    return isinstance(found, str) and hmac.compare_digest(found, _device(account))


def _device(account: Account) -> str:
    """Says nothing of the account's name for its sessions, and changes with it."""
    return hashlib.blake2b(f"{account.id} {account.fs_uniquifier}".encode(), digest_size=16).hexdigest()


def _devices() -> URLSafeTimedSerializer:
    keys = [*(current_app.config.get("SECRET_KEY_FALLBACKS") or ()), current_app.config["SECRET_KEY"]]
    # The last one signs; those before it are still read.
    return URLSafeTimedSerializer(keys, salt="known device")


def is_locked(account: Account, known: bool = False) -> bool:
    """Whether too many attempts failed a short while ago: from devices that are known, or from all others."""
    until = account.known_locked_until if known else account.locked_until
    return until is not None and until > now()


def is_closed(account: Account) -> bool:
    """Whether nobody may sign in with the account: it is not active, or invented and this is production."""
    return not account.active or (current_app.config["PRODUCTION"] and account.email.endswith(DEMONSTRATION))


def failed(account: Account | None, email: str, address: str, factor: str, known: bool = False) -> None:
    """Count a failed attempt with `factor` (password or code) and lock the account, for devices that are known or for all others,
    where it was one too many."""
    if account is None:
        # What is no address may be a password, typed into the wrong field.
        typed = email if EMAIL.fullmatch(email) else ""
        write(Viewer.nobody(), [NewEvent("sign_in_failed", data={"email": typed, "address": address})])
        return
    # Counted by the database, so that attempts sent at once are all counted.
    count, lock = ("known_failures", "known_locked_until") if known else ("failures", "locked_until")
    counted = update(Account).where(Account.id == account.id).values({count: getattr(Account, count) + 1})
    db.session.execute(counted)
    db.session.refresh(account)
    _record(account, "sign_in_failed", address, factor)
    if getattr(account, count) >= current_app.config["LOCK_AFTER"]:
        setattr(account, count, 0)
        setattr(account, lock, now() + timedelta(minutes=current_app.config["LOCK_MINUTES"]))
        _record(account, "account_locked", address, factor)


def refused(account: Account, address: str, factor: str) -> None:
    """Record an attempt that was not looked at: the account is locked or closed."""
    _record(account, "sign_in_refused", address, factor)


def signed_in(account: Account, address: str, known: bool = False) -> None:
    """Both factors were right: the count of failures begins anew; from a known device its own alone: others may be guessing."""
    if known:
        account.known_failures, account.known_locked_until = 0, None
    else:
        account.unlock()
    account.signed_in_at = now()
    done(account, "signed_in", {"address": address})


def unlocked(account: Account, action: str) -> None:
    """The owner has shown who they are by a one-time link."""
    account.unlock()
    done(account, action)


def take_code(account: Account, counter: int) -> bool:
    """Note that the authenticator app's code of this half minute is taken; False where it, or a later one, was taken already."""
    # Asked and noted by the database at once: of two who send the same code at the same time, one comes second.
    last = func.coalesce(Account.tf_counter, -1)
    taken = update(Account).where(Account.id == account.id, last < counter).values(tf_counter=counter)
    return bool(db.session.execute(taken).rowcount)  # type: ignore[attr-defined]


def wait_for(account: Account) -> None:
    """Let nobody else change the account until the transaction ends, and read it as it is now: what is used once is used once."""
    db.session.execute(update(Account).where(Account.id == account.id).values(failures=Account.failures))
    db.session.refresh(account)


def asked_for_link(account: Account, address: str) -> None:
    """Record that a one-time link was mailed."""
    _record(account, "link_mailed", address, "mail")


def second_factor_removed(account: Account) -> None:
    """Without the second factor its recovery codes are worth nothing either."""
    account.mf_recovery_codes = None
    done(account, "second_factor_off")


def done(account: Account, action: str, data: dict[str, str] | None = None) -> None:
    """Record what a person did with their own account."""
    write(Viewer(account.name, Role(account.role), account_id=account.id), [NewEvent(action, data=data or {})])


def _record(account: Account, action: str, address: str, factor: str) -> None:
    write(Viewer("", Role.NOBODY, account_id=account.id), [NewEvent(action, data={"address": address, "factor": factor})])
