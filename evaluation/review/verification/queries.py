"""Reads for the verification of files and codes.

They are not scoped by the viewer: a person who has a file or its code may learn about its sheet.
"""

from collections.abc import Collection

from sqlalchemy import select

from evaluation.audit.actions import AuditAction
from evaluation.audit.models import AuditEvent
from evaluation.audit.queries import events
from evaluation.database import db
from evaluation.policy import Viewer
from evaluation.registry.models import Body
from evaluation.registry.queries import visible
from evaluation.review.models import Export
from evaluation.submissions.models import SheetRevision, Submission


def revision_by_hash(viewer: Viewer, sha256: str) -> tuple[SheetRevision, Export | None] | None:
    """Return the sheet revision whose canonical JSON or one of whose exports has this SHA-256, with the export if it is one."""
    revision = db.session.scalar(select(SheetRevision).where(SheetRevision.sha256 == sha256))
    if revision is not None:
        return revision, None
    statement = select(SheetRevision, Export).join(Export, Export.revision_id == SheetRevision.id)
    statement = statement.where(Export.sha256 == sha256).order_by(SheetRevision.id.desc()).limit(1)
    row = db.session.execute(statement).first()
    return (row[0], row[1]) if row else None


def revision_by_code(viewer: Viewer, codes: Collection[str]) -> SheetRevision | None:
    """Return the latest sheet revision that has one of these codes."""
    statement = select(SheetRevision).where(SheetRevision.code.in_(list(codes)))
    revision: SheetRevision | None = db.session.scalar(statement.order_by(SheetRevision.id.desc()).limit(1))
    return revision


def revision_by_number(viewer: Viewer, body_bin: str, year: int, number: int) -> SheetRevision | None:
    """Return the sheet revision of a body and year with this number."""
    statement = select(SheetRevision).join(Body, Body.id == SheetRevision.body_id)
    statement = statement.where(Body.bin == body_bin, SheetRevision.year == year, SheetRevision.revision == number)
    revision: SheetRevision | None = db.session.scalar(statement)
    return revision


def latest_revision(viewer: Viewer, body_id: int, year: int) -> SheetRevision | None:
    """Return the last sheet revision of a body and year."""
    statement = select(SheetRevision).where(SheetRevision.body_id == body_id, SheetRevision.year == year)
    revision: SheetRevision | None = db.session.scalar(statement.order_by(SheetRevision.revision.desc()).limit(1))
    return revision


def revision_id_in_force(viewer: Viewer, body_id: int, year: int) -> int | None:
    """Return the id of the sheet revision in force of a body and year; None if there is none."""
    statement = select(Submission.revision_id).where(Submission.body_id == body_id, Submission.year == year)
    revision_id: int | None = db.session.scalar(statement)
    return revision_id


def revisions_in_force(viewer: Viewer, year: int, body_ids: Collection[int] | None = None) -> dict[int, SheetRevision]:
    """Return body id → sheet revision in force, of these bodies or of all bodies that the viewer can see."""
    statement = select(SheetRevision).join(Submission, Submission.revision_id == SheetRevision.id)
    statement = statement.join(Body, Body.id == SheetRevision.body_id).where(SheetRevision.year == year)
    if body_ids is not None:
        statement = statement.where(Body.id.in_(body_ids))
    return {revision.body_id: revision for revision in db.session.scalars(visible(statement, viewer))}


def decision_events(viewer: Viewer, body_id: int, year: int) -> list[AuditEvent]:
    """Return the audit events by which a body's year was accepted and reopened, the oldest first."""
    return events(
        Viewer.system(),
        AuditEvent.body_id == body_id,
        AuditEvent.year == year,
        AuditEvent.action.in_([AuditAction.ACCEPTED, AuditAction.REOPENED]),
    )


def export_events(viewer: Viewer, body_id: int, year: int, sha256: str) -> list[AuditEvent]:
    """Return the audit events by which a file with this SHA-256 was exported."""
    return events(
        Viewer.system(),
        AuditEvent.body_id == body_id,
        AuditEvent.year == year,
        AuditEvent.action == AuditAction.FILE_EXPORTED,
        AuditEvent.data["sha256"].as_string() == sha256,
    )


def has_acceptance(viewer: Viewer, codes: Collection[str]) -> bool:
    """Return whether the audit log has the acceptance of a sheet with one of these codes."""
    has_code = AuditEvent.data["code"].as_string().in_(list(codes))
    return bool(events(Viewer.system(), AuditEvent.action == AuditAction.ACCEPTED, has_code, limit=1))
