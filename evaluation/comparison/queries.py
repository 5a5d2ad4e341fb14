"""Reads that all pages of the comparison share."""

from collections.abc import Collection

from sqlalchemy import func, select

from evaluation.comparison.access import Access
from evaluation.comparison.models import RankingSetting
from evaluation.database import db, fetch_rows
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.clauses import exists_in_year
from evaluation.registry.models import Body
from evaluation.registry.queries import visible
from evaluation.results.models import BodyResult


def is_ranking_open(viewer: Viewer) -> bool:
    """Return whether the administrator has opened the ranking to all bodies; everyone may know it."""
    return bool(db.session.scalar(select(RankingSetting.is_open)))


def access_of(viewer: Viewer, year: int | None = None) -> Access:
    """Return what the viewer may learn about other bodies, counts without names only with their year."""
    if viewer.bodies is None:
        return Access(viewer)
    levels = fetch_rows(visible(select(Body.level).where(Body.level.is_not(None)), viewer).distinct())
    others = {} if year is None else _others(viewer, year)
    return Access(viewer, is_ranking_open(viewer), frozenset(level for (level,) in levels), others)


def _others(viewer: Viewer, year: int) -> dict[str | None, int]:
    """Return level → the number of the year's assessed bodies that the viewer cannot see."""
    statement = select(Body.level, func.count()).select_from(BodyResult).join(Body, Body.id == BodyResult.body_id)
    statement = statement.where(BodyResult.year == year, BodyResult.max > 0, exists_in_year(year))
    return dict(fetch_rows(statement.where(Body.id.not_in(viewer.bodies or ())).group_by(Body.level)))


def bodies_by_id(viewer: Viewer, year: int, body_ids: Collection[int]) -> dict[int, Body]:
    """Return body id → the body with its names of the year, of those that the viewer can see."""
    rows = db.session.scalars(visible(select(Body).where(Body.id.in_(body_ids)), viewer))
    return {body.id: body for body in registry.bodies_as_named_in(viewer, rows, year)}
