"""Reads of extensions and of when years were handed over, each within what its viewer may see."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import func, select

from evaluation.database import Statement, db, tuples
from evaluation.policy import Viewer
from evaluation.registry.listing import there_in
from evaluation.registry.models import Body
from evaluation.registry.queries import AT_ONCE, PAGE, Page, visible
from evaluation.submissions.models import DRAFT, Extension, Submission


def given(viewer: Viewer, year: int, page: int = 1) -> Page:
    """A page of the year's extensions, each with its body, the latest first."""
    statement = visible(select(Extension, Body).join(Body, Body.id == Extension.body_id), viewer).where(Extension.year == year)
    total = db.session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    number = min(max(page, 1), max(1, -(-total // PAGE)))
    found = db.session.execute(statement.order_by(Extension.id.desc()).limit(PAGE).offset((number - 1) * PAGE))
    return Page([tuple(row) for row in found], total, number)


def of_body(viewer: Viewer, year: int, body_id: int) -> list[Extension]:
    """Every extension of a body's year, the latest first, which is the one that counts."""
    statement = visible(select(Extension).join(Body, Body.id == Extension.body_id), viewer)
    return list(db.session.scalars(statement.where(Extension.year == year, Body.id == body_id).order_by(Extension.id.desc())))


def in_force(viewer: Viewer, year: int, body_ids: Collection[int] | None = None) -> dict[int, Extension]:
    """Body id → the extension that counts, the latest given: of these bodies, or of all the viewer may see."""
    latest = select(func.max(Extension.id)).where(Extension.year == year).group_by(Extension.body_id)
    statement = select(Extension).join(Body, Body.id == Extension.body_id).where(Extension.id.in_(latest))
    return {each.body_id: each for each in db.session.scalars(_of(visible(statement, viewer), body_ids))}


def first_submitted(viewer: Viewer, year: int, body_ids: Collection[int] | None = None) -> dict[int, date]:
    """Body id → the day on which its year was handed over for the first time, of those that did."""
    statement = select(Body.id, Submission.first_submitted_on).join(Submission, Submission.body_id == Body.id)
    statement = statement.where(Submission.year == year, Submission.first_submitted_on.is_not(None))
    return {row[0]: row[1] for row in db.session.execute(_of(visible(statement, viewer), body_ids))}


def states(viewer: Viewer, year: int) -> dict[str, int]:
    """How many of the bodies that are there on 31 December of the year stand in each of `STATES`; of those with any."""
    state = func.coalesce(Submission.state, DRAFT)
    statement = select(state, func.count()).select_from(Body)
    statement = statement.outerjoin(Submission, (Submission.body_id == Body.id) & (Submission.year == year))
    return dict(tuples(visible(statement, viewer).where(there_in(year)).group_by(state)))


def _of(statement: Statement, body_ids: Collection[int] | None) -> Statement:
    """Kept to these bodies; of so many that naming them costs more than reading all, not kept."""
    return statement if body_ids is None or len(body_ids) > AT_ONCE else statement.where(Body.id.in_(body_ids))
