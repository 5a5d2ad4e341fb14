"""What is said of a file or a code that somebody holds."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from evaluation.sheets import Sheet
from evaluation.sheets.stamp import Stamp


class Outcome(StrEnum):
    """What a file or a code is."""

    ACCEPTED = "accepted"
    """Of the accepted sheet that is in force."""
    SUPERSEDED = "superseded"
    """Of a sheet that was accepted; a later revision took its place."""
    REOPENED = "reopened"
    """Of a sheet that was accepted; its year is being mended, and nothing is in force."""
    ALTERED = "altered"
    """It carries a code of ours, but is not what was handed out."""
    UNKNOWN = "unknown"
    """Nothing of ours is in it."""
    DAMAGED = "damaged"
    """What is stored here is no longer what was accepted, so that nothing can be said."""


class By(StrEnum):
    """What somebody holds."""

    FILE = "file"
    CODE = "code"


@dataclass(frozen=True)
class Found:
    """The true sheet: as it was accepted, with its stamp and how it stands now; `latest` is its year's last revision."""

    sheet: Sheet
    stamp: Stamp
    standing: Outcome
    latest: int
    latest_on: date


@dataclass(frozen=True)
class Verdict:
    """What is said: `found` is the true sheet, None where there is none or it is damaged."""

    outcome: Outcome
    by: By
    found: Found | None = None
    too_large: bool = False


class Damaged(Exception):
    """What is stored of a sheet is no longer what was accepted."""
