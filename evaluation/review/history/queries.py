"""Reads of the audit log for the reconstruction of a body's year, each scoped by its viewer.

The reads check the viewer's permission for the body and then read all events that concern it, as the system: an organisation's
answers may be in the chain of another body that supervised it before.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select

from evaluation.answers.models import EvidenceFile
from evaluation.audit.actions import AuditAction, AuditGroup
from evaluation.audit.models import AuditEvent
from evaluation.audit.queries import ORGANISATIONS_PER_QUERY, AuditEntry, entries
from evaluation.database import db
from evaluation.policy import Action, Viewer
from evaluation.review.budget_snapshot import BUDGET_ACTIONS
from evaluation.review.verification.export_file import CANONICAL_FORMAT

YEAR_SETTING_ACTIONS = (
    AuditAction.YEAR_OPENED,
    AuditAction.YEAR_ORDER_CHANGED,
    AuditAction.FIRST_DAY_CHANGED,
    AuditAction.DEADLINE_CHANGED,
    AuditAction.YEAR_REMOVED,
)
REMARK_ACTIONS = AuditGroup.REMARKS.actions
WORKFLOW_ACTIONS = AuditGroup.REVIEW.actions
"""The actions whose values are the status of the submission that they lead to."""

EvidenceKey = tuple[int, int, str, str, str]
"""An evidence file: organisation id, year, criterion, name, SHA-256."""


@dataclass(frozen=True)
class Cutoff:
    """The id of the last event to read; None for all events.

    Ids grow within a chain, and from one chain to another as transactions lock them. Times do so only while the clock is right.
    """

    event_id: int | None = None


ALL_EVENTS = Cutoff()


def body_entries(viewer: Viewer, body_id: int, cutoff: Cutoff) -> list[AuditEntry]:
    """Return the events of a body's chain, the oldest first. Raises Forbidden."""
    viewer.require(Action.VIEW, body_id)
    return entries(Viewer.system(), AuditEvent.chain == body_id, *_conditions(cutoff), order_by=AuditEvent.seq)


def organisation_entries(viewer: Viewer, body_id: int, organisation_ids: Collection[int], cutoff: Cutoff) -> list[AuditEntry]:
    """Return the registry events, of all chains, of organisations that belonged to a body, the oldest first. Raises Forbidden."""
    viewer.require(Action.VIEW, body_id)
    return _entries_of_organisations(organisation_ids, AuditEvent.year.is_(None), *_conditions(cutoff))


def report_entries(
    viewer: Viewer, body_id: int, organisation_ids: Collection[int], years: Collection[int], cutoff: Cutoff
) -> list[AuditEntry]:
    """Return the events, of all chains, of these years' reports of a body's organisations, the oldest first. Raises Forbidden."""
    viewer.require(Action.VIEW, body_id)
    return _entries_of_organisations(organisation_ids, AuditEvent.year.in_(years), *_conditions(cutoff))


def acceptance_entries(viewer: Viewer, body_id: int, year: int) -> list[AuditEntry]:
    """Return the events of the acceptances of a body's year, the oldest first. Raises Forbidden."""
    return _year_entries(viewer, body_id, year, (AuditAction.ACCEPTED,))


def workflow_entries(viewer: Viewer, body_id: int) -> dict[int, list[AuditEntry]]:
    """Return year → events of its workflow steps, remarks, extensions and budgets, the oldest first; only years that have any.

    Raises:
        Forbidden: The viewer cannot see the body.
    """
    viewer.require(Action.VIEW, body_id)
    conditions = (
        AuditEvent.chain == body_id,
        AuditEvent.year.is_not(None),
        AuditEvent.action.in_((*WORKFLOW_ACTIONS, *REMARK_ACTIONS, AuditAction.DEADLINE_EXTENDED, *BUDGET_ACTIONS)),
    )
    by_year: dict[int, list[AuditEntry]] = {}
    for entry in entries(Viewer.system(), *conditions, order_by=AuditEvent.seq):
        by_year.setdefault(entry.year or 0, []).append(entry)
    return by_year


