"""Reads which stored files rows and the audit log need."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, union

from evaluation.answers.models import EvidenceFile
from evaluation.audit.actions import AuditAction
from evaluation.audit.chain import flush_events
from evaluation.audit.models import AuditEvent
from evaluation.budgets.models import BudgetSource
from evaluation.database import db
from evaluation.policy import Action, Viewer
from evaluation.workbooks.models import Upload

NAMING_MODELS = (EvidenceFile, BudgetSource, Upload)
"""The tables whose rows name stored files by their SHA-256."""
REMOVALS = (AuditAction.EVIDENCE_FILE_REMOVED, AuditAction.BUDGET_DECISION_REMOVED)
DOWNLOADS = (AuditAction.EVIDENCE_FILE_DOWNLOADED, AuditAction.BUDGET_DECISION_DOWNLOADED)


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A stored file that a row names: the table and the id of the row, and the file's name and SHA-256."""

    table: str
    id: int
    name: str
    sha256: str


def named_hashes(viewer: Viewer, connection: Connection, hashes: Collection[str] | None = None) -> set[str]:
    """Return the SHA-256s that rows name, as a connection sees them: those among `hashes`, or all. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    statements = [select(model.sha256) for model in NAMING_MODELS]
    if hashes is not None:
        statements = [statement.where(statement.selected_columns.sha256.in_(list(hashes))) for statement in statements]
    return set(connection.scalars(union(*statements)))


def named_files(viewer: Viewer) -> Iterator[NamedFile]:
    """Yield all files that rows name, those of equal bytes one after the other. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    for model in NAMING_MODELS:
        rows = db.session.execute(select(model.id, model.name, model.sha256).order_by(model.sha256, model.id))
        yield from (NamedFile(model.__tablename__, *row) for row in rows)


def hashes_of_removed_evidence(viewer: Viewer, before: datetime) -> set[str]:
    """Return the SHA-256s of removed evidence files and budget decisions that the audit log still needs.

    They are those that were removed after the body's year had been submitted for the first time, and those that anybody has
    downloaded: a reviewer may have relied on them. Those removed since `before` (UTC) may have been by mistake.
    """
    viewer.require(Action.MANAGE_ACCOUNTS)
    flush_events(db.session)
    body, year = AuditEvent.body_id, AuditEvent.year
    first = select(body, year, func.min(AuditEvent.id)).where(AuditEvent.action == AuditAction.SUBMITTED).group_by(body, year)
    submissions = {(body_id, year_): id_ for body_id, year_, id_ in db.session.execute(first)}
    sha256_column = AuditEvent.data["sha256"].as_string()
    removals = select(body, year, AuditEvent.id, AuditEvent.at, sha256_column)
    rows = db.session.execute(removals.where(AuditEvent.action.in_(REMOVALS)))
    needed = {sha256 for body_id, year_, id_, at, sha256 in rows if at >= before or submissions.get((body_id, year_), id_) < id_}
    downloads = select(sha256_column).distinct().where(AuditEvent.action.in_(DOWNLOADS))
    return needed | set(db.session.scalars(downloads))
