"""Files of sheets: an accepted one's carry its stamp and are made of what was frozen, so that they are the same each time."""

import hashlib
from dataclasses import dataclass

import orjson
from flask import current_app

from evaluation.clock import local
from evaluation.criteria import Orders
from evaluation.database import db
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.registry.models import Body
from evaluation.review.models import FrozenSheet
from evaluation.review.snapshot import code_of, sha256_of, spelled, thaw
from evaluation.sheets import Sheet
from evaluation.sheets.stamp import Stamp
from evaluation.sheets.writers import FORMATS, file_name, write

FROZEN = "frozen"
"""The format of the frozen text itself, byte for byte."""
FROZEN_MEDIA_TYPE = "application/json"
DAMAGED = N_(
    "The accepted sheet with the code %(code)s is not stored as it was accepted, so no file is made of it. Tell the "
    "administrator: `flask record verify` says more, and a backup holds the sheet as it was."
)


class NotIntact(EvaluationError):
    """What is stored of a frozen sheet no longer has its hash."""

    def __init__(self, frozen: FrozenSheet):
        super().__init__(DAMAGED, code=spelled(frozen.code))


@dataclass(frozen=True)
class Made:
    """A file ready to be handed out."""

    format: str
    languages: str
    name: str
    media_type: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def stamp_of(frozen: FrozenSheet) -> Stamp:
    """What the files of a frozen sheet carry."""
    address: str = current_app.config["PUBLIC_URL"] or f"http://{current_app.config['ADDRESS']}"
    accepted_on = local(frozen.accepted_at).date()
    return Stamp(spelled(frozen.code), frozen.revision, frozen.sha256, accepted_on, address)


def is_whole(frozen: FrozenSheet) -> bool:
    """Whether the text still has its hash, and the hash its code, and the columns say what the text says."""
    if sha256_of(frozen.content) != frozen.sha256 or code_of(frozen.sha256) != frozen.code:
        return False
    said, body = orjson.loads(frozen.content), db.session.get(Body, frozen.body_id)
    accepted = {"by": frozen.accepted_by, "at": frozen.accepted_at.isoformat()}
    columns = (body.bin if body else None, frozen.year, frozen.revision, accepted)
    return bool((said["body"]["bin"], said["year"], said["revision"], said["accepted"]) == columns)


def opened(frozen: FrozenSheet, orders: Orders) -> tuple[Sheet, Stamp]:
    """The sheet that was frozen and its stamp. Raises NotIntact; Unfrozen where its order is not at hand."""
    if not is_whole(frozen):
        raise NotIntact(frozen)
    return thaw(frozen.content, orders), stamp_of(frozen)


def make(sheet: Sheet, format_: str, languages: str, stamp: Stamp | None = None) -> Made:
    """The file of a sheet, with a stamp where it was accepted. Raises KeyError for an unknown format or choice of languages."""
    content = write(sheet, format_, languages, stamp)
    return Made(format_, languages, file_name(sheet, format_, languages, stamp), FORMATS[format_].media_type, content)


def make_frozen(sheet: Sheet, stamp: Stamp, text: str) -> Made:
    """The frozen text as a file."""
    name = f"bagalau-paragy-{sheet.year}-{sheet.body.bin}-r{stamp.revision}-frozen.json"
    return Made(FROZEN, "", name, FROZEN_MEDIA_TYPE, text.encode())
