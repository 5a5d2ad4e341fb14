"""A random small country with stored results, for tests of the ranking."""

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from random import Random

from evaluation.criteria import Order
from evaluation.database import db
from evaluation.registry.models import LEVELS, Body, ReportingYear
from evaluation.results.models import KIND_SEPARATOR, NEVER, BodyResult, TableResult
from tests.support.factories import bin_of

YEAR = 2024
REGION_CODES = ("10", "43", "75")
MAXIMA = (2, 4, 6, 10)
"""Maxima of tables: small ones make equal shares of different maxima frequent."""


@dataclass
class RankedBody:
    """What the test knows of a body: its level, region, whether it exists in the year, and the points of its tables by kind."""

    id: int
    bin: str
    level: str
    region: str | None
    exists: bool
    parent: int | None
    tables: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    previous: tuple[int, int, int] = (0, 0, 0)

    @property
    def points(self) -> tuple[int, int, int]:
        """Low, high and maximum of all tables."""
        low, high, maximum = (sum(column) for column in zip((0, 0, 0), *self.tables.values(), strict=True))
        return low, high, maximum

    @property
    def share(self) -> tuple[Fraction, Fraction]:
        """The share at least and at most."""
        low, high, maximum = self.points
        return Fraction(low, maximum), Fraction(high, maximum)


def ranking_country(order: Order, random: Random, size: int) -> list[RankedBody]:
    """Store bodies of all levels and their results of two years in an empty database; the caller commits."""
    kinds = [table.kind for table in order.form.tables]
    db.session.add_all(ReportingYear(year=year, order_code=order.code) for year in (YEAR - 1, YEAR))
    bodies: list[RankedBody] = []
    for number in range(size):
        level = LEVELS[number] if number < len(LEVELS) else random.choice(LEVELS)
        region = None if level == "central" else random.choice(REGION_CODES)
        closed = random.choice((None, None, None, None, date(YEAR - 1, 6, 30)))
        parent = next((item.id for item in bodies if item.region == region and item.level == "region"), None)
        # A rural body without a code belongs to the region of its higher body.
        kato = None if level == "rural" and parent else f"{region or '71'}{number:07}"
        body = Body(bin=bin_of(number + 1), name_kk=f"Орган {number:03}", name_ru=f"Орган {number:03}", level=level, kato=kato)
        body.closed_on, body.parent_id = closed, parent if level == "rural" else None
        is_new, has_score = number % 7 == 6, number % 7 != 5
        body.since = date(YEAR, 3, 1) if is_new else None
        db.session.add(body)
        db.session.flush()
        ranked = RankedBody(body.id, body.bin, level, region, closed is None, body.parent_id)
        ranked.tables = {kind: _points(random) for kind in kinds if random.random() < 0.4}
        ranked.previous = random.choice(((0, 0, 0), _points(random)))
        bodies.append(ranked)
        result = _result(YEAR, body.id, *ranked.points)
        result.kinds = KIND_SEPARATOR.join(sorted(ranked.tables))
        previous = _result(YEAR - 1, body.id, *ranked.previous)
        db.session.add_all((result, previous))
        if is_new or not has_score:
            # A line of a year before the body's first one, or one that was never scored, says nothing.
            ranked.previous = (0, 0, 0)
            previous.scored_generation = previous.scored_generation if has_score else NEVER
        db.session.flush()
        db.session.add_all(
            TableResult(
                year=YEAR, body_id=body.id, kind=kind, low=low, high=high, max=top, organisations=1, organisation_ids="[]"
            )
            for kind, (low, high, top) in ranked.tables.items()
        )
    return bodies


def _points(random: Random) -> tuple[int, int, int]:
    maximum = random.choice(MAXIMA)
    low = random.randint(0, maximum)
    return low, min(maximum, low + random.choice((0, 0, 0, 1, 3))), maximum


def _result(year: int, body_id: int, low: int, high: int, maximum: int) -> BodyResult:
    shares = (low / maximum, high / maximum) if maximum else (None, None)
    result = BodyResult(year=year, body_id=body_id, low=low, high=high, max=maximum, scored_generation=0)
    result.share_low, result.share_high = shares
    return result
