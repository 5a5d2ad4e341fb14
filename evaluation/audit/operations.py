"""Writing to the record."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evaluation.audit.chain import Lines, add
from evaluation.database import db, encoded
from evaluation.policy import Viewer


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
    """Record what the viewer did, in the transaction that does it; the lines are sealed when it is committed."""
    if events:
        lines = Lines(
            viewer.name,
            viewer.account_id,
            batch,
            [event.action for event in events],
            [event.year for event in events],
            [event.body_id for event in events],
            [event.organisation_id for event in events],
            [encoded(event.data) for event in events],
        )
        add(db.session, lines)


def write_many(
    viewer: Viewer,
    action: str,
    year: int | None,
    body_ids: Sequence[int | None],
    organisation_ids: Sequence[int | None],
    data: Sequence[bytes],
    batch: str | None = None,
) -> None:
    """Record one action on many organisations, as :func:`write` does; `data` are JSON already."""
    if data:
        size = len(data)
        same = (viewer.name, viewer.account_id, batch, (action,) * size, (year,) * size)
        add(db.session, Lines(*same, body_ids, organisation_ids, data))
