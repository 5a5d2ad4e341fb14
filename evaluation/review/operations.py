"""The steps of a body's year: submit, return, accept, reopen.

    draft → submitted → returned → submitted → … → accepted → reopened → submitted → …

Submitting locks the answers, so that the reviewer sees what was submitted. Each step takes the version of the submission that the
person saw, so that nobody decides about a year that was changed meanwhile. Each step changes one row, whose
CHECK constraints exclude contradicting statuses, and writes one audit event.
"""

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from evaluation.answers.readiness.compose import readiness_of
from evaluation.answers.year_data import YearData, read_year_data
from evaluation.audit.actions import AuditAction
from evaluation.audit.checkpoints import take_checkpoint
from evaluation.audit.models import Checkpoint
from evaluation.audit.operations import NewEvent, append_events
from evaluation.clock import now
from evaluation.clock import today as current_day
from evaluation.criteria.model import Order
from evaluation.database import advisory_lock
from evaluation.errors import EvaluationError
from evaluation.notifications.operations import notify
from evaluation.policy import Action, Viewer
from evaluation.registry import queries as registry
from evaluation.registry.locking import lock_registry
from evaluation.registry.models import Body
from evaluation.review import queries, workflow_errors
from evaluation.review.revisions import store_revision
from evaluation.review.transition import lock_submission, require_person, update_submission
from evaluation.review.workflow_errors import NilReturnRejected, NotReady, StaleSubmission, SubmissionRejected
from evaluation.submissions.locks import is_open
from evaluation.submissions.models import ACCEPTED, OPEN_STATUSES, SUBMITTED, SheetRevision, Submission
from evaluation.text import normalise_text

MAX_REASON_CHARACTERS = 2000
MAX_CORRECTION_TIME = timedelta(days=2 * 365)
"""A later day to correct a year by is taken for a typing error."""


def submit(
    viewer: Viewer, order: Order, year: int, body: Body, version: int, today: date, nil_return: bool = False
) -> Submission:
    """Submit a body's year: all required answers are given, none has an error, and each warning has a reason.

    Args:
        viewer: The head of the body.
        order: The order of the year.
        year: The reporting year.
        body: The body.
        version: The version of the submission that the person saw; 0 for a draft that was never submitted.
        today: The current day (Asia/Almaty).
        nil_return: Whether the person says that the body has no organisations to report on.

    Raises:
        Forbidden: The viewer cannot submit the body's year.
        StaleSubmission: The submission was changed, or is not open.
        NotReady: Something remains to be done.
        NilReturnRejected: `nil_return` contradicts the registry.
    """
    account_id = require_person(viewer, Action.SUBMIT, body.id)
    current = lock_submission(viewer, year, body.id, version)
    if current is not None and current.status not in OPEN_STATUSES:
        raise StaleSubmission(current)
    readiness = readiness_of(read_year_data(viewer, order, year, body.id), today)
    if readiness.has_no_organisations != nil_return:
        message = workflow_errors.HAS_ORGANISATIONS if nil_return else workflow_errors.NO_ORGANISATIONS
        raise NilReturnRejected(message, year=year)
    if not readiness.ready:
        raise NotReady(readiness)
    submitted_at = now()
    submission = update_submission(
        viewer,
        year,
        body.id,
        version,
        status=SUBMITTED,
        nil_return=nil_return,
        reason="",
        correct_by=None,
        round=(current.round if current else 0) + 1,
        submitted_id=account_id,
        submitted_by=viewer.name,
        submitted_at=submitted_at,
        first_submitted_on=(current.first_submitted_on if current else None) or today,
    )
    data = {
        "version": submission.version,
        "round": submission.round,
        "nil_return": nil_return,
        "at": submitted_at.isoformat(),
        "on": submission.first_submitted_on,
    }
    append_events(viewer, [NewEvent(AuditAction.SUBMITTED, year, body.id, data=data)])
    notify(viewer, SUBMITTED, year, body.id, recipients="reviewers", excluded_account_id=account_id)
    return submission


def notify_head(viewer: Viewer, order: Order, year: int, body: Body, today: date) -> None:
    """Notify the heads of a body that its year is ready to be submitted, once until something of the year changes.

    Raises:
        Forbidden: The viewer cannot edit the body's answers.
        StaleSubmission: The year is not open.
        NotReady: Something remains to be done.
        SubmissionRejected: No head has an account.
    """
    viewer.require(Action.EDIT, body.id)
    advisory_lock(body.id, year, exclusive=True)
    data = read_year_data(viewer, order, year, body.id)
    if not is_open(data.status):
        raise StaleSubmission(data.submission)
    readiness = readiness_of(data, today)
    if not readiness.ready:
        raise NotReady(readiness)
    if queries.head_notice(viewer, year, body.id):
        return
    if not notify(viewer, "ready", year, body.id, recipients="heads", excluded_account_id=viewer.account_id):
        raise SubmissionRejected(workflow_errors.NO_HEAD)
    append_events(viewer, [NewEvent(AuditAction.HEAD_NOTIFIED, year, body.id)])


