"""Changes of remarks: adding, replying, resolving.

Remarks are added only while a year is under review. Once a year is accepted, its remarks cannot change, so an accepted sheet
never has an open remark.
"""

from http import HTTPStatus

from evaluation.answers.queries import stored_reports
from evaluation.audit.actions import AuditAction
from evaluation.audit.operations import NewEvent, append_events
from evaluation.clock import now
from evaluation.criteria.model import Order
from evaluation.database import advisory_lock, db
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.notifications.operations import notify
from evaluation.policy import Action, Viewer
from evaluation.review.models import Remark, Reply
from evaluation.review.remarks import queries
from evaluation.review.remarks.model import RemarkTarget
from evaluation.submissions.models import ACCEPTED, SUBMITTED
from evaluation.submissions.queries import submission
from evaluation.text import normalise_text

MAX_TEXT_CHARACTERS = 2000
"""The length of a remark or a reply."""

EMPTY_TEXT = N_("Write a text: nothing was sent.")
LONG_TEXT = N_("The text is longer than %(limit)s characters. Shorten it.")
NOT_SUBMITTED = N_("Remarks can be made while the year is submitted and under review. Its status has changed: check it again.")
YEAR_ACCEPTED = N_("The year %(year)s is accepted: its remarks can no longer be changed.")
MISSING_PAGE = N_("There is no such page")

WHOLE_SHEET = RemarkTarget()


