"""Sets a body's year to a status directly, for tests of what follows from it."""

from datetime import date

from evaluation.accounts.models import Account
from evaluation.clock import now, today
from evaluation.database import db
from evaluation.submissions.models import REOPENED, RETURNED, Submission

HEAD_KEY = "submitting head"


def set_status(
    year: int, body_id: int, status: str = "submitted", by: str = "The head", first_submitted_on: date | None = None
) -> None:
    """Replace the submission of a body and year by one in any status but accepted; the caller commits."""
    head = db.session.query(Account).filter_by(fs_uniquifier=HEAD_KEY).one_or_none()
    if head is None:
        head = Account(email="submitting-head@example.org", name=by, role="head", fs_uniquifier=HEAD_KEY)
        db.session.add(head)
        db.session.flush()
    db.session.query(Submission).filter_by(year=year, body_id=body_id).delete()
    submission = Submission(year=year, body_id=body_id, status=status, changed_by=by, submitted_by=by, submitted_id=head.id)
    submission.submitted_at, submission.first_submitted_on = now(), first_submitted_on or today()
    submission.round, submission.revision = 1, 1
    submission.reason = "Тексеріңіз" if status in (RETURNED, REOPENED) else ""
    db.session.add(submission)
    db.session.flush()