def return_submission(
    viewer: Viewer, year: int, body_id: int, version: int, reason: str = "", correct_by: date | None = None
) -> Submission:
    """Return a submitted year to its body, with a reason or with open remarks; its answers can be changed again.

    Args:
        viewer: The reviewer.
        year: The reporting year.
        body_id: The body.
        version: The version of the submission that the person saw.
        reason: What must be corrected.
        correct_by: The last day (Asia/Almaty) to correct the year; the body is reminded of it, and nothing locks after it.

    Raises:
        Forbidden: The viewer cannot review the body.
        StaleSubmission: The submission was changed.
        SubmissionRejected: The year is not submitted, there is neither a reason nor an open remark, or the day has passed.
    """
    account_id = require_person(viewer, Action.REVIEW, body_id)
    reason = _clean_reason(reason)
    current = lock_submission(viewer, year, body_id, version)
    if current is None or current.status != SUBMITTED:
        raise SubmissionRejected(workflow_errors.NOTHING_TO_RETURN)
    if not reason and not queries.open_remark_counts(viewer, year, [body_id]):
        raise SubmissionRejected(workflow_errors.NO_REASON_TO_RETURN, field="reason")
    return _open_for_correction(viewer, current, AuditAction.RETURNED, reason, correct_by, account_id)


def accept(
    viewer: Viewer, year: int, body: Body, version: int, today: date, checkpoint: Checkpoint | None = None
) -> SheetRevision:
    """Accept a submitted year and store its sheet as the next revision, with an audit checkpoint: this one or a new one.

    Raises:
        Forbidden: The viewer cannot review the body.
        StaleSubmission: The submission was changed.
        NotReady: Something is missing after all.
        SubmissionRejected: The year is not submitted, was submitted by the viewer, or has open remarks.
        SnapshotError: The sheet is provisional.
    """
    account_id = require_person(viewer, Action.REVIEW, body.id)
    _lock_sheet_sources([body.id], year)
    current = lock_submission(viewer, year, body.id, version)
    if current is None or current.status != SUBMITTED:
        raise SubmissionRejected(workflow_errors.NOTHING_TO_ACCEPT)
    data = _check_acceptable(viewer, current, body, today, account_id)
    accepted_at, number = now(), current.revision + 1
    checkpoint = checkpoint or take_checkpoint(viewer)
    checkpoint_data = {"number": checkpoint.number, "digest": checkpoint.digest}
    revision = store_revision(viewer, current, body, data, number, accepted_at, checkpoint_data)
    submission = update_submission(
        viewer,
        year,
        body.id,
        version,
        status=ACCEPTED,
        revision=number,
        accepted_id=account_id,
        revision_id=revision.id,
        reason="",
    )
    event_data = {
        "version": submission.version,
        "revision": number,
        "sha256": revision.sha256,
        "code": revision.code,
        "at": accepted_at.isoformat(),
        "checkpoint": checkpoint_data,
    }
    append_events(viewer, [NewEvent(AuditAction.ACCEPTED, year, body.id, data=event_data)])
    notify(viewer, ACCEPTED, year, body.id, data={"revision": number}, recipients="body", excluded_account_id=account_id)
    return revision


def accept_bodies(
    viewer: Viewer, year: int, versions: Sequence[tuple[Body, int]], today: date
) -> list[tuple[Body, SheetRevision | EvaluationError]]:
    """Accept several bodies' years as :func:`accept` does; `versions` are bodies with the version that the person saw.

    Returns:
        Each body with its sheet revision, or with the error for which its year was not accepted.

    Raises:
        Forbidden: The viewer cannot review one of the bodies.
    """
    results: list[tuple[Body, SheetRevision | EvaluationError]] = []
    for body, _ in versions:
        require_person(viewer, Action.REVIEW, body.id)
    # Lock all bodies before the checkpoint row: a fixed order avoids deadlock.
    _lock_sheet_sources([body.id for body, _ in versions], year)
    checkpoint = take_checkpoint(viewer)
    for body, version in versions:
        try:
            # A year that is not accepted raises before anything of it is written.
            results.append((body, accept(viewer, year, body, version, today, checkpoint)))
        except EvaluationError as error:
            results.append((body, error))
    return results


