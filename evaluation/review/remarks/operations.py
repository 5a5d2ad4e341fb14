"""Making remarks on a year that was handed over, answering them, resolving them.

None is made, answered or resolved once the year is accepted: an accepted sheet has no remark that is not resolved, and stays so.
"""

from evaluation.answers import queries as collection
from evaluation.answers import values
from evaluation.answers.readiness.queries import submission
from evaluation.audit.operations import NewEvent, write
from evaluation.clock import now
from evaluation.criteria.model import Order
from evaluation.database import db, hold
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.notifications.operations import tell
from evaluation.policy import Action, Viewer
from evaluation.review.models import Remark, Reply
from evaluation.review.remarks import queries
from evaluation.review.remarks.model import Pin
from evaluation.submissions.models import ACCEPTED, SUBMITTED

MOST = 2000
"""Characters of a remark or a reply."""
REMARKED, REPLIED, RESOLVED, UNRESOLVED = "remarked", "replied", "remark_resolved", "remark_unresolved"
"""What the record calls these."""

EMPTY = N_("Write what you have to say: nothing was sent.")
LONG = N_("The text is longer than %(limit)s characters. Shorten it.")
NOT_SUBMITTED = N_("Remarks are made while the year is handed over and under review. Its state was changed: look at it again.")
ACCEPTED_NOW = N_("The year %(year)s is accepted: its remarks can no longer be changed.")


class RemarkRefused(EvaluationError):
    """There is nothing in the text, or too much."""


class NotUnderReview(RemarkRefused):
    """The state of the year does not allow this, or no longer."""


class NoSuchPlace(LookupError):
    """The body has no such organisation on 31 December of the year, it is not asked this, or the form has no such row."""


class NoSuchRemark(LookupError):
    """There is no such remark, or it is of a body that the viewer may not know of."""


def make(
    viewer: Viewer,
    order: Order,
    year: int,
    body_id: int,
    text: str,
    organisation_id: int | None = None,
    code: str | None = None,
    kind: str | None = None,
    row: str | None = None,
) -> Remark:
    """Pin a remark to an answer (`organisation_id` and `code`), a scored row (`kind` and `row`) or the sheet, and tell the body.

    The caller commits. Raises Forbidden; NoSuchPlace; RemarkRefused for a text that is none or too long; NotUnderReview where the
    year is not handed over: on an accepted one nothing is remarked until it is reopened.
    """
    viewer.require(Action.REVIEW, body_id)
    # Whoever accepts or returns the year holds it alone: no remark slips in while they do.
    hold(body_id, year)
    pin = Pin(organisation_id, code, kind, row)
    _check_place(viewer, order, year, body_id, pin)
    written = _text(text)
    current = submission(viewer, year, body_id)
    if current is None or current.state != SUBMITTED:
        raise NotUnderReview(NOT_SUBMITTED)
    place = {"organisation_id": organisation_id, "code": code, "kind": kind, "row": row}
    author = {"author_id": viewer.account_id, "author": viewer.name}
    made = Remark(year=year, body_id=body_id, round=current.round, text=written, at=now(), **place, **author)
    db.session.add(made)
    db.session.flush()
    _record(viewer, REMARKED, made, written)
    tell(viewer, "remark", year, body_id, organisation_id, code, _told(made, written), skip=viewer.account_id)
    return made


def reply(viewer: Viewer, remark_id: int, text: str) -> Reply:
    """Answer a remark, and tell the other side; the caller commits.

    Raises NoSuchRemark, Forbidden, RemarkRefused; NotUnderReview where the year is accepted.
    """
    found = _held(viewer, Action.REPLY, remark_id)
    written = _text(text)
    given = Reply(remark_id=found.id, text=written, author_id=viewer.account_id, author=viewer.name, at=now())
    db.session.add(given)
    db.session.flush()
    _record(viewer, REPLIED, found, written)
    told = _told(found, written) | {"reply": True}
    reviews = viewer.may(Action.REVIEW, found.body_id)
    place = (found.year, found.body_id, found.organisation_id, found.code)
    tell(viewer, "remark", *place, told, to="body" if reviews else "reviewers", skip=viewer.account_id)
    return given


def resolve(viewer: Viewer, remark_id: int) -> Remark:
    """Mark a remark as resolved; one that is stays as it is. Raises NoSuchRemark, Forbidden; NotUnderReview once accepted."""
    found = _held(viewer, Action.REVIEW, remark_id)
    if found.resolved_at is None:
        found.resolved_at, found.resolved_by = now(), viewer.name
        db.session.flush()
        _record(viewer, RESOLVED, found, found.text)
    return found


def unresolve(viewer: Viewer, remark_id: int) -> Remark:
    """Open a resolved remark again; one that is open stays so. Raises NoSuchRemark, Forbidden; NotUnderReview once accepted."""
    found = _held(viewer, Action.REVIEW, remark_id)
    if found.resolved_at is not None:
        found.resolved_at = found.resolved_by = None
        db.session.flush()
        _record(viewer, UNRESOLVED, found, found.text)
    return found


def _held(viewer: Viewer, action: Action, remark_id: int) -> Remark:
    """The remark as it is, whose year nobody accepts until the end."""
    known = queries.remark(viewer, remark_id)
    if known is None:
        raise NoSuchRemark(f"remark {remark_id}")
    viewer.require(action, known.body_id)
    hold(known.body_id, known.year)
    current = submission(viewer, known.year, known.body_id)
    if current is not None and current.state == ACCEPTED:
        raise NotUnderReview(ACCEPTED_NOW, year=known.year)
    return queries.remark(viewer, remark_id) or known


def _check_place(viewer: Viewer, order: Order, year: int, body_id: int, pin: Pin) -> None:
    if (pin.organisation_id is None) != (pin.code is None) or (pin.kind is None) != (pin.row is None):
        raise NoSuchPlace("half a place")
    if pin.organisation_id is not None and pin.kind is not None:
        raise NoSuchPlace("two places")
    if pin.organisation_id is not None:
        held = collection.held(viewer, year, [pin.organisation_id]).get(pin.organisation_id)
        if held is None or held.body_id != body_id or pin.code not in order.codes_of(held.kind):
            raise NoSuchPlace(f"{pin.code} of organisation {pin.organisation_id} in {year}")
    if pin.kind is not None:
        table = order.table.get(pin.kind)
        if table is None or pin.row not in {row.number for row in table.scored_rows}:
            raise NoSuchPlace(f"row {pin.row} of {pin.kind}")


def _text(given: str) -> str:
    written = values.INVISIBLE.sub("", values.BREAK.sub("\n", given)).strip()
    if not written:
        raise RemarkRefused(EMPTY)
    if len(written) > MOST:
        raise RemarkRefused(LONG, limit=MOST)
    return written


def _record(viewer: Viewer, action: str, remark: Remark, text: str) -> None:
    data = {"remark": remark.id, "code": remark.code, "kind": remark.kind, "row": remark.row, "text": text}
    write(viewer, [NewEvent(action, remark.year, remark.body_id, remark.organisation_id, data)])


def _told(remark: Remark, text: str) -> dict[str, object]:
    return {"remark": remark.id, "kind": remark.kind, "row": remark.row, "text": text}
