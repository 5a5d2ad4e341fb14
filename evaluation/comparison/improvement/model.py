"""Values of what it would take: the rows that lose points by breaches, and the steps to more points."""

from dataclasses import dataclass

from evaluation.sheets.model import Bounds

RowKey = tuple[str, str]
"""The kind of the table and the number of the row."""


@dataclass(frozen=True)
class BreachRow:
    """A scored row of a table: the organisations in breach, by their ids, and the points that the row would have with fewer.

    `points[n]` are the points with n organisations in breach, from 0 to all that are now; the other counts stay as they are.
    """

    key: RowKey
    in_breach: frozenset[int]
    points: tuple[int, ...]

    @property
    def current(self) -> int:
        """The points now."""
        return self.points[-1]

    def points_without(self, corrected: frozenset[int]) -> int:
        """The points once these organisations are corrected."""
        return self.points[len(self.in_breach - corrected)]


@dataclass(frozen=True)
class Step:
    """A smallest set of organisations that gives so many more points; no other set of that size gives more."""

    gain: int
    organisations: frozenset[int]

    @property
    def size(self) -> int:
        """How many organisations must be corrected."""
        return len(self.organisations)


@dataclass(frozen=True)
class YearTotal(Bounds):
    """The points of a body's year, as stored or of a trial."""

    low: int
    high: int
    max: int
