"""Passkeys of a person's own account: added, removed and used as second factor."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete

from evaluation.accounts.models import Account, Passkey, UsedChallenge
from evaluation.accounts.sign_in import append_account_event
from evaluation.audit.actions import AuditAction
from evaluation.clock import MAX_CLOCK_SKEW, now
from evaluation.database import db, insert_if_absent, table_of
from evaluation.policy import Action, Viewer

CHALLENGE_TIME = timedelta(minutes=5)
"""How long a challenge can be answered; it is stored as used for longer than that by the clock of any of the computers."""


def add_passkey(
    account: Account, name: str, credential_id: bytes, public_key: bytes, sign_count: int, transports: Sequence[str]
) -> None:
    """Store a passkey that the account's owner has registered; the arguments are the columns of :class:`Passkey`."""
    account.webauthn.append(
        Passkey(name=name, credential_id=credential_id, public_key=public_key, sign_count=sign_count, transports=list(transports))
    )
    db.session.flush()
    append_account_event(account, AuditAction.PASSKEY_ADDED, {"passkey": name})


def can_remove_passkey(account: Account) -> bool:
    """Return whether the account may lose a passkey: its role requires no second factor, or another one remains."""
    return not account.is_second_factor_required or account.has_app or len(account.webauthn) > 1


def remove_passkey(account: Account, passkey: Passkey) -> None:
    """Remove a passkey; recovery codes go with the last second factor."""
    account.webauthn.remove(passkey)
    db.session.flush()
    if not account.has_second_factor:
        account.mf_recovery_codes = None
    append_account_event(account, AuditAction.PASSKEY_REMOVED, {"passkey": passkey.name})


def record_passkey_use(account: Account, passkey: Passkey) -> None:
    """Write that a passkey confirmed a sign-in, or who uses the session."""
    append_account_event(account, AuditAction.PASSKEY_USED, {"passkey": passkey.name})


def use_challenge(challenge: str) -> bool:
    """Mark a challenge as used; return False if an answer to it was accepted before."""
    # One statement compares and stores, so that of two concurrent requests with the same answer only one succeeds.
    values = {"id": hashlib.sha256(challenge.encode()).hexdigest(), "used_at": now()}
    return insert_if_absent(db.session.connection(), table_of(UsedChallenge), values)


def remove_used_challenges(viewer: Viewer) -> None:
    """Delete the used challenges that can no longer be answered; the caller commits. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    db.session.execute(delete(UsedChallenge).where(UsedChallenge.used_at < now() - CHALLENGE_TIME - 2 * MAX_CLOCK_SKEW))
