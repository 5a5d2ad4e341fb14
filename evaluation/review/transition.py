"""What every step of a body's year shares: who takes it, the lock of the year, and the change of its one row."""

from typing import Any

from sqlalchemy import update

from evaluation.clock import now
from evaluation.database import advisory_lock, db, insert_if_absent, table_of
from evaluation.policy import Action, Forbidden, Viewer
from evaluation.review.workflow_errors import StaleSubmission
from evaluation.submissions import queries as submissions
from evaluation.submissions.models import Submission


def require_person(viewer: Viewer, action: Action, body_id: int) -> int:
    """Return the viewer's account id. Two different people submit and accept, so the system itself can do neither."""
    viewer.require(action, body_id)
    if viewer.account_id is None:
        raise Forbidden("a person with an account must do this")
    return viewer.account_id


def lock_submission(viewer: Viewer, year: int, body_id: int, version: int) -> Submission | None:
    """Lock the body's year against changes and return its submission. Raises StaleSubmission for another version."""
    advisory_lock(body_id, year, exclusive=True)
    current = submissions.submission(viewer, year, body_id)
    if (current.version if current else 0) != version:
        raise StaleSubmission(current)
    return current


def update_submission(viewer: Viewer, year: int, body_id: int, version: int, **columns: object) -> Submission:
    """Change the submission from a version to the next; version 0 is a draft without a row.

    Raises:
        StaleSubmission: It has another version.
    """
    columns |= {"changed_by": viewer.name, "changed_at": now(), "version": version + 1}
    table = table_of(Submission)
    if version == 0:
        is_stored = insert_if_absent(db.session.connection(), table, {"year": year, "body_id": body_id, **columns})
    else:
        matches = (table.c.year == year, table.c.body_id == body_id, table.c.version == version)
        result: Any = db.session.execute(update(table).where(*matches).values(**columns))
        is_stored = result.rowcount == 1
    submission = submissions.submission(viewer, year, body_id)
    if not is_stored or submission is None:
        raise StaleSubmission(submission)
    return submission
