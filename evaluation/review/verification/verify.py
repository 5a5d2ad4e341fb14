"""Verifies files and codes of assessment sheets.

Stored revisions and exports count only if the audit log agrees with them: nobody can alter the audit log unnoticed without its
key.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from evaluation.audit.actions import AuditAction
from evaluation.audit.verification import is_event_intact
from evaluation.clock import to_local
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.review.models import Export
from evaluation.review.verification import code_extraction, queries
from evaluation.review.verification.export_file import is_intact, open_revision
from evaluation.review.verification.model import Outcome, StoredSheetDamaged, Subject, Verdict, VerifiedSheet
from evaluation.submissions.models import SheetRevision


def verify(viewer: Viewer, data: bytes, before_unpacking: Callable[[], None] = lambda: None) -> Verdict:
    """Verify a file. A person who has a file may learn about its sheet, even if the viewer cannot see the body.

    `before_unpacking` is called before an altered file is unpacked to find the sheet that it was made from; it may raise.

    Raises:
        Busy: Too many PDF files are being read on this computer.
        SnapshotError: The criteria file of the sheet's order is missing.
    """
    if len(data) > code_extraction.MAX_FILE_BYTES:
        return Verdict(Outcome.UNKNOWN, Subject.FILE, too_large=True)
    try:
        match = queries.revision_by_hash(viewer, hashlib.sha256(data).hexdigest())
        if match is not None:
            revision, export = match
            if export is not None:
                _check_export(viewer, revision, export)
            verified = _verified_sheet(viewer, revision)
            return Verdict(verified.status, Subject.FILE, verified)
        claimed = _claimed_revision(viewer, data, before_unpacking)
        if claimed is None:
            return Verdict(Outcome.UNKNOWN, Subject.FILE)
        return Verdict(Outcome.ALTERED, Subject.FILE, _verified_sheet(viewer, claimed))
    except StoredSheetDamaged:
        return Verdict(Outcome.DAMAGED, Subject.FILE)


def verify_code(viewer: Viewer, code: str, revision: str = "", sha256: str = "") -> Verdict:
    """Verify a code that was typed or scanned.

    Args:
        viewer: Who asks; anybody who has the code may learn about its sheet.
        code: The code, in any case, with or without hyphens.
        revision: The revision number on the paper; empty if it was not entered.
        sha256: The SHA-256 on the paper, spaces allowed; empty if it was not entered.

    Raises:
        SnapshotError: The criteria file of the sheet's order is missing.
    """
    normalised = code_extraction.normalise_code(code)
    try:
        stored = _revision_by_codes(viewer, (normalised,)) if len(normalised) <= code_extraction.MAX_CODE_CHARACTERS else None
        if stored is None:
            return Verdict(Outcome.UNKNOWN, Subject.CODE)
        verified = _verified_sheet(viewer, stored)
    except StoredSheetDamaged:
        return Verdict(Outcome.DAMAGED, Subject.CODE)
    is_other_revision = bool(revision) and revision.strip() != str(stored.revision)
    is_other_hash = bool(sha256) and "".join(sha256.lower().split()) != stored.sha256
    outcome = Outcome.ALTERED if is_other_revision or is_other_hash else verified.status
    return Verdict(outcome, Subject.CODE, verified)


def _claimed_revision(viewer: Viewer, data: bytes, before_unpacking: Callable[[], None]) -> SheetRevision | None:
    """Return the sheet revision that an altered file was made from; None if it names none. Raises StoredSheetDamaged."""
    claim = code_extraction.extract_claim(data, before_unpacking)
    if claim.codes:
        return _revision_by_codes(viewer, claim.codes)
    if claim.snapshot:
        revision = queries.revision_by_number(viewer, *claim.snapshot)
        return revision if revision and code_extraction.is_altered_copy(data, revision.content) else None
    return None


def _revision_by_codes(viewer: Viewer, codes: tuple[str, ...]) -> SheetRevision | None:
    """Return the revision of one of these codes. Raises StoredSheetDamaged if the audit log has one but the table does not."""
    revision = queries.revision_by_code(viewer, codes)
    if revision is None and queries.has_acceptance(viewer, codes):
        raise StoredSheetDamaged
    return revision


def _verified_sheet(viewer: Viewer, revision: SheetRevision) -> VerifiedSheet:
    """Return a sheet and its status. Raises StoredSheetDamaged if the tables differ from the audit log."""
    latest = queries.latest_revision(viewer, revision.body_id, revision.year)
    decisions = queries.decision_events(viewer, revision.body_id, revision.year)
    if latest is None or not decisions or not all(map(is_event_intact, decisions)):
        raise StoredSheetDamaged
    accepted_hashes: dict[Any, Any] = {
        event.data.get("revision"): event.data.get("sha256") for event in decisions if event.action == AuditAction.ACCEPTED
    }
    for stored in (revision, latest):
        _check_revision(stored, accepted_hashes)
    is_in_force = queries.revision_id_in_force(viewer, revision.body_id, revision.year) == latest.id
    is_accepted_last = decisions[-1].action == AuditAction.ACCEPTED
    if max(accepted_hashes, default=0) != latest.revision or is_in_force != is_accepted_last:
        raise StoredSheetDamaged
    sheet, stamp = open_revision(revision, registry.orders())
    status = Outcome.ACCEPTED if is_in_force else Outcome.REOPENED
    if revision.id != latest.id:
        status = Outcome.SUPERSEDED
    return VerifiedSheet(sheet, stamp, status, latest.revision, to_local(latest.accepted_at).date())


def _check_revision(revision: SheetRevision, accepted_hashes: Mapping[Any, Any]) -> None:
    """Raise StoredSheetDamaged unless a revision is consistent and has the hash that the audit log recorded."""
    if not is_intact(revision) or accepted_hashes.get(revision.revision) != revision.sha256:
        raise StoredSheetDamaged


def _check_export(viewer: Viewer, revision: SheetRevision, export: Export) -> None:
    """Raise StoredSheetDamaged unless the audit log has the export: the owner of the database can insert rows into the table."""
    events = queries.export_events(viewer, revision.body_id, revision.year, export.sha256)
    if not any(event.data.get("revision") == revision.revision and is_event_intact(event) for event in events):
        raise StoredSheetDamaged
