"""Changes as pages show them: sums over bodies, the bodies of a list, and the organisations behind a part."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from evaluation.comparison.changes.sources import Source
from evaluation.language import N_
from evaluation.registry.models import Body
from evaluation.sheets.model import LegalEntity

GREATEST_GAIN, GREATEST_LOSS, LOCATION = "gain", "loss", "location"
SORTS = {GREATEST_GAIN: N_("Greatest gain first"), GREATEST_LOSS: N_("Greatest loss first"), LOCATION: N_("By place")}

Parts = Mapping[Source, Fraction]
"""Points by source; a source without a part is absent."""


@dataclass(frozen=True)
class PointChange:
    """The certain points of one or many bodies in a year and in the year before, each with their maximum."""

    low: int = 0
    max: int = 0
    previous_low: int = 0
    previous_max: int = 0

    @property
    def difference(self) -> int:
        """The points gained; negative where points were lost."""
        return self.low - self.previous_low


@dataclass(frozen=True)
class SourceSum:
    """The part of a source in the change of many bodies, with the number of bodies that it raised and lowered."""

    points: Fraction
    raised: int
    lowered: int


@dataclass(frozen=True)
class ChangeSum:
    """The change of many bodies: sums, the bodies by direction, the parts by source, and by kind and row.

    `begun` are bodies with results of this year only, `ended` those with results of last year only.
    """

    points: PointChange
    bodies: int
    risen: int
    fallen: int
    begun: int
    ended: int
    sources: Mapping[Source, SourceSum]
    rows: Mapping[tuple[str, str], Parts]


@dataclass(frozen=True)
class ChangedBody:
    """A body in a list, with its names of the year, and its change with the parts."""

    body: Body
    points: PointChange
    parts: Parts


@dataclass(frozen=True)
class ChangedOrganisation:
    """An organisation behind a part of a row.

    `before` and `after` are its states in the row (:data:`evaluation.scoring.score.States`), None in the year in which the body
    did not have it. `other_body` is the body that has it in the other year: where it came from or went to; None where no body
    has, and for organisations of both years; without a BIN if the viewer may not learn it. `is_closed` says that it was struck
    off the register by the end of the year.
    """

    organisation: LegalEntity
    source: Source
    before: int | None
    after: int | None
    other_body: LegalEntity | None = None
    is_closed: bool = False


@dataclass(frozen=True)
class ChangedRow:
    """A row of a body's sheet that changed: its points in both years, None where it did not apply, and the prior-year counts.

    `is_audited` says that its criterion asks for audits.
    """

    kind: str
    row: str
    low: int | None
    previous_low: int | None
    parts: Parts
    organisations: tuple[ChangedOrganisation, ...] = ()
    prior_count: int | None = None
    previous_prior_count: int | None = None
    is_audited: bool = False

    @property
    def difference(self) -> int:
        """The points gained; a row that does not apply has none."""
        return (self.low or 0) - (self.previous_low or 0)


@dataclass(frozen=True)
class Movement:
    """An organisation that came to the body or left it, and the rows (kind, number) that it was in breach of while it was there.

    `other_body` and `is_closed` are as in :class:`ChangedOrganisation`.
    """

    organisation: LegalEntity
    source: Source
    breaches: tuple[tuple[str, str], ...]
    other_body: LegalEntity | None
    is_closed: bool


@dataclass(frozen=True)
class BodyChanges:
    """Why the points of a body changed: sums by source, and the rows with a part or a difference, in the order of the form.

    `movements` are all organisations that came or left, those in breach first.
    """

    points: PointChange
    parts: Parts = field(default_factory=dict)
    rows: tuple[ChangedRow, ...] = ()
    movements: tuple[Movement, ...] = ()
