"""Whether bodies submit their years on time.

Timeliness is measured from the year's deadline, regardless of a body's extension.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from evaluation.language import N_, Language
from evaluation.policy import Viewer
from evaluation.registry.models import ReportingYear
from evaluation.submissions.extensions.queries import extensions_in_force
from evaluation.submissions.models import Extension
from evaluation.submissions.queries import first_submission_days

ON_TIME, LATE, OVERDUE, NOT_DUE, NO_DEADLINE = "on_time", "late", "overdue", "not_due", "no_deadline"
TIMELINESS_LABELS = {
    ON_TIME: N_("On time"),
    LATE: N_("Late"),
    OVERDUE: N_("Not submitted"),
    NOT_DUE: N_("Not due yet"),
    NO_DEADLINE: N_("No deadline"),
}
"""The values of :attr:`Timeliness.status` and their labels, in the order in which a list shows them."""


@dataclass(frozen=True)
class Timeliness:
    """A body's year measured against the year's deadline.

    `status` is a key of `TIMELINESS_LABELS`. `days` is the number of days by which the year was submitted late or is overdue, or
    that are left; otherwise 0. `submitted_on` is the day (Asia/Almaty) of the first submission. `extension` is the extension in
    force; it does not change the other values.
    """

    status: str
    days: int = 0
    deadline: date | None = None
    submitted_on: date | None = None
    extension: Extension | None = None

    def label(self, language: Language) -> str:
        """Return the text for people: "On time", "3 days late", "Not submitted, 5 days overdue"."""
        if self.status == LATE:
            return language.ngettext("%(num)d day late", "%(num)d days late", self.days)
        if self.status == OVERDUE:
            return language.ngettext("Not submitted, %(num)d day overdue", "Not submitted, %(num)d days overdue", self.days)
        return language.gettext(TIMELINESS_LABELS[self.status])


def timeliness_of(
    deadline: date | None, submitted_on: date | None, today: date, extension: Extension | None = None
) -> Timeliness:
    """Return the timeliness by the deadline (itself on time) and the day of the first submission, None when there was none."""
    if deadline is None:
        return Timeliness(NO_DEADLINE, 0, None, submitted_on, extension)
    days_passed = ((submitted_on or today) - deadline).days
    if submitted_on is not None:
        return Timeliness(LATE if days_passed > 0 else ON_TIME, max(days_passed, 0), deadline, submitted_on, extension)
    return Timeliness(OVERDUE if days_passed > 0 else NOT_DUE, abs(days_passed), deadline, None, extension)


def timeliness_by_body(viewer: Viewer, year: ReportingYear, body_ids: Iterable[int], today: date) -> dict[int, Timeliness]:
    """Return body id → timeliness on a day, of those of these bodies that the viewer can see, in two statements."""
    visible_ids = [body_id for body_id in body_ids if viewer.can_see(body_id)]
    submitted = first_submission_days(viewer, year.year, visible_ids)
    extensions = extensions_in_force(viewer, year.year, visible_ids)
    return {
        body_id: timeliness_of(year.deadline, submitted.get(body_id), today, extensions.get(body_id)) for body_id in visible_ids
    }
