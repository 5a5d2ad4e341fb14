"""Passkeys of a person's own account: added, removed and used as second factor."""

from collections.abc import Sequence

from evaluation.accounts.models import Account, Passkey
from evaluation.accounts.sign_in import append_account_event
from evaluation.audit.actions import AuditAction
from evaluation.database import db


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
    return not account.is_second_factor_required or bool(account.tf_totp_secret) or len(account.webauthn) > 1


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
