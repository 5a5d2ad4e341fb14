"""What happens to an account when somebody signs in with it, or tries to: counted, locked, recorded.

Whoever tries is not known before they have shown both factors, so these act for the account itself, and for nobody
where the attempt failed.
"""

from datetime import timedelta

from flask import current_app
from sqlalchemy import func, update

from evaluation.accounts.checks import EMAIL
from evaluation.accounts.models import Account
from evaluation.accounts.queries import DEMONSTRATION
from evaluation.database import db, now
from evaluation.policy import Role, Viewer
from evaluation.record.operations import NewEvent, write


def is_locked(account: Account) -> bool:
    """Whether too many attempts failed a short while ago."""
    return account.locked_until is not None and account.locked_until > now()


def is_closed(account: Account) -> bool:
    """Whether nobody may sign in with the account: it is not active, or invented and this is production."""
    return not account.active or (current_app.config["PRODUCTION"] and account.email.endswith(DEMONSTRATION))


def failed(account: Account | None, email: str, address: str, factor: str) -> None:
    """Count a failed attempt with `factor` (password or code) and lock the account where it was one too many."""
    if account is None:
        # What is no address may be a password, typed into the wrong field.
        typed = email if EMAIL.fullmatch(email) else ""
        write(Viewer.nobody(), [NewEvent("sign_in_failed", data={"email": typed, "address": address})])
        return
    # Counted by the database, so that attempts sent at once are all counted.
    db.session.execute(update(Account).where(Account.id == account.id).values(failures=Account.failures + 1))
    db.session.refresh(account)
    _record(account, "sign_in_failed", address, factor)
    if account.failures >= current_app.config["LOCK_AFTER"]:
        account.failures = 0
        account.locked_until = now() + timedelta(minutes=current_app.config["LOCK_MINUTES"])
        _record(account, "account_locked", address, factor)


def refused(account: Account, address: str, factor: str) -> None:
    """Record an attempt that was not looked at: the account is locked or closed."""
    _record(account, "sign_in_refused", address, factor)


def signed_in(account: Account, address: str) -> None:
    """Both factors were right: the count of failures begins anew."""
    account.failures, account.locked_until, account.signed_in_at = 0, None, now()
    done(account, "signed_in", {"address": address})


def unlocked(account: Account, action: str) -> None:
    """The owner has shown who they are by a one-time link."""
    account.failures, account.locked_until = 0, None
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
