"""Attaches evidence files and removes them, while the body's year takes changes."""

import hashlib
from datetime import date, timedelta

from evaluation.answers import queries as reports
from evaluation.answers.evidence import queries
from evaluation.answers.evidence.content import ZIP, EvidenceRejected, clean_name, detect_file_type
from evaluation.answers.model import ReportSnapshot
from evaluation.answers.models import EvidenceFile
from evaluation.answers.save import UnknownCell, editable_report_of
from evaluation.audit.actions import AuditAction
from evaluation.audit.operations import NewEvent, append_events
from evaluation.clock import precise_now
from evaluation.configuration import configuration
from evaluation.criteria.model import Order
from evaluation.database import advisory_lock, db
from evaluation.heavy_work import turn, workbook_turn
from evaluation.language import N_
from evaluation.policy import Action, Viewer
from evaluation.quotas.operations import store_file
from evaluation.settings import MEGABYTE

DOWNLOAD_INTERVAL = timedelta(days=1)
"""How long a person's downloads of one file are written as one event."""
FILES_AT_ONCE = 2
"""Files that a computer examines at the same time: a picture takes half a second, most of it to start the process."""
EMPTY = N_("The file is empty.")
TOO_LARGE = N_("The file is larger than %(limit)s MB. Scan it in grey at 300 dots per inch, or split it.")
TOO_MANY = N_("There are already %(limit)s files for this criterion: remove one first.")


def attach(
    viewer: Viewer,
    order: Order,
    year: int,
    body_id: int,
    organisation_id: int,
    criterion: str,
    name: str,
    data: bytes,
    today: date | None = None,
) -> EvidenceFile:
    """Attach a file to a criterion of an organisation's report; attaching the same file again returns the stored one.

    `today` is the day (Asia/Almaty) by which the year may be locked, by default the current one.

    Raises:
        Forbidden: The viewer cannot edit the body's data.
        EvidenceRejected: The file is empty, too large, damaged or of another type, or there are too many files.
        Locked: The year takes no changes.
        UnknownCell: The organisation is not the body's, or the criterion is not one of its kind's.
        Busy: Other files are being examined.
        QuotaExceeded: The person or the body has sent too much today.
        StoreFull: There is too little space left for files.
        StoreUnavailable: The store of files does not answer.
    """
    viewer.require(Action.EDIT, body_id)
    _check_size(data)
    # Before taking the lock, because examining a large workbook takes time.
    with workbook_turn(data) if data.startswith(ZIP) else turn("evidence", FILES_AT_ONCE):
        file_type = detect_file_type(data)
    report = _lock_report(viewer, year, body_id, organisation_id, today)
    if criterion not in criteria_of(order, report.kind):
        raise UnknownCell(f"{criterion} of organisation {organisation_id}")
    files = [file for file in queries.files(viewer, year, body_id, organisation_id) if file.criterion == criterion]
    same = next((file for file in files if file.sha256 == hashlib.sha256(data).hexdigest()), None)
    if same is None and len(files) >= (limit := configuration().settings.evidence_files):
        raise EvidenceRejected(TOO_MANY, limit=limit)
    # Also when the file is stored already: this restores lost or damaged bytes.
    sha256 = store_file(viewer, data, body_id)
    if same is not None:
        return same
    file = EvidenceFile(
        organisation_id=organisation_id,
        year=year,
        criterion=criterion,
        uploaded_by=viewer.name,
        name=clean_name(name, file_type),
        media_type=file_type.media_type,
        sha256=sha256,
        size=len(data),
    )
    db.session.add(file)
    db.session.flush()
    append_events(viewer, [NewEvent(AuditAction.EVIDENCE_FILE_ATTACHED, year, body_id, organisation_id, _audit_data(file))])
    return file


def remove(
    viewer: Viewer, year: int, body_id: int, organisation_id: int, file_id: int, today: date | None = None
) -> EvidenceFile | None:
    """Remove a file; return None when it does not exist any more. `flask files prune` decides how long its bytes stay.

    `today` is the day (Asia/Almaty) by which the year may be locked, by default the current one.

    Raises:
        Forbidden: The viewer cannot edit the body's data.
        Locked: The year takes no changes.
        UnknownCell: The organisation is not the body's.
    """
    viewer.require(Action.EDIT, body_id)
    _lock_report(viewer, year, body_id, organisation_id, today)
    file = queries.file(viewer, year, body_id, organisation_id, file_id)
    if file is not None:
        db.session.delete(file)
        db.session.flush()
        append_events(viewer, [NewEvent(AuditAction.EVIDENCE_FILE_REMOVED, year, body_id, organisation_id, _audit_data(file))])
    return file


def record_download(viewer: Viewer, file: EvidenceFile, body_id: int) -> None:
    """Write that the viewer downloaded a file: once a day for each person and file, so that reading again floods no log.

    Raises:
        Forbidden: The viewer cannot see the body's files.
    """
    viewer.require(Action.VIEW_FILES, body_id)
    data = _audit_data(file)
    if not queries.has_download(viewer, file.organisation_id, file.year, data, precise_now() - DOWNLOAD_INTERVAL):
        event = NewEvent(AuditAction.EVIDENCE_FILE_DOWNLOADED, file.year, body_id, file.organisation_id, data)
        append_events(viewer, [event])


def criteria_of(order: Order, kind: str) -> frozenset[str]:
    """Return the criteria by which a kind of organisation is scored; none of a kind that the order does not have."""
    return frozenset(str(row.criterion) for row in order.table[kind].scored_rows) if kind in order.table else frozenset()


def _lock_report(viewer: Viewer, year: int, body_id: int, organisation_id: int, today: date | None) -> ReportSnapshot:
    """Lock the body's year exclusively, so that it cannot be submitted and its files cannot change, and return the report."""
    advisory_lock(body_id, year, exclusive=True)
    editable = reports.editable_reports(viewer, year, [organisation_id]).get(organisation_id)
    return editable_report_of(editable, body_id, organisation_id, year, today)


def _check_size(data: bytes) -> None:
    limit = configuration().settings.evidence_megabytes
    if not data:
        raise EvidenceRejected(EMPTY)
    if len(data) > limit * MEGABYTE:
        raise EvidenceRejected(TOO_LARGE, limit=limit)


def _audit_data(file: EvidenceFile) -> dict[str, object]:
    return {
        "criterion": file.criterion,
        "file": file.name,
        "sha256": file.sha256,
        "media_type": file.media_type,
        "size": file.size,
    }
