"""Ranks by share and the scopes in which bodies are ranked."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from evaluation.comparison.access import Access
from evaluation.criteria.model import Order
from evaluation.language import N_
from evaluation.registry.models import LEVELS
from evaluation.results.models import KIND_SEPARATOR
from evaluation.review.body_list.model import NO_POINTS, ListedBody, TotalPoints

COUNTRY, LEVEL, REGION, TABLES = "country", "level", "region", "tables"
NO_TABLES = "none"
"""The value of the parameter `tables` that lists the bodies without any table."""
TENTHS = 10
"""The ranges of equal width into which a distribution is counted."""


@dataclass(frozen=True)
class Scope:
    """Among whom a body is ranked.

    `value` is empty for the country, a level, the first two digits of a KATO code, or the kinds of all tables that apply, as
    :attr:`evaluation.results.models.BodyResult.kinds` has them.
    """

    kind: str = COUNTRY
    value: str = ""

    @classmethod
    def of_tables(cls, kinds: Iterable[str]) -> "Scope":
        """Return the scope of bodies with exactly the tables of these kinds."""
        return cls(TABLES, KIND_SEPARATOR.join(sorted(kinds)))

    @classmethod
    def parse(cls, text: str, order: Order) -> "Scope | None":
        """Read a scope as :meth:`__str__` writes it: country, level-rural, region-75, tables-institution.llp; None for others."""
        kind, _, value = text.partition("-")
        kinds = {table.kind for table in order.form.tables}
        is_valid = {
            COUNTRY: value == "",
            LEVEL: value in LEVELS,
            REGION: len(value) == 2 and value.isascii() and value.isdigit(),
            TABLES: value == cls.of_tables(kinds & {*value.split(KIND_SEPARATOR)}).value != "",
        }
        return cls(kind, value) if is_valid.get(kind) else None

    def __str__(self) -> str:
        return f"{self.kind}-{self.value}" if self.value else self.kind

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of a scope of bodies with the same tables."""
        return tuple(self.value.split(KIND_SEPARATOR)) if self.kind == TABLES else ()


def may_count(access: Access, scope: Scope) -> bool:
    """Return whether the counts of the scope may be shown: those of regions and sets of tables only where names are open."""
    if scope.kind in (COUNTRY, LEVEL):
        return access.can_count(scope.value or None)
    return access.is_unlimited


@dataclass(frozen=True)
class Rank:
    """The ranks that a body can have: `best` equals `worst` unless missing answers of this or other bodies leave it open."""

    best: int
    worst: int

    def __str__(self) -> str:
        return str(self.best) if self.best == self.worst else f"{self.best}–{self.worst}"


@dataclass(frozen=True)
class Distribution:
    """The shares of all ranked bodies of a scope, without names.

    `lows` and `highs` are the shares that the bodies have at least and at most, both ascending.

    They are floats. A float is the exact quotient rounded, so equal shares are equal floats and a larger share is not a smaller
    float. Different shares of maxima below 2²⁶ differ by more than 2⁻⁵², which is twice what rounding can change, so they are
    different floats: ranks from floats are those of the fractions.
    """

    lows: tuple[float, ...] = ()
    highs: tuple[float, ...] = ()

    @classmethod
    def from_counts(cls, counts: Iterable[tuple[float, float, int]]) -> "Distribution":
        """Build it from rows of (share at least, share at most, number of bodies)."""
        rows = list(counts)
        lows, highs = ([row[column] for row in rows for _ in range(row[2])] for column in (0, 1))
        return cls(tuple(sorted(lows)), tuple(sorted(highs)))

    @property
    def total(self) -> int:
        """The number of bodies."""
        return len(self.lows)

    def rank(self, low: float, high: float) -> Rank:
        """Return the rank of one of the bodies by its share, at least and at most.

        Best is 1 + the bodies whose lowest share is above its highest, worst is 1 + the other bodies whose highest share is above
        its lowest. Equal shares have one rank, and the ranks after them are left out: 1 2 2 4.
        """
        itself = int(high > low)
        return Rank(1 + self.total - bisect_right(self.lows, high), 1 + self.total - bisect_right(self.highs, low) - itself)

    def tenths(self) -> list[tuple[int, int]]:
        """Return for each tenth of the share, the lowest first, the bodies in it by their share at least, and at most.

        The last tenth contains 100 percent.
        """
        # The float of 3/10 is that of a share of 3 of 10 points, so a share at a limit is in the tenth above it.
        limits = [position / TENTHS for position in range(1, TENTHS)]
        below = [[0, *(bisect_left(shares, limit) for limit in limits), self.total] for shares in (self.lows, self.highs)]
        return [(below[0][tenth + 1] - below[0][tenth], below[1][tenth + 1] - below[1][tenth]) for tenth in range(TENTHS)]