class RemarkRefused(EvaluationError):
    """The text of a remark or reply is empty or too long."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class NotUnderReview(RemarkRefused):
    """The status of the year does not allow the change."""

    status = HTTPStatus.CONFLICT


class UnknownRemarkTarget(EvaluationError):
    """The target does not exist.

    The body does not have the organisation on 31 December of the year, the organisation's kind does not have the indicator, or
    the form does not have the row.
    """

    status = HTTPStatus.NOT_FOUND

    def __init__(self) -> None:
        super().__init__(MISSING_PAGE)


class UnknownRemark(EvaluationError):
    """The remark does not exist, or the viewer cannot see its body."""

    status = HTTPStatus.NOT_FOUND

    def __init__(self) -> None:
        super().__init__(MISSING_PAGE)


def add_remark(viewer: Viewer, order: Order, year: int, body_id: int, text: str, target: RemarkTarget = WHOLE_SHEET) -> Remark:
    """Add a remark and notify the body's people; the caller commits.

    Raises:
        Forbidden: The viewer does not review the body.
        UnknownRemarkTarget: The target does not exist.
        RemarkRefused: The text is empty or too long.
        NotUnderReview: The year is not submitted.
    """
    viewer.require(Action.REVIEW, body_id)
    # Accepting and returning take this lock exclusively, so that no remark is added meanwhile.
    advisory_lock(body_id, year)
    _check_target(viewer, order, year, body_id, target)
    cleaned = _clean_text(text)
    current = submission(viewer, year, body_id)
    if current is None or current.status != SUBMITTED:
        raise NotUnderReview(NOT_SUBMITTED, field="text")
    remark = Remark(
        year=year,
        body_id=body_id,
        organisation_id=target.organisation_id,
        code=target.code,
        kind=target.kind,
        row=target.row,
        round=current.round,
        text=cleaned,
        author_id=viewer.account_id,
        author=viewer.name,
        at=now(),
    )
    db.session.add(remark)
    db.session.flush()
    _append_event(viewer, AuditAction.REMARK_ADDED, remark, cleaned)
    context = (year, body_id, target.organisation_id, target.code)
    notify(viewer, "remark", *context, _notification_data(remark, cleaned), excluded_account_id=viewer.account_id)
    return remark


def reply(viewer: Viewer, remark_id: int, text: str) -> Reply:
    """Reply to a remark and notify the other side; the caller commits.

    Raises:
        UnknownRemark: The remark does not exist for the viewer.
        Forbidden: The viewer cannot reply to remarks.
        RemarkRefused: The text is empty or too long.
        NotUnderReview: The year is accepted.
    """
    remark = _locked_remark(viewer, Action.REPLY, remark_id)
    cleaned = _clean_text(text)
    new_reply = Reply(remark_id=remark.id, text=cleaned, author_id=viewer.account_id, author=viewer.name, at=now())
    db.session.add(new_reply)
    db.session.flush()
    _append_event(viewer, AuditAction.REMARK_REPLIED, remark, cleaned)
    notify(
        viewer,
        "remark",
        remark.year,
        remark.body_id,
        remark.organisation_id,
        remark.code,
        _notification_data(remark, cleaned) | {"reply": True},
        recipients="body" if viewer.may(Action.REVIEW, remark.body_id) else "reviewers",
        excluded_account_id=viewer.account_id,
    )
    return new_reply


def resolve(viewer: Viewer, remark_id: int) -> Remark:
    """Mark a remark as resolved; a resolved remark stays unchanged. The caller commits.

    Raises:
        UnknownRemark: The remark does not exist for the viewer.
        Forbidden: The viewer does not review the body.
        NotUnderReview: The year is accepted.
    """
    remark = _locked_remark(viewer, Action.REVIEW, remark_id)
    if remark.resolved_at is None:
        remark.resolved_at, remark.resolved_by = now(), viewer.name
        db.session.flush()
        _append_event(viewer, AuditAction.REMARK_RESOLVED, remark, remark.text)
    return remark


def unresolve(viewer: Viewer, remark_id: int) -> Remark:
    """Open a resolved remark again; an open remark stays unchanged. The caller commits.

    Raises:
        UnknownRemark: The remark does not exist for the viewer.
        Forbidden: The viewer does not review the body.
        NotUnderReview: The year is accepted.
    """
    remark = _locked_remark(viewer, Action.REVIEW, remark_id)
    if remark.resolved_at is not None:
        remark.resolved_at = remark.resolved_by = None
        db.session.flush()
        _append_event(viewer, AuditAction.REMARK_REOPENED, remark, remark.text)
    return remark


def _locked_remark(viewer: Viewer, action: Action, remark_id: int) -> Remark:
    """Return a remark and lock its year against acceptance until the end of the transaction."""
    remark = queries.remark(viewer, remark_id)
    if remark is None:
        raise UnknownRemark
    viewer.require(action, remark.body_id)
    advisory_lock(remark.body_id, remark.year)
    current = submission(viewer, remark.year, remark.body_id)
    if current is not None and current.status == ACCEPTED:
        raise NotUnderReview(YEAR_ACCEPTED, field="text", year=remark.year)
    # Another transaction may have changed the remark before the lock was granted.
    return queries.remark(viewer, remark_id) or remark


def _check_target(viewer: Viewer, order: Order, year: int, body_id: int, target: RemarkTarget) -> None:
    """Raise UnknownRemarkTarget unless the target is an answer of the body, a scored row of the form, or the sheet."""
    organisation_id, kind = target.organisation_id, target.kind
    if (organisation_id is None) != (target.code is None) or (kind is None) != (target.row is None):
        raise UnknownRemarkTarget
    if organisation_id is not None and kind is not None:
        raise UnknownRemarkTarget
    if organisation_id is not None:
        report = stored_reports(viewer, year, [organisation_id]).get(organisation_id)
        if report is None or report.body_id != body_id or target.code not in order.codes_of(report.kind):
            raise UnknownRemarkTarget
    if kind is not None:
        table = order.table.get(kind)
        if table is None or target.row not in {row.number for row in table.scored_rows}:
            raise UnknownRemarkTarget


def _clean_text(text: str) -> str:
    """Normalise a text. Raises RemarkRefused."""
    cleaned = normalise_text(text)
    if not cleaned:
        raise RemarkRefused(EMPTY_TEXT, field="text")
    if len(cleaned) > MAX_TEXT_CHARACTERS:
        raise RemarkRefused(LONG_TEXT, field="text", limit=MAX_TEXT_CHARACTERS)
    return cleaned


def _append_event(viewer: Viewer, action: AuditAction, remark: Remark, text: str) -> None:
    data = {"remark": remark.id, "code": remark.code, "kind": remark.kind, "row": remark.row, "text": text}
    append_events(viewer, [NewEvent(action, remark.year, remark.body_id, remark.organisation_id, data)])


def _notification_data(remark: Remark, text: str) -> dict[str, object]:
    return {"remark": remark.id, "kind": remark.kind, "row": remark.row, "text": text}
