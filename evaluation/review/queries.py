"""Reads of sheet revisions, exported files and remarks, each scoped by its viewer."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import func, select

from evaluation.audit import queries as audit
from evaluation.audit.actions import AuditAction, AuditGroup
from evaluation.audit.models import AuditEvent
from evaluation.database import db, fetch_rows
from evaluation.policy import Viewer
from evaluation.registry.models import Body
from evaluation.registry.queries import visible
from evaluation.review.models import Export, Remark
from evaluation.submissions.models import SheetRevision, Submission

CHANGES_OF_A_YEAR = (
    *AuditGroup.ANSWERS.actions,
    *AuditGroup.REVIEW.actions,
    *AuditGroup.REMARKS.actions,
    AuditAction.EVIDENCE_FILE_ATTACHED,
    AuditAction.EVIDENCE_FILE_REMOVED,
    AuditAction.BUDGET_DECISION_STORED,
    AuditAction.BUDGET_DECISION_REMOVED,
)
"""The actions after which a head may be notified again that a year is ready."""


def sheet_revision(viewer: Viewer, body_id: int, year: int, revision: int | None = None) -> SheetRevision | None:
    """Return a revision of a body's sheet by its number, or the latest one; None if there is none."""
    statement = _revisions_statement(viewer, body_id, year)
    if revision is not None:
        statement = statement.where(SheetRevision.revision == revision)
    result: SheetRevision | None = db.session.scalar(statement.order_by(SheetRevision.revision.desc()).limit(1))
    return result


def sheet_revisions(viewer: Viewer, body_id: int, year: int) -> list[SheetRevision]:
    """Return all revisions of a body's sheet, the latest first."""
    return list(db.session.scalars(_revisions_statement(viewer, body_id, year).order_by(SheetRevision.revision.desc())))


def revision_in_force(viewer: Viewer, submission: Submission) -> SheetRevision | None:
    """Return the sheet revision that a submission names as in force, even if it belongs to another body or year."""
    statement = select(SheetRevision).join(Body, Body.id == SheetRevision.body_id)
    result: SheetRevision | None = db.session.scalar(visible(statement.where(SheetRevision.id == submission.revision_id), viewer))
    return result


def export_hashes(viewer: Viewer, body_id: int, year: int) -> set[tuple[int, str]]:
    """Return (revision, SHA-256) of the stored exports of a body's sheet revisions."""
    statement = select(SheetRevision.revision, Export.sha256).join(Export, Export.revision_id == SheetRevision.id)
    statement = statement.join(Body, Body.id == SheetRevision.body_id)
    statement = statement.where(Body.id == body_id, SheetRevision.year == year)
    return {(revision, sha256) for revision, sha256 in fetch_rows(visible(statement, viewer))}


def open_remark_counts(viewer: Viewer, year: int, body_ids: Collection[int]) -> dict[int, int]:
    """Return body id → number of open remarks on its year, of those of these bodies that have any."""
    statement = select(Remark.body_id, func.count()).join(Body, Body.id == Remark.body_id)
    statement = statement.where(Remark.year == year, Remark.body_id.in_(body_ids), Remark.resolved_at.is_(None))
    return dict(fetch_rows(visible(statement, viewer).group_by(Remark.body_id)))


def head_notice(viewer: Viewer, year: int, body_id: int) -> AuditEvent | None:
    """Return the event by which the heads were notified that the year is ready; None if the year changed since."""
    conditions = (AuditEvent.chain == body_id, AuditEvent.year == year, AuditEvent.action.in_(CHANGES_OF_A_YEAR))
    last = audit.events(viewer, *conditions, order_by=(AuditEvent.seq.desc(),), limit=1, by_chain=True)
    return last[0] if last and last[0].action == AuditAction.HEAD_NOTIFIED else None


def _revisions_statement(viewer: Viewer, body_id: int, year: int) -> Any:
    statement = select(SheetRevision).join(Body, Body.id == SheetRevision.body_id)
    return visible(statement.where(Body.id == body_id, SheetRevision.year == year), viewer)
