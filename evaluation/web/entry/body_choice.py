"""The first page of people of several bodies: one year of all their bodies, and the other open years."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask import render_template, request

from evaluation.answers.progress.queries import answer_counts
from evaluation.clock import today
from evaluation.registry import queries as registry
from evaluation.registry.models import Body, ReportingYear
from evaluation.submissions import queries as submissions
from evaluation.submissions.extensions.queries import extensions_in_force
from evaluation.submissions.locks import Lock
from evaluation.submissions.models import DRAFT
from evaluation.submissions.status import YearStatus, due_year, other_open_years
from evaluation.web.core.request_context import current_language, current_viewer, named, order_of


@dataclass(frozen=True)
class BodyYearRow:
    """One body's year in the list.

    `days_left` is None when the year is not open or has no deadline; `extended_until` is the last day of a draft's extension.
    """

    body: Body
    year_status: YearStatus
    days_left: int | None
    lock: Lock | None
    extended_until: date | None
    answered: int
    required: int


@dataclass(frozen=True)
class OtherYear:
    """Another year with the numbers of bodies for which it is open, and to which it was returned."""

    year: int
    open_count: int
    returned_count: int
    deadline: date | None
    days_left: int | None


def first_year(statuses: Sequence[YearStatus], years: Sequence[ReportingYear]) -> ReportingYear:
    """Return the year to show first. `years` is not empty and sorted with the latest first."""
    first = due_year(statuses, today()).year if statuses else None
    return next((opened for opened in years if opened.year == first), years[0])


def choice_page(bodies: Sequence[Body], years: Sequence[ReportingYear]) -> str:
    """Render the page for the year in the query string, or else for the year that is due."""
    viewer, day, requested_year = current_viewer(), today(), request.args.get("year", 0, type=int)
    statuses = submissions.year_statuses(viewer, bodies, years)
    year = next((opened for opened in years if opened.year == requested_year), None) or first_year(statuses, years)
    return render_template(
        "entry/home/bodies.html",
        year=year,
        years=years,
        rows=_rows(bodies, year.year, {status.body_id: status for status in statuses if status.year == year.year}, day),
        other_years=_other_years(other_open_years(statuses, year.year), day),
    )


def _rows(bodies: Sequence[Body], year: int, statuses: Mapping[int, YearStatus], day: date) -> list[BodyYearRow]:
    """Return the bodies that exist in the year, by name."""
    viewer, body_ids = current_viewer(), list(statuses)
    counts = answer_counts(viewer, order_of(year), year, body_ids)
    locks, extensions = submissions.locks(viewer, year, body_ids, day), extensions_in_force(viewer, year, body_ids)
    existing = [body for body in registry.bodies_as_named_in(viewer, bodies, year) if body.id in statuses]
    existing.sort(key=lambda body: named(body).name(current_language().code))
    rows = []
    for body in existing:
        status, extension = statuses[body.id], extensions.get(body.id)
        days_left = status.days_left(day) if status.is_open else None
        extended_until = extension.until if extension and status.status == DRAFT else None
        answered, required = counts.get(body.bin, (0, 0))
        rows.append(BodyYearRow(body, status, days_left, locks.get(body.id), extended_until, answered, required))
    return rows


def _other_years(statuses: Sequence[YearStatus], day: date) -> list[OtherYear]:
    by_year: dict[int, list[YearStatus]] = {}
    for status in statuses:
        by_year.setdefault(status.year, []).append(status)
    return [
        OtherYear(year, len(of_year), sum(item.is_returned for item in of_year), of_year[0].deadline, _days_left(of_year, day))
        for year, of_year in by_year.items()
    ]


def _days_left(statuses: Sequence[YearStatus], day: date) -> int | None:
    """Return the days left of one year of several bodies; returned years have none when the deadline has passed."""
    return next((days for status in statuses if (days := status.days_left(day)) is not None), None)
