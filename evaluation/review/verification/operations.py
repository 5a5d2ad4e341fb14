"""Hands files of sheets out. The hash of each is kept, so that the file is known again after any upgrade."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from evaluation.audit.operations import write_many
from evaluation.clock import now
from evaluation.database import db, encoded, insert_unless_there, table_of
from evaluation.policy import Action, Viewer
from evaluation.registry import queries as registry
from evaluation.review.models import Export, FrozenSheet
from evaluation.review.verification.export_file import FROZEN, Made, make, make_frozen, opened
from evaluation.review.verification.queries import EXPORTED
from evaluation.sheets import Sheet


@dataclass(frozen=True)
class HandedOut:
    """A file that is handed out: whose it is, what it is, and of which frozen sheet, None for a draft."""

    body_id: int
    format: str
    languages: str
    sha256: str
    size: int
    frozen_id: int | None = None
    revision: int | None = None


def export(viewer: Viewer, frozen: FrozenSheet, format_: str, languages: str) -> Made:
    """A file of an accepted sheet, recorded with its hash. The same revision gives the same bytes.

    Raises Forbidden; NotIntact where the sheet is not stored as it was accepted; Unfrozen where its order is not at hand;
    KeyError for an unknown format or choice of languages.
    """
    viewer.require(Action.SEE, frozen.body_id)
    sheet, stamp = opened(frozen, registry.orders())
    made = make_frozen(sheet, stamp, frozen.content) if format_ == FROZEN else make(sheet, format_, languages, stamp)
    keep(viewer, frozen.year, [_handed_out(frozen.body_id, made, frozen)])
    return made


def export_draft(viewer: Viewer, body_id: int, sheet: Sheet, format_: str, languages: str) -> Made:
    """A file of a sheet that was not accepted, recorded. Raises Forbidden; KeyError as :func:`export` does."""
    viewer.require(Action.SEE, body_id)
    made = make(sheet, format_, languages)
    keep(viewer, sheet.year, [_handed_out(body_id, made)])
    return made


def keep_answers(viewer: Viewer, year: int, body_id: int, content: bytes) -> None:
    """Record that a body's answers are handed out as a workbook. Raises Forbidden."""
    keep(viewer, year, [HandedOut(body_id, "answers", "", hashlib.sha256(content).hexdigest(), len(content))])


def keep(viewer: Viewer, year: int, files: Sequence[HandedOut], batch: str | None = None) -> None:
    """Record that files of a year are handed out; the hash of each file of an accepted sheet is kept. Raises Forbidden."""
    connection = db.session.connection()
    for each in files:
        viewer.require(Action.SEE, each.body_id)
        # The frozen text's own hash is known already.
        if each.frozen_id is not None and each.format != FROZEN:
            values = {
                "frozen_id": each.frozen_id,
                "format": each.format,
                "languages": each.languages,
                "sha256": each.sha256,
                "size": each.size,
                "at": now(),
                "actor": viewer.name,
            }
            insert_unless_there(connection, table_of(Export), values)
    data = [
        encoded(
            {
                "revision": each.revision,
                "format": each.format,
                "languages": each.languages,
                "sha256": each.sha256,
                "size": each.size,
            }
        )
        for each in files
    ]
    write_many(viewer, EXPORTED, year, [each.body_id for each in files], [None] * len(files), data, batch)


def _handed_out(body_id: int, made: Made, frozen: FrozenSheet | None = None) -> HandedOut:
    whole = HandedOut(body_id, made.format, made.languages, made.sha256, len(made.content))
    return replace(whole, frozen_id=frozen.id, revision=frozen.revision) if frozen else whole
