"""Reads of remarks for those who can reply to them: the body's people and its reviewers."""

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from evaluation.database import db
from evaluation.policy import Action, Viewer
from evaluation.registry.models import Body
from evaluation.registry.queries import visible
from evaluation.review.models import Remark


def remarks(viewer: Viewer, year: int, body_id: int) -> list[Remark]:
    """Return the remarks of a body's year with their replies, in the order of their creation.

    Raises:
        Forbidden: The viewer cannot reply to the body's remarks.
    """
    viewer.require(Action.REPLY, body_id)
    statement = select(Remark).where(Remark.year == year, Remark.body_id == body_id).options(selectinload(Remark.replies))
    return list(db.session.scalars(statement.order_by(Remark.id).execution_options(populate_existing=True)))


def remark(viewer: Viewer, remark_id: int) -> Remark | None:
    """Return the current row of a remark; None if there is none or the viewer cannot see its body."""
    statement = visible(select(Remark).join(Body, Body.id == Remark.body_id).where(Remark.id == remark_id), viewer)
    result: Remark | None = db.session.scalar(statement.execution_options(populate_existing=True))
    return result
