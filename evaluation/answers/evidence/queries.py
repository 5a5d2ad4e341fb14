"""Reads evidence files for people who can see them: the people of the body and its reviewers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from evaluation.answers.models import EvidenceFile
from evaluation.audit.actions import AuditAction
from evaluation.audit.models import AuditEvent
from evaluation.audit.queries import entries
from evaluation.database import Statement, db, fetch_rows
from evaluation.policy import Action, Viewer
from evaluation.registry.models import Body, Organisation, Supervision
from evaluation.registry.queries import in_force_at_year_end, visible


def files(viewer: Viewer, year: int, body_id: int, organisation_id: int | None = None) -> Sequence[EvidenceFile]:
    """Return the files of a body's year, or of one of its organisations, in the order of upload. Raises Forbidden."""
    statement = _of(viewer, select(EvidenceFile), year, body_id)
    if organisation_id is not None:
        statement = statement.where(EvidenceFile.organisation_id == organisation_id)
    return list(db.session.scalars(statement.order_by(EvidenceFile.id)))


def counts(viewer: Viewer, year: int, body_id: int) -> dict[str, int]:
    """Return BIN of an organisation → number of its files of the year; without files it is left out. Raises Forbidden."""
    statement = _of(viewer, select(Organisation.bin, func.count()).select_from(EvidenceFile), year, body_id)
    statement = statement.join(Organisation, Organisation.id == EvidenceFile.organisation_id).group_by(Organisation.bin)
    return dict(fetch_rows(statement))


def file(viewer: Viewer, year: int, body_id: int, organisation_id: int, id_: int) -> EvidenceFile | None:
    """Return a file of an organisation; None when it does not exist. Raises Forbidden."""
    statement = _of(viewer, select(EvidenceFile), year, body_id)
    evidence_file: EvidenceFile | None = db.session.scalar(
        statement.where(EvidenceFile.id == id_, EvidenceFile.organisation_id == organisation_id)
    )
    return evidence_file


def has_download(viewer: Viewer, organisation_id: int, year: int, data: Mapping[str, Any], since: datetime) -> bool:
    """Return whether the audit log has a download of a file, identified by the event's data, by the viewer since then (UTC)."""
    viewer.require(Action.VIEW_FILES)
    of_file = (AuditEvent.organisation_id == organisation_id, AuditEvent.year == year)
    conditions = (AuditEvent.action == AuditAction.EVIDENCE_FILE_DOWNLOADED, AuditEvent.account_id == viewer.account_id)
    downloads = entries(Viewer.system(), *of_file, *conditions, AuditEvent.at >= since)
    return any(entry.data == data for entry in downloads)


def _of(viewer: Viewer, statement: Any, year: int, body_id: int) -> Statement:
    viewer.require(Action.VIEW_FILES, body_id)
    under = (
        statement.join(Supervision, Supervision.organisation_id == EvidenceFile.organisation_id)
        .join(Body, Body.id == Supervision.body_id)
        .where(EvidenceFile.year == year, Body.id == body_id, in_force_at_year_end(year))
    )
    return visible(under, viewer)
