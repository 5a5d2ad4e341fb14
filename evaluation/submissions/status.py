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
    """The status of one body's year, a key of `STATUS_LABELS`; `reason` says why it was returned or reopened."""

    year: int
    body_id: int
    deadline: date | None
    status: str = DRAFT
    reason: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the body still has to submit the year."""
        return self.status in OPEN_STATUSES

    @property
    def is_returned(self) -> bool:
        """Whether the body was asked to correct the year: it was returned or reopened."""
        return self.status in (RETURNED, REOPENED)

    def days_left(self, today: date) -> int | None:
        """Return the number of days to the deadline, below 0 for a late draft.

        None without a deadline, and for a returned or reopened year after its deadline: its timeliness was settled by its first
        submission.
        """
        days = (self.deadline - today).days if self.deadline else None
        return None if days is not None and days < 0 and self.is_returned else days


def status_of(submission: Submission | None) -> str:
    """Return the status of a body's year; a year without a row is a draft."""
    return DRAFT if submission is None else submission.status


def year_status(year: ReportingYear, body_id: int, submission: Submission | None) -> YearStatus:
    """Return the status of a body's year by its row."""
    return YearStatus(year.year, body_id, year.deadline, status_of(submission), submission.reason if submission else "")


def due_year(statuses: Collection[YearStatus], today: date) -> YearStatus:
    """Return the year that a clerk sees first, among the years of one body or of several; `statuses` is not empty.

    The choice, in this order:

    1. the open year with the nearest deadline, unless that deadline passed more than `OBSOLETE_AFTER` ago;
    2. the newest returned or reopened year;
    3. the newest year.
    """
    open_years = [status for status in statuses if status.is_open]
    dated = [
        (status.deadline, status.year, status)
        for status in open_years
        if status.deadline and status.deadline + OBSOLETE_AFTER >= today
    ]
    if dated:
        return min(dated, key=lambda entry: entry[:2])[2]
    return max([status for status in open_years if status.is_returned] or statuses, key=lambda status: status.year)


def other_open_years(statuses: Collection[YearStatus], year: int) -> list[YearStatus]:
    """Return the open years except this one: returned ones first, then by deadline (none last), then the newest first."""
    open_years = [status for status in statuses if status.is_open and status.year != year]
    return sorted(
        open_years,
        key=lambda status: (not status.is_returned, status.deadline is None, status.deadline or date.max, -status.year),
    )
