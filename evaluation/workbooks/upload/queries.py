"""Reads of uploads and of what they are set against, each within what its viewer may see."""

from collections.abc import Iterable, Sequence

from sqlalchemy import func, select

from evaluation.audit.chain import seal
from evaluation.audit.models import Event
from evaluation.database import db, tuples
from evaluation.policy import Action, Viewer
from evaluation.workbooks.models import Upload

__all__ = ["APPLIED", "changed_since", "last_event", "stored_reports", "upload", "uploads"]

APPLIED = "uploaded"
"""The action of the events that applying a workbook writes, one for each report."""
LISTED = 200
"""Of one's own uploads, the latest; and of the changes others made meanwhile."""


def uploads(viewer: Viewer) -> list[Upload]:
    """The workbooks that the viewer sent, the latest first."""
    return list(db.session.scalars(_own(viewer).order_by(Upload.id.desc()).limit(LISTED)))


def upload(viewer: Viewer, id_: int) -> Upload | None:
    """A workbook that the viewer sent; None also for anybody else's."""
    found: Upload | None = db.session.scalar(_own(viewer).where(Upload.id == id_))
    return found


def stored_reports(viewer: Viewer, batches: Iterable[str]) -> dict[str, int]:
    """How many reports each of these batches changed."""
    seal(db.session)
    statement = select(Event.batch, func.count()).where(Event.batch.in_(list(batches)), Event.action == APPLIED)
    if viewer.bodies is not None:
        statement = statement.where(Event.body_id.in_(viewer.bodies))
    return dict(tuples(statement.group_by(Event.batch)))


def last_event(viewer: Viewer) -> int:
    """The number of the latest event of all: what comes later has a higher one. It tells nothing of what happened."""
    seal(db.session)
    return int(db.session.scalar(select(func.max(Event.id))) or 0) if viewer.may(Action.EDIT) else 0


def changed_since(viewer: Viewer, year: int, organisation_ids: Sequence[int], event_id: int) -> list[Event]:
    """What became of these organisations' answers after an event, the latest changes."""
    seal(db.session)
    found: list[Event] = []
    wanted = set(organisation_ids)
    statement = select(Event).where(Event.id > event_id, Event.year == year, Event.organisation_id.is_not(None))
    if viewer.bodies is not None:
        statement = statement.where(Event.body_id.in_(viewer.bodies))
    for event in db.session.scalars(statement.order_by(Event.id.desc())):
        if event.organisation_id in wanted:
            found.append(event)
        if len(found) == LISTED:
            break
    return found[::-1]


def _own(viewer: Viewer):  # type: ignore[no-untyped-def]
    statement = select(Upload)
    return statement.where(Upload.account_id == viewer.account_id) if viewer.may(Action.EDIT) else statement.where(Upload.id < 0)
