"""Whether bodies hand their years over in time. It is counted from the year's deadline, whatever extension a body has."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from evaluation.language import N_, Language
from evaluation.policy import Viewer
from evaluation.registry.models import ReportingYear
from evaluation.submissions.extensions import queries
from evaluation.submissions.models import Extension

ON_TIME, LATE, OVERDUE, NOT_DUE, NO_DEADLINE = "on_time", "late", "overdue", "not_due", "no_deadline"
PUNCTUALITY = {
    ON_TIME: N_("On time"),
    LATE: N_("Late"),
    OVERDUE: N_("Not submitted"),
    NOT_DUE: N_("Not due yet"),
    NO_DEADLINE: N_("No deadline"),
}
"""What :attr:`Punctuality.state` may be, in the order in which a list offers it."""


@dataclass(frozen=True)
class Punctuality:
    """How a body's year stands to the year's deadline: one of `PUNCTUALITY`.

    `days` is how many days late it was handed over, is overdue, or has left; 0 where that says nothing. `submitted_on` is the day
    (Asia/Almaty) of the first hand-over. The extension in force stands beside it and changes none of this.
    """

    state: str
    days: int = 0
    deadline: date | None = None
    submitted_on: date | None = None
    extension: Extension | None = None

    def told(self, language: Language) -> str:
        """In words: "On time", "3 days late", "Not submitted, 5 days overdue"."""
        if self.state == LATE:
            return language.ngettext("%(num)d day late", "%(num)d days late", self.days)
        if self.state == OVERDUE:
            return language.ngettext("Not submitted, %(num)d day overdue", "Not submitted, %(num)d days overdue", self.days)
        return language.gettext(PUNCTUALITY[self.state])


def punctuality_of(
    deadline: date | None, submitted_on: date | None, today: date, extension: Extension | None = None
) -> Punctuality:
    """By the year's deadline (its last day is in time) and the day of the first hand-over, None where there was none."""
    if deadline is None:
        return Punctuality(NO_DEADLINE, 0, None, submitted_on, extension)
    passed = ((submitted_on or today) - deadline).days
    if submitted_on is not None:
        return Punctuality(LATE if passed > 0 else ON_TIME, max(passed, 0), deadline, submitted_on, extension)
    return Punctuality(OVERDUE if passed > 0 else NOT_DUE, abs(passed), deadline, None, extension)


def punctuality(viewer: Viewer, year: ReportingYear, body_ids: Iterable[int], today: date) -> dict[int, Punctuality]:
    """Body id → how its year stands to the deadline on that day, of those of these bodies that the viewer may see.

    Two queries however many bodies there are.
    """
    wanted = [each for each in body_ids if viewer.sees(each)]
    submitted = queries.first_submitted(viewer, year.year, wanted)
    extensions = queries.in_force(viewer, year.year, wanted)
    return {each: punctuality_of(year.deadline, submitted.get(each), today, extensions.get(each)) for each in wanted}
