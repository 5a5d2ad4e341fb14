"""Announcements of an administrator's decisions about a reporting year to the clerks and heads of the bodies concerned.

The registry and the submissions lie below this package, so whoever calls their operations announces what they did, in the same
transaction.
"""

from datetime import date

from evaluation.notifications.operations import notify, notify_bodies
from evaluation.notifications.queries import workflow_of_bodies
from evaluation.policy import Action, Viewer
from evaluation.registry import queries as registry
from evaluation.submissions.models import Extension


def announce_opening(viewer: Viewer, year: int) -> None:
    """Notify the bodies that exist in the year that it is open, with its first day and its deadline. Raises Forbidden."""
    viewer.require(Action.MANAGE_REGISTRY)
    opened = registry.reporting_year(year)
    if opened is not None:
        dates = {"starts_on": opened.starts_on, "deadline": opened.deadline}
        data = {name: day.isoformat() for name, day in dates.items() if day}
        notify_bodies(viewer, "opened", year, {body.id for body in registry.all_bodies(viewer, year)}, data)


def announce_dates(viewer: Viewer, year: int, dates: dict[str, tuple[date | None, date | None]]) -> None:
    """Notify the bodies that have not submitted the year of its new dates. Raises Forbidden.

    Args:
        viewer: Who changed the dates.
        year: The reporting year.
        dates: "starts_on" and "deadline" → its day before and after; a date that is the same is not announced.
    """
    viewer.require(Action.MANAGE_REGISTRY)
    data = {name: str(new) if new else None for name, (old, new) in dates.items() if new != old}
    if data:
        workflow = workflow_of_bodies(viewer, year)
        # A body that submitted has met the deadline; one with a returned year has days of its own.
        body_ids = {body.id for body in registry.all_bodies(viewer, year)} - workflow.keys()
        notify_bodies(viewer, "rescheduled", year, body_ids, data)


def announce_extension(viewer: Viewer, extension: Extension) -> None:
    """Notify the body of its later last day, once for each extension. Raises Forbidden."""
    viewer.require(Action.MANAGE_REGISTRY, extension.body_id)
    data = {"extended_until": extension.until.isoformat(), "reason": extension.reason}
    notify(viewer, "extended", extension.year, extension.body_id, data=data, dedup_key=f"extension:{extension.id}")
