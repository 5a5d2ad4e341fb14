"""Grants one body more time for a year.

An extension only moves the day on which the draft locks. Timeliness is still measured from the year's deadline.
"""

from datetime import date
from http import HTTPStatus

from evaluation.audit.actions import AuditAction
from evaluation.audit.operations import NewEvent, append_events
from evaluation.database import advisory_lock, db
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.policy import Action, Viewer
from evaluation.registry.models import Body, ReportingYear
from evaluation.submissions.extensions import queries
from evaluation.submissions.models import DRAFT, Extension
from evaluation.submissions.queries import submission
from evaluation.text import normalise_text

MAX_REASON_CHARACTERS = 2000
MAX_YEARS_AFTER_DEADLINE = 2
"""An extension to a later year is taken for a typing error."""

NO_DEADLINE = N_("The year %(year)s has no deadline, so there is nothing to extend.")
BODY_NOT_ASSESSED = N_("The body is not assessed for %(year)s: it did not exist on 31 December of that year.")
NOT_DRAFT = N_("The body has already submitted this year, so there is nothing to extend.")
NOT_LATER = N_("The deadline of the year is %(day)s. An extension must end after it.")
PAST_DAY = N_("That date has passed. An extension ends today at the earliest.")
IMPLAUSIBLE_DAY = N_("The date %(day)s cannot be correct. Check the year.")
NO_REASON = N_("Write why the body gets more time.")
REASON_TOO_LONG = N_("The reason is longer than %(limit)s characters. Shorten it.")


class ExtensionError(EvaluationError):
    """An extension that cannot be granted; `field` is `body`, `until` or `reason`."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, field: str, message: str, **values: object):
        super().__init__(message, field=field, **values)


def grant_extension(viewer: Viewer, year: ReportingYear, body: Body, until: date, reason: str, today: date) -> Extension:
    """Let a body's draft of the year take changes until a day (Asia/Almaty, included).

    The latest extension of a body and year is in force. Granting the extension in force again changes nothing.

    Raises:
        Forbidden: The viewer is no administrator.
        ExtensionError: A value is refused.
    """
    viewer.require(Action.MANAGE_REGISTRY, body.id)
    reason = normalise_text(reason)
    _check(year, body, until, reason, today)
    advisory_lock(body.id, year.year, exclusive=True)
    current = submission(viewer, year.year, body.id)
    if current is not None and current.status != DRAFT:
        raise ExtensionError("body", NOT_DRAFT)
    previous = queries.extensions_in_force(viewer, year.year, [body.id]).get(body.id)
    if previous is not None and (previous.until, previous.reason) == (until, reason):
        return previous
    extension = Extension(year=year.year, body_id=body.id, until=until, reason=reason, granted_by=viewer.name)
    db.session.add(extension)
    db.session.flush()
    data = {"until": [previous.until if previous else None, until], "reason": reason}
    append_events(viewer, [NewEvent(AuditAction.DEADLINE_EXTENDED, year.year, body.id, data=data)])
    return extension


def _check(year: ReportingYear, body: Body, until: date, reason: str, today: date) -> None:
    """Check the values of an extension. Raises ExtensionError."""
    if year.deadline is None:
        raise ExtensionError("until", NO_DEADLINE, year=year.year)
    if not body.has_begun_by(year.year) or (body.closed_on is not None and body.closed_on < date(year.year, 12, 31)):
        raise ExtensionError("body", BODY_NOT_ASSESSED, year=year.year)
    if until <= year.deadline:
        raise ExtensionError("until", NOT_LATER, day=f"{year.deadline:%d.%m.%Y}")
    if until < today:
        raise ExtensionError("until", PAST_DAY)
    if until.year > max(year.deadline.year, today.year) + MAX_YEARS_AFTER_DEADLINE:
        raise ExtensionError("until", IMPLAUSIBLE_DAY, day=f"{until:%d.%m.%Y}")
    if not reason:
        raise ExtensionError("reason", NO_REASON)
    if len(reason) > MAX_REASON_CHARACTERS:
        raise ExtensionError("reason", REASON_TOO_LONG, limit=MAX_REASON_CHARACTERS)
