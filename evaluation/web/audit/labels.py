"""What the record's actions and facts are called."""

from evaluation.language import N_
from evaluation.policy import Action
from evaluation.registry.admin.labels import LABELS

ANSWERS = {
    "saved": N_("Answers changed"),
    "pasted": N_("Block pasted into the table"),
    "filled": N_("Blanks filled in the table"),
    "uploaded": N_("Answers taken from a workbook"),
    "undone": N_("Change taken back"),
    "declared": N_("Last year's figures declared"),
    "justified": N_("Reason given for a warning"),
    "justification_withdrawn": N_("Reason for a warning taken back"),
}
REVIEW = {
    "submitted": N_("Year handed over"),
    "returned": N_("Year given back"),
    "accepted": N_("Year accepted"),
    "reopened": N_("Accepted year reopened"),
}
REMARKS = {
    "remarked": N_("Remark made"),
    "replied": N_("Remark answered"),
    "remark_resolved": N_("Remark marked as resolved"),
    "remark_unresolved": N_("Remark opened again"),
}
FILES = {
    "file_attached": N_("File attached as evidence"),
    "file_removed": N_("File of evidence removed"),
    "workbook_sent": N_("Workbook sent"),
    "workbook_discarded": N_("Workbook discarded"),
    "exported": N_("File taken out"),
}
YEARS = {
    "year_opened": N_("Reporting year opened"),
    "start_changed": N_("First day of entry changed"),
    "deadline_changed": N_("Deadline changed"),
    "extended": N_("Deadline extended for a body"),
}
REGISTRY = {
    "organisation_supervised": N_("Organisation put under a body"),
    "body_added": N_("Body entered"),
    "body_changed": N_("Body corrected"),
    "body_renamed": N_("Body renamed"),
    "body_closed": N_("Body closed"),
    "body_reopened": N_("Closing of a body taken back"),
    "organisation_added": N_("Organisation entered"),
    "organisation_changed": N_("Organisation corrected"),
    "organisation_renamed": N_("Organisation renamed"),
    "organisation_moved": N_("Organisation moved to another body"),
    "organisation_left": N_("Organisation left for another body"),
    "status_entered": N_("Status of an organisation entered"),
    "status_withdrawn": N_("Status of an organisation taken back"),
}
PEOPLE = {
    "account_added": N_("Person added"),
    "account_changed": N_("Account changed"),
    "account_disabled": N_("Account disabled"),
    "account_enabled": N_("Account enabled"),
    "second_factor_removed": N_("Second factor removed by an administrator"),
}
SIGN_IN = {
    "signed_in": N_("Signed in"),
    "signed_out": N_("Signed out"),
    "sign_in_failed": N_("Attempt to sign in failed"),
    "sign_in_refused": N_("Attempt to sign in refused"),
    "account_locked": N_("Account locked after failed attempts"),
    "link_mailed": N_("One-time link mailed"),
    "password_changed": N_("Password changed"),
    "password_reset": N_("Password set anew"),
    "second_factor_on": N_("Second factor set up"),
    "second_factor_off": N_("Second factor switched off"),
    "recovery_codes_made": N_("New recovery codes made"),
}
SEALS = {
    "record_begun": N_("Record begun"),
    "chain_begun": N_("Chain of a body begun"),
}
"""What the record tells of itself; left out unless it is asked for."""
GROUPS = {
    "answers": (N_("Answers"), ANSWERS),
    "review": (N_("Review"), REVIEW),
    "remarks": (N_("Remarks"), REMARKS),
    "files": (N_("Files"), FILES),
    "years": (N_("Reporting years"), YEARS),
    "registry": (N_("Registry"), REGISTRY),
    "people": (N_("People"), PEOPLE),
    "sign-in": (N_("Signing in"), SIGN_IN),
    "seals": (N_("The record itself"), SEALS),
}
"""What a search can be kept to: its name, and the actions with theirs."""
NEEDS = dict.fromkeys(("people", "sign-in", "seals"), Action.PEOPLE) | {"remarks": Action.REPLY}
"""Groups whose lines are not for all: what concerns no body, and remarks."""
ACTIONS = {action: words for _, actions in GROUPS.values() for action, words in actions.items()}
OTHER = N_("Another action")

FACTS = LABELS | {
    "order": N_("Order"),
    "invented": N_("Invented data"),
    "starts_on": N_("First day of entry"),
    "deadline": N_("Deadline"),
    "until": N_("Until"),
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
    "round": N_("Hand-over"),
    "revision": N_("Revision"),
    "code": N_("Code"),
    "format": N_("Format"),
    "file": N_("File"),
    "criterion": N_("Criterion"),
    "row": N_("Row of the form"),
    "nil": N_("Nil year"),
    "address": N_("Network address"),
    "factor": N_("By"),
    "chain": N_("Chain"),
    "key": N_("Fingerprint of the key"),
    "answer": N_("Answer"),
    "to": N_("To body"),
    "what": N_("What"),
    "filters": N_("Filters"),
}
"""Names of what an event's data hold."""
FACTORS = {"password": N_("password"), "code": N_("code"), "mail": N_("e-mail")}
HIDDEN = frozenset(
    {
        "account",
        "at",
        "checkpoint",
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
"""What an event's data hold for the product alone."""