@dataclass(frozen=True)
class RankingRow:
    """A body in the ranking of a year.

    `body` has its names of the year's 31 December; `parent` is the higher body if the viewer can see it. `tables` are the points
    by kind of the tables that apply, `points` their sum, `previous` that of the year before. A body without any table has no
    rank. `accepted` says that the points are those of an accepted sheet.
    """

    body: ListedBody
    parent: ListedBody | None
    rank: Rank | None
    points: TotalPoints
    previous: TotalPoints = NO_POINTS
    tables: Mapping[str, TotalPoints] = field(default_factory=dict)
    accepted: bool = False

    @property
    def change(self) -> tuple[Fraction, Fraction] | None:
        """The change of the share since the year before, at least and at most, in percentage points; None without one."""
        now, before = self.points, self.previous
        if not now.max or not before.max:
            return None
        return (
            100 * (Fraction(now.low, now.max) - Fraction(before.high, before.max)),
            100 * (Fraction(now.high, now.max) - Fraction(before.low, before.max)),
        )


@dataclass(frozen=True)
class ScopedRank:
    """A body's rank in a scope of `total` ranked bodies."""

    scope: Scope
    rank: Rank
    total: int


RANK, NAME, POINTS, CHANGE, PREVIOUS, TABLE_PREFIX = "rank", "name", "points", "change", "previous", "table-"
SORTS = {
    RANK: N_("Rank"),
    NAME: N_("Body"),
    POINTS: N_("Points"),
    CHANGE: N_("Change of the share"),
    PREVIOUS: N_("Share of the previous year"),
}
"""Sort key → its name. The tables of the order's form have keys too: `TABLE_PREFIX` and the kind."""
ASCENDING_SORTS = (RANK, NAME)
"""The keys that sort ascending by default; the others sort descending."""


@dataclass(frozen=True)
class RankingQuery:
    """What is requested of a ranking: scope, search, sort order, and whether to list the bodies without any table instead."""

    scope: Scope = field(default_factory=Scope)
    search: str = ""
    sort: str = RANK
    is_descending: bool = False
    without_tables: bool = False

    @classmethod
    def from_query(cls, query: Mapping[str, str], search: str, order: Order) -> "RankingQuery":
        """Read a query string; unknown values count as missing. `search` is the normalised search text."""
        scope = Scope.parse(query.get("scope", COUNTRY), order) or Scope()
        sort = query.get("sort", RANK)
        sort = sort if sort in {*SORTS, *(TABLE_PREFIX + table.kind for table in order.form.tables)} else RANK
        is_descending = {"asc": False, "desc": True}.get(query.get("order", ""), sort not in ASCENDING_SORTS)
        return cls(scope, search, sort, is_descending, query.get("tables") == NO_TABLES)

    def sorted_by(self, key: str) -> "RankingQuery":
        """Return the query that the head of a column links to: the opposite direction if the list is sorted by it."""
        is_descending = not self.is_descending if key == self.sort else key not in ASCENDING_SORTS
        return replace(self, sort=key, is_descending=is_descending)

    def to_query(self) -> dict[str, Any]:
        """Return it as parts of a query string; None for a part to leave out."""
        is_default = self.sort == RANK and not self.is_descending
        return {
            "scope": None if self.scope == Scope() else str(self.scope),
            "q": self.search or None,
            "tables": NO_TABLES if self.without_tables else None,
            "sort": None if is_default else self.sort,
            "order": None if is_default else "desc" if self.is_descending else "asc",
        }
