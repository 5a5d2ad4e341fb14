"""The results of verifying a file or a code."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from evaluation.sheets import Sheet
from evaluation.sheets.stamp import Stamp


class Outcome(StrEnum):
    """What a file or a code is."""

    ACCEPTED = "accepted"
    """It belongs to the sheet revision in force."""
    SUPERSEDED = "superseded"
    """It belongs to an accepted revision that a later revision replaced."""
    REOPENED = "reopened"
    """It belongs to the last accepted revision, but the year was reopened, so no revision is in force."""
    ALTERED = "altered"
    """It carries the code of a revision, but differs from what was exported."""
    UNKNOWN = "unknown"
    """It belongs to no revision."""
    DAMAGED = "damaged"
    """The stored revision differs from what was accepted, so no statement is possible."""


class Subject(StrEnum):
    """What a person verifies."""

    FILE = "file"
    CODE = "code"


@dataclass(frozen=True)
class VerifiedSheet:
    """The accepted sheet that a file or code belongs to.

    `status` is ACCEPTED, SUPERSEDED or REOPENED; `latest_revision` and `latest_accepted_on` (a day in Asia/Almaty) are those of
    the last revision of the same body and year.
    """

    sheet: Sheet
    stamp: Stamp
    status: Outcome
    latest_revision: int
    latest_accepted_on: date


@dataclass(frozen=True)
class Verdict:
    """The result of a verification; `verified_sheet` is None when there is no such sheet or it is damaged."""

    outcome: Outcome
    subject: Subject
    verified_sheet: VerifiedSheet | None = None
    too_large: bool = False


class StoredSheetDamaged(Exception):
    """A stored sheet revision differs from what was accepted."""
