"""Reads of uploads and of the audit events around them, each scoped by its viewer."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Select, select

from evaluation.audit import queries as audit
from evaluation.audit.actions import AuditAction
from evaluation.audit.models import AuditEvent
from evaluation.database import db
from evaluation.policy import Action, Viewer
from evaluation.workbooks.models import Upload

MAX_UPLOADS = 200
MAX_EVENTS = 200


def uploads(viewer: Viewer) -> list[Upload]:
    """Return the viewer's latest uploads, the newest first."""
    return list(db.session.scalars(_uploads_of(viewer).order_by(Upload.id.desc()).limit(MAX_UPLOADS)))


def find_upload(viewer: Viewer, upload_id: int) -> Upload | None:
    """Return an upload of the viewer; None if there is none or another person sent it."""
    return db.session.scalars(_uploads_of(viewer).where(Upload.id == upload_id)).first()


def changed_report_counts(viewer: Viewer, batches: Iterable[str]) -> dict[str, int]:
    """Return batch → number of reports that its upload changed."""
    counts = audit.batch_counts(viewer, list(batches), AuditEvent.action == AuditAction.WORKBOOK_APPLIED)
    return {count.batch: count.events for count in counts}


def last_event_id(viewer: Viewer) -> int:
    """Return the id of the newest audit event, by which later changes are found; 0 if the viewer may not edit."""
    return audit.last_event_id(viewer) if viewer.may(Action.EDIT) else 0


def changes_since(viewer: Viewer, year: int, organisation_ids: Sequence[int], event_id: int) -> list[AuditEvent]:
    """Return the latest changes of these organisations' answers after an event."""
    return audit.organisation_events_after(viewer, year, organisation_ids, event_id, MAX_EVENTS)


def _uploads_of(viewer: Viewer) -> Select[Upload]:
    """Select the viewer's uploads; none if the viewer may not edit."""
    statement = select(Upload)
    return statement.where(Upload.account_id == viewer.account_id) if viewer.may(Action.EDIT) else statement.where(Upload.id < 0)
