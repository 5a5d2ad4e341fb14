"""Bodies' years in a state that no one brought about, for tests of what follows from it."""

from datetime import date

from evaluation.accounts.models import Account
from evaluation.clock import now, today
from evaluation.database import db
from evaluation.submissions.models import REOPENED, RETURNED, Submission


def stand(year: int, body_id: int, state: str = "submitted", by: str = "The head", first: date | None = None) -> None:
    """Put a body's year, whatever is in it, into a state but accepted; handed over `first` that day. The caller commits."""
    head = db.session.query(Account).filter_by(fs_uniquifier="hands over").one_or_none()
    if head is None:
        head = Account(email="hands-over@example.org", name=by, role="head", fs_uniquifier="hands over")
        db.session.add(head)
        db.session.flush()
    db.session.query(Submission).filter_by(year=year, body_id=body_id).delete()
    stored = Submission(year=year, body_id=body_id, state=state, changed_by=by, submitted_by=by, submitted_id=head.id)
    stored.submitted_at, stored.first_submitted_on, stored.round, stored.revision = now(), first or today(), 1, 1
    stored.reason = "Тексеріңіз" if state in (RETURNED, REOPENED) else ""
    db.session.add(stored)
    db.session.flush()
