"""A region or district in a year, as sums of its bodies.

The higher body's own sheet stands beside the sums and is no part of them: only a body's own organisations count on its sheet
(reading R14).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from evaluation.comparison.pictures.model import RowKey
from evaluation.registry.models import Body
from evaluation.sheets.model import Bounds


@dataclass(frozen=True)
class Area:
    """Bodies that belong together: those of a group of :data:`evaluation.comparison.pictures.queries.GROUP`, or of a district.

    `body` is the higher body, whose own sheet is not among theirs; None for central bodies and where the viewer cannot see it.
    """

    group: str
    body: Body | None = None
    is_district: bool = False


@dataclass(frozen=True)
class AreaPoints(Bounds):
    """The sums of bodies to which a table applies: points with bounds, and the maximum."""

    low: int = 0
    high: int = 0
    max: int = 0


@dataclass(frozen=True)
class AreaSums:
    """The bodies of an area in a year.

    `assessed` are those to which a table applies. `statuses` is the number of bodies by status of the submission; `late` were
    submitted after the year's deadline, `overdue` are not submitted although it has passed.
    """

    bodies: int = 0
    assessed: int = 0
    points: AreaPoints = AreaPoints()
    organisations: int = 0
    begun: int = 0
    breaches: int = 0
    undecided: int = 0
    statuses: Mapping[str, int] = field(default_factory=dict)
    late: int = 0
    overdue: int = 0


@dataclass(frozen=True)
class RowSum(Bounds):
    """A scored row over the bodies of an area whose table has it.

    `bodies` have the row, `without_full` of them may not have its maximum: points are lost or answers are missing. `in_breach`
    and `undecided` are organisations.
    """

    key: RowKey
    criterion: str
    low: int
    high: int
    max: int
    bodies: int
    without_full: int
    in_breach: int
    undecided: int

    @property
    def loss(self) -> Fraction:
        """The share of the maximum that is lost for certain."""
        return Fraction(self.max - self.high, self.max)

    @property
    def open_loss(self) -> Fraction:
        """The share of the maximum that is lost if missing answers turn out badly."""
        return Fraction(self.max - self.low, self.max)


def weakest_first(rows: Sequence[RowSum]) -> list[RowSum]:
    """Sort rows by the share of the maximum that is lost, the largest first; rows as strong stay in the order of the form."""
    return sorted(rows, key=lambda row: (-row.loss, -row.open_loss))


@dataclass(frozen=True)
class RowCost:
    """What a row loses in one body, and what one organisation in breach has to do with it.

    `gain` are the points that its correction alone gives the body in the row, 0 where other organisations are in breach as
    well. `lost` are the points that the row lacks and `in_breach` the organisations in breach: each has the same part of it.
    """

    key: RowKey
    gain: int
    lost: int
    in_breach: int


@dataclass(frozen=True)
class OrganisationCost:
    """An organisation in breach: what its correction alone gives its body, and its part in what its body lacks, over its rows."""

    id: int
    body_id: int
    rows: tuple[RowCost, ...]

    @property
    def gain(self) -> int:
        """The points that correcting it alone gives."""
        return sum(row.gain for row in self.rows)

    @property
    def part(self) -> Fraction:
        """Its part in the lost points of its rows, of which organisations in breach have equal parts."""
        return sum((Fraction(row.lost, row.in_breach) for row in self.rows), Fraction(0))
