"""Reads that tell what a file is. They are scoped by what is asked with: who holds a file or its code may know its sheet."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from evaluation.audit.chain import seal
from evaluation.audit.models import Event
from evaluation.database import db
from evaluation.policy import Viewer
from evaluation.registry.models import Body
from evaluation.registry.queries import visible
from evaluation.review.models import Export, FrozenSheet
from evaluation.submissions.models import ACCEPTED, REOPENED, Submission

EXPORTED = "exported"
"""The action of events that tell of files handed out."""


def by_hash(viewer: Viewer, sha256: str) -> tuple[FrozenSheet, Export | None] | None:
    """The frozen sheet whose own text, or one of whose files, has this hash; with the file where it is one."""
    found = db.session.scalar(select(FrozenSheet).where(FrozenSheet.sha256 == sha256))
    if found is not None:
        return found, None
    statement = select(FrozenSheet, Export).join(Export, Export.frozen_id == FrozenSheet.id).where(Export.sha256 == sha256)
    row = db.session.execute(statement.order_by(FrozenSheet.id.desc()).limit(1)).first()
    return (row[0], row[1]) if row else None


def by_code(viewer: Viewer, codes: Collection[str]) -> FrozenSheet | None:
    """The frozen sheet of one of these codes."""
    statement = select(FrozenSheet).where(FrozenSheet.code.in_(list(codes)))
    found: FrozenSheet | None = db.session.scalar(statement.order_by(FrozenSheet.id.desc()).limit(1))
    return found


def by_name(viewer: Viewer, bin_: str, year: int, revision: int) -> FrozenSheet | None:
    """The frozen sheet of a body's revision, for who holds its text."""
    statement = select(FrozenSheet).join(Body, Body.id == FrozenSheet.body_id)
    statement = statement.where(Body.bin == bin_, FrozenSheet.year == year, FrozenSheet.revision == revision)
    found: FrozenSheet | None = db.session.scalar(statement)
    return found


def latest(viewer: Viewer, body_id: int, year: int) -> FrozenSheet | None:
    """The last revision of a body's year."""
    statement = select(FrozenSheet).where(FrozenSheet.body_id == body_id, FrozenSheet.year == year)
    found: FrozenSheet | None = db.session.scalar(statement.order_by(FrozenSheet.revision.desc()).limit(1))
    return found


def in_force(viewer: Viewer, body_id: int, year: int) -> int | None:
    """The id of the frozen sheet that the body's year stands by now; None where it stands by none."""
    statement = select(Submission.frozen_id).where(Submission.body_id == body_id, Submission.year == year)
    found: int | None = db.session.scalar(statement)
    return found


def all_in_force(viewer: Viewer, year: int, body_ids: Collection[int] | None = None) -> dict[int, FrozenSheet]:
    """The frozen sheets that bodies' years stand by now, by the body's id: of these bodies, or of all the viewer may see."""
    statement = select(FrozenSheet).join(Submission, Submission.frozen_id == FrozenSheet.id)
    statement = statement.join(Body, Body.id == FrozenSheet.body_id).where(FrozenSheet.year == year)
    if body_ids is not None:
        statement = statement.where(Body.id.in_(body_ids))
    return {each.body_id: each for each in db.session.scalars(visible(statement, viewer))}


def decisions(viewer: Viewer, body_id: int, year: int) -> list[Event]:
    """The events of the record by which a body's year was accepted and reopened, in their order."""
    return _events(Event.body_id == body_id, Event.year == year, Event.action.in_([ACCEPTED, REOPENED]))


def handed_out(viewer: Viewer, body_id: int, year: int, sha256: str) -> list[Event]:
    """The events of the record by which a file of this hash was handed out."""
    same_file = Event.data["sha256"].as_string() == sha256
    return _events(Event.body_id == body_id, Event.year == year, Event.action == EXPORTED, same_file)


def once_accepted(viewer: Viewer, codes: Collection[str]) -> bool:
    """Whether the record tells of a sheet of one of these codes."""
    return bool(_events(Event.action == ACCEPTED, Event.data["code"].as_string().in_(list(codes))))


def _events(*conditions: Any) -> list[Event]:
    seal(db.session)
    return list(db.session.scalars(select(Event).where(*conditions).order_by(Event.id)))
