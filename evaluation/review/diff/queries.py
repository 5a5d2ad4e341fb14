"""Reads of the record: a body's year since its reviewer had it last."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from evaluation.answers.justifications import JUSTIFIED, WITHDRAWN
from evaluation.answers.readiness.queries import submission
from evaluation.audit.chain import seal
from evaluation.audit.models import Event
from evaluation.clock import precise
from evaluation.criteria.model import Order
from evaluation.database import db
from evaluation.policy import Action, Viewer
from evaluation.registry.models import Body
from evaluation.review.diff.model import MEMBER, CellChange, HandOver, Told, folded
from evaluation.review.history import queries as known
from evaluation.review.history import replay
from evaluation.review.history.queries import Until
from evaluation.submissions.models import OPEN_STATES, SUBMITTED


def baseline(viewer: Viewer, year: int, body_id: int) -> HandOver | None:
    """The hand-over that the reviewer had before the answers as they are: of a year that is with its reviewer or accepted the one
    before the last, of one that is with the body again the last. None where there was none. Raises Forbidden."""
    viewer.require(Action.REPLY, body_id)
    seal(db.session)
    current = submission(viewer, year, body_id)
    if current is None:
        return None
    statement = (
        select(Event.seq, Event.data, Event.actor, Event.at)
        .where(Event.chain == body_id, Event.year == year, Event.action == SUBMITTED)
        .order_by(Event.seq.desc())
        .limit(1)
        .offset(0 if current.state in OPEN_STATES else 1)
    )
    found = db.session.execute(statement).first()
    return HandOver(found.seq, int(found.data.get("round", 0)), found.actor, found.at) if found else None


def changed_since(viewer: Viewer, order: Order, year: int, body_id: int) -> list[CellChange]:
    """The cells of a body's year that have another value than at :func:`baseline`; none in the first round.

    Answers, evidence, files, reasons of warnings, the body's own figures of last year, and first the organisations that came or
    went: what one that came had answered under another body is not told answer by answer. Raises Forbidden for who may not
    answer remarks.
    """
    base = baseline(viewer, year, body_id)
    if base is None:
        return []
    since = list(_events(body_id, year, Event.seq > base.seq))
    reasons = (JUSTIFIED, WITHDRAWN)
    before = _events(body_id, year, Event.seq < base.seq, Event.action.in_(reasons)) if _of(since, reasons) else ()
    return [*_members(viewer, year, body_id, base), *folded(order, since, before)]


def _members(viewer: Viewer, year: int, body_id: int, base: HandOver) -> Iterator[CellChange]:
    """The organisations that are on the year's sheet now and were not then, or the other way about, as the registry was told."""
    statement = select(Event.organisation_id, Event.actor, Event.at).where(Event.chain == body_id, Event.seq > base.seq)
    statement = statement.where(Event.year.is_(None), Event.organisation_id.is_not(None)).order_by(Event.seq)
    touched = {own: (who, at) for own, who, at in db.session.execute(statement) if own is not None}
    if not touched:
        return
    bin_ = db.session.scalar(select(Body.bin).where(Body.id == body_id)) or ""
    then, now = (
        replay.entries(known.of_organisations(viewer, body_id, touched, until))
        for until in (Until(base.at, body_id, base.seq), Until(precise()))
    )
    for own, (who, at) in touched.items():
        old, new = (replay.under(each.get(own, {}), bin_, year) or None for each in (then, now))
        if old != new:
            yield CellChange(MEMBER, own, "", str(now[own]["bin"]), old, new, who, at)


def _of(events: list[Told], actions: tuple[str, ...]) -> bool:
    return any(event.action in actions for event in events)


def _events(body_id: int, year: int, *conditions: Any) -> Iterator[Told]:
    columns = (Event.action, Event.organisation_id, Event.data, Event.actor, Event.at)
    statement = select(*columns).where(Event.chain == body_id, Event.year == year, *conditions).order_by(Event.seq)
    return (Told(*row) for row in db.session.execute(statement))
