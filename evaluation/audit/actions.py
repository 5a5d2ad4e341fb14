"""The audit actions: what each stored event means, its label and the permission that reading it requires.

An action's value is stored in the database and is part of the event's hash, so it never changes once a database exists.
"""

from enum import StrEnum
from functools import cache
from typing import Self

from evaluation.language import N_
from evaluation.policy import ALLOWED, Action, Role, Viewer


class AuditGroup(StrEnum):
    """A group of audit actions that the search page can be filtered by. The value is part of the page's address."""

    label: str
    """The message id of the group's name."""

    def __new__(cls, value: str, label: str) -> Self:
        """Create a member with its label."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member

    ANSWERS = "answers", N_("Answers")
    REVIEW = "review", N_("Review")
    REMARKS = "remarks", N_("Remarks")
    ANOMALIES = "anomalies", N_("Anomalies")
    FILES = "files", N_("Files")
    YEARS = "years", N_("Reporting years")
    REGISTRY = "registry", N_("Registry")
    ACCOUNTS = "accounts", N_("People")
    SIGN_IN = "sign-in", N_("Signing in")
    AUDIT_LOG = "audit-log", N_("The audit log")

    @property
    def actions(self) -> tuple["AuditAction", ...]:
        """The actions of the group."""
        return tuple(action for action in AuditAction if action.group == self)


class AuditAction(StrEnum):
    """What happened. The value is stored in `audit_event.action`.

    A step of the workflow has the value of the submission's status that it leads to.
    """

    label: str
    """The message id of the action's name."""
    group: AuditGroup
    read_permission: Action
    """The permission that reading events of this action requires."""

    def __new__(cls, value: str, label: str, group: AuditGroup, read_permission: Action = Action.VIEW) -> Self:
        """Create a member with its label, group and permission."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label, member.group, member.read_permission = label, group, read_permission
        return member

    ANSWERS_SAVED = "answers_saved", N_("Answers changed"), AuditGroup.ANSWERS
    BLOCK_PASTED = "block_pasted", N_("Block pasted into the table"), AuditGroup.ANSWERS
    BLANKS_FILLED = "blanks_filled", N_("Blank cells filled in the table"), AuditGroup.ANSWERS
    ANSWERS_REPEATED = "answers_repeated", N_("Answers copied to other rows of the table"), AuditGroup.ANSWERS
    ANSWERS_CLEARED = "answers_cleared", N_("Answers cleared in the table"), AuditGroup.ANSWERS
    WORKBOOK_APPLIED = "workbook_applied", N_("Answers imported from a workbook"), AuditGroup.ANSWERS
    CHANGE_UNDONE = "change_undone", N_("Change reverted"), AuditGroup.ANSWERS
    PRIOR_YEAR_COUNTS_DECLARED = "prior_year_counts_declared", N_("Last year's figures declared"), AuditGroup.ANSWERS
    JUSTIFICATION_ADDED = "justification_added", N_("Reason for a warning entered"), AuditGroup.ANSWERS
    JUSTIFICATION_WITHDRAWN = "justification_withdrawn", N_("Reason for a warning withdrawn"), AuditGroup.ANSWERS
    BUDGET_DIFFERENCE_EXPLAINED = (
        "budget_difference_explained",
        N_("Difference from the budget explained"),
        AuditGroup.ANSWERS,
        Action.VIEW_FILES,
    )
    BUDGET_EXPLANATION_WITHDRAWN = (
        "budget_explanation_withdrawn",
        N_("Explanation of a difference from the budget withdrawn"),
        AuditGroup.ANSWERS,
        Action.VIEW_FILES,
    )
    HEAD_NOTIFIED = "head_notified", N_("Head notified that the answers are ready"), AuditGroup.ANSWERS

    SUBMITTED = "submitted", N_("Year submitted"), AuditGroup.REVIEW
    # Whoever sees the body may read why its year was returned; what only its people are to know is a remark.
    RETURNED = "returned", N_("Year returned for correction"), AuditGroup.REVIEW
    ACCEPTED = "accepted", N_("Year accepted"), AuditGroup.REVIEW
    REOPENED = "reopened", N_("Accepted year reopened"), AuditGroup.REVIEW

    REMARK_ADDED = "remark_added", N_("Remark made"), AuditGroup.REMARKS, Action.REPLY
    REMARK_REPLIED = "remark_replied", N_("Remark answered"), AuditGroup.REMARKS, Action.REPLY
    REMARK_RESOLVED = "remark_resolved", N_("Remark marked as resolved"), AuditGroup.REMARKS, Action.REPLY
    REMARK_REOPENED = "remark_reopened", N_("Remark reopened"), AuditGroup.REMARKS, Action.REPLY

    ANOMALY_DECIDED = "anomaly_decided", N_("Anomaly decided"), AuditGroup.ANOMALIES, Action.REPLY
    ANOMALY_EXPLAINED = "anomaly_explained", N_("Anomaly explained by the body"), AuditGroup.ANOMALIES, Action.REPLY

    EVIDENCE_FILE_ATTACHED = "evidence_file_attached", N_("Evidence file attached"), AuditGroup.FILES, Action.VIEW_FILES
    EVIDENCE_FILE_REMOVED = "evidence_file_removed", N_("Evidence file removed"), AuditGroup.FILES, Action.VIEW_FILES
    WORKBOOK_UPLOADED = "workbook_uploaded", N_("Workbook sent"), AuditGroup.FILES
    WORKBOOK_DISCARDED = "workbook_discarded", N_("Workbook discarded"), AuditGroup.FILES
    EVIDENCE_FILE_DOWNLOADED = (
        "evidence_file_downloaded",
        N_("Evidence file downloaded"),
        AuditGroup.FILES,
        Action.VIEW_FILES,
    )
    BUDGET_DECISION_STORED = "budget_decision_stored", N_("Budget decision stored"), AuditGroup.FILES, Action.VIEW_FILES
    BUDGET_DECISION_REMOVED = "budget_decision_removed", N_("Budget decision removed"), AuditGroup.FILES, Action.VIEW_FILES
    BUDGET_DECISION_DOWNLOADED = (
        "budget_decision_downloaded",
        N_("File of a budget decision downloaded"),
        AuditGroup.FILES,
        Action.VIEW_FILES,
    )
    FILES_PRUNED = "files_pruned", N_("Files deleted that nothing needed"), AuditGroup.FILES, Action.MANAGE_ACCOUNTS
    FILE_EXPORTED = "file_exported", N_("File downloaded"), AuditGroup.FILES

    YEAR_OPENED = "year_opened", N_("Reporting year opened"), AuditGroup.YEARS
    YEAR_REMOVED = "year_removed", N_("Reporting year removed"), AuditGroup.YEARS
    YEAR_ORDER_CHANGED = "year_order_changed", N_("Year moved to another order"), AuditGroup.YEARS
    FIRST_DAY_CHANGED = "first_day_changed", N_("First day of entry changed"), AuditGroup.YEARS
    DEADLINE_CHANGED = "deadline_changed", N_("Deadline changed"), AuditGroup.YEARS
    DEADLINE_EXTENDED = "deadline_extended", N_("Deadline extended for a body"), AuditGroup.YEARS

    ORGANISATION_ASSIGNED = "organisation_assigned", N_("Organisation assigned to a body"), AuditGroup.REGISTRY
    BODY_ADDED = "body_added", N_("Body entered"), AuditGroup.REGISTRY
    BODY_CHANGED = "body_changed", N_("Body corrected"), AuditGroup.REGISTRY
    BODY_RENAMED = "body_renamed", N_("Body renamed"), AuditGroup.REGISTRY
    BODY_CLOSED = "body_closed", N_("Body closed"), AuditGroup.REGISTRY
    BODY_REOPENED = "body_reopened", N_("Closing of a body reverted"), AuditGroup.REGISTRY
    ORGANISATION_ADDED = "organisation_added", N_("Organisation entered"), AuditGroup.REGISTRY
    ORGANISATION_CHANGED = "organisation_changed", N_("Organisation corrected"), AuditGroup.REGISTRY
    ORGANISATION_RENAMED = "organisation_renamed", N_("Organisation renamed"), AuditGroup.REGISTRY
    ORGANISATION_MOVED = "organisation_moved", N_("Organisation moved to another body"), AuditGroup.REGISTRY
    ORGANISATION_LEFT = "organisation_left", N_("Organisation left the body"), AuditGroup.REGISTRY
    BODY_REMOVED = "body_removed", N_("Body removed: its load was undone"), AuditGroup.REGISTRY
    ORGANISATION_REMOVED = "organisation_removed", N_("Organisation removed: its load was undone"), AuditGroup.REGISTRY
    REGISTRY_LOADED = "registry_loaded", N_("Registry workbook stored"), AuditGroup.REGISTRY, Action.MANAGE_REGISTRY
    REGISTRY_LOAD_UNDONE = (
        "registry_load_undone",
        N_("Load of a registry workbook undone"),
        AuditGroup.REGISTRY,
        Action.MANAGE_REGISTRY,
    )
    STATUS_ADDED = "status_added", N_("Status of an organisation entered"), AuditGroup.REGISTRY
    STATUS_WITHDRAWN = "status_withdrawn", N_("Status of an organisation withdrawn"), AuditGroup.REGISTRY

    ACCOUNT_ADDED = "account_added", N_("Person added"), AuditGroup.ACCOUNTS, Action.MANAGE_ACCOUNTS
    ACCOUNT_CHANGED = "account_changed", N_("Account changed"), AuditGroup.ACCOUNTS, Action.MANAGE_ACCOUNTS
    ACCOUNT_DISABLED = "account_disabled", N_("Account disabled"), AuditGroup.ACCOUNTS, Action.MANAGE_ACCOUNTS
    ACCOUNT_ENABLED = "account_enabled", N_("Account enabled"), AuditGroup.ACCOUNTS, Action.MANAGE_ACCOUNTS
    SESSIONS_ENDED_BY_ADMINISTRATOR = (
        "sessions_ended_by_administrator",
        N_("Sessions ended by an administrator"),
        AuditGroup.ACCOUNTS,
        Action.MANAGE_ACCOUNTS,
    )
    RANKING_OPENED = "ranking_opened", N_("Ranking opened to all bodies"), AuditGroup.ACCOUNTS, Action.MANAGE_ACCOUNTS
    RANKING_LIMITED = "ranking_limited", N_("Ranking limited again"), AuditGroup.ACCOUNTS, Action.MANAGE_ACCOUNTS
    SECOND_FACTOR_REMOVED = (
        "second_factor_removed",
        N_("Second factor removed by an administrator"),
        AuditGroup.ACCOUNTS,
        Action.MANAGE_ACCOUNTS,
    )

    SIGNED_IN = "signed_in", N_("Signed in"), AuditGroup.SIGN_IN, Action.MANAGE_ACCOUNTS
    SIGNED_OUT = "signed_out", N_("Signed out"), AuditGroup.SIGN_IN, Action.MANAGE_ACCOUNTS
    SIGN_IN_FAILED = "sign_in_failed", N_("Sign-in failed"), AuditGroup.SIGN_IN, Action.MANAGE_ACCOUNTS
    SIGN_IN_REFUSED = "sign_in_refused", N_("Sign-in refused"), AuditGroup.SIGN_IN, Action.MANAGE_ACCOUNTS
    ACCOUNT_LOCKED = "account_locked", N_("Account locked after failed attempts"), AuditGroup.SIGN_IN, Action.MANAGE_ACCOUNTS
    RESET_LINK_MAILED = "reset_link_mailed", N_("One-time link sent by e-mail"), AuditGroup.SIGN_IN, Action.MANAGE_ACCOUNTS
    PASSWORD_CHANGED = "password_changed", N_("Password changed"), AuditGroup.SIGN_IN, Action.MANAGE_ACCOUNTS
    PASSWORD_RESET = "password_reset", N_("Password reset"), AuditGroup.SIGN_IN, Action.MANAGE_ACCOUNTS
    SECOND_FACTOR_ENABLED = "second_factor_enabled", N_("Second factor set up"), AuditGroup.SIGN_IN, Action.MANAGE_ACCOUNTS
    SECOND_FACTOR_DISABLED = (
        "second_factor_disabled",
        N_("Second factor switched off"),
        AuditGroup.SIGN_IN,
        Action.MANAGE_ACCOUNTS,
    )
    PASSKEY_ADDED = "passkey_added", N_("Passkey added"), AuditGroup.SIGN_IN, Action.MANAGE_ACCOUNTS
    PASSKEY_REMOVED = "passkey_removed", N_("Passkey removed"), AuditGroup.SIGN_IN, Action.MANAGE_ACCOUNTS
    PASSKEY_USED = "passkey_used", N_("Passkey used"), AuditGroup.SIGN_IN, Action.MANAGE_ACCOUNTS
    PASSWORD_REHASHED = "password_rehashed", N_("Password stored more strongly"), AuditGroup.SIGN_IN, Action.MANAGE_ACCOUNTS
    RECOVERY_CODE_USED = "recovery_code_used", N_("Recovery code used"), AuditGroup.SIGN_IN, Action.MANAGE_ACCOUNTS
    RECOVERY_CODES_CREATED = (
        "recovery_codes_created",
        N_("New recovery codes created"),
        AuditGroup.SIGN_IN,
        Action.MANAGE_ACCOUNTS,
    )

    SESSIONS_ENDED = "sessions_ended", N_("Sessions ended by their owner"), AuditGroup.SIGN_IN, Action.MANAGE_ACCOUNTS

    LOG_STARTED = "log_started", N_("Audit log started"), AuditGroup.AUDIT_LOG, Action.MANAGE_ACCOUNTS
    CHAIN_STARTED = "chain_started", N_("Audit chain of a body started"), AuditGroup.AUDIT_LOG, Action.MANAGE_ACCOUNTS
    RESTORED = "restored", N_("Installation restored from a backup"), AuditGroup.AUDIT_LOG, Action.MANAGE_ACCOUNTS


EVENTS_WITHOUT_BODY = Action.MANAGE_ACCOUNTS
"""The permission that reading an event of no body requires, independent of the event's action."""


BY_VALUE = {action.value: action for action in AuditAction}


def find_action(stored: str) -> AuditAction | None:
    """Return the action of a stored value; None for a value that this version of the product does not know."""
    return BY_VALUE.get(stored)


def unreadable_actions(viewer: Viewer) -> tuple[AuditAction, ...]:
    """Return the actions whose events the viewer may not read."""
    return _unreadable_actions(viewer.role)


@cache
def _unreadable_actions(role: Role) -> tuple[AuditAction, ...]:
    return tuple(action for action in AuditAction if action.read_permission not in ALLOWED[role])


def readable_groups(viewer: Viewer) -> tuple[AuditGroup, ...]:
    """Return the groups with at least one action whose events the viewer may read."""
    return _readable_groups(viewer.role)


@cache
def _readable_groups(role: Role) -> tuple[AuditGroup, ...]:
    return tuple(group for group in AuditGroup if any(action.read_permission in ALLOWED[role] for action in group.actions))
