"""What the tests read, and what they report."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import pandas as pd

from evaluation.criteria.model import Order
from evaluation.scoring.frames import ReportFrames
from evaluation.scoring.score import PriorYearCounts, Scores, score


@dataclass(frozen=True)
class CountryYear:
    """The answers of all organisations of a year.

    `frames` have the columns of :mod:`evaluation.scoring.frames`, and also `body_id`, `organisation_id`, `region` (two digits, or
    an empty text) and the items of evidence that tests read, as objects. `previous` are the prior-year counts. `files` has for
    each criterion the ids of the organisations with a file of evidence.
    """

    year: int
    order: Order
    frames: ReportFrames
    previous: PriorYearCounts = field(default_factory=dict)
    files: Mapping[str, frozenset[int]] = field(default_factory=dict)

    @cached_property
    def scores(self) -> Scores:
        """The scores of the year."""
        return score(self.order, self.frames, self.previous)

    @cached_property
    def members(self) -> pd.DataFrame:
        """One line for each organisation and body: organisation_id, body_id, organisation and body (BINs), kind."""
        columns = ["organisation_id", "body_id", "organisation", "body", "kind"]
        parts = [
            frame[columns[:-1]].assign(kind=pd.Series(kind, index=frame.index, dtype=object))
            for kind, frame in self.frames.items()
        ]
        return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame({name: [] for name in columns})


@dataclass(frozen=True)
class EntryTimes:
    """When people entered the answers of a body's year by hand, and when the year was submitted or its entry ended (UTC)."""

    body_id: int
    first: datetime
    last: datetime
    end: datetime


@dataclass(frozen=True)
class Sources:
    """Everything that the tests read; `last` is None where the year before is not open."""

    this: CountryYear
    last: CountryYear | None = None
    entry_times: tuple[EntryTimes, ...] = ()


@dataclass(frozen=True)
class Detection:
    """What a test saw.

    `codes` are the answers in doubt; empty where the whole report of the organisation is, or with no organisation the whole year.
    `seen` says what exactly was seen; together with kind, body and organisation it identifies the anomaly. `stake` is set where
    the test knows the points itself.
    """

    kind: str
    body_id: int
    organisation_id: int | None
    seen: str
    codes: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    other_body_id: int | None = None
    other_organisation_id: int | None = None
    stake: int | None = None

    @property
    def subject(self) -> str:
        """The identity of what was seen, of a fixed length."""
        return hashlib.sha256(f"{self.organisation_id}/{self.seen}".encode()).hexdigest()
