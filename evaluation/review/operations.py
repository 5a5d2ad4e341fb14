"""A body's year from step to step: handed over, given back, accepted, reopened.

    draft → submitted → returned → submitted → … → accepted → reopened → submitted → …

From the hand-over on the answers are locked: what the reviewer looks at is what was handed over. Whoever acts says which version
of the state they saw, so that nobody answers something that is not so any more. Each step is one change of one line, which the
database keeps to the states that exclude each other, and one event of the record.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import update

from evaluation.answers.readiness import queries as submissions
from evaluation.answers.readiness.model import Readiness
from evaluation.audit import checkpoints
from evaluation.audit.models import Checkpoint
from evaluation.audit.operations import NewEvent, write
from evaluation.clock import now
from evaluation.criteria.model import Order
from evaluation.database import db, hold, insert_unless_there, table_of
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.notifications.operations import tell
from evaluation.policy import Action, Forbidden, Viewer
from evaluation.registry import queries as registry
from evaluation.registry.locking import hold_registry
from evaluation.registry.models import Body
from evaluation.review import queries
from evaluation.review.models import FrozenSheet
from evaluation.review.snapshot import Acceptance, code_of, freeze, sha256_of
from evaluation.sheets import queries as sheets
from evaluation.submissions.models import ACCEPTED, OPEN_STATES, REOPENED, RETURNED, SUBMITTED, Submission

MAX_REASON = 2000

STALE = N_("The state of this year was changed while your page was open. Look at it again, then decide.")
NOT_READY = N_("The year cannot be handed over yet: see below what remains to be done.")
NOT_COMPLETE = N_("The year is not complete any more, so it cannot be accepted. Give it back to be mended.")
NO_ORGANISATIONS = N_("The body has no organisations on 31 December %(year)s: hand in a nil year instead.")
NOT_NIL = N_("The body has organisations on 31 December %(year)s, so its year is not nil.")
NIL_NO_MORE = N_("The organisations of the body on 31 December %(year)s were changed since the hand-over. Give the year back.")
NOT_HANDED_OVER = N_("The year was not handed over, so there is nothing to give back.")
NOTHING_TO_ACCEPT = N_("The year was not handed over, so there is nothing to accept.")
NOT_ACCEPTED = N_("The year was not accepted, so there is nothing to reopen.")
NO_REASON = N_("Write why the year is given back and what is to be mended, or make a remark: the body reads it.")
NO_REASON_TO_REOPEN = N_("Write why the accepted year is reopened: the body reads it.")
LONG_REASON = N_("The reason is longer than %(limit)s characters. Shorten it.")
OWN_SUBMISSION = N_("You handed this year over yourself. Another reviewer must accept it.")
REMARKS_OPEN = N_("There are remarks that are not resolved. Resolve them, or give the year back.")


class Stale(EvaluationError):
    """The state was changed since the person looked at it; `current` is what it is now, None for a plain draft."""

    def __init__(self, current: Submission | None):
        super().__init__(STALE)
        self.current = current


class NotReady(EvaluationError):
    """Something remains to be done before the year can be handed over or accepted."""

    def __init__(self, readiness: Readiness, message: str = NOT_READY):
        super().__init__(message)
        self.readiness = readiness


class SubmissionRefused(EvaluationError):
    """The state does not allow this, a reason is missing, or somebody else must do it."""


def submit(viewer: Viewer, order: Order, year: int, body: Body, version: int, today: date, nil: bool = False) -> Submission:
    """Hand a body's year over: every answer asked for is given, none is in error, each warning has its reason.

    `version` is that of the state the person saw, 0 for a plain draft; `nil` says that there are no organisations to report on.
    Raises Forbidden; Stale; NotReady with what remains; SubmissionRefused for a nil year that is none, and the other way about.
    """
    account_id = _person(viewer, Action.SUBMIT, body.id)
    current = _held(viewer, year, body.id, version)
    if current is not None and current.state not in OPEN_STATES:
        raise Stale(current)
    readiness = submissions.readiness(viewer, order, year, body, today)
    if readiness.nil != nil:
        raise SubmissionRefused(NOT_NIL if nil else NO_ORGANISATIONS, year=year)
    if not readiness.ready:
        raise NotReady(readiness)
    at = now()
    first = current.first_submitted_on if current else None
    stored = _set(
        viewer,
        year,
        body.id,
        version,
        state=SUBMITTED,
        nil=nil,
        reason="",
        round=(current.round if current else 0) + 1,
        submitted_id=account_id,
        submitted_by=viewer.name,
        submitted_at=at,
        first_submitted_on=first or today,
    )
    data = {"version": stored.version, "round": stored.round, "nil": nil, "at": at.isoformat(), "on": stored.first_submitted_on}
    write(viewer, [NewEvent(SUBMITTED, year, body.id, data=data)])
    tell(viewer, SUBMITTED, year, body.id, to="reviewers", skip=account_id)
    return stored


def give_back(viewer: Viewer, year: int, body_id: int, version: int, reason: str = "") -> Submission:
    """Give a handed-over year back to its body with a reason or remarks: its answers can be changed again.

    Raises Forbidden; Stale; SubmissionRefused with neither, and where the year was not handed over.
    """
    account_id = _person(viewer, Action.REVIEW, body_id)
    reason = _reason(reason)
    current = _held(viewer, year, body_id, version)
    if current is None or current.state != SUBMITTED:
        raise SubmissionRefused(NOT_HANDED_OVER)
    if not reason and not queries.open_remarks(viewer, year, [body_id]):
        raise SubmissionRefused(NO_REASON)
    stored = _set(viewer, year, body_id, version, state=RETURNED, reason=reason)
    write(viewer, [NewEvent(RETURNED, year, body_id, data={"version": stored.version, "reason": reason})])
    tell(viewer, RETURNED, year, body_id, data={"reason": reason}, to="body", skip=account_id)
    return stored


def accept(viewer: Viewer, year: int, body: Body, version: int, today: date, checkpoint: Checkpoint | None = None) -> FrozenSheet:
    """Accept a handed-over year and freeze its sheet as the next revision, with a checkpoint of the record: this or a new one.

    Raises Forbidden; Stale; NotReady where something is missing after all; SubmissionRefused for one's own hand-over, with
    remarks open, and where the year was not handed over; Unfrozen where the sheet is provisional.
    """
    account_id = _person(viewer, Action.REVIEW, body.id)
    _hold_sources([body.id], year)
    current = _held(viewer, year, body.id, version)
    if current is None or current.state != SUBMITTED:
        raise SubmissionRefused(NOTHING_TO_ACCEPT)
    _check_acceptable(viewer, current, body, today, account_id)
    at, revision = now(), current.revision + 1
    taken = checkpoint or checkpoints.take(viewer)
    known = {"number": taken.number, "digest": taken.digest}
    frozen = _freeze(viewer, current, body, revision, at, known)
    stored = _set(
        viewer, year, body.id, version, state=ACCEPTED, revision=revision, accepted_id=account_id, frozen_id=frozen.id, reason=""
    )
    data = {"version": stored.version, "revision": revision, "sha256": frozen.sha256, "code": frozen.code, "at": at.isoformat()}
    write(viewer, [NewEvent(ACCEPTED, year, body.id, data=data | {"checkpoint": known})])
    tell(viewer, ACCEPTED, year, body.id, data={"revision": revision}, to="body", skip=account_id)
    return frozen


def accept_many(
    viewer: Viewer, year: int, given: Sequence[tuple[Body, int]], today: date
) -> list[tuple[Body, FrozenSheet | EvaluationError]]:
    """Accept these bodies' years, each as :func:`accept` does at the version seen; those refused come with why.

    Raises Forbidden where the viewer may not review one of them.
    """
    done: list[tuple[Body, FrozenSheet | EvaluationError]] = []
    for body, _ in given:
        _person(viewer, Action.REVIEW, body.id)
    # All of them first: the checkpoint is held until the end, and nobody waits for it who holds what is waited for here.
    _hold_sources([body.id for body, _ in given], year)
    checkpoint = checkpoints.take(viewer)
    for body, version in given:
        try:
            # What is refused is refused before anything of it is written.
            done.append((body, accept(viewer, year, body, version, today, checkpoint)))
        except EvaluationError as refused:
            done.append((body, refused))
    return done


def reopen(viewer: Viewer, year: int, body_id: int, version: int, reason: str) -> Submission:
    """Take an accepted year up again: its body may change it, and its next acceptance is a new revision.

    The frozen sheet stays, no longer in force. Raises Forbidden; Stale; SubmissionRefused without a reason and where the year was
    not accepted.
    """
    account_id = _person(viewer, Action.REVIEW, body_id)
    reason = _reason(reason)
    current = _held(viewer, year, body_id, version)
    if current is None or current.state != ACCEPTED:
        raise SubmissionRefused(NOT_ACCEPTED)
    if not reason:
        raise SubmissionRefused(NO_REASON_TO_REOPEN)
    stored = _set(viewer, year, body_id, version, state=REOPENED, reason=reason, accepted_id=None, frozen_id=None)
    data = {"version": stored.version, "revision": stored.revision, "reason": reason}
    write(viewer, [NewEvent(REOPENED, year, body_id, data=data)])
    tell(viewer, REOPENED, year, body_id, data={"reason": reason}, to="body", skip=account_id)
    return stored


def _person(viewer: Viewer, action: Action, body_id: int) -> int:
    """The account of who acts: a hand-over and its acceptance are two people's, so neither is the product's own."""
    viewer.require(action, body_id)
    if viewer.account_id is None:
        raise Forbidden("a person with an account must do this")
    return viewer.account_id


def _reason(given: str) -> str:
    reason = given.strip()
    if len(reason) > MAX_REASON:
        raise SubmissionRefused(LONG_REASON, limit=MAX_REASON)
    return reason


def _hold_sources(body_ids: Collection[int], year: int) -> None:
    """Keep still what sheets are made of: the registry, the bodies' years, and their earlier ones, which give counts and history.

    All of them alone, since whoever saves answers shares their year with others who save; and in one order for everybody, so that
    two who accept the same wait for each other instead of blocking each other.
    """
    hold_registry()
    opened = sorted(each.year for each in registry.years() if each.year <= year)
    for body_id in sorted(body_ids):
        for each in opened:
            hold(body_id, each, alone=True)


def _held(viewer: Viewer, year: int, body_id: int, version: int) -> Submission | None:
    """The state that the person saw; no answer and no state of the body's year changes from here on. Raises Stale."""
    hold(body_id, year, alone=True)
    current = submissions.submission(viewer, year, body_id)
    if (current.version if current else 0) != version:
        raise Stale(current)
    return current