def registry_entries(viewer: Viewer) -> list[AuditEntry]:
    """Return the registry events of all bodies and organisations, the oldest first. Raises Forbidden."""
    viewer.require(Action.MANAGE_REGISTRY)
    of_registry = or_(AuditEvent.organisation_id.is_not(None), AuditEvent.chain != 0)
    return entries(Viewer.system(), AuditEvent.year.is_(None), of_registry)


def evidence_by_audit(viewer: Viewer) -> Counter[EvidenceKey]:
    """Return the evidence files of all organisations that exist according to the audit log. Raises Forbidden."""
    viewer.require(Action.VIEW_FILES)
    counts: Counter[EvidenceKey] = Counter()
    attached, removed = AuditAction.EVIDENCE_FILE_ATTACHED, AuditAction.EVIDENCE_FILE_REMOVED
    for entry in entries(Viewer.system(), AuditEvent.action.in_((attached, removed))):
        data = entry.data
        key = (entry.organisation_id or 0, entry.year or 0, data["criterion"], data["file"], data["sha256"])
        counts[key] += 1 if entry.action == attached else -1
    return +counts


def stored_evidence(viewer: Viewer) -> Counter[EvidenceKey]:
    """Return the evidence files of all organisations that the table lists. Raises Forbidden."""
    viewer.require(Action.VIEW_FILES)
    columns = (EvidenceFile.organisation_id, EvidenceFile.year, EvidenceFile.criterion, EvidenceFile.name, EvidenceFile.sha256)
    rows: Sequence[Any] = db.session.execute(select(*columns)).all()
    return Counter(map(tuple, rows))


def year_settings(viewer: Viewer, cutoff: Cutoff = ALL_EVENTS) -> dict[int, dict[str, Any]]:
    """Return year → its settings according to the audit log: order, invented, first day and deadline, days as YYYY-MM-DD.

    Args:
        viewer: The reader.
        cutoff: The last event to read.

    Raises:
        Forbidden: The viewer cannot see bodies.
    """
    viewer.require(Action.VIEW)
    settings: dict[int, dict[str, Any]] = {}
    conditions = [AuditEvent.chain == 0, AuditEvent.action.in_(YEAR_SETTING_ACTIONS), *_conditions(cutoff)]
    for entry in entries(Viewer.system(), *conditions, order_by=AuditEvent.seq):
        if entry.action == AuditAction.YEAR_REMOVED:
            settings.pop(entry.year or 0, None)
        elif entry.year is not None:
            settings.setdefault(entry.year, {}).update({name: new for name, (_, new) in entry.data.items()})
    return settings


def export_hashes(viewer: Viewer, body_id: int, year: int) -> set[tuple[int, str]]:
    """Return (revision, SHA-256) of the exported files of a body's sheet revisions according to the audit log.

    Canonical JSON is left out: its hash is that of the revision itself.

    Raises:
        Forbidden: The viewer cannot see the body.
    """
    exports = [entry.data for entry in _year_entries(viewer, body_id, year, (AuditAction.FILE_EXPORTED,))]
    return {
        (data["revision"], data["sha256"])
        for data in exports
        if data["format"] != CANONICAL_FORMAT and data["revision"] is not None
    }


def _year_entries(viewer: Viewer, body_id: int, year: int, actions: Collection[AuditAction]) -> list[AuditEntry]:
    viewer.require(Action.VIEW, body_id)
    conditions = (AuditEvent.chain == body_id, AuditEvent.year == year, AuditEvent.action.in_(list(actions)))
    return entries(Viewer.system(), *conditions, order_by=AuditEvent.seq)


def _conditions(cutoff: Cutoff) -> tuple[Any, ...]:
    return () if cutoff.event_id is None else (AuditEvent.id <= cutoff.event_id,)


def _entries_of_organisations(organisation_ids: Collection[int], *conditions: Any) -> list[AuditEntry]:
    """Return events, those of each organisation by their ids: the oldest first."""
    ids, result = sorted(organisation_ids), list[AuditEntry]()
    for start in range(0, len(ids), ORGANISATIONS_PER_QUERY):
        batch = ids[start : start + ORGANISATIONS_PER_QUERY]
        result += entries(Viewer.system(), AuditEvent.organisation_id.in_(batch), *conditions)
    return result
