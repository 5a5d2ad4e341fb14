"""Giving one body more time for a year. Only the day on which its draft locks moves: it is late all the same."""

from datetime import date

from evaluation.answers import values
from evaluation.answers.readiness.queries import submission
from evaluation.audit.operations import NewEvent, write
from evaluation.database import db, hold
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.policy import Action, Viewer
from evaluation.registry.models import Body, ReportingYear
from evaluation.submissions.extensions import queries
from evaluation.submissions.models import DRAFT, Extension

MOST = 2000
"""Characters of a reason."""

NO_DEADLINE = N_("The year %(year)s has no deadline, so there is nothing to extend.")
NOT_THERE = N_("The body is not assessed for %(year)s: it was not there on 31 December of that year.")
NOT_DRAFT = N_("The body has handed this year over, so there is nothing to extend.")
NOT_LATER = N_("The deadline of the year is %(day)s. An extension ends after that day.")
PAST_DAY = N_("That day has passed. An extension ends today at the earliest.")
STRANGE = N_("The day %(day)s cannot be right. Check the year.")
NO_REASON = N_("Write why the body is given more time.")
LONG_REASON = N_("The reason is longer than %(limit)s characters. Shorten it.")
LAST_YEARS = 2
"""An extension that ends later than so many years after the deadline is a slip of the keyboard."""


class ExtensionRefused(EvaluationError):
    """An extension that is not given: why, and at which of `body`, `until` and `reason`."""

    def __init__(self, at: str, message: str, **values: object):
        self.at = at
        super().__init__(message, **values)


def extend(viewer: Viewer, year: ReportingYear, body: Body, until: date, reason: str, today: date) -> Extension:
    """Let a body's draft of the year take changes until a day, that day included; of several extensions the latest counts.

    Days are those of Asia/Almaty. To give the same once more changes nothing. Raises Forbidden, ExtensionRefused.
    """
    viewer.require(Action.REGISTER, body.id)
    reason = values.INVISIBLE.sub("", reason).strip()
    _check(year, body, until, reason, today)
    hold(body.id, year.year, alone=True)
    current = submission(viewer, year.year, body.id)
    if current is not None and current.state != DRAFT:
        raise ExtensionRefused("body", NOT_DRAFT)
    last = queries.in_force(viewer, year.year, [body.id]).get(body.id)
    if last is not None and (last.until, last.reason) == (until, reason):
        return last
    given = Extension(year=year.year, body_id=body.id, until=until, reason=reason, given_by=viewer.name)
    db.session.add(given)
    db.session.flush()
    data = {"until": [last.until if last else None, until], "reason": reason}
    write(viewer, [NewEvent("extended", year.year, body.id, data=data)])
    return given


def _check(year: ReportingYear, body: Body, until: date, reason: str, today: date) -> None:
    if year.deadline is None:
        raise ExtensionRefused("until", NO_DEADLINE, year=year.year)
    if not body.had_begun(year.year) or (body.closed_on is not None and body.closed_on < date(year.year, 12, 31)):
        raise ExtensionRefused("body", NOT_THERE, year=year.year)
    if until <= year.deadline:
        raise ExtensionRefused("until", NOT_LATER, day=f"{year.deadline:%d.%m.%Y}")
    if until < today:
        raise ExtensionRefused("until", PAST_DAY)
    if until.year > max(year.deadline.year, today.year) + LAST_YEARS:
        raise ExtensionRefused("until", STRANGE, day=f"{until:%d.%m.%Y}")
    if not reason:
        raise ExtensionRefused("reason", NO_REASON)
    if len(reason) > MOST:
        raise ExtensionRefused("reason", LONG_REASON, limit=MOST)
