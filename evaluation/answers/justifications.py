"""Stores the reason for keeping an answer that causes a warning, and withdraws it. The reviewer sees the reason."""

from datetime import date
from http import HTTPStatus
from typing import Any

from evaluation.answers import queries
from evaluation.answers.models import Justification
from evaluation.answers.progress.queries import body_progress
from evaluation.answers.save import editable_report_of
from evaluation.audit.actions import AuditAction
from evaluation.audit.operations import NewEvent, append_events
from evaluation.clock import now
from evaluation.criteria.model import Order
from evaluation.database import advisory_lock, db, insert_if_absent, table_of
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.policy import Action, Viewer
from evaluation.text import collapse_spaces, remove_invisible

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
    _require_editable(viewer, year, body_id, organisation_id, today)
    reason = _clean_reason(reason)
    value = _warned_value(viewer, order, year, body_id, organisation_id, rule, code or None, today)
    key = {"year": year, "organisation_id": organisation_id, "rule": rule, "code": code or ""}
    columns = {"value": value, "reason": reason, "author": viewer.name, "justified_at": now()}
    if not insert_if_absent(db.session.connection(), table_of(Justification), key | columns):
        stored = queries.justifications(viewer, year, body_id)[organisation_id, rule, code or ""]
        if (stored.value, stored.reason) == (value, reason):
            return
        for name, new in columns.items():
            setattr(stored, name, new)
        db.session.flush()
    _append_event(viewer, AuditAction.JUSTIFICATION_ADDED, key, body_id, value, reason)


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
    _require_editable(viewer, year, body_id, organisation_id, today)
    stored = queries.justifications(viewer, year, body_id).get((organisation_id, rule, code or ""))
    if stored is None:
        return
    key = {"year": year, "organisation_id": organisation_id, "rule": rule, "code": code or ""}
    _append_event(viewer, AuditAction.JUSTIFICATION_WITHDRAWN, key, body_id, stored.value, stored.reason)
    db.session.delete(stored)
    db.session.flush()


def _require_editable(viewer: Viewer, year: int, body_id: int, organisation_id: int, today: date | None) -> None:
    """Lock the body's year and check that the viewer can change the organisation's report."""
    viewer.require(Action.EDIT, body_id)
    advisory_lock(body_id, year)
    editable = queries.editable_reports(viewer, year, [organisation_id]).get(organisation_id)
    editable_report_of(editable, body_id, organisation_id, year, today)


def _clean_reason(typed: str) -> str:
    reason = remove_invisible(typed)
    if len(collapse_spaces(reason)) < MIN_REASON_CHARACTERS:
        raise JustificationRejected(REASON_TOO_SHORT, field="reason", min=MIN_REASON_CHARACTERS)
    if len(reason) > MAX_REASON_CHARACTERS:
        raise JustificationRejected(REASON_TOO_LONG, field="reason", limit=MAX_REASON_CHARACTERS)
    return reason


def _warned_value(
    viewer: Viewer, order: Order, year: int, body_id: int, organisation_id: int, rule: str, code: str | None, today: date
) -> Any:
    """Return the stored value of the cell with this warning. Raises JustificationRejected when there is no such warning."""
    progress = body_progress(viewer, order, year, body_id, today, [organisation_id]).organisations.get(organisation_id)
    issues = progress.issues if progress else ()
    issue = next((issue for issue in issues if (issue.rule, issue.code) == (rule, code)), None)
    if issue is None:
        raise JustificationRejected(GONE)
    if issue.severity == "error":
        raise JustificationRejected(IS_ERROR)
    return issue.value


def _append_event(viewer: Viewer, action: AuditAction, key: dict[str, Any], body_id: int, value: Any, reason: str) -> None:
    data = {"rule": key["rule"], "code": key["code"], "value": value, "reason": reason}
    append_events(viewer, [NewEvent(action, key["year"], body_id, key["organisation_id"], data)])