def _check_acceptable(viewer: Viewer, current: Submission, body: Body, today: date, account_id: int) -> None:
    if current.submitted_id == account_id:
        raise SubmissionRefused(OWN_SUBMISSION)
    if queries.open_remarks(viewer, current.year, [body.id]):
        raise SubmissionRefused(REMARKS_OPEN)
    order = registry.order_of(current.year)
    if order is None:
        raise SubmissionRefused(NOTHING_TO_ACCEPT)
    readiness = submissions.readiness(viewer, order, current.year, body, today)
    if readiness.nil != current.nil:
        raise SubmissionRefused(NIL_NO_MORE, year=current.year)
    if not readiness.ready:
        raise NotReady(readiness, NOT_COMPLETE)


def _freeze(
    viewer: Viewer, current: Submission, body: Body, revision: int, at: datetime, checkpoint: dict[str, Any]
) -> FrozenSheet:
    source = sheets.source(viewer, body, current.year)
    if source is None or current.submitted_at is None:
        raise SubmissionRefused(NOTHING_TO_ACCEPT)
    acceptance = Acceptance(
        revision=revision,
        nil=current.nil,
        submitted_by=str(current.submitted_by),
        submitted_at=current.submitted_at.isoformat(),
        accepted_by=viewer.name,
        accepted_at=at.isoformat(),
        checkpoint=checkpoint,
    )
    content = freeze(source, acceptance)
    sha256 = sha256_of(content)
    frozen = FrozenSheet(
        body_id=body.id,
        year=current.year,
        revision=revision,
        content=content,
        sha256=sha256,
        code=code_of(sha256),
        accepted_by=viewer.name,
        accepted_at=at,
    )
    db.session.add(frozen)
    db.session.flush()
    return frozen


def _set(viewer: Viewer, year: int, body_id: int, version: int, **values: object) -> Submission:
    values |= {"changed_by": viewer.name, "changed_at": now(), "version": version + 1}
    table = table_of(Submission)
    if version == 0:
        done = insert_unless_there(db.session.connection(), table, {"year": year, "body_id": body_id, **values})
    else:
        where = (table.c.year == year, table.c.body_id == body_id, table.c.version == version)
        done = db.session.execute(update(table).where(*where).values(**values)).rowcount == 1  # type: ignore[attr-defined]
    stored = submissions.submission(viewer, year, body_id)
    if not done or stored is None:
        raise Stale(stored)
    return stored
