"""Files of sheets. Those of an accepted sheet carry its stamp and are made from its canonical JSON: their bytes never change."""

import hashlib
from dataclasses import dataclass

import orjson

from evaluation.clock import to_local
from evaluation.configuration import configuration
from evaluation.criteria import Orders
from evaluation.database import db
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.registry.models import Body
from evaluation.review.snapshot import code_of, format_code, from_canonical_json, sha256_of
from evaluation.sheets import Sheet
from evaluation.sheets.stamp import Stamp
from evaluation.sheets.writers import DATA_FORMATS, FORMATS, file_name, write
from evaluation.submissions.models import SheetRevision

CANONICAL_FORMAT = "canonical"
"""The format of the canonical JSON itself, byte for byte."""
CANONICAL_MEDIA_TYPE = "application/json"
DAMAGED = N_(
    "The accepted sheet with the code %(code)s is not stored as it was accepted, so no file can be created. Tell the "
    "administrator: `flask audit verify` shows details, and a backup has the original sheet."
)


class RevisionNotIntact(EvaluationError):
    """A stored sheet revision no longer has its hash."""

    def __init__(self, revision: SheetRevision):
        super().__init__(DAMAGED, code=format_code(revision.code))


@dataclass(frozen=True)
class ExportFile:
    """A file to download; `form_only` is whether a document has no annex."""

    format: str
    languages: str
    name: str
    media_type: str
    content: bytes
    form_only: bool = False

    @property
    def sha256(self) -> str:
        """The SHA-256 of the content, hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


def stamp_of(revision: SheetRevision) -> Stamp:
    """Return the stamp that the files of a sheet revision carry."""
    accepted_on = to_local(revision.accepted_at).date()
    page = configuration().links.verification()
    return Stamp(format_code(revision.code), revision.revision, revision.sha256, accepted_on, page)


def is_intact(revision: SheetRevision) -> bool:
    """Return whether a revision is consistent: its text has its hash, the hash has its code, and the columns equal the text."""
    if sha256_of(revision.content) != revision.sha256 or code_of(revision.sha256) != revision.code:
        return False
    content, body = orjson.loads(revision.content), db.session.get(Body, revision.body_id)
    accepted = {"by": revision.accepted_by, "at": revision.accepted_at.isoformat()}
    columns = (body.bin if body else None, revision.year, revision.revision, accepted)
    return bool((content["body"]["bin"], content["year"], content["revision"], content["accepted"]) == columns)


def open_revision(revision: SheetRevision, orders: Orders) -> tuple[Sheet, Stamp]:
    """Return the sheet of a revision and its stamp.

    Raises:
        RevisionNotIntact: The stored revision was altered.
        SnapshotError: The criteria file of the sheet's order is missing.
    """
    if not is_intact(revision):
        raise RevisionNotIntact(revision)
    return from_canonical_json(revision.content, orders), stamp_of(revision)


def render_export(sheet: Sheet, format_: str, languages: str, stamp: Stamp | None = None, form_only: bool = False) -> ExportFile:
    """Write a sheet as a file; a sheet without a stamp is a draft. Raises KeyError for an unknown format or language choice."""
    form_only = form_only and format_ not in DATA_FORMATS
    content = write(sheet, format_, languages, stamp, form_only)
    name = file_name(sheet, format_, languages, stamp, form_only)
    return ExportFile(format_, languages, name, FORMATS[format_].media_type, content, form_only)


def canonical_export(sheet: Sheet, stamp: Stamp, content: str) -> ExportFile:
    """Return the canonical JSON of an accepted sheet as a file."""
    name = f"bagalau-paragy-{sheet.year}-{sheet.body.bin}-r{stamp.revision}-canonical.json"
    return ExportFile(CANONICAL_FORMAT, "", name, CANONICAL_MEDIA_TYPE, content.encode())
