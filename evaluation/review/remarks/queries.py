"""Reads of remarks, for those who may answer them: the body's own people and its reviewers."""

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from evaluation.database import db
from evaluation.policy import Action, Viewer
from evaluation.registry.models import Body
from evaluation.registry.queries import visible
from evaluation.review.models import Remark


def remarks(viewer: Viewer, year: int, body_id: int) -> list[Remark]:
    """The remarks of a body's year with their replies, in the order they were made. Raises Forbidden for who answers none."""
    viewer.require(Action.REPLY, body_id)
    statement = select(Remark).where(Remark.year == year, Remark.body_id == body_id).options(selectinload(Remark.replies))
    return list(db.session.scalars(statement.order_by(Remark.id).execution_options(populate_existing=True)))


def remark(viewer: Viewer, remark_id: int) -> Remark | None:
    """A remark, as the database has it now; None where there is none or it is of a body that the viewer may not know of."""
    statement = visible(select(Remark).join(Body, Body.id == Remark.body_id).where(Remark.id == remark_id), viewer)
    found: Remark | None = db.session.scalar(statement.execution_options(populate_existing=True))
    return found
