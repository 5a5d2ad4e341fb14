"""The assessment sheet of one body and year as values; points with bounds, since blanks may leave them open."""

from dataclasses import dataclass

from evaluation.criteria.model import Criterion, Order, Row, Table
from evaluation.scoring.facts import Fact


@dataclass(frozen=True)
class Named:
    """A body or organisation: BIN and names; a name may be empty. `facts` are the answers that put it in breach of a row."""

    bin: str
    name_kk: str
    name_ru: str = ""
    facts: tuple[Fact, ...] = ()

    def name(self, language: str) -> str:
        """The name in a language; where that is not known, the other one; where neither is, the BIN."""
        first, second = (self.name_ru, self.name_kk) if language == "ru" else (self.name_kk, self.name_ru)
        return first or second or self.bin


class Bounds:
    """What has `low` and `high`: the least and the most points that the blanks leave open."""

    low: int
    high: int

    @property
    def points(self) -> int | None:
        return self.low if self.low == self.high else None

    @property
    def is_open(self) -> bool:
        """Whether blanks leave more than one number of points possible."""
        return self.low != self.high


@dataclass(frozen=True)
class SheetRow(Bounds):
    """A row of the form. A heading has no criterion and no points; for a scored row the rest says how they came about.

    `worst` and `best` are outcomes of the criterion's rule (equal where the points are settled), `organisations` how many the
    body has of the kind, `previous` last year's count or None where it is unknown or not asked.
    """

    row: Row
    criterion: Criterion | None = None
    low: int = 0
    high: int = 0
    max: int = 0
    worst: str = ""
    best: str = ""
    organisations: int = 0
    audited: int = 0
    unaudited: int = 0
    previous: int | None = None
    in_breach: tuple[Named, ...] = ()
    unanswered: tuple[Named, ...] = ()


@dataclass(frozen=True)
class SheetTable(Bounds):
    """One of the form's tables. Not `applicable` where the body has no organisations of the kind (reading R5)."""

    table: Table
    applicable: bool
    rows: tuple[SheetRow, ...]
    low: int = 0
    high: int = 0
    max: int = 0

    @property
    def scored_rows(self) -> tuple[SheetRow, ...]:
        return tuple(row for row in self.rows if row.criterion)


@dataclass(frozen=True)
class Share(Bounds):
    """A table's points in one year, for the comparison over the years."""

    year: int
    kind: str
    low: int
    high: int
    max: int


@dataclass(frozen=True)
class Sheet(Bounds):
    """The assessment sheet of `body` for `year`; its numbers sum its applicable tables. `history` holds the shares of this and
    earlier years, oldest first, of the tables that applied. An `invented` sheet says on every page that its data are."""

    order: Order
    body: Named
    year: int
    tables: tuple[SheetTable, ...]
    low: int
    high: int
    max: int
    history: tuple[Share, ...] = ()
    invented: bool = False

    @property
    def provisional(self) -> bool:
        """Whether a blank is left that bears on a row, even where the points are settled without it."""
        return self.is_open or any(row.unanswered for table in self.tables for row in table.rows)
