"""Decides whether a body's year takes changes on a day, and if not, why.

Every way of entering answers uses this one rule:

- a submitted year is locked until it is returned, an accepted year until it is reopened;
- a draft takes changes from the year's first day to its deadline, or to the last day of the body's extension;
- a returned or reopened year is open on every day, because the body has to correct it.

Days are calendar days in Asia/Almaty.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus

from evaluation.clock import today as current_day
from evaluation.errors import EvaluationError
from evaluation.language import N_, Language
from evaluation.submissions.deadlines import EntryPeriod
from evaluation.submissions.models import ACCEPTED, DRAFT, OPEN_STATUSES, SUBMITTED

DEADLINE_PASSED, NOT_STARTED = "deadline_passed", "not_started"
LOCK_MESSAGES = {
    SUBMITTED: N_("The year %(year)s was submitted: its answers can no longer be changed."),
    ACCEPTED: N_("The year %(year)s is accepted: its answers can no longer be changed."),
    DEADLINE_PASSED: N_(
        "The answers for %(year)s are locked: they could be changed until %(day)s. If you need more time, ask the "
        "administrator for an extension."
    ),
    NOT_STARTED: N_("The answers for %(year)s are entered from %(day)s on."),
}
"""Reason of a lock → its message. The first two reasons are the statuses that lock a year."""


@dataclass(frozen=True)
class Lock:
    """Why a year takes no changes.

    `reason` is a key of `LOCK_MESSAGES`; `day` is the last day on which the year took changes, or the first day on which it will.
    """

    reason: str
    year: int
    day: date | None = None

    @property
    def since(self) -> date | None:
        """The first day without changes, when the last day has passed."""
        return self.day + timedelta(days=1) if self.reason == DEADLINE_PASSED and self.day else None

    def message(self, language: Language) -> str:
        """Return the message for people."""
        return Locked(self).message(language)


class Locked(EvaluationError):
    """The year takes no changes now."""

    status = HTTPStatus.CONFLICT

    def __init__(self, lock: Lock):
        self.lock = lock
        super().__init__(LOCK_MESSAGES[lock.reason], year=lock.year, day=f"{lock.day:%d.%m.%Y}" if lock.day else "")


def is_open(status: str | None) -> bool:
    """Return whether the body can still submit the year in this status, locked or not; None is a draft."""
    return status is None or status in OPEN_STATUSES


def lock_of(status: str | None, year: int, period: EntryPeriod, today: date) -> Lock | None:
    """Return what prevents changes to a body's year on a day; None when it takes changes.

    A `status` of None is the status of a year without a submission row: a draft.
    """
    if status in (SUBMITTED, ACCEPTED):
        return Lock(status, year)
    if status is not None and status != DRAFT:
        return None
    if period.starts_on is not None and today < period.starts_on:
        return Lock(NOT_STARTED, year, period.starts_on)
    last_day = period.last_day
    return Lock(DEADLINE_PASSED, year, last_day) if last_day is not None and today > last_day else None


def year_state(version: int, period: EntryPeriod) -> str:
    """Return what names the state of a body's year, so that an answer typed in one state is not stored unseen in another.

    Each step of the workflow changes the version of the submission (0 without a row); an extension or a new deadline changes the
    last day.
    """
    return f"{version}/{period.last_day or ''}"


def require_open(status: str | None, year: int, period: EntryPeriod, today: date | None = None) -> None:
    """Check that the year takes changes on a day, by default the current day in Asia/Almaty.

    Raises:
        Locked: The year takes no changes on that day.
    """
    if lock := lock_of(status, year, period, today or current_day()):
        raise Locked(lock)
