"""Reads of what was done in one step, within what the viewer may see."""

from collections.abc import Iterable

from sqlalchemy import func, select

from evaluation.database import db
from evaluation.policy import Viewer
from evaluation.record import queries as record
from evaluation.record.models import Event
from evaluation.record.queries import Batch

RECENT = 50
"""Steps that are looked through for the last one that was not undone."""


def last_step(viewer: Viewer, year: int, body_id: int, actions: Iterable[str], name: str = "") -> Batch | None:
    """The last thing of these actions that the viewer did with a body's year and has not undone; or the one of this name.

    One step may have an event for each of thousands of organisations, so steps are counted, not events.
    """
    if not viewer.sees(body_id):
        return None
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
    found = [Batch(str(batch), action, at) for batch, action, at in db.session.execute(statement.limit(RECENT))]
    gone = record.undone(viewer, {each.name for each in found})
    return next((each for each in found if each.name not in gone), None)
