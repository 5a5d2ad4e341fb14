"""Comparison of the accounts with the audit log, which reveals changes behind the product's back.

The audit log is verified by :mod:`evaluation.audit.verification`. This module takes it as true and reports the accounts that
differ: roles, bodies and other fields, whether they may sign in, and their credentials by their fingerprints.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from evaluation.accounts import queries
from evaluation.accounts.credentials import CREDENTIAL_ACTIONS, stored_fingerprints
from evaluation.accounts.queries import StoredAccount
from evaluation.audit.actions import AuditAction
from evaluation.audit.hashing import audit_key
from evaluation.audit.queries import AuditEntry
from evaluation.language import N_, Language
from evaluation.policy import Viewer

ACCOUNT_ACTIONS = CREDENTIAL_ACTIONS | {
    AuditAction.ACCOUNT_ADDED,
    AuditAction.ACCOUNT_CHANGED,
    AuditAction.ACCOUNT_DISABLED,
    AuditAction.ACCOUNT_ENABLED,
    AuditAction.SECOND_FACTOR_REMOVED,
}
"""The actions that change an account."""

MESSAGES = {
    "unknown": N_("The account %(email)s was inserted outside the product: the audit log does not have it. Disable it."),
    "missing": N_("The account %(email)s is in the audit log but was deleted outside the product. Restore it from a backup."),
    "differs": N_(
        "The account %(email)s differs from the audit log: %(fields)s. It was changed outside the product. Disable it, find out "
        "who changed it, and correct it."
    ),
}
"""Kind of discrepancy → what differs and what to do."""

FIELDS = {
    "email": N_("E-mail address"),
    "name": N_("Full name"),
    "role": N_("Role"),
    "region": N_("Region"),
    "language": N_("Language"),
    "bodies": N_("Bodies"),
    "active": N_("Active"),
    "sessions": N_("Sessions"),
    "password": N_("Password"),
    "app": N_("Authenticator app"),
    "recovery_codes": N_("Recovery codes"),
    "passkeys": N_("Passkeys"),
}
"""Field of an account that is compared → its label."""


@dataclass(frozen=True)
class AccountDiscrepancy:
    """An account that differs from the audit log. `kind` is a key of `MESSAGES`, `fields` are keys of `FIELDS`."""

    kind: str
    email: str
    fields: tuple[str, ...] = ()

    def message(self, language: Language) -> str:
        """Return the message in a language."""
        names = ", ".join(language.gettext(FIELDS[field]).lower() for field in self.fields)
        return language.gettext(MESSAGES[self.kind], email=self.email, fields=names)


def account_discrepancies(viewer: Viewer) -> Iterator[AccountDiscrepancy]:
    """Yield the accounts that differ from the audit log, by their ids. Raises Forbidden."""
    audited = audited_accounts(queries.account_entries(viewer, ACCOUNT_ACTIONS))
    stored = stored_accounts(queries.stored_accounts(viewer))
    for id_ in sorted({*audited, *stored}):
        if id_ not in audited:
            yield AccountDiscrepancy("unknown", stored[id_]["email"])
        elif id_ not in stored:
            yield AccountDiscrepancy("missing", audited[id_]["email"])
        elif fields := tuple(name for name in FIELDS if audited[id_].get(name) != stored[id_][name]):
            yield AccountDiscrepancy("differs", audited[id_]["email"], fields)


def audited_accounts(entries: Iterable[AuditEntry]) -> dict[int, dict[str, Any]]:
    """Return account id → its fields and fingerprints after these events, the oldest first."""
    accounts: dict[int, dict[str, Any]] = {}
    for entry in entries:
        fields = accounts.setdefault(entry.data["account"], {"active": True})
        changes: Mapping[str, Any] = entry.data.get("changes", {})
        fields.update({name: new for name, (_, new) in changes.items()})
        fields.update(entry.data["credentials"])
    return accounts


def stored_accounts(rows: Iterable[StoredAccount]) -> dict[int, dict[str, Any]]:
    """Return account id → the same of the stored accounts."""
    key = audit_key()
    return {
        row.id: row.fields | {"bodies": row.bins} | stored_fingerprints(key, row.id, row.credentials, row.passkeys)
        for row in rows
    }
