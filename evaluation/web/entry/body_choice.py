"""The first page of somebody of several bodies: a year of all of them, and which others are not handed over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask import render_template, request

from evaluation.answers import queries as collection
from evaluation.answers.progress.queries import answers_given
from evaluation.answers.readiness import queries as submissions
from evaluation.clock import today
from evaluation.registry import queries as registry
from evaluation.registry.models import Body, ReportingYear
from evaluation.submissions.extensions import queries as extensions
from evaluation.submissions.locks import Lock
from evaluation.submissions.models import DRAFT
from evaluation.submissions.status import Standing, due, others
from evaluation.web.core.request_context import current_language, current_viewer, named, order_of


@dataclass(frozen=True)
class Line:
    """A body's year: where it stands, the days left where it is not handed over, what keeps its answers from being changed, its
    own last day, and answers given and asked for."""

    body: Body
    standing: Standing
    left: int | None
    lock: Lock | None
    until: date | None
    answered: int
    asked: int


@dataclass(frozen=True)
class Other:
    """Another year that is not handed over: of how many bodies, to how many it was given back, the deadline, the days left."""

    year: int
    open: int
    given_back: int
    deadline: date | None
    left: int | None


def first_year(standings: Sequence[Standing], years: Sequence[ReportingYear]) -> ReportingYear:
    """The year to show first, of years the latest first; there is at least one."""
    first = due(standings, today()).year if standings else None
    return next((each for each in years if each.year == first), years[0])


def choice_page(bodies: Sequence[Body], years: Sequence[ReportingYear]) -> str:
    """The page, of the year that the address names or else of the one that is due."""
    viewer, now_, wanted = current_viewer(), today(), request.args.get("year", 0, type=int)
    standings = submissions.standings(viewer, bodies, years)
    year = next((each for each in years if each.year == wanted), None) or first_year(standings, years)
    return render_template(
        "entry/home/bodies.html",
        year=year,
        years=years,
        left=(year.deadline - now_).days if year.deadline else None,
        lines=_lines(bodies, year.year, {each.body_id: each for each in standings if each.year == year.year}, now_),
        others=_others(others(standings, year.year), now_),
    )


def _lines(bodies: Sequence[Body], year: int, standings: Mapping[int, Standing], now_: date) -> list[Line]:
    """The bodies that are there in the year, by name."""
    viewer, ids = current_viewer(), list(standings)
    given = answers_given(viewer, order_of(year), year, ids)
    locks, more = collection.locks(viewer, year, ids, now_), extensions.in_force(viewer, year, ids)
    there = [body for body in registry.bodies_in(viewer, bodies, year) if body.id in standings]
    there.sort(key=lambda body: named(body).name(current_language().code))
    found = []
    for body in there:
        standing, extension = standings[body.id], more.get(body.id)
        left = standing.left(now_) if standing.unfinished else None
        until = extension.until if extension and standing.state == DRAFT else None
        found.append(Line(body, standing, left, locks.get(body.id), until, *given.get(body.bin, (0, 0))))
    return found


def _others(standings: Sequence[Standing], now_: date) -> list[Other]:
    by_year: dict[int, list[Standing]] = {}
    for each in standings:
        by_year.setdefault(each.year, []).append(each)
    return [
        Other(year, len(found), sum(each.given_back for each in found), found[0].deadline, _left(found, now_))
        for year, found in by_year.items()
    ]


def _left(standings: Sequence[Standing], now_: date) -> int | None:
    """The days left of one year of several bodies; those that are to be mended have none where the deadline has passed."""
    return next((left for each in standings if (left := each.left(now_)) is not None), None)
