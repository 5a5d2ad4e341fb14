"""What may be wrong with the record, in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evaluation.language import N_, Language

WRONG = {
    "another_key": N_(
        "RECORD_KEY is not the key that the record was kept with, so nothing can be verified. Give the product the key it was "
        "kept with."
    ),
    "altered": N_("This line was altered, moved or inserted outside the product. Compare it with the same line of a backup."),
    "repeated": N_("There is another line of this number, inserted outside the product. Compare both with a backup."),
    "removed": N_("The lines from this one to %(until)s were removed. Look for them in a backup."),
    "cut_off": N_(
        "The end of the chain was cut off: the lines from this one to %(until)s are missing. Look for them in a backup."
    ),
    "after_end": N_(
        "There are lines after the end that was sealed, from this one to %(until)s: the end was set back, or they were inserted "
        "outside the product. Compare the chain with a backup."
    ),
    "end_altered": N_("What is kept of the chain's end was altered outside the product. Compare it with a backup."),
    "end_missing": N_("What is kept of the chain's end was removed. Restore it from a backup."),
    "vanished": N_("The chain was removed as a whole. Restore the database from a backup."),
    "not_begun": N_("The product never began this chain. Compare it with a backup."),
    "begun_anew": N_("The chain was removed as a whole and begun anew. Look for its earlier lines in a backup."),
    "checkpoint_altered": N_("Checkpoint %(number)s was altered or inserted outside the product. Compare it with a backup."),
    "checkpoint_removed": N_("Checkpoint %(number)s was removed. Look for it in a backup."),
    "checkpoint_differs": N_(
        "This line is not the one that checkpoint %(number)s tells of, or was removed. Compare the chain with a backup of that "
        "time."
    ),
    "covered_altered": N_(
        "What is kept of the lines that checkpoints tell of was altered, or the last checkpoints were removed. Compare the "
        "database with a backup."
    ),
    "file_differs": N_(
        "The checkpoint file's number %(number)s is not the checkpoint %(number)s of this record: it was altered or removed, or "
        "the record was made anew. Compare the database with a backup of that time."
    ),
}
"""What may be wrong, and what to do."""


@dataclass(frozen=True)
class Finding:
    """Something that is not as the product left it: in a chain (0 is the common one), from a line on, or with a checkpoint."""

    kind: str
    chain: int | None = None
    seq: int | None = None
    values: Mapping[str, Any] = field(default_factory=dict)

    def message(self, language: Language) -> str:
        """What is wrong and what to do."""
        reason = self.values.get("reason")
        # What is wrong with a file says so itself.
        return reason.message(language) if reason else language.gettext(WRONG[self.kind], **self.values)
