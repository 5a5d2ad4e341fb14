"""The assessment sheet of one body and year as values. Points have bounds, since missing answers may leave them open."""

from dataclasses import dataclass

from evaluation.criteria.model import Criterion, Order, Row, Table
from evaluation.scoring.facts import BreachFact


@dataclass(frozen=True)
class LegalEntity:
    """A body or an organisation: BIN and names, of which one may be empty.

    `breach_facts` are the answers that put an organisation in breach of the row it is named beside.
    """

    bin: str
    name_kk: str
    name_ru: str = ""
    breach_facts: tuple[BreachFact, ...] = ()

    def name(self, language: str) -> str:
        """The name in a language; if it is empty, the other name; if both are empty, the BIN."""
        first, second = (self.name_ru, self.name_kk) if language == "ru" else (self.name_kk, self.name_ru)
        return first or second or self.bin


class Bounds:
    """Base of values with `low` and `high`: the fewest and the most points that the missing answers allow."""

    low: int
    high: int

    @property
    def points(self) -> int | None:
        """The points; None if they are open."""
        return self.low if self.low == self.high else None

    @property
    def is_open(self) -> bool:
        """Whether missing answers allow more than one number of points."""
        return self.low != self.high


@dataclass(frozen=True)
class SheetRow(Bounds):
    """A row of the form. A heading has no criterion and no points; the other fields explain the points of a scored row.

    `worst` and `best` are outcomes of the criterion, equal unless the points are open. `organisations`, `audited` and
    `unaudited` are counts of the body's organisations of the kind. `previous` is the prior-year count; None if it is unknown or
    the criterion does not need it. `in_breach` and `unanswered` name organisations by BIN.
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
    in_breach: tuple[LegalEntity, ...] = ()
    unanswered: tuple[LegalEntity, ...] = ()


@dataclass(frozen=True)
class SheetTable(Bounds):
    """A table of the form; its points are the sums of its rows.

    A table does not apply if the body has no organisations of the kind: it has no points and no maximum.

    Source: Order 47, Annex 2 (reading R5).
    """

    table: Table
    applicable: bool
    rows: tuple[SheetRow, ...]
    low: int = 0
    high: int = 0
    max: int = 0

    @property
    def scored_rows(self) -> tuple[SheetRow, ...]:
        """The rows with a criterion."""
        return tuple(row for row in self.rows if row.criterion)


@dataclass(frozen=True)
class YearPoints(Bounds):
    """The points of one table in one year, for the comparison of years."""

    year: int
    kind: str
    low: int
    high: int
    max: int


@dataclass(frozen=True)
class Sheet(Bounds):
    """The assessment sheet of `body` for `year`; its points are the sums of its applicable tables.

    `history` has the points of this year and of earlier years, oldest first, of the tables that applied. The data of an
    `invented` sheet is demonstration data, which every page of the sheet states.
    """

    order: Order
    body: LegalEntity
    year: int
    tables: tuple[SheetTable, ...]
    low: int
    high: int
    max: int
    history: tuple[YearPoints, ...] = ()
    invented: bool = False

    @property
    def provisional(self) -> bool:
        """Whether an answer is missing that a row depends on, even if its points are settled without the answer."""
        return self.is_open or any(row.unanswered for table in self.tables for row in table.rows)
