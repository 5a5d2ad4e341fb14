"""Reads of the record, each within what its viewer may see."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from evaluation.database import db
from evaluation.policy import Viewer
from evaluation.record.models import Event

UNDONE = "undone"
RECENT = 200
"""Events of an organisation that are looked through for the last change of an answer."""
PART = 500
"""Organisations that are asked for at once."""
STEPS = 50
"""Steps that are looked through for the last one that was not undone."""

Cell = tuple[int, str]
"""An organisation's id and the code of an indicator or item of evidence."""


@dataclass(frozen=True)
class Batch:
    """What somebody did in one go: its name and action, and when."""

    name: str
    action: str
    at: datetime


def last_changes(viewer: Viewer, year: int, cells: Iterable[Cell]) -> dict[Cell, tuple[str, datetime]]:
    """Who changed each of these answers last, and when; those of which the record tells nothing are left out."""
    wanted, found = set(cells), dict[Cell, tuple[str, datetime]]()
    own = sorted({organisation for organisation, _ in wanted})
    columns = (Event.organisation_id, Event.actor, Event.at, Event.data)
    for start in range(0, len(own), PART):
        part = own[start : start + PART]
        statement = select(*columns).where(Event.organisation_id.in_(part), Event.year == year).order_by(Event.id.desc())
        for organisation, actor, at, data in db.session.execute(_seen(statement, viewer).limit(RECENT * len(part))):
            for code in data:
                if (organisation, code) in wanted:
                    found.setdefault((organisation, code), (actor, at))
    return found


def batch(viewer: Viewer, name: str) -> list[Event]:
    """The events of a batch, the oldest first."""
    return list(db.session.scalars(_seen(select(Event), viewer).where(Event.batch == name).order_by(Event.id)))


def undone(viewer: Viewer, names: Iterable[str]) -> set[str]:
    """Those of these batches that were undone."""
    wanted = set(names)
    statement = _seen(select(Event), viewer).where(Event.action == UNDONE, Event.organisation_id.is_(None))
    found = db.session.scalars(statement.order_by(Event.id.desc()).limit(RECENT))
    return {undoes for event in found if (undoes := event.data.get("undoes")) in wanted}


def last_batch(viewer: Viewer, year: int, body_id: int, actions: Iterable[str], name: str = "") -> Batch | None:
    """The last thing of these actions that the viewer did with a body's year and has not undone; or the one of this name.

    One step may have an event for each of thousands of organisations, so steps are counted, not events.
    """
    last = func.max(Event.id)
    statement = (
        select(Event.batch, Event.action, func.max(Event.at))
        .where(Event.account_id == viewer.account_id, Event.year == year, Event.body_id == body_id)
        .where(Event.batch.is_not(None), Event.action.in_(list(actions)))
        .group_by(Event.batch, Event.action)
        .order_by(last.desc())
    )
    if name:
        statement = statement.where(Event.batch == name)
    found = [Batch(str(batch), action, at) for batch, action, at in db.session.execute(_seen(statement, viewer).limit(STEPS))]
    gone = undone(viewer, {each.name for each in found})
    return next((each for each in found if each.name not in gone), None)


def _seen(statement: Any, viewer: Viewer) -> Any:
    return statement if viewer.bodies is None else statement.where(Event.body_id.in_(viewer.bodies))
