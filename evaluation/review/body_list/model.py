"""The list of bodies as values: one row per body, the filters of the list and its sort order."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from evaluation.criteria.model import Order
from evaluation.language import N_
from evaluation.registry.models import LEVELS
from evaluation.sheets.model import Bounds
from evaluation.submissions.models import DRAFT, Submission
from evaluation.submissions.status import STATUS_LABELS
from evaluation.submissions.timeliness import LATE, NO_DEADLINE, OVERDUE, Timeliness

LATENESS_LABELS = {LATE: N_("Submitted late"), OVERDUE: N_("Not submitted by the deadline")}
"""The values of the filter by timeliness; the other values of :class:`Timeliness` have none."""
OPEN_REMARKS, NO_OPEN_REMARKS = "open", "none"
REMARK_LABELS = {OPEN_REMARKS: N_("With open remarks"), NO_OPEN_REMARKS: N_("Without open remarks")}
"""The values of the filter by remarks."""
WITHOUT_AKIMAT = "without"
AKIMAT_LABELS = {WITHOUT_AKIMAT: N_("Without the region's own akimat")}
"""The value of the filter that lists the bodies which the figures of regions count."""
ROW, SHARE = re.compile(r"[a-z0-9_-]{1,64}:[0-9a-z.]{1,16}"), re.compile(r"(100|[0-9]{1,2})-(100|[0-9]{1,2})")
"""The forms of the filters by a row of the form and by the share of the maximum."""
TENTH = Decimal("0.1")


@dataclass(frozen=True)
class TotalPoints(Bounds):
    """Points of one or several tables: the lowest and highest that missing answers allow, and the maximum.

    `max` is 0 when nothing is assessed.
    """

    low: int = 0
    high: int = 0
    max: int = 0

    def percent(self, points: int) -> Decimal | None:
        """Return points as a percentage of the maximum with one decimal, rounded half up as on pages; None without a maximum."""
        return (Decimal(100 * points) / self.max).quantize(TENTH, ROUND_HALF_UP) if self.max else None


NO_POINTS, WITHOUT_DEADLINE = TotalPoints(), Timeliness(NO_DEADLINE)

PointsByKind = Mapping[str, TotalPoints]
"""Kind of organisations → points of its table, for the tables that apply."""


@dataclass(frozen=True)
class ListedBody:
    """A body of the list under its names of the year's 31 December."""

    id: int
    bin: str
    name_kk: str
    name_ru: str
    level: str | None = None
    kato: str | None = None


@dataclass(frozen=True)
class BodyRow:
    """A body in a year.

    `parent` is the higher body if the viewer can see it. `organisations` is the
    number of its organisations, `begun` of those with any answer, `remarks` of its open remarks. `points` are those of the sheet
    revision in force, else of the current answers; `previous_year` is the total of the year before.
    """

    body: ListedBody
    parent: ListedBody | None = None
    organisations: int = 0
    begun: int = 0
    status: str = DRAFT
    version: int = 0
    revision: int = 0
    timeliness: Timeliness = WITHOUT_DEADLINE
    remarks: int = 0
    points: PointsByKind = field(default_factory=dict)
    previous_year: TotalPoints = NO_POINTS

    @property
    def total(self) -> TotalPoints:
        """The points of all tables that apply."""
        low = high = maximum = 0
        for points in self.points.values():
            low, high, maximum = low + points.low, high + points.high, maximum + points.max
        return TotalPoints(low, high, maximum)

    @property
    def days_late(self) -> int:
        """The days by which the year was submitted late or is overdue; 0 when neither."""
        return self.timeliness.days if self.timeliness.status in LATENESS_LABELS else 0


@dataclass(frozen=True)
class AcceptableSubmission:
    """A submission that the viewer can accept.

    `justifications` is the number of justified warnings. `changes` is the number of cells that changed since the previous
    submission round; None in the first round.
    """

    row: BodyRow
    submission: Submission
    justifications: int
    changes: int | None


