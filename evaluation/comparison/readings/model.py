"""What a year is scored by instead, and what that changes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from evaluation.comparison.ranking.model import Distribution, Rank
from evaluation.criteria.alternatives import AppliedReading, under_alternative
from evaluation.criteria.model import Order
from evaluation.sheets.model import Bounds

GAIN, LOSS, SAME, OPEN = "gain", "loss", "same", "open"
DIRECTIONS = (GAIN, LOSS, OPEN, SAME)
"""How a share changes. OPEN: missing answers leave it open, or only one of the two has a maximum."""
RowKey = tuple[str, str]
"""Kind, and number of a row of its table."""


@dataclass(frozen=True)
class Basis:
    """What a year is scored by instead of its own order: an order, and a reading of it that is not the one in use.

    `code` names it on the command line and in addresses: `R3`, `48-2030`, `48-2030.R1`.
    """

    code: str
    order: Order
    reading: AppliedReading | None = None

    @property
    def scored_order(self) -> Order:
        """The order with the reading applied."""
        return self.order if self.reading is None else under_alternative(self.order, self.reading.alternative)

    @property
    def has_full_empty_tables(self) -> bool:
        """Whether the table of a kind of which a body has no organisations gives full points."""
        return self.reading is not None and self.reading.alternative.full_points_without_organisations


@dataclass(frozen=True)
class Points(Bounds):
    """Points with the bounds that missing answers allow, and their maximum; 0 where no table applies."""

    low: int = 0
    high: int = 0
    max: int = 0

    def __add__(self, other: "Points") -> "Points":
        return Points(self.low + other.low, self.high + other.high, self.max + other.max)

    @property
    def shares(self) -> tuple[float, float]:
        """The bounds of the share of the maximum: equal shares are equal, because division rounds the exact quotient."""
        return self.low / self.max, self.high / self.max

    def as_json(self) -> dict[str, int | None]:
        """The points for a file; `points` is null where they are open."""
        return {"points": self.points, "low": self.low, "high": self.high, "max": self.max}


NO_POINTS = Points()


def direction(before: Points, after: Points) -> str:
    """How the share of the maximum changes."""
    if not before.max or not after.max:
        return SAME if before.max == after.max else OPEN
    if before.shares == after.shares:
        return SAME
    falls, rises = ([change(*pair) for pair in zip(before.shares, after.shares, strict=True)] for change in (_falls, _rises))
    return OPEN if any(falls) and any(rises) else LOSS if any(falls) else GAIN


def _falls(before: float, after: float) -> bool:
    return after < before


def _rises(before: float, after: float) -> bool:
    return after > before


@dataclass(frozen=True)
class BodyChange:
    """A body's points today and otherwise, by kind, and its rank among the compared bodies; None without a maximum.

    `counts_in_region` is false for the akimat of a region, which the sums of the region leave out.
    """

    id: int
    bin: str
    region: str
    before: Mapping[str, Points]
    after: Mapping[str, Points]
    counts_in_region: bool = True
    rank_before: Rank | None = None
    rank_after: Rank | None = None

    @property
    def totals(self) -> tuple[Points, Points]:
        """The sums of the tables, today and otherwise."""
        return sum(self.before.values(), NO_POINTS), sum(self.after.values(), NO_POINTS)

    @property
    def direction(self) -> str:
        """How the share of the maximum changes."""
        return direction(*self.totals)

    def as_json(self) -> dict[str, Any]:
        """The change for a file."""
        before, after = self.totals
        return {
            "id": self.id,
            "bin": self.bin,
            "region": self.region,
            "counts_in_region": self.counts_in_region,
            "before": before.as_json(),
            "after": after.as_json(),
            "rank_before": _rank_as_json(self.rank_before),
            "rank_after": _rank_as_json(self.rank_after),
            "change": self.direction,
        }


def _rank_as_json(rank: Rank | None) -> dict[str, int] | None:
    return None if rank is None else {"best": rank.best, "worst": rank.worst}


@dataclass
class ChangeSum:
    """The sums of many bodies: their points today and otherwise, and the number of bodies by how their share changes."""

    before: Points = NO_POINTS
    after: Points = NO_POINTS
    bodies: dict[str, int] = field(default_factory=lambda: dict.fromkeys(DIRECTIONS, 0))

    def add(self, before: Points, after: Points) -> None:
        """Add a body's points."""
        self.before, self.after = self.before + before, self.after + after
        self.bodies[direction(before, after)] += 1

    def as_json(self) -> dict[str, Any]:
        """The sums for a file."""
        return {"before": self.before.as_json(), "after": self.after.as_json(), "bodies": self.bodies}


def sums(changes: Iterable[BodyChange]) -> tuple[ChangeSum, dict[str, ChangeSum], dict[str, ChangeSum]]:
    """Return the sum of all bodies, the sums by kind of their tables and the sums by region."""
    total, by_kind, by_region = ChangeSum(), dict[str, ChangeSum](), dict[str, ChangeSum]()
    for change in changes:
        total.add(*change.totals)
        if change.counts_in_region:
            by_region.setdefault(change.region, ChangeSum()).add(*change.totals)
        for kind in dict.fromkeys((*change.before, *change.after)):
            before, after = (side.get(kind, NO_POINTS) for side in (change.before, change.after))
            by_kind.setdefault(kind, ChangeSum()).add(before, after)
    return total, by_kind, by_region


def ranks(points: Mapping[int, Points]) -> dict[int, Rank]:
    """Return body id → rank by share among these bodies, of those with a maximum."""
    shares = {body_id: item.shares for body_id, item in points.items() if item.max}
    distribution = Distribution.from_counts((low, high, 1) for low, high in shares.values())
    return {body_id: distribution.rank(low, high) for body_id, (low, high) in shares.items()}
