"""Labels of the keys of audit events' data."""

from evaluation.language import N_
from evaluation.registry.admin.labels import FIELD_LABELS

FACT_LABELS = FIELD_LABELS | {
    "order": N_("Order"),
    "invented": N_("Invented data"),
    "starts_on": N_("First day of entry"),
    "deadline": N_("Deadline"),
    "until": N_("Until"),
    "correct_by": N_("Correct by"),
    "count": N_("How many"),
    "entered": N_("Entered"),
    "email": N_("E-mail"),
    "name": N_("Full name"),
    "role": N_("Role"),
    "region": N_("Region"),
    "language": N_("Language"),
    "languages": N_("Languages"),
    "bodies": N_("Bodies"),
    "active": N_("Active"),
    "reason": N_("Reason"),
    "why": N_("Why"),
    "text": N_("Text"),
    "round": N_("Submission"),
    "revision": N_("Revision"),
    "code": N_("Code"),
    "format": N_("Format"),
    "form_only": N_("Form only"),
    "file": N_("File"),
    "state_of": N_("State as of (UTC)"),
    "criterion": N_("Criterion"),
    "row": N_("Row of the form"),
    "nil_return": N_("Nil return"),
    "address": N_("Network address"),
    "device": N_("Browser and system"),
    "factor": N_("By"),
    "chain": N_("Chain"),
    "key": N_("Fingerprint of the key"),
    "passkey": N_("Passkey"),
    "answer": N_("Answer"),
    "to": N_("To body"),
    "what": N_("What"),
    "filters": N_("Filters"),
    "new": N_("New"),
    "changed": N_("Changed"),
    "anomaly_kind": N_("Anomaly"),
    "anomaly_state": N_("State"),
}
"""Key of an event's data → its label."""
FACTOR_LABELS = {"password": N_("password"), "code": N_("code"), "passkey": N_("passkey"), "mail": N_("e-mail")}
HIDDEN_KEYS = frozenset(
    {
        "account",
        "anomaly",
        "at",
        "checkpoint",
        "credentials",
        "media_type",
        "on",
        "remark",
        "rule",
        "sha256",
        "size",
        "undoes",
        "upload",
        "value",
        "version",
    }
)
"""Keys of an event's data that only the product uses; pages do not show them."""
