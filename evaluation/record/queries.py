"""Reads of the record, each within what its viewer may see."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from evaluation.database import db
from evaluation.policy import Viewer
from evaluation.record.models import Event

UNDONE = "undone"
RECENT = 200
"""Events that are looked through for the last change of an answer, or the last thing a person did."""


@dataclass(frozen=True)
class Batch:
    """What somebody did in one go: its name and action, and when."""

    name: str
    action: str
    at: datetime


def last_change(viewer: Viewer, organisation_id: int, year: int, code: str) -> tuple[str, datetime] | None:
    """Who changed an answer last, and when."""
    statement = select(Event).where(Event.organisation_id == organisation_id, Event.year == year).order_by(Event.id.desc())
    for event in db.session.scalars(_seen(statement, viewer).limit(RECENT)):
        if code in event.data:
            return event.actor, event.at
    return None


def batch(viewer: Viewer, name: str) -> list[Event]:
    """The events of a batch, the oldest first."""
    return list(db.session.scalars(_seen(select(Event), viewer).where(Event.batch == name).order_by(Event.id)))


def undone(viewer: Viewer, names: Iterable[str]) -> set[str]:
    """Those of these batches that were undone."""
    wanted = set(names)
    statement = _seen(select(Event), viewer).where(Event.action == UNDONE, Event.organisation_id.is_(None))
    found = db.session.scalars(statement.order_by(Event.id.desc()).limit(RECENT))
    return {undoes for event in found if (undoes := event.data.get("undoes")) in wanted}


def last_batch(viewer: Viewer, year: int, body_id: int, actions: Iterable[str] = ()) -> Batch | None:
    """The last thing that the viewer did with a body's year and has not undone; `actions` keeps to these."""
    statement = _seen(select(Event), viewer).where(
        Event.account_id == viewer.account_id, Event.year == year, Event.body_id == body_id, Event.batch.is_not(None)
    )
    wanted = list(actions)
    statement = statement.where(Event.action.in_(wanted) if wanted else Event.action != UNDONE)
    recent = list(db.session.scalars(statement.order_by(Event.id.desc()).limit(RECENT)))
    gone = undone(viewer, {str(event.batch) for event in recent})
    last = next((event for event in recent if event.batch not in gone), None)
    return Batch(str(last.batch), last.action, last.at) if last else None


def _seen(statement: Any, viewer: Viewer) -> Any:
    return statement if viewer.bodies is None else statement.where(Event.body_id.in_(viewer.bodies))
