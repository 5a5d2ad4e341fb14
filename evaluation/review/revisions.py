"""Stores the sheet of an accepted year as an immutable revision."""

from datetime import datetime
from typing import Any

from evaluation.answers.year_data import YearData
from evaluation.budgets.queries import evidence
from evaluation.database import db
from evaluation.policy import Viewer
from evaluation.registry.models import Body
from evaluation.review import workflow_errors
from evaluation.review.snapshot import Acceptance, code_of, sha256_of, to_canonical_json
from evaluation.review.workflow_errors import SubmissionRejected
from evaluation.sheets.queries import scored_year_of, sheet_input_of
from evaluation.submissions.models import SheetRevision, Submission


def store_revision(
    viewer: Viewer,
    current: Submission,
    body: Body,
    data: YearData,
    number: int,
    accepted_at: datetime,
    checkpoint: dict[str, Any],
) -> SheetRevision:
    """Store the canonical JSON of the sheet as a revision.

    Args:
        viewer: The reviewer who accepts.
        current: The submission.
        body: The body.
        data: The year as it was read for the acceptance.
        number: The number of the revision.
        accepted_at: The time of the acceptance (UTC without an offset).
        checkpoint: Number and digest of the audit checkpoint.

    Raises:
        SubmissionRejected: There is nothing to accept.
        SnapshotError: The sheet is provisional.
    """
    sheet_input = sheet_input_of(viewer, body, data)
    if sheet_input is None or current.submitted_at is None:
        raise SubmissionRejected(workflow_errors.NOTHING_TO_ACCEPT)
    acceptance = Acceptance(
        revision=number,
        nil_return=current.nil_return,
        submitted_by=str(current.submitted_by),
        submitted_at=current.submitted_at.isoformat(),
        accepted_by=viewer.name,
        accepted_at=accepted_at.isoformat(),
        checkpoint=checkpoint,
    )
    content = to_canonical_json(sheet_input, acceptance, scored_year_of(data), evidence(viewer, current.year, body.id))
    sha256 = sha256_of(content)
    revision = SheetRevision(
        body_id=body.id,
        year=current.year,
        revision=number,
        content=content,
        sha256=sha256,
        code=code_of(sha256),
        accepted_by=viewer.name,
        accepted_at=accepted_at,
    )
    db.session.add(revision)
    db.session.flush()
    return revision
