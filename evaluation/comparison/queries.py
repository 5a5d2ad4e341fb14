"""Reads that all pages of the comparison share."""

from sqlalchemy import select

from evaluation.comparison.access import Access
from evaluation.comparison.models import RankingSetting
from evaluation.database import db, fetch_rows
from evaluation.policy import Viewer
from evaluation.registry.models import Body
from evaluation.registry.queries import visible


def is_ranking_open(viewer: Viewer) -> bool:
    """Return whether the administrator has opened the ranking to all bodies; everyone may know it."""
    return bool(db.session.scalar(select(RankingSetting.is_open)))


def access_of(viewer: Viewer) -> Access:
    """Return what the viewer may learn about other bodies."""
    if viewer.bodies is None:
        return Access(viewer)
    levels = fetch_rows(visible(select(Body.level).where(Body.level.is_not(None)), viewer).distinct())
    return Access(viewer, is_ranking_open(viewer), frozenset(level for (level,) in levels))
