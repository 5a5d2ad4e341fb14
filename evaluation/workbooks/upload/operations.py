"""What a person does with a workbook they sent: looks at it, applies it, undoes it, discards it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from evaluation import storage as files
from evaluation.answers import save as saving
from evaluation.answers.issues import Problem, Refused
from evaluation.answers.prior_year_counts import Declaration, DeclarationConflict, declare, figure_of
from evaluation.answers.queries import DECLARED
from evaluation.answers.save import ConcurrentChange, Conflict, UnknownCell
from evaluation.audit import operations as record
from evaluation.audit import queries as past
from evaluation.audit.models import Event
from evaluation.audit.operations import NewEvent
from evaluation.criteria import Orders
from evaluation.criteria.model import Order
from evaluation.database import db
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.policy import Action, Forbidden, Viewer
from evaluation.workbooks.models import Upload
from evaluation.workbooks.upload import apply as applying
from evaluation.workbooks.upload.model import Mode, Plan
from evaluation.workbooks.upload.plan import make_plan, read
from evaluation.workbooks.upload.queries import APPLIED

SEEN, DONE, UNDONE = "seen", "applied", "undone"
"""States of an upload; see `UPLOAD_STATES`."""
MOVED = N_("Organisations of this workbook have been moved in the registry since: it can no longer be undone as a whole.")
SETTLED = N_("This workbook has been applied, undone or discarded already.")
Counts = Mapping[int, Sequence[DeclarationConflict]]
"""By body, the declared counts that were changed since."""


class Outdated(Exception):
    """What was to be applied is not what was shown; `plan` is what it would be now."""

    def __init__(self, plan: Plan):
        self.plan = plan
        super().__init__("another plan")


class ChangedSince(Exception):
    """Values that an upload brought were changed again: it is not undone, and nothing may be kept."""

    def __init__(self, conflicts: Sequence[Conflict], counts: Counts):
        self.conflicts, self.counts = tuple(conflicts), counts
        super().__init__(f"{len(self.conflicts) + sum(map(len, counts.values()))} values")


def receive(viewer: Viewer, data: bytes, name: str, mode: Mode, orders: Orders) -> Upload:
    """Keep a workbook to be looked at. Raises Forbidden, and Refused for what is no workbook or cannot be read at all."""
    viewer.require(Action.EDIT)
    year = read(viewer, data, orders).workbook.year or None
    name = "".join(filter(str.isprintable, name.replace("\\", "/").rpartition("/")[2]))[-255:]
    found = Upload(account_id=viewer.account_id, year=year, name=name, size=len(data), mode=mode, state=SEEN)
    found.sha256 = files.keep(data)
    db.session.add(found)
    db.session.flush()
    record.write(viewer, [NewEvent("workbook_sent", year, data={"upload": found.id, "name": name, "sha256": found.sha256})])
    return found


def plan_of(viewer: Viewer, upload: Upload, orders: Orders, mode: Mode, firm: bool = False, today: date | None = None) -> Plan:
    """What an upload would change now. Raises Refused, where the file cannot be read any more, and MissingFile.

    Here and below `today` is as of :func:`evaluation.answers.save.save`.
    """
    return make_plan(viewer, read(viewer, files.read(upload.sha256), orders), mode, firm=firm, today=today)


def apply(viewer: Viewer, upload: Upload, orders: Orders, mode: Mode, shown: str, today: date | None = None) -> None:
    """Store what an upload brings, all of it, if that is what was `shown` (a plan's digest); the caller commits.

    Raises Forbidden, EvaluationError where it is settled already, Outdated with the plan as it would be now, and Refused where
    somebody changed the same reports at the same moment; then nothing may be kept.
    """
    viewer.require(Action.EDIT)
    batch = record.new_batch()
    _settle(upload, SEEN, state=DONE, mode=mode, batch=batch)
    plan = plan_of(viewer, upload, orders, mode, firm=True, today=today)
    if plan.errors or plan.digest != shown:
        raise Outdated(plan)
    try:
        applying.write(viewer, plan, batch)
    except IntegrityError as error:
        raise Refused([Problem("changed_meanwhile")]) from error


def undo(viewer: Viewer, upload: Upload, order: Order, today: date | None = None) -> None:
    """Put everything back that applying an upload changed; the caller commits.

    Raises Forbidden; EvaluationError where it is not applied, the year takes no changes or organisations were moved; ChangedSince
    where values were changed again. Then nothing may be kept.
    """
    viewer.require(Action.EDIT)
    batch, year = str(upload.batch), int(upload.year or 0)
    _settle(upload, DONE, state=UNDONE)
    events = past.batch(viewer, batch)
    if len(events) != len(past.batch(Viewer.system(), batch)):
        raise Forbidden(f"{viewer.name!r} has not all bodies of upload {upload.id} any more")
    try:
        saved = saving.undo(viewer, order, year, None, batch, today)
        declared = [event for event in events if event.action == DECLARED]
        counts = _undeclare(viewer, order, year, declared, saved.batch, today)
    except UnknownCell as error:
        raise EvaluationError(MOVED) from error
    except ConcurrentChange as error:
        raise EvaluationError(error.template) from error
    if saved.conflicts or counts:
        raise ChangedSince(saved.conflicts, counts)


def _undeclare(viewer: Viewer, order: Order, year: int, events: Sequence[Event], batch: str, today: date | None) -> Counts:
    """Put declared counts back; those that were changed since."""
    taken = {}
    for event in sorted(events, key=lambda event: int(event.body_id or 0)):
        edits = [Declaration(*figure_of(key), old, put) for key, (old, put) in event.data.items()]
        body = int(event.body_id or 0)
        if found := declare(viewer, order, year, body, edits, batch, past.UNDONE, today):
            taken[body] = found
    return taken


def discard(viewer: Viewer, upload: Upload) -> None:
    """Forget a workbook that was only looked at. Raises Forbidden, and EvaluationError where it is settled already."""
    viewer.require(Action.EDIT)
    if upload.state != SEEN:
        raise EvaluationError(SETTLED)
    db.session.delete(upload)
    record.write(viewer, [NewEvent("workbook_discarded", upload.year, data={"upload": upload.id, "name": upload.name})])


def changes(viewer: Viewer, upload: Upload) -> list[Event]:
    """What an upload that was applied changed, report by report, as the record tells it."""
    found = past.batch(viewer, str(upload.batch)) if upload.batch else []
    return [event for event in found if event.action in (APPLIED, DECLARED)]


def _settle(upload: Upload, was: str, **values: Any) -> None:
    """Take an upload from one state to the next. Raises EvaluationError where somebody was quicker: two presses of a button."""
    done = db.session.execute(update(Upload).where(Upload.id == upload.id, Upload.state == was).values(**values))
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise EvaluationError(SETTLED)
