"""What a generator hands over: plain facts, ready to be loaded by whoever owns the tables."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class DemoBody:
    """An authorised body; `parent_bin` is empty for the highest level at hand, `kato` where it is not known."""

    bin: str
    name_kk: str
    name_ru: str
    level: str
    parent_bin: str | None
    kato: str | None


@dataclass(frozen=True)
class DemoOrganisation:
    """An organisation under one body from `since` to `until`, both included.

    One that moved stands twice, with the same BIN and names and another body and period.
    """

    bin: str
    kind: str
    name_kk: str
    name_ru: str
    body_bin: str
    since: date
    until: date | None

    def counts_in(self, year: int) -> bool:
        """Whether it is on the register on 31 December of the year (reading R12)."""
        last = date(year, 12, 31)
        return self.since <= last and (self.until is None or self.until >= last)


@dataclass(frozen=True)
class DemoReport:
    """One organisation's answers and evidence for one year in stored form; a blank is an absent key."""

    year: int
    bin: str
    answers: dict[str, object]
    evidence: dict[str, object]


@dataclass(frozen=True)
class DemoDeclared:
    """How many organisations of a kind the body declares in breach of the criterion in the year before `year`."""

    year: int
    body_bin: str
    kind: str
    criterion: str
    count: int


@dataclass(frozen=True)
class DemoCountry:
    """Everything generated: bodies from the highest level down, and what belongs to them."""

    years: tuple[int, ...]
    bodies: tuple[DemoBody, ...]
    organisations: tuple[DemoOrganisation, ...]
    reports: tuple[DemoReport, ...]
    declared: tuple[DemoDeclared, ...]
