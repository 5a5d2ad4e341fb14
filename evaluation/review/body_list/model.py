"""The list of bodies as values: a line for each body, what the list is kept to, and what it is sorted by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from evaluation.criteria.model import Order
from evaluation.language import N_
from evaluation.registry.models import LEVELS, Body
from evaluation.sheets.model import Bounds
from evaluation.submissions.models import DRAFT, Submission
from evaluation.submissions.status import STANDINGS
from evaluation.submissions.timeliness import LATE, NO_DEADLINE, OVERDUE, Punctuality

LATENESS = {LATE: N_("Submitted late"), OVERDUE: N_("Not submitted by the deadline")}
"""What the list can be kept to, of what :class:`Punctuality` knows."""
REMARKS = {"open": N_("With open remarks"), "none": N_("Without open remarks")}
TENTH = Decimal("0.1")


@dataclass(frozen=True)
class Total(Bounds):
    """Points: the least and the most that blanks leave open, and the maximum that applies, 0 where nothing is assessed."""

    low: int = 0
    high: int = 0
    max: int = 0

    def __add__(self, other: "Total") -> "Total":
        return Total(self.low + other.low, self.high + other.high, self.max + other.max)

    def percent(self, points: int) -> Decimal | None:
        """Points as a share of the maximum in percent with one decimal, as pages round it; None without a maximum."""
        return (Decimal(100 * points) / self.max).quantize(TENTH, ROUND_HALF_UP) if self.max else None


NOTHING, NO_TERM = Total(), Punctuality(NO_DEADLINE)


@dataclass(frozen=True)
class Line:
    """A body in a year; `body` bears its names of the year's 31 December.

    `parent` is the higher body where the viewer may see it, `organisations` how many it has, `begun` those that answered
    anything; `tables` are the points by kind of the tables that apply, `last` the total of the year before. An accepted body has
    the points of its frozen sheet.
    """

    body: Body
    parent: Body | None = None
    organisations: int = 0
    begun: int = 0
    state: str = DRAFT
    version: int = 0
    revision: int = 0
    punctuality: Punctuality = NO_TERM
    remarks: int = 0
    tables: Mapping[str, Total] = field(default_factory=dict)
    last: Total = NOTHING

    @property
    def total(self) -> Total:
        return sum(self.tables.values(), NOTHING)

    @property
    def days_late(self) -> int:
        """Days that it was handed over late or is overdue; 0 where it is neither."""
        return self.punctuality.days if self.punctuality.state in LATENESS else 0


@dataclass(frozen=True)
class Waiting:
    """A submitted year that its viewer may accept; `reasons` were given for warnings, `changed` answers since the hand-over
    before this one, None in the first round."""

    line: Line
    submission: Submission
    reasons: int
    changed: int | None


@dataclass(frozen=True)
class Sought:
    """What the list is kept to; empty means all. `region` is the first two digits of a KATO code."""

    search: str = ""
    region: str = ""
    level: str = ""
    state: str = ""
    late: str = ""
    remarks: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str], search: str) -> "Sought":
        """What an address asks for; what is not known counts as nothing."""

        def known(name: str, choices: "tuple[str, ...] | dict[str, str]") -> str:
            value = given.get(name, "")
            return value if value in choices else ""

        region = given.get("region", "")
        return cls(
            search,
            region if region.isascii() and region.isdigit() else "",
            known("level", LEVELS),
            known("state", STANDINGS),
            known("late", LATENESS),
            known("remarks", REMARKS),
        )

    @property
    def any(self) -> bool:
        return any(self.given().values())

    def given(self) -> dict[str, Any]:
        """The parts of an address that say the same; one that is None is left out of it."""
        return {
            "q": self.search or None,
            "region": self.region or None,
            "level": self.level or None,
            "state": self.state or None,
            "late": self.late or None,
            "remarks": self.remarks or None,
        }

    def keeps(self, line: Line) -> bool:
        """Whether a line is what is sought by what the year says of it; search, region and level are the database's."""
        return (
            (not self.state or line.state == self.state)
            and (not self.late or line.punctuality.state == self.late)
            and (not self.remarks or (line.remarks > 0) == (self.remarks == "open"))
        )


# ---- what it is sorted by ----

PLACE, TABLE = "place", "table-"
PLAIN = {
    PLACE: N_("Place"),
    "name": N_("Body"),
    "level": N_("Level"),
    "parent": N_("Higher body"),
    "state": N_("State"),
    "late": N_("Days late"),
    "remarks": N_("Open remarks"),
}
COUNTS = {"organisations": N_("Organisations"), "begun": N_("Have begun to answer")}
POINTS = {"points": N_("Points"), "share": N_("Share of the maximum")}
LAST = {"last": N_("Points a year before"), "last_share": N_("Share a year before")}
PARTS = ("counts", "points", "last")
"""What costs more to read than where the years stand."""
RISING = (PLACE, "name", "level", "parent", "state")
"""Those that begin with the first; numbers begin with the highest."""


@dataclass(frozen=True)
class Sort:
    """By what the list is sorted and in which direction; of what is equal, the place decides."""

    key: str = PLACE
    falling: bool = False

    @classmethod
    def of(cls, given: Mapping[str, str], order: Order | None) -> "Sort":
        """As an address asks; by place where it asks for what is not known."""
        key = given.get("sort", "")
        if key not in sort_keys(order):
            return cls()
        return cls(key, {"asc": False, "desc": True}.get(given.get("order", ""), key not in RISING))

    @property
    def needs(self) -> str:
        """Which part of the lines has to be known of every body to say who comes first: one of `PARTS`, or empty."""
        if self.key in COUNTS:
            return "counts"
        if self.key in LAST:
            return "last"
        return "points" if self.key not in PLAIN else ""

    def given(self) -> dict[str, Any]:
        """The parts of an address that say the same; one that is None is left out of it."""
        if self == Sort():
            return {"sort": None, "order": None}
        return {"sort": self.key, "order": "desc" if self.falling else "asc"}

    def toward(self, key: str) -> "Sort":
        """What a column's head leads to: the other direction where the list is sorted by it already."""
        return Sort(key, not self.falling if key == self.key else key not in RISING)


def sort_keys(order: Order | None) -> list[str]:
    """All that the list can be sorted by, the tables as the order's form has them."""
    tables = [TABLE + table.kind for table in order.form.tables] if order else []
    return [*PLAIN, *COUNTS, *tables, *POINTS, *LAST]
