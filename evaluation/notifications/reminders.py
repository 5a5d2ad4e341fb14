"""Reminders of a deadline that comes near: some days before it, and once each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from evaluation.notifications.operations import tell
from evaluation.notifications.queries import handed_over
from evaluation.policy import Action, Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Body, ReportingYear
from evaluation.submissions.extensions import queries as extensions
from evaluation.submissions.locks import Term

DAYS = (14, 3, 0)
"""How many days before the last one people are reminded; 0 is the last day itself."""


@dataclass(frozen=True)
class Reminder:
    """What some people of a body were reminded of: `left` days until its last day for the year."""

    year: int
    body: Body
    until: date
    left: int
    told: int


def remind(viewer: Viewer, today: date) -> list[Reminder]:
    """Remind clerks and heads of each year that their body has not handed over and that is due soon; the caller commits.

    Each of `DAYS` is told once to each person, however often this is done. A day on which it was not done is made up for until
    the next of `DAYS`: of what is due tomorrow nobody is told that two weeks are left. An extension moves the day, and who was
    reminded of the former one is reminded anew. Raises Forbidden.
    """
    viewer.require(Action.REGISTER)
    return [each for year in registry.years() for each in _of_year(viewer, year, today)]


def due_step(left: int) -> int | None:
    """Which of `DAYS` is to be told of when so many days are left; None where it is too early, or too late."""
    return min((days for days in DAYS if left <= days), default=None) if left >= 0 else None


def _of_year(viewer: Viewer, year: ReportingYear, today: date) -> Iterator[Reminder]:
    if year.deadline is None or (year.starts_on is not None and today < year.starts_on):
        return
    given, done = extensions.in_force(viewer, year.year), handed_over(viewer, year.year)
    for body in registry.all_bodies(viewer, year.year):
        until = Term(year.starts_on, year.deadline, given[body.id].until if body.id in given else None).last_day or year.deadline
        left = (until - today).days
        step = due_step(left)
        if step is None or body.id in done:
            continue
        once = f"deadline:{year.year}:{body.id}:{until}:{step}"
        data = {"until": until.isoformat(), "days": left}
        if told := tell(viewer, "deadline", year.year, body.id, data=data, once=once):
            yield Reminder(year.year, body, until, left, len(told))
