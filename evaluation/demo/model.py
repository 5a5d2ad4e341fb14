"""The output of a generator: plain values that :mod:`evaluation.demo.store` writes to the database."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class DemoBody:
    """An authorised body; `parent_bin` is None for the highest level, `kato` where the code is not available."""

    bin: str
    name_kk: str
    name_ru: str
    level: str
    parent_bin: str | None
    kato: str | None


@dataclass(frozen=True)
class DemoOrganisation:
    """An organisation under one body from `since` to `until`, both included.

    An organisation that moved has two rows with the same BIN and names and different bodies and periods.
    """

    bin: str
    kind: str
    name_kk: str
    name_ru: str
    body_bin: str
    since: date
    until: date | None

    def counts_in(self, year: int) -> bool:
        """Return whether the organisation is on the register on 31 December of the year. Source: Order 47 (reading R12)."""
        last = date(year, 12, 31)
        return self.since <= last and (self.until is None or self.until >= last)


@dataclass(frozen=True)
class DemoReport:
    """An organisation's answers and evidence of one year in stored form; an unanswered indicator has no key."""

    year: int
    bin: str
    answers: dict[str, object]
    evidence: dict[str, object]


@dataclass(frozen=True)
class DemoDeclared:
    """The number of organisations of a kind that the body declares in breach of a criterion in the year before `year`."""

    year: int
    body_bin: str
    kind: str
    criterion: str
    count: int


@dataclass(frozen=True)
class DemoCountry:
    """Everything generated: bodies, parents before their children, and their organisations, reports and declared counts."""

    years: tuple[int, ...]
    bodies: tuple[DemoBody, ...]
    organisations: tuple[DemoOrganisation, ...]
    reports: tuple[DemoReport, ...]
    declared: tuple[DemoDeclared, ...]
