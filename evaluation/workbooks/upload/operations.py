"""Operations on an upload: receive, apply, undo, discard."""

from collections.abc import Mapping, Sequence
from datetime import date
from http import HTTPStatus
from typing import Any

from sqlalchemy import update

from evaluation import storage
from evaluation.answers import save as saving
from evaluation.answers.prior_year_counts import CountConflict, CountInput, count_key, save_declared_counts
from evaluation.answers.save import ConcurrentChange, Conflict, UnknownCell
from evaluation.audit import operations as audit
from evaluation.audit import queries as audit_queries
from evaluation.audit.actions import AuditAction
from evaluation.audit.models import AuditEvent
from evaluation.audit.operations import NewEvent
from evaluation.criteria import Orders
from evaluation.criteria.model import Order
from evaluation.database import db
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.policy import Action, Forbidden, Viewer
from evaluation.quotas.operations import store_file
from evaluation.results.jobs import start_after_many
from evaluation.workbooks.models import APPLIED, PREVIEWED, UNDONE, Upload
from evaluation.workbooks.upload.apply import apply_plan
from evaluation.workbooks.upload.model import Mode, Plan
from evaluation.workbooks.upload.plan import make_plan, read_upload

MAX_NAME_CHARACTERS = 255
ORGANISATIONS_MOVED = N_(
    "Organisations of this workbook have been moved in the registry since: it can no longer be undone as a whole."
)
NOT_PENDING = N_("This workbook has been applied, undone or discarded already.")
PriorYearCountConflicts = Mapping[int, Sequence[CountConflict]]
"""Body id → declared counts that were changed after the upload was applied."""


class UploadUnavailable(EvaluationError):
    """The upload is not in the status that the operation needs, or it can no longer be undone."""

    status = HTTPStatus.CONFLICT


class StalePlan(Exception):
    """The plan that was shown is no longer current; `plan` is the current one."""

    def __init__(self, plan: Plan):
        self.plan = plan
        super().__init__("the plan has another digest")


class UndoConflict(Exception):
    """Values of the upload were changed after it was applied; nothing is undone and the caller must roll back."""

    def __init__(self, conflicts: Sequence[Conflict], prior_year_counts: PriorYearCountConflicts):
        self.conflicts, self.prior_year_counts = tuple(conflicts), prior_year_counts
        super().__init__(f"{len(self.conflicts) + sum(map(len, prior_year_counts.values()))} values")


def receive(viewer: Viewer, data: bytes, name: str, mode: Mode, orders: Orders) -> Upload:
    """Store an uploaded workbook for preview.

    Raises:
        Forbidden: the viewer may not edit.
        WorkbookRejected: the file is no workbook or cannot be read at all.
        QuotaExceeded: the person or the body has sent too much today.
        StoreFull: there is too little space left for files.
        StoreUnavailable: the store of files does not answer.
    """
    viewer.require(Action.EDIT)
    year = read_upload(viewer, data, orders).workbook.year or None
    file_name = "".join(filter(str.isprintable, name.replace("\\", "/").rpartition("/")[2]))[-MAX_NAME_CHARACTERS:]
    upload = Upload(account_id=viewer.account_id, year=year, name=file_name, size=len(data), mode=mode, status=PREVIEWED)
    only_body = next(iter(viewer.bodies)) if viewer.bodies is not None and len(viewer.bodies) == 1 else None
    upload.sha256 = store_file(viewer, data, only_body)
    db.session.add(upload)
    db.session.flush()
    event_data = {"upload": upload.id, "name": file_name, "sha256": upload.sha256}
    audit.append_events(viewer, [NewEvent(AuditAction.WORKBOOK_UPLOADED, year, data=event_data)])
    return upload


def current_plan(
    viewer: Viewer, upload: Upload, orders: Orders, mode: Mode, lock_bodies: bool = False, today: date | None = None
) -> Plan:
    """Return what an upload would change now.

    Args:
        viewer: who sees the plan.
        upload: the upload.
        orders: all orders.
        mode: whether stored answers are replaced.
        lock_bodies: lock the bodies' year until the transaction ends, so that no one submits it meanwhile.
        today: the day (Asia/Almaty) by which years are locked; the current day by default.

    Raises:
        WorkbookRejected: the file can no longer be read.
        MissingFile: the file is missing in the storage.
    """
    reading = read_upload(viewer, storage.read(upload.sha256), orders)
    return make_plan(viewer, reading, mode, lock_bodies=lock_bodies, today=today)


