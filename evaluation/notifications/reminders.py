"""Reminders of the last day to submit or to correct a year, each once on some days before it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from evaluation.notifications.operations import notify
from evaluation.notifications.queries import workflow_of_bodies
from evaluation.policy import Action, Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Body, ReportingYear
from evaluation.submissions.deadlines import EntryPeriod
from evaluation.submissions.extensions import queries as extensions

REMINDER_DAYS = (14, 3, 0)
"""Days before the last day on which people are reminded; 0 is the last day itself."""


@dataclass(frozen=True)
class Reminder:
    """A reminder of a body's last day for a year: the day, the days to it, and how many people were reminded."""

    year: int
    body: Body
    until: date
    days_left: int
    people: int


def remind(viewer: Viewer, today: date) -> list[Reminder]:
    """Remind clerks and heads of the years that their body has not submitted and that are due soon; the caller commits.

    A person is reminded once for each of `REMINDER_DAYS`, however often this function is called. If it was not called on such a
    day, it reminds later, until the next of `REMINDER_DAYS`. An extension moves the last day, so people are reminded of the new
    one. The last day of a year that was returned or reopened is the day to correct it by, if the reviewer set one. The caller
    sends the mail. `today` is a day in Asia/Almaty.

    Raises:
        Forbidden: The viewer may not manage the registry.
    """
    viewer.require(Action.MANAGE_REGISTRY)
    return [reminder for year in registry.years() for reminder in _remind_of_year(viewer, year, today)]


def due_reminder_day(days_left: int) -> int | None:
    """Return which of `REMINDER_DAYS` is due with so many days left; None if it is too early or too late."""
    return min((days for days in REMINDER_DAYS if days_left <= days), default=None) if days_left >= 0 else None


def _remind_of_year(viewer: Viewer, year: ReportingYear, today: date) -> Iterator[Reminder]:
    if year.starts_on is not None and today < year.starts_on:
        return
    extended, workflow = extensions.extensions_in_force(viewer, year.year), workflow_of_bodies(viewer, year.year)
    for body in registry.all_bodies(viewer, year.year):
        is_open, correct_by = workflow.get(body.id, (True, None))
        extended_until = extended[body.id].until if body.id in extended else None
        until = correct_by or EntryPeriod(year.starts_on, year.deadline, extended_until).last_day
        if until is None or not is_open:
            continue
        days_left = (until - today).days
        reminder_day = due_reminder_day(days_left)
        if reminder_day is None:
            continue
        dedup_key = f"deadline:{year.year}:{body.id}:{until}:{reminder_day}"
        data = {"until": until.isoformat(), "days": days_left} | ({"correction": True} if correct_by else {})
        if notified := notify(viewer, "deadline", year.year, body.id, data=data, dedup_key=dedup_key, send_mail=False):
            yield Reminder(year.year, body, until, days_left, len(notified))
