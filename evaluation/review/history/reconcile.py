"""What the audit log says and what the tables store, as plain values to compare.

Each pair of functions returns equal values when the tables agree with the audit log: registry entries, the workflow of a year,
its remarks and its extensions.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from evaluation.audit.actions import AuditAction
from evaluation.audit.queries import AuditEntry
from evaluation.database import from_json, to_json
from evaluation.registry.states import RegistryState
from evaluation.review.history import replay
from evaluation.review.history.queries import REMARK_ACTIONS, WORKFLOW_ACTIONS
from evaluation.review.models import Remark
from evaluation.submissions.models import DRAFT, Extension, SheetRevision, Submission

Facts = dict[str, Any]

RegistryKey = tuple[bool, str]
"""Whether the entry is an organisation's (else a body's), and its BIN."""

DRAFT_WORKFLOW: Facts = {
    "status": DRAFT,
    "nil_return": False,
    "version": 0,
    "round": 0,
    "revision": 0,
    "reason": "",
    "correct_by": None,
}
"""The workflow of a year that was never submitted."""


def audited_registry(events: Iterable[AuditEntry]) -> dict[RegistryKey, Facts]:
    """Return the registry entries after these registry events."""
    by_entry: dict[tuple[bool, int], list[AuditEntry]] = {}
    for event in events:
        is_organisation = event.organisation_id is not None
        by_entry.setdefault((is_organisation, event.organisation_id or event.chain), []).append(event)
    replayed = {key: next(iter(replay.registry_fields(entry_events).values())) for key, entry_events in by_entry.items()}
    return {
        (is_organisation, fields["bin"]): _without_blanks(fields)
        for (is_organisation, _), fields in replayed.items()
        # A removed entry has no BIN any more.
        if fields.get("bin")
    }


def stored_registry_entry(state: RegistryState) -> Facts:
    """Return a stored registry entry in the form of the audit log."""
    return _without_blanks(from_json(to_json(state)))


def _without_blanks(fields: Facts) -> Facts:
    return {name: value for name, value in fields.items() if value is not False and value not in (None, "", [])}


def audited_workflow(events: Iterable[AuditEntry]) -> Facts:
    """Return the workflow of a year after its events."""
    facts = dict(DRAFT_WORKFLOW)
    for event in events:
        if event.action not in WORKFLOW_ACTIONS:
            continue
        data = event.data
        facts |= {"status": event.action, "version": data["version"], "by": event.actor, "reason": data.get("reason", "")}
        facts |= {"correct_by": data.get("correct_by"), "accepted": None}
        if event.action == AuditAction.SUBMITTED:
            submitted = (event.account_id, event.actor, data["at"])
            facts |= {"round": data["round"], "nil_return": data["nil_return"], "submitted": submitted}
            facts.setdefault("first_submitted_on", data.get("on"))
        elif event.action in (AuditAction.ACCEPTED, AuditAction.REOPENED):
            facts["revision"] = data["revision"]
        if event.action == AuditAction.ACCEPTED:
            facts["accepted"] = (event.account_id, data["revision"])
    return facts


def stored_workflow(submission: Submission | None, revision: SheetRevision | None) -> Facts:
    """Return the workflow of a year as stored; `revision` is the sheet revision that the submission names as in force."""
    if submission is None or submission.submitted_at is None:
        return dict(DRAFT_WORKFLOW)
    accepted = None
    if submission.accepted_id:
        is_of_year = revision is not None and (revision.body_id, revision.year) == (submission.body_id, submission.year)
        accepted = (submission.accepted_id, revision.revision if revision and is_of_year else None)
    return {name: getattr(submission, name) for name in DRAFT_WORKFLOW} | {
        "correct_by": str(submission.correct_by) if submission.correct_by else None,
        "by": submission.changed_by,
        "submitted": (submission.submitted_id, submission.submitted_by, submission.submitted_at.isoformat()),
        "first_submitted_on": str(submission.first_submitted_on),
        "accepted": accepted,
    }


def audited_remarks(events: Iterable[AuditEntry]) -> dict[int, Facts]:
    """Return remark id → its target, text, author, resolution and replies after these events."""
    remarks: dict[int, Facts] = {}
    for event in events:
        if event.action not in REMARK_ACTIONS:
            continue
        data = event.data
        remark = remarks.setdefault(data["remark"], {"resolved_by": None, "replies": []})
        if event.action == AuditAction.REMARK_ADDED:
            target = (event.organisation_id, data["code"], data["kind"], data["row"])
            remark |= {"target": target, "text": data["text"], "author": (event.account_id, event.actor)}
        elif event.action == AuditAction.REMARK_REPLIED:
            remark["replies"].append((event.account_id, event.actor, data["text"]))
        else:
            remark["resolved_by"] = event.actor if event.action == AuditAction.REMARK_RESOLVED else None
    for remark in remarks.values():
        remark["replies"].sort(key=str)
    return remarks


def stored_remarks(remarks: Iterable[Remark]) -> dict[int, Facts]:
    """Return remark id → the same of the stored remarks.

    Replies are sorted by content: the events of two simultaneous replies may be in the other order.
    """
    return {
        remark.id: {
            "resolved_by": remark.resolved_by,
            "replies": sorted(((reply.author_id, reply.author, reply.text) for reply in remark.replies), key=str),
            "target": (remark.organisation_id, remark.code, remark.kind, remark.row),
            "text": remark.text,
            "author": (remark.author_id, remark.author),
        }
        for remark in remarks
    }


def audited_extensions(events: Iterable[AuditEntry]) -> list[tuple[str, str, str]]:
    """Return (last day, reason, actor) of each extension, the oldest first."""
    extensions = (event for event in events if event.action == AuditAction.DEADLINE_EXTENDED)
    return [(event.data["until"][1], event.data["reason"], event.actor) for event in extensions]


def stored_extensions(extensions: Sequence[Extension]) -> list[tuple[str, str, str]]:
    """Return the same of the stored extensions."""
    ordered = sorted(extensions, key=lambda extension: extension.id)
    return [(str(extension.until), extension.reason, extension.granted_by) for extension in ordered]
