"""Fingerprints of an account's credentials, which its audit events have, so that a change behind the product's back is noticed.

A fingerprint is a keyed hash under the audit key: who reads the audit log learns nothing about a password or a secret, and who
changes the tables cannot compute the fingerprint of the new value.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from evaluation.accounts.models import Account
from evaluation.audit.actions import AuditAction
from evaluation.audit.hashing import audit_key, credential_mac

CREDENTIAL_ACTIONS = frozenset(
    {
        AuditAction.PASSWORD_CHANGED,
        AuditAction.PASSWORD_RESET,
        AuditAction.PASSWORD_REHASHED,
        AuditAction.SECOND_FACTOR_ENABLED,
        AuditAction.SECOND_FACTOR_DISABLED,
        AuditAction.RECOVERY_CODES_CREATED,
        AuditAction.RECOVERY_CODE_USED,
        AuditAction.PASSKEY_ADDED,
        AuditAction.PASSKEY_REMOVED,
    }
)
"""What a person does with their own account that changes a credential."""

PasskeyKeys = tuple[bytes, bytes]
"""A passkey's credential id and public key."""


def fingerprints(account: Account) -> dict[str, str | None]:
    """Return the fingerprints of an account's credentials; None for one that is not set."""
    passkeys = [(passkey.credential_id, passkey.public_key) for passkey in account.webauthn]
    app = (account.tf_primary_method, account.tf_totp_secret)
    values = (account.fs_uniquifier, account.password, *app, account.mf_recovery_codes)
    return stored_fingerprints(audit_key(), account.id, values, passkeys)


def stored_fingerprints(
    key: bytes, account_id: int, values: Sequence[Any], passkeys: Iterable[PasskeyKeys]
) -> dict[str, str | None]:
    """Return the fingerprints of credentials.

    Args:
        key: The audit key.
        account_id: The account, so that a credential copied from another account has another fingerprint.
        values: The id of the sessions, the password's hash, the second factor's method, the encrypted secret of the app, the
            recovery codes.
        passkeys: The passkeys in any order.
    """
    sessions, password, method, secret, codes = values
    # Without the method the app's secret is not asked for, so the fingerprint covers both.
    app = (method, secret) if method or secret else None
    credentials = {"sessions": sessions, "password": password, "app": app, "recovery_codes": codes}
    keys = sorted((credential_id.hex(), public_key.hex()) for credential_id, public_key in passkeys)
    return {
        kind: credential_mac(key, kind, account_id, orjson.dumps(value)) if value else None
        for kind, value in {**credentials, "passkeys": keys}.items()
    }
