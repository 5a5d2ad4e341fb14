"""Reads of frozen sheets, each within what its viewer may see."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import func, select

from evaluation.database import db, tuples
from evaluation.policy import Viewer
from evaluation.registry.models import Body
from evaluation.registry.queries import visible
from evaluation.review.models import Export, FrozenSheet, Remark
from evaluation.submissions.models import Submission


def frozen(viewer: Viewer, body_id: int, year: int, revision: int | None = None) -> FrozenSheet | None:
    """A body's frozen sheet of a year: this revision, or the latest."""
    statement = _of(viewer, body_id, year)
    if revision is not None:
        statement = statement.where(FrozenSheet.revision == revision)
    found: FrozenSheet | None = db.session.scalar(statement.order_by(FrozenSheet.revision.desc()).limit(1))
    return found


def revisions(viewer: Viewer, body_id: int, year: int) -> list[FrozenSheet]:
    """All revisions of a body's sheet of a year, the latest first."""
    return list(db.session.scalars(_of(viewer, body_id, year).order_by(FrozenSheet.revision.desc())))


def in_force(viewer: Viewer, submission: Submission) -> FrozenSheet | None:
    """The frozen sheet that a state names as in force, whosesoever it is."""
    statement = select(FrozenSheet).join(Body, Body.id == FrozenSheet.body_id).where(FrozenSheet.id == submission.frozen_id)
    found: FrozenSheet | None = db.session.scalar(visible(statement, viewer))
    return found


def _of(viewer: Viewer, body_id: int, year: int) -> Any:
    statement = select(FrozenSheet).join(Body, Body.id == FrozenSheet.body_id)
    return visible(statement.where(Body.id == body_id, FrozenSheet.year == year), viewer)


def exports(viewer: Viewer, body_id: int, year: int) -> set[tuple[int, str]]:
    """(revision, SHA-256) of the files kept as handed out of a body's frozen sheets of a year."""
    statement = select(FrozenSheet.revision, Export.sha256).join(Export, Export.frozen_id == FrozenSheet.id)
    statement = statement.join(Body, Body.id == FrozenSheet.body_id).where(Body.id == body_id, FrozenSheet.year == year)
    return {(revision, sha256) for revision, sha256 in tuples(visible(statement, viewer))}


def open_remarks(viewer: Viewer, year: int, body_ids: Collection[int]) -> dict[int, int]:
    """Body id → remarks of its year that are not resolved; those of these bodies that have any."""
    statement = select(Remark.body_id, func.count()).join(Body, Body.id == Remark.body_id)
    statement = statement.where(Remark.year == year, Remark.body_id.in_(body_ids), Remark.resolved_at.is_(None))
    return dict(tuples(visible(statement, viewer).group_by(Remark.body_id)))