def reopen(viewer: Viewer, year: int, body_id: int, version: int, reason: str, correct_by: date | None = None) -> Submission:
    """Reopen an accepted year: its body can change it, and its next acceptance is a new revision.

    The stored revision remains but is no longer in force. `correct_by` is as in :func:`return_submission`.

    Raises:
        Forbidden: The viewer cannot review the body.
        StaleSubmission: The submission was changed.
        SubmissionRejected: The year is not accepted, the reason is missing, or the day has passed.
    """
    account_id = require_person(viewer, Action.REVIEW, body_id)
    reason = _clean_reason(reason)
    current = lock_submission(viewer, year, body_id, version)
    if current is None or current.status != ACCEPTED:
        raise SubmissionRejected(workflow_errors.NOTHING_TO_REOPEN)
    if not reason:
        raise SubmissionRejected(workflow_errors.NO_REASON_TO_REOPEN, field="reason")
    return _open_for_correction(viewer, current, AuditAction.REOPENED, reason, correct_by, account_id)


def _open_for_correction(
    viewer: Viewer, current: Submission, action: AuditAction, reason: str, correct_by: date | None, account_id: int
) -> Submission:
    """Give a year back to its body with a reason and a day to correct it by, and notify the body."""
    _check_correction_day(correct_by)
    # The action has the name of the status that it leads to.
    year, body_id, status = current.year, current.body_id, action.value
    columns = {"status": status, "reason": reason, "correct_by": correct_by, "accepted_id": None, "revision_id": None}
    submission = update_submission(viewer, year, body_id, current.version, **columns)
    message = {"reason": reason} | ({"correct_by": correct_by.isoformat()} if correct_by else {})
    revision = {"revision": submission.revision} if action == AuditAction.REOPENED else {}
    event = NewEvent(action, year, body_id, data={"version": submission.version, **revision, **message})
    append_events(viewer, [event])
    notify(viewer, status, year, body_id, data=message, recipients="body", excluded_account_id=account_id)
    return submission


def _check_correction_day(day: date | None) -> None:
    """Check the day to correct a year by. Raises SubmissionRejected."""
    if day is not None and day < current_day():
        raise SubmissionRejected(workflow_errors.PAST_CORRECTION_DAY, field="correct_by")
    if day is not None and day > current_day() + MAX_CORRECTION_TIME:
        raise SubmissionRejected(workflow_errors.IMPLAUSIBLE_CORRECTION_DAY, field="correct_by", day=f"{day:%d.%m.%Y}")


def _clean_reason(typed: str) -> str:
    reason = normalise_text(typed)
    if len(reason) > MAX_REASON_CHARACTERS:
        raise SubmissionRejected(workflow_errors.REASON_TOO_LONG, field="reason", limit=MAX_REASON_CHARACTERS)
    return reason


def _lock_sheet_sources(body_ids: Collection[int], year: int) -> None:
    """Lock what sheets are built from: the registry, and this and all earlier years of the bodies.

    The lock of the registry is shared. The locks of the years are exclusive, because people who save answers share the lock of
    their year. The order of the locks is fixed, so that
    two people who accept the same years wait for each other instead of deadlocking.
    """
    lock_registry()
    opened = sorted(reporting_year.year for reporting_year in registry.years() if reporting_year.year <= year)
    for body_id in sorted(body_ids):
        for opened_year in opened:
            advisory_lock(body_id, opened_year, exclusive=True)


def _check_acceptable(viewer: Viewer, current: Submission, body: Body, today: date, account_id: int) -> YearData:
    """Check that the year can be accepted and return what was read for it."""
    if current.submitted_id == account_id:
        raise SubmissionRejected(workflow_errors.SUBMITTED_BY_REVIEWER)
    if queries.open_remark_counts(viewer, current.year, [body.id]):
        raise SubmissionRejected(workflow_errors.OPEN_REMARKS)
    order = registry.order_of(current.year)
    if order is None:
        raise SubmissionRejected(workflow_errors.NOTHING_TO_ACCEPT)
    data = read_year_data(viewer, order, current.year, body.id)
    readiness = readiness_of(data, today)
    if readiness.has_no_organisations != current.nil_return:
        raise SubmissionRejected(workflow_errors.ORGANISATIONS_CHANGED, year=current.year)
    if not readiness.ready:
        raise NotReady(readiness, workflow_errors.NOT_COMPLETE)
    return data
