"""Stores the reason for keeping an answer that causes a warning, and withdraws it. The reviewer sees the reason."""

from collections.abc import Collection
from datetime import date
from http import HTTPStatus
from typing import Any

from evaluation.answers import queries
from evaluation.answers.models import Justification
from evaluation.answers.progress.queries import body_progress
from evaluation.answers.save import editable_report_of
from evaluation.audit.actions import AuditAction
from evaluation.audit.operations import NewEvent, append_events, new_batch
from evaluation.clock import now
from evaluation.criteria.model import Order
from evaluation.database import advisory_lock, db, insert_if_absent, table_of
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.policy import Action, Viewer
from evaluation.text import collapse_spaces, normalise_text

MIN_REASON_CHARACTERS, MAX_REASON_CHARACTERS = 10, 2000
"""A shorter reason says nothing, a longer one is not read."""

GONE = N_("This warning no longer applies: the answer was changed in the meantime.")
IS_ERROR = N_("This is an error; a reason does not resolve it. Correct the answers.")
REASON_TOO_SHORT = N_("Write the reason in at least %(min)s characters: the reviewer reads it.")
REASON_TOO_LONG = N_("The reason is longer than %(limit)s characters. Shorten it.")


class JustificationRejected(EvaluationError):
    """No such warning exists, the issue is an error, or the reason is too short or too long."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


def justify(
    viewer: Viewer,
    order: Order,
    year: int,
    body_id: int,
    organisation_id: int,
    rule: str,
    code: str | None,
    reason: str,
    today: date,
) -> None:
    """Store the reason for keeping an answer that causes a warning; another reason replaces it. The caller commits.

    `code` is the warning's cell; None or empty for a warning of the organisation as a whole.

    Raises:
        Forbidden: The viewer cannot edit the body's data.
        Locked: The year takes no changes on the day.
        UnknownCell: The body has no such organisation.
        JustificationRejected: No such warning exists, or the reason is refused.
    """
    justify_alike(viewer, order, year, body_id, [organisation_id], rule, code, reason, today, replace=True)


def justify_alike(
    viewer: Viewer,
    order: Order,
    year: int,
    body_id: int,
    organisation_ids: Collection[int],
    rule: str,
    code: str | None,
    reason: str,
    today: date,
    replace: bool = False,
) -> int:
    """Store one reason for the same warning of several organisations; return in how many of them it was stored.

    Takes arguments and raises as :func:`justify` does. Warnings that have a reason already are left out unless `replace`.
    """
    _require_editable(viewer, year, body_id, organisation_ids, today)
    reason = clean_reason(reason)
    values = _warned_values(viewer, order, year, body_id, organisation_ids, rule, code or None, today, replace)
    if not values:
        raise JustificationRejected(GONE)
    stored: dict[tuple[int, str, str], Justification] = {}
    events = []
    for organisation_id, value in values.items():
        key = {"year": year, "organisation_id": organisation_id, "rule": rule, "code": code or ""}
        columns = {"value": value, "reason": reason, "author": viewer.name, "justified_at": now()}
        if not insert_if_absent(db.session.connection(), table_of(Justification), key | columns):
            stored = stored or queries.justifications(viewer, year, body_id)
            justification = stored[organisation_id, rule, code or ""]
            if (justification.value, justification.reason) == (value, reason):
                continue
            for name, new in columns.items():
                setattr(justification, name, new)
        events.append(_event(AuditAction.JUSTIFICATION_ADDED, key, body_id, value, reason))
    db.session.flush()
    append_events(viewer, events, new_batch() if len(events) > 1 else None)
    return len(values)


def withdraw(
    viewer: Viewer, year: int, body_id: int, organisation_id: int, rule: str, code: str | None, today: date | None = None
) -> None:
    """Remove a reason; nothing happens when there is none. The caller commits.

    `today` is the day (Asia/Almaty) by which the year may be locked, by default the current one.

    Raises:
        Forbidden: The viewer cannot edit the body's data.
        Locked: The year takes no changes.
        UnknownCell: The body has no such organisation.
    """
    _require_editable(viewer, year, body_id, [organisation_id], today)
    stored = queries.justifications(viewer, year, body_id).get((organisation_id, rule, code or ""))
    if stored is None:
        return
    key = {"year": year, "organisation_id": organisation_id, "rule": rule, "code": code or ""}
    append_events(viewer, [_event(AuditAction.JUSTIFICATION_WITHDRAWN, key, body_id, stored.value, stored.reason)])
    db.session.delete(stored)
    db.session.flush()


def _require_editable(viewer: Viewer, year: int, body_id: int, organisation_ids: Collection[int], today: date | None) -> None:
    """Lock the body's year and check that the viewer can change the organisations' reports."""
    viewer.require(Action.EDIT, body_id)
    advisory_lock(body_id, year)
    editable = queries.editable_reports(viewer, year, list(organisation_ids))
    for organisation_id in organisation_ids:
        editable_report_of(editable.get(organisation_id), body_id, organisation_id, year, today)


def clean_reason(typed: str) -> str:
    """Return a reason as it is stored. Raises JustificationRejected for one that is too short or too long."""
    reason = normalise_text(typed)
    if len(collapse_spaces(reason)) < MIN_REASON_CHARACTERS:
        raise JustificationRejected(REASON_TOO_SHORT, field="reason", min=MIN_REASON_CHARACTERS)
    if len(reason) > MAX_REASON_CHARACTERS:
        raise JustificationRejected(REASON_TOO_LONG, field="reason", limit=MAX_REASON_CHARACTERS)
    return reason


def _warned_values(
    viewer: Viewer,
    order: Order,
    year: int,
    body_id: int,
    organisation_ids: Collection[int],
    rule: str,
    code: str | None,
    today: date,
    with_reason: bool,
) -> dict[int, Any]:
    """Return organisation id → the stored value of the cell, of those that have the warning. Raises JustificationRejected.

    `with_reason` includes warnings that have a reason.
    """
    progress = body_progress(viewer, order, year, body_id, today, organisation_ids).organisations
    issues = {
        organisation_id: issue
        for organisation_id, organisation in progress.items()
        for issue in organisation.issues
        if (issue.rule, issue.code) == (rule, code) and (with_reason or issue.justification is None)
    }
    if any(issue.severity == "error" for issue in issues.values()):
        raise JustificationRejected(IS_ERROR)
    return {organisation_id: issue.value for organisation_id, issue in issues.items()}


def _event(action: AuditAction, key: dict[str, Any], body_id: int, value: Any, reason: str) -> NewEvent:
    data = {"rule": key["rule"], "code": key["code"], "value": value, "reason": reason}
    return NewEvent(action, key["year"], body_id, key["organisation_id"], data)
