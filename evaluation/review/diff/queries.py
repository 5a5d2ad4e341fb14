"""Reads of a body's year since the reviewer last received it."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from evaluation.audit.actions import AuditAction
from evaluation.audit.models import AuditEvent
from evaluation.audit.queries import AuditEntry, entries, events
from evaluation.criteria.model import Order
from evaluation.database import db
from evaluation.policy import Action, Viewer
from evaluation.registry.models import Body
from evaluation.review.diff.model import (
    JUSTIFICATION_ACTIONS,
    Baseline,
    CellChange,
    ChangeKind,
    merge_changes,
)
from evaluation.review.history import replay
from evaluation.review.history.queries import ALL_EVENTS, Cutoff, organisation_entries
from evaluation.submissions.models import OPEN_STATUSES
from evaluation.submissions.queries import submission


def baseline(viewer: Viewer, year: int, body_id: int) -> Baseline | None:
    """Return the submission that the reviewer received before the current answers; None if there is none.

    For a submitted or accepted year that is the last submission but one; for a year that the body can change, the last one.

    Raises:
        Forbidden: The viewer cannot reply to the body's remarks.
    """
    viewer.require(Action.REPLY, body_id)
    current = submission(viewer, year, body_id)
    if current is None:
        return None
    position = 0 if current.status in OPEN_STATUSES else 1
    conditions = (AuditEvent.chain == body_id, AuditEvent.year == year, AuditEvent.action == AuditAction.SUBMITTED)
    submitted = events(viewer, *conditions, order_by=(AuditEvent.seq.desc(),), limit=position + 1)[position:]
    return next(
        (Baseline(event.id, event.seq, int(event.data.get("round", 0)), event.actor, event.at) for event in submitted), None
    )


def changed_since(viewer: Viewer, order: Order, year: int, body_id: int) -> list[CellChange]:
    """Return the cells of a body's year whose values differ from the :func:`baseline`; none in the first round.

    Changes of membership come first. Answers of a new member from its time under another body are not listed.

    Raises:
        Forbidden: The viewer cannot reply to the body's remarks.
    """
    base = baseline(viewer, year, body_id)
    if base is None:
        return []
    since = _year_entries(viewer, body_id, year, AuditEvent.seq > base.seq)
    earlier: list[AuditEntry] = []
    if any(entry.action in JUSTIFICATION_ACTIONS for entry in since):
        conditions = (AuditEvent.seq < base.seq, AuditEvent.action.in_(JUSTIFICATION_ACTIONS))
        earlier = _year_entries(viewer, body_id, year, *conditions)
    return [*_membership_changes(viewer, year, body_id, base), *merge_changes(order, since, earlier)]


def _membership_changes(viewer: Viewer, year: int, body_id: int, base: Baseline) -> Iterator[CellChange]:
    """Yield the organisations that joined or left the year's sheet since the baseline, according to the registry's events."""
    of_registry = (AuditEvent.year.is_(None), AuditEvent.organisation_id.is_not(None))
    since = entries(viewer, AuditEvent.chain == body_id, AuditEvent.seq > base.seq, *of_registry, order_by=AuditEvent.seq)
    changed = {entry.organisation_id: (entry.actor, entry.at) for entry in since if entry.organisation_id is not None}
    if not changed:
        return
    body_bin = db.session.scalar(select(Body.bin).where(Body.id == body_id)) or ""
    before, after = (
        replay.registry_fields(organisation_entries(viewer, body_id, changed, cutoff))
        for cutoff in (Cutoff(base.event_id), ALL_EVENTS)
    )
    for organisation_id, source in changed.items():
        old, new = (replay.is_supervised(fields.get(organisation_id, {}), body_bin, year) or None for fields in (before, after))
        if old != new:
            organisation_bin = str(after[organisation_id]["bin"])
            yield CellChange(ChangeKind.MEMBERSHIP, organisation_id, "", organisation_bin, old, new, *source)


def _year_entries(viewer: Viewer, body_id: int, year: int, *conditions: Any) -> list[AuditEntry]:
    of_year = (AuditEvent.chain == body_id, AuditEvent.year == year)
    return entries(viewer, *of_year, *conditions, order_by=AuditEvent.seq)
