"""Writes audit events."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evaluation.audit.actions import AuditAction
from evaluation.audit.chain import PendingEvents, append
from evaluation.database import db, to_json_bytes
from evaluation.policy import Viewer


@dataclass(frozen=True)
class NewEvent:
    """One event to write: the action, what it concerns, and its data, which JSON can represent."""

    action: AuditAction
    year: int | None = None
    body_id: int | None = None
    organisation_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class NewEventColumns:
    """Events of one action and year as columns of equal length, for operations on many organisations.

    `data` are JSON documents in UTF-8.
    """

    action: AuditAction
    year: int | None
    body_ids: Sequence[int | None]
    organisation_ids: Sequence[int | None]
    data: Sequence[bytes]


def new_batch() -> str:
    """Return a new name for the events of one operation: 32 hexadecimal digits."""
    return uuid.uuid4().hex


def append_events(viewer: Viewer, events: Sequence[NewEvent] | NewEventColumns, batch: str | None = None) -> None:
    """Write what the viewer did to the audit log, in the transaction that does it.

    The events are hashed and inserted when the transaction commits.
    """
    if isinstance(events, NewEventColumns):
        pending = _from_columns(viewer, events, batch)
    else:
        pending = PendingEvents(
            viewer.name,
            viewer.account_id,
            batch,
            # The plain string: hashing and the driver are slower with an enumeration's member.
            [event.action.value for event in events],
            [event.year for event in events],
            [event.body_id for event in events],
            [event.organisation_id for event in events],
            [to_json_bytes(event.data) for event in events],
        )
    if pending.data:
        append(db.session, pending)


def _from_columns(viewer: Viewer, events: NewEventColumns, batch: str | None) -> PendingEvents:
    size = len(events.data)
    return PendingEvents(
        viewer.name,
        viewer.account_id,
        batch,
        (events.action.value,) * size,
        (events.year,) * size,
        events.body_ids,
        events.organisation_ids,
        events.data,
    )
