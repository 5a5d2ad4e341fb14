"""Where the years of bodies stand, and the one rule by which a first page chooses among them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from evaluation.language import N_
from evaluation.registry.models import ReportingYear
from evaluation.submissions.models import ACCEPTED, DRAFT, OPEN_STATES, REOPENED, RETURNED, SUBMITTED, Submission

STANDINGS = {
    DRAFT: N_("Draft"),
    SUBMITTED: N_("Handed over"),
    RETURNED: N_("Given back"),
    ACCEPTED: N_("Accepted"),
    REOPENED: N_("Reopened"),
}
"""The states of a body's year in words, in the order in which a list offers them."""
LONG_PAST = timedelta(days=183)
"""A deadline that passed longer ago no longer decides: half a year on, the next year's answers are about to be entered."""


@dataclass(frozen=True)
class Standing:
    """Where a year of a body stands: one of `STANDINGS`; where it was given back or reopened, why."""

    year: int
    body_id: int
    deadline: date | None
    state: str = DRAFT
    reason: str = ""

    @property
    def unfinished(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def given_back(self) -> bool:
        """Whether somebody waits for it to be mended: it was returned or reopened."""
        return self.state in (RETURNED, REOPENED)

    def left(self, today: date) -> int | None:
        """The number of days to the deadline, below 0 for a draft that is late; None without one, and for what is to be mended
        after it: that was handed over once, and by its first hand-over it is late or in time."""
        left = (self.deadline - today).days if self.deadline else None
        return None if left is not None and left < 0 and self.given_back else left


def standing_of(submission: Submission | None) -> str:
    """Which of `STANDINGS` a body's year stands in; without a line it is a draft."""
    return DRAFT if submission is None else submission.state


def standing_at(year: ReportingYear, body_id: int, submission: Submission | None) -> Standing:
    """Where a year of a body stands by its line."""
    return Standing(year.year, body_id, year.deadline, standing_of(submission), submission.reason if submission else "")


def due(standings: Collection[Standing], today: date) -> Standing:
    """The year that whoever answers sees first, of one body or of several; there is at least one.

    The nearest deadline of what is not handed over, a passed one too unless it is long past. Without any such, the newest of the
    years given back: somebody waits for it. Else the newest year, handed over or not. So a year without a deadline comes first
    only as the newest: an older one was entered for its figures, and nobody waits for it.
    """
    open_ = [each for each in standings if each.unfinished]
    dated = [(each.deadline, each.year, each) for each in open_ if each.deadline and each.deadline + LONG_PAST >= today]
    if dated:
        return min(dated, key=lambda each: each[:2])[2]
    return max([each for each in open_ if each.given_back] or standings, key=lambda each: each.year)


def others(standings: Collection[Standing], year: int) -> list[Standing]:
    """What is not handed over of other years: first what was given back, then by deadline, without one last, newest first."""
    found = [each for each in standings if each.unfinished and each.year != year]
    return sorted(found, key=lambda each: (not each.given_back, each.deadline is None, each.deadline or date.max, -each.year))
