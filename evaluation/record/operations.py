"""Writing to the record."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evaluation.clock import now
from evaluation.database import db, insert_columns, table_of
from evaluation.policy import Viewer
from evaluation.record.models import Event


@dataclass(frozen=True)
class NewEvent:
    """What is to be recorded: the action, what it was about, and its data as JSON takes it."""

    action: str
    year: int | None = None
    body_id: int | None = None
    organisation_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def new_batch() -> str:
    """A name for what is done in one go."""
    return uuid.uuid4().hex


def write(viewer: Viewer, events: Sequence[NewEvent], batch: str | None = None) -> None:
    """Record what the viewer did, in the transaction that does it."""
    if not events:
        return
    count, at = len(events), now()
    insert_columns(
        db.session.connection(),
        table_of(Event),
        {
            "at": (at,) * count,
            "actor": (viewer.name,) * count,
            "account_id": (viewer.account_id,) * count,
            "action": [event.action for event in events],
            "year": [event.year for event in events],
            "body_id": [event.body_id for event in events],
            "organisation_id": [event.organisation_id for event in events],
            "batch": (batch,) * count,
            "data": [event.data for event in events],
        },
    )


def write_many(
    viewer: Viewer,
    action: str,
    year: int,
    body_ids: Sequence[int],
    organisation_ids: Sequence[int],
    data: Sequence[str],
    batch: str,
) -> None:
    """Record one action on many organisations, as :func:`write` does; `data` are JSON text already."""
    if not data:
        return
    count = len(data)
    same = {"at": now(), "actor": viewer.name, "account_id": viewer.account_id, "action": action, "year": year, "batch": batch}
    insert_columns(
        db.session.connection(),
        table_of(Event),
        {"body_id": body_ids, "organisation_id": organisation_ids, "data": data}
        | {name: (value,) * count for name, value in same.items()},
        encoded=("data",),
    )
