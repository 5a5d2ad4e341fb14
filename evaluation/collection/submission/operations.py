"""Handing a body's year over, and giving it back.

From the hand-over on the answers are locked: what the reviewer looks at is what was handed over. Whoever acts says which version
of the state they saw, so that nobody answers something that is not so any more.
"""

from datetime import date

from sqlalchemy import update

from evaluation.clock import now
from evaluation.collection.locks import is_open
from evaluation.collection.models import DRAFT, SUBMITTED, Submission
from evaluation.collection.submission import queries
from evaluation.collection.submission.model import Readiness
from evaluation.criteria.model import Order
from evaluation.database import db, hold, insert_unless_there, table_of
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.policy import Action, Viewer
from evaluation.record.operations import NewEvent, write
from evaluation.registry.models import Body

MAX_REASON = 2000

STALE = N_("The state of this year was changed while your page was open. Look at it again, then decide.")
NOT_READY = N_("The year cannot be handed over yet: see below what remains to be done.")
NO_ORGANISATIONS = N_("The body has no organisations on 31 December %(year)s: hand in a nil year instead.")
NOT_NIL = N_("The body has organisations on 31 December %(year)s, so its year is not nil.")
NOT_HANDED_OVER = N_("The year was not handed over, so there is nothing to give back.")
NO_REASON = N_("Write why the year is given back and what is to be mended: the body reads it.")
LONG_REASON = N_("The reason is longer than %(limit)s characters. Shorten it.")


class Stale(EvaluationError):
    """The state was changed since the person looked at it; `current` is what it is now, None for a plain draft."""

    def __init__(self, current: Submission | None):
        super().__init__(STALE)
        self.current = current


class NotReady(EvaluationError):
    """Something remains to be done before the year can be handed over."""

    def __init__(self, readiness: Readiness):
        super().__init__(NOT_READY)
        self.readiness = readiness


class SubmissionRefused(EvaluationError):
    """The state does not allow this, or a reason is missing."""


def hand_over(viewer: Viewer, order: Order, year: int, body: Body, version: int, today: date, nil: bool = False) -> Submission:
    """Hand a body's year over: every answer asked for is given, none is in error, each warning has its reason.

    `version` is that of the state the person saw, 0 for a plain draft; `nil` says that there are no organisations to report on.
    Raises Forbidden; Stale; NotReady with what remains; SubmissionRefused for a nil year that is none, and the other way about.
    """
    viewer.require(Action.SUBMIT, body.id)
    current = _held(viewer, year, body.id, version)
    if current is not None and not is_open(current.state):
        raise Stale(current)
    readiness = queries.readiness(viewer, order, year, body, today)
    if readiness.nil != nil:
        raise SubmissionRefused(NOT_NIL if nil else NO_ORGANISATIONS, year=year)
    if not readiness.ready:
        raise NotReady(readiness)
    stored = _set(viewer, year, body.id, version, state=SUBMITTED, nil=nil, reason="")
    write(viewer, [NewEvent("handed_over", year, body.id, data={"version": stored.version, "nil": nil})])
    return stored


def give_back(viewer: Viewer, year: int, body_id: int, version: int, reason: str) -> Submission:
    """Give a handed-over year back to its body with a reason: its answers can be changed again.

    Raises Forbidden; Stale; SubmissionRefused without a reason and where the year was not handed over.
    """
    viewer.require(Action.REVIEW, body_id)
    reason = reason.strip()
    if not reason:
        raise SubmissionRefused(NO_REASON)
    if len(reason) > MAX_REASON:
        raise SubmissionRefused(LONG_REASON, limit=MAX_REASON)
    current = _held(viewer, year, body_id, version)
    if current is None or is_open(current.state):
        raise SubmissionRefused(NOT_HANDED_OVER)
    stored = _set(viewer, year, body_id, version, state=DRAFT, nil=False, reason=reason)
    write(viewer, [NewEvent("given_back", year, body_id, data={"version": stored.version, "reason": reason})])
    return stored


def _held(viewer: Viewer, year: int, body_id: int, version: int) -> Submission | None:
    """The state that the person saw; no answer and no state of the body's year changes from here on. Raises Stale."""
    hold(body_id, year, alone=True)
    current = queries.submission(viewer, year, body_id)
    if (current.version if current else 0) != version:
        raise Stale(current)
    return current


def _set(viewer: Viewer, year: int, body_id: int, version: int, **values: object) -> Submission:
    values |= {"changed_by": viewer.name, "changed_at": now(), "version": version + 1}
    table = table_of(Submission)
    if version == 0:
        done = insert_unless_there(db.session.connection(), table, {"year": year, "body_id": body_id, **values})
    else:
        where = (table.c.year == year, table.c.body_id == body_id, table.c.version == version)
        done = db.session.execute(update(table).where(*where).values(**values)).rowcount == 1  # type: ignore[attr-defined]
    stored = queries.submission(viewer, year, body_id)
    if not done or stored is None:
        raise Stale(stored)
    return stored
