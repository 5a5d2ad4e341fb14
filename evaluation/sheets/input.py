"""What the sheet of one body and year is made of, wherever that comes from: the tables of today, or the record of a past day.

Both are turned into a sheet by the same :func:`sheet_of`, so that a rebuilt sheet cannot differ by the way it was made.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from evaluation.criteria.model import Order
from evaluation.scoring.facts import facts
from evaluation.scoring.frames import Reports, frame
from evaluation.scoring.score import Previous, counts, score
from evaluation.sheets.compose import compose, shares
from evaluation.sheets.model import Named, Share, Sheet


@dataclass(frozen=True)
class Kept:
    """A warning that stands by a reason: its rule, its indicator (empty: the whole report), why, and who says so."""

    rule: str
    code: str
    reason: str
    by: str


@dataclass(frozen=True)
class Given:
    """An organisation of the body on 31 December and what it gave: answers and evidence in stored form."""

    named: Named
    kind: str
    answers: Mapping[str, Any]
    evidence: Mapping[str, Any]
    kept: tuple[Kept, ...] = ()


@dataclass(frozen=True)
class OfYear:
    """One reporting year of the body: its order, its organisations by BIN, and the figures of the year before that the body
    declares itself, by kind and criterion."""

    year: int
    order: Order
    organisations: tuple[Given, ...]
    declared: Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Source:
    """All that a sheet is made of. `years` are those that were opened up to the sheet's own, which is the last of them."""

    body: Named
    invented: bool
    years: tuple[OfYear, ...]

    @property
    def current(self) -> OfYear:
        return self.years[-1]


def sheet_of(source: Source) -> Sheet:
    """The sheet, with the shares of this and earlier years."""
    history: tuple[Share, ...] = ()
    bin_, before = source.body.bin, None
    for of_year in source.years:
        reports = _reports(of_year, bin_)
        scores = score(of_year.order, reports, _previous(of_year, before, bin_))
        history += shares(scores, of_year.year).get(bin_, ())
        before = of_year
    names = {given.named.bin: given.named for given in source.current.organisations}
    told = facts(scores, reports)
    found = compose(scores, source.current.year, {bin_: source.body}, names, {bin_: history}, source.invented, told)
    return next(found)


def _reports(of_year: OfYear, body: str) -> Reports:
    by_kind: dict[str, list[Given]] = {kind: [] for kind in of_year.order.kind}
    for given in _by_bin(of_year.organisations):
        if given.kind in by_kind:
            by_kind[given.kind].append(given)
    return {
        kind: frame(of_year.order, kind, [body] * len(own), [each.named.bin for each in own], [each.answers for each in own])
        for kind, own in by_kind.items()
        if own
    }


def _previous(of_year: OfYear, before: OfYear | None, body: str) -> Previous:
    """Last year's counts: of last year's reports where they are all answered, else as the body declares them (reading R13)."""
    declared = {(body, kind, criterion): count for (kind, criterion), count in of_year.declared.items()}
    if before is None or before.year != of_year.year - 1:
        return declared
    return declared | counts(before.order, _reports(before, body))


def _by_bin(organisations: Iterable[Given]) -> list[Given]:
    return sorted(organisations, key=lambda given: given.named.bin)
