"""Whether a body's year takes changes on a day, and if not, why: the one rule of every way by which answers are entered.

What was handed over is locked until it is given back, what was accepted until it is reopened. A draft takes changes from the
year's first day to its deadline, or to the end of the body's extension; an extension locks again by itself. A year that was given
back or reopened is open whatever the day: somebody asked for the mending. Days are those of Asia/Almaty.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from evaluation.clock import today as the_day
from evaluation.errors import EvaluationError
from evaluation.language import N_, Language
from evaluation.submissions.models import ACCEPTED, DRAFT, OPEN_STATES, SUBMITTED

HANDED_OVER, ACCEPTED_YEAR, PAST, NOT_BEGUN = "handed_over", "accepted", "deadline_passed", "not_begun"
LOCKS = {
    HANDED_OVER: N_("The year %(year)s was handed over: its answers can no longer be changed."),
    ACCEPTED_YEAR: N_("The year %(year)s is accepted: its answers can no longer be changed."),
    PAST: N_(
        "The answers for %(year)s are locked: they could be changed until %(day)s. "
        "Whoever needs more time asks the administrator for an extension."
    ),
    NOT_BEGUN: N_("The answers for %(year)s are entered from %(day)s on."),
}
"""Why a year takes no changes, and what is said then."""


@dataclass(frozen=True)
class Term:
    """The days between which a body's year is answered, both included; None is no limit.

    `until` is the end of the body's extension in force; it counts where it is later than the deadline.
    """

    starts_on: date | None = None
    deadline: date | None = None
    until: date | None = None

    @property
    def last_day(self) -> date | None:
        """The last day on which a draft takes changes."""
        if self.deadline is None or self.until is None:
            return self.deadline
        return max(self.deadline, self.until)

    @property
    def extended(self) -> bool:
        """Whether the extension gives more days than the deadline does."""
        return self.last_day != self.deadline


@dataclass(frozen=True)
class Lock:
    """Why a year takes no changes: one of `LOCKS`; `day` is the last day it took them, or the first it will."""

    why: str
    year: int
    day: date | None = None

    @property
    def since(self) -> date | None:
        """The first day without changes, where a last day passed."""
        return self.day + timedelta(days=1) if self.why == PAST and self.day else None

    def message(self, language: Language) -> str:
        return Locked(self).message(language)


class Locked(EvaluationError):
    """The year takes no changes now."""

    def __init__(self, lock: Lock):
        self.lock = lock
        super().__init__(LOCKS[lock.why], year=lock.year, day=f"{lock.day:%d.%m.%Y}" if lock.day else "")


def is_open(state: str | None) -> bool:
    """Whether the body has its year in hand, to be handed over by it, whether its answers are locked or not; None is a draft."""
    return state is None or state in OPEN_STATES


def lock_of(state: str | None, year: int, term: Term, today: date) -> Lock | None:
    """What keeps a body's year in this state from being changed on that day; None where it is open.

    A `state` of None is that of a year that nobody has handed over.
    """
    if state == SUBMITTED:
        return Lock(HANDED_OVER, year)
    if state == ACCEPTED:
        return Lock(ACCEPTED_YEAR, year)
    if state is not None and state != DRAFT:
        return None
    if term.starts_on is not None and today < term.starts_on:
        return Lock(NOT_BEGUN, year, term.starts_on)
    last = term.last_day
    return Lock(PAST, year, last) if last is not None and today > last else None


def require_open(state: str | None, year: int, term: Term, today: date | None = None) -> None:
    """Raises Locked where the year takes no changes on the day, which is the one it is in Kazakhstan where none is given."""
    if lock := lock_of(state, year, term, today or the_day()):
        raise Locked(lock)
