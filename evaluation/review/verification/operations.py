"""Exports of sheets as files. The hash of each exported file is stored, so that it can be verified after any upgrade."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.audit.actions import AuditAction
from evaluation.audit.operations import NewEventColumns, append_events
from evaluation.clock import now
from evaluation.database import db, insert_if_absent, table_of, to_json_bytes
from evaluation.policy import Action, Viewer
from evaluation.registry import queries as registry
from evaluation.review.models import Export
from evaluation.review.verification.export_file import (
    CANONICAL_FORMAT,
    ExportFile,
    canonical_export,
    open_revision,
    render_export,
)
from evaluation.sheets import Sheet
from evaluation.submissions.models import SheetRevision


@dataclass(frozen=True)
class ExportRecord:
    """What is recorded of an exported file: its body, format, hash, size in bytes and sheet revision (None for a draft).

    `form_only` is whether a document has no annex.
    """

    body_id: int
    format: str
    languages: str
    sha256: str
    size: int
    revision_id: int | None = None
    revision: int | None = None
    form_only: bool = False

    @classmethod
    def of(cls, body_id: int, file: ExportFile, revision_id: int | None = None, revision: int | None = None) -> "ExportRecord":
        """Return the record of a file."""
        size = len(file.content)
        return cls(body_id, file.format, file.languages, file.sha256, size, revision_id, revision, file.form_only)


def export_revision(viewer: Viewer, revision: SheetRevision, format_: str, languages: str, form_only: bool = False) -> ExportFile:
    """Export an accepted sheet as a file and record it; the same revision always gives the same bytes.

    Raises:
        Forbidden: The viewer cannot see the body.
        RevisionNotIntact: The stored revision was altered.
        SnapshotError: The criteria file of the sheet's order is missing.
        KeyError: The format or the choice of languages does not exist.
    """
    viewer.require(Action.VIEW, revision.body_id)
    sheet, stamp = open_revision(revision, registry.orders())
    if format_ == CANONICAL_FORMAT:
        file = canonical_export(sheet, stamp, revision.content)
    else:
        file = render_export(sheet, format_, languages, stamp, form_only)
    record_exports(viewer, revision.year, [ExportRecord.of(revision.body_id, file, revision.id, revision.revision)])
    return file


def export_draft(viewer: Viewer, body_id: int, sheet: Sheet, format_: str, languages: str, form_only: bool = False) -> ExportFile:
    """Export a draft sheet as a file and record it.

    Raises:
        Forbidden: The viewer cannot see the body.
        KeyError: The format or the choice of languages does not exist.
    """
    viewer.require(Action.VIEW, body_id)
    file = render_export(sheet, format_, languages, form_only=form_only)
    record_exports(viewer, sheet.year, [ExportRecord.of(body_id, file)])
    return file


def record_answers_export(viewer: Viewer, year: int, body_id: int, content: bytes) -> None:
    """Record the export of a body's answers as a workbook. Raises Forbidden."""
    record_exports(viewer, year, [ExportRecord(body_id, "answers", "", hashlib.sha256(content).hexdigest(), len(content))])


def record_exports(viewer: Viewer, year: int, files: Sequence[ExportRecord], batch: str | None = None) -> None:
    """Record exported files in the audit log, and store the hash of each file of a sheet revision.

    Args:
        viewer: Who exports.
        year: The reporting year of the files.
        files: The files.
        batch: The name of the audit events' batch; None for a single file.

    Raises:
        Forbidden: The viewer cannot see one of the bodies.
    """
    connection = db.session.connection()
    for file in files:
        viewer.require(Action.VIEW, file.body_id)
        # Canonical JSON is verified by the hash of the revision itself.
        if file.revision_id is not None and file.format != CANONICAL_FORMAT:
            row = {
                "revision_id": file.revision_id,
                "format": file.format,
                "languages": file.languages,
                "sha256": file.sha256,
                "size": file.size,
                "at": now(),
                "actor": viewer.name,
            }
            insert_if_absent(connection, table_of(Export), row)
    data = [
        to_json_bytes(
            {
                "revision": file.revision,
                "format": file.format,
                "languages": file.languages,
                "sha256": file.sha256,
                "size": file.size,
            }
            | ({"form_only": True} if file.form_only else {})
        )
        for file in files
    ]
    body_ids = [file.body_id for file in files]
    append_events(viewer, NewEventColumns(AuditAction.FILE_EXPORTED, year, body_ids, [None] * len(files), data), batch)