def apply(viewer: Viewer, upload: Upload, orders: Orders, mode: Mode, expected_digest: str, today: date | None = None) -> None:
    """Store all changes of an upload if its plan still has the digest that was shown; the caller commits.

    Args:
        viewer: who applies the upload.
        upload: the upload.
        orders: all orders.
        mode: whether stored answers are replaced.
        expected_digest: digest of the plan that was shown.
        today: the day (Asia/Almaty) by which years are locked; the current day by default.

    Raises:
        Forbidden: the viewer may not edit.
        UploadUnavailable: the upload was applied or discarded already.
        StalePlan: the plan has errors or another digest.
        WorkbookRejected: another person changed the same reports at the same time; the caller must roll back.
    """
    viewer.require(Action.EDIT)
    batch = audit.new_batch()
    _change_status(upload, PREVIEWED, status=APPLIED, mode=mode, batch=batch)
    plan = current_plan(viewer, upload, orders, mode, lock_bodies=True, today=today)
    if plan.errors or plan.digest != expected_digest:
        raise StalePlan(plan)
    apply_plan(viewer, plan, batch)
    # The next reader of results need not wait for them.
    start_after_many(plan.changed_report_count)


def undo(viewer: Viewer, upload: Upload, order: Order, today: date | None = None) -> None:
    """Restore all values that an upload changed; the caller commits.

    Raises:
        Forbidden: the viewer may not edit, or may no longer see all bodies of the upload.
        UploadUnavailable: the upload is not applied, or organisations were moved to another body.
        Locked: the year takes no changes.
        UndoConflict: values were changed after the upload was applied; the caller must roll back.
    """
    viewer.require(Action.EDIT)
    batch, year = str(upload.batch), int(upload.year or 0)
    _change_status(upload, APPLIED, status=UNDONE)
    events = audit_queries.batch_events(viewer, batch)
    if len(events) != len(audit_queries.batch_events(Viewer.system(), batch)):
        raise Forbidden(f"{viewer.name!r} may not see all bodies of upload {upload.id}")
    try:
        result = saving.undo_batch(viewer, order, year, None, batch, today)
        count_events = [event for event in events if event.action == AuditAction.PRIOR_YEAR_COUNTS_DECLARED]
        count_conflicts = _undo_prior_year_counts(viewer, order, year, count_events, result.batch, today)
    except UnknownCell as error:
        raise UploadUnavailable(ORGANISATIONS_MOVED) from error
    except ConcurrentChange as error:
        raise UploadUnavailable(error.template) from error
    if result.conflicts or count_conflicts:
        raise UndoConflict(result.conflicts, count_conflicts)


def _undo_prior_year_counts(
    viewer: Viewer, order: Order, year: int, events: Sequence[AuditEvent], batch: str, today: date | None
) -> PriorYearCountConflicts:
    """Restore declared counts; return those that were changed after the upload was applied."""
    all_conflicts = {}
    for event in sorted(events, key=lambda event: int(event.body_id or 0)):
        inputs = [CountInput(*count_key(key), old, new) for key, (old, new) in event.data.items()]
        body_id = int(event.body_id or 0)
        conflicts = save_declared_counts(viewer, order, year, body_id, inputs, batch, AuditAction.CHANGE_UNDONE, today)
        if conflicts:
            all_conflicts[body_id] = conflicts
    return all_conflicts


def discard(viewer: Viewer, upload: Upload) -> None:
    """Delete an upload that was only previewed.

    Raises:
        Forbidden: the viewer may not edit.
        UploadUnavailable: the upload was applied already.
    """
    viewer.require(Action.EDIT)
    if upload.status != PREVIEWED:
        raise UploadUnavailable(NOT_PENDING)
    event_data = {"upload": upload.id, "name": upload.name}
    db.session.delete(upload)
    audit.append_events(viewer, [NewEvent(AuditAction.WORKBOOK_DISCARDED, upload.year, data=event_data)])


def applied_changes(viewer: Viewer, upload: Upload) -> list[AuditEvent]:
    """Return the audit events of an applied upload, one for each report and each body's declared counts."""
    events = audit_queries.batch_events(viewer, str(upload.batch)) if upload.batch else []
    actions = (AuditAction.WORKBOOK_APPLIED, AuditAction.PRIOR_YEAR_COUNTS_DECLARED)
    return [event for event in events if event.action in actions]


def _change_status(upload: Upload, expected: str, **values: Any) -> None:
    """Set columns of an upload that has the expected status.

    Raises UploadUnavailable if it has another one: two requests may arrive at the same time.
    """
    statement = update(Upload).where(Upload.id == upload.id, Upload.status == expected).values(**values)
    result = db.session.execute(statement)
    if result.rowcount != 1:  # type: ignore[attr-defined]
        raise UploadUnavailable(NOT_PENDING)
