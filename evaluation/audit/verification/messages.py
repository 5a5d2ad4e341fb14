"""Messages of what verification of the audit log reports."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evaluation.language import N_, Language

MESSAGES = {
    "wrong_key": N_("AUDIT_KEY is not the key that sealed the audit log, so nothing can be verified. Set the original key."),
    "altered": N_("This event was altered, moved or inserted outside the product. Compare it with the same event in a backup."),
    "repeated": N_("There is another event with this number, inserted outside the product. Compare both with a backup."),
    "removed": N_("The events from this one to %(until)s were removed. Look for them in a backup."),
    "cut_off": N_(
        "The end of the chain was cut off: the events from this one to %(until)s are missing. Look for them in a backup."
    ),
    "after_head": N_(
        "There are events after the sealed end of the chain, from this one to %(until)s: the end was set back, or they were "
        "inserted outside the product. Compare the chain with a backup."
    ),
    "head_altered": N_("The stored head of the chain was altered outside the product. Compare it with a backup."),
    "head_removed": N_("The stored head of the chain was removed. Restore it from a backup."),
    "chain_removed": N_("The chain was removed as a whole. Restore the database from a backup."),
    "chain_not_started": N_("The product never started this chain. Compare it with a backup."),
    "chain_restarted": N_("The chain was removed as a whole and started again. Look for its earlier events in a backup."),
    "checkpoint_altered": N_("Checkpoint %(number)s was altered or inserted outside the product. Compare it with a backup."),
    "checkpoint_removed": N_("Checkpoint %(number)s was removed. Look for it in a backup."),
    "checkpoint_differs": N_(
        "This event is not the one recorded in checkpoint %(number)s, or was removed. Compare the chain with a backup of "
        "that time."
    ),
    "coverage_altered": N_(
        "The stored checkpoint data were altered, or the last checkpoints were removed. Compare the database with a backup."
    ),
    "file_differs": N_(
        "The checkpoint file's number %(number)s is not checkpoint %(number)s of this audit log: it was altered or removed, "
        "or the audit log was created anew. Compare the database with a backup of that time."
    ),
}
"""Message of each kind of issue: what differs and what to do."""


@dataclass(frozen=True)
class AuditIssue:
    """Something in the audit log that the product did not store so.

    `kind` is a key of `MESSAGES`, or `invalid_file`. `chain` is the chain (0: the common one) and `seq` the number of the event,
    or of the first one of several; both are None for an issue of the log as a whole. `values` are the message's placeholders.
    """

    kind: str
    chain: int | None = None
    seq: int | None = None
    values: Mapping[str, Any] = field(default_factory=dict)

    def message(self, language: Language) -> str:
        """Return what differs and what to do."""
        reason = self.values.get("reason")
        # An invalid file's error has a message itself.
        return reason.message(language) if reason else language.gettext(MESSAGES[self.kind], **self.values)
