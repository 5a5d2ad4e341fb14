"""The statuses of bodies' years, and the rule by which a first page chooses among several years."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from evaluation.language import N_
from evaluation.registry.models import ReportingYear
from evaluation.submissions.models import ACCEPTED, DRAFT, OPEN_STATUSES, REOPENED, RETURNED, SUBMITTED, Submission

STATUS_LABELS = {
    DRAFT: N_("Draft"),
    SUBMITTED: N_("Submitted"),
    RETURNED: N_("Returned for correction"),
    ACCEPTED: N_("Accepted"),
    REOPENED: N_("Reopened"),
}
"""Status → its label, in the order in which a list shows them."""
OBSOLETE_AFTER = timedelta(days=183)
"""A deadline that passed longer ago is ignored: after half a year, entry of the next year's answers is about to begin."""


@dataclass(frozen=True)
class YearStatus:
    """The status of one body's year, a key of `STATUS_LABELS`.

    `reason` says why the year was returned or reopened, `correct_by` is the last day to correct it, if the reviewer set one.
    """

    year: int
    body_id: int
    deadline: date | None
    status: str = DRAFT
    reason: str = ""
    correct_by: date | None = None

    @property
    def is_open(self) -> bool:
        """Whether the body still has to submit the year."""
        return self.status in OPEN_STATUSES

    @property
    def is_returned(self) -> bool:
        """Whether the body was asked to correct the year: it was returned or reopened."""
        return self.status in (RETURNED, REOPENED)

    @property
    def due_on(self) -> date | None:
        """The day on which the body is expected to submit the year."""
        return self.correct_by or self.deadline

    def days_left(self, today: date) -> int | None:
        """Return the number of days to the day to correct a year by or else to its deadline, below 0 after it.

        None without such a day, and for a returned or reopened year after its deadline: its timeliness was settled by its first
        submission.
        """
        if self.correct_by:
            return (self.correct_by - today).days
        days = (self.deadline - today).days if self.deadline else None
        return None if days is not None and days < 0 and self.is_returned else days


def status_of(submission: Submission | None) -> str:
    """Return the status of a body's year; a year without a row is a draft."""
    return DRAFT if submission is None else submission.status


def year_status(year: ReportingYear, body_id: int, submission: Submission | None) -> YearStatus:
    """Return the status of a body's year by its row."""
    if submission is None:
        return YearStatus(year.year, body_id, year.deadline)
    return YearStatus(year.year, body_id, year.deadline, submission.status, submission.reason, submission.correct_by)


def due_year(statuses: Collection[YearStatus], today: date) -> YearStatus:
    """Return the year that a clerk sees first, among the years of one body or of several; `statuses` is not empty.

    The choice, in this order:

    1. the open year that is due next (`due_on`), unless that day passed more than `OBSOLETE_AFTER` ago;
    2. the newest returned or reopened year;
    3. the newest year.
    """
    open_years = [status for status in statuses if status.is_open]
    dated = [
        (status.due_on, status.year, status) for status in open_years if status.due_on and status.due_on + OBSOLETE_AFTER >= today
    ]
    if dated:
        return min(dated, key=lambda entry: entry[:2])[2]
    return max([status for status in open_years if status.is_returned] or statuses, key=lambda status: status.year)


def other_open_years(statuses: Collection[YearStatus], year: int) -> list[YearStatus]:
    """Return the open years except this one: returned ones first, then by the day they are due (none last), newest first."""
    open_years = [status for status in statuses if status.is_open and status.year != year]
    return sorted(
        open_years,
        key=lambda status: (not status.is_returned, status.due_on is None, status.due_on or date.max, -status.year),
    )