@dataclass(frozen=True)
class BodyFilters:
    """The filters of the list; an empty value does not filter.

    `region` is the first two digits of a KATO code; central bodies belong to no region. `row` is a kind of organisations and the
    number of a row of its table, as in `kind:row`: bodies that may not have full points in the row. `share` are whole percents
    from 0 to 100, as in `50-60`: bodies whose lowest share of the maximum is at least the first and below the second, or 100.
    `akimat` leaves out the akimats of regions. Figures link to these three.
    `submitted_by_other_than` is the id of an account that did not submit the year; it is not part of an address.
    """

    search: str = ""
    region: str = ""
    level: str = ""
    status: str = ""
    late: str = ""
    remarks: str = ""
    row: str = ""
    share: str = ""
    akimat: str = ""
    submitted_by_other_than: int | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str], search: str) -> "BodyFilters":
        """Read the filters from a query string; unknown values count as empty. `search` is the normalised search text."""

        def choice(name: str, choices: Collection[str]) -> str:
            value = query.get(name, "")
            return value if value in choices else ""

        def text(name: str, form: re.Pattern[str]) -> str:
            value = query.get(name, "")
            return value if form.fullmatch(value) else ""

        region = query.get("region", "")
        return cls(
            search,
            region if region.isascii() and region.isdigit() else "",
            choice("level", LEVELS),
            choice("status", STATUS_LABELS),
            choice("late", LATENESS_LABELS),
            choice("remarks", REMARK_LABELS),
            text("row", ROW),
            text("share", SHARE),
            choice("akimat", AKIMAT_LABELS),
        )

    @property
    def is_active(self) -> bool:
        """Whether the list is filtered at all."""
        return any(self.to_query().values())

    def to_query(self) -> dict[str, Any]:
        """Return the filters as parts of a query string; None for a part to leave out."""
        return {
            "q": self.search or None,
            "region": self.region or None,
            "level": self.level or None,
            "status": self.status or None,
            "late": self.late or None,
            "remarks": self.remarks or None,
            "row": self.row or None,
            "share": self.share or None,
            "akimat": self.akimat or None,
        }

    @property
    def row_parts(self) -> tuple[str, str] | None:
        """The kind of organisations and the number of the row that `row` names; None without one."""
        kind, separator, number = self.row.partition(":")
        return (kind, number) if separator else None

    @property
    def share_bounds(self) -> tuple[int, int] | None:
        """The whole percents that `share` names; None without them."""
        from_, separator, to = self.share.partition("-")
        return (int(from_), int(to)) if separator else None


def region_filters(region: str) -> dict[str, str]:
    """Return the parts of a query string that list the bodies which the figures of a region count."""
    return {"region": region, "akimat": WITHOUT_AKIMAT}


# ---- sort order ----

LOCATION, TABLE_PREFIX = "location", "table-"
BASIC_SORTS = {
    LOCATION: N_("Place"),
    "name": N_("Body"),
    "level": N_("Level"),
    "parent": N_("Higher body"),
    "status": N_("Submission status"),
    "late": N_("Days late"),
    "remarks": N_("Open remarks"),
}
COUNT_SORTS = {"organisations": N_("Organisations"), "begun": N_("Started to answer")}
POINT_SORTS = {"points": N_("Points"), "share": N_("Share of the maximum")}
PREVIOUS_YEAR_SORTS = {
    "previous_year": N_("Points of the previous year"),
    "previous_year_share": N_("Share of the previous year"),
}
ASCENDING_SORTS = (LOCATION, "name", "level", "parent", "status")
"""The keys that sort ascending by default; the others, which are numbers, sort descending."""


@dataclass(frozen=True)
class Sort:
    """The key and direction of the sort order; equal rows are ordered by location."""

    key: str = LOCATION
    is_descending: bool = False

    @classmethod
    def from_query(cls, query: Mapping[str, str], order: Order | None) -> "Sort":
        """Read the sort order from a query string; an unknown key sorts by location."""
        key = query.get("sort", "")
        if key not in sort_keys(order):
            return cls()
        return cls(key, {"asc": False, "desc": True}.get(query.get("order", ""), key not in ASCENDING_SORTS))

    @property
    def kind(self) -> str:
        """The kind of organisations by whose table the list is sorted; empty for another key."""
        return self.key.removeprefix(TABLE_PREFIX) if self.key.startswith(TABLE_PREFIX) else ""

    def to_query(self) -> dict[str, Any]:
        """Return the sort order as parts of a query string; None for a part to leave out."""
        if self == Sort():
            return {"sort": None, "order": None}
        return {"sort": self.key, "order": "desc" if self.is_descending else "asc"}

    def toggled(self, key: str) -> "Sort":
        """Return the sort order that the head of a column links to: the opposite direction if the list is sorted by it."""
        return Sort(key, not self.is_descending if key == self.key else key not in ASCENDING_SORTS)


def sort_keys(order: Order | None) -> list[str]:
    """Return all sort keys, with one for each table of the order's form."""
    tables = [TABLE_PREFIX + table.kind for table in order.form.tables] if order else []
    return [*BASIC_SORTS, *COUNT_SORTS, *tables, *POINT_SORTS, *PREVIOUS_YEAR_SORTS]
