"""The sums of the pictures against brute force on random countries, and what each viewer may know of them."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

import pytest
from flask import Flask

from evaluation.charts.shares import Share
from evaluation.comparison.access import MIN_OTHERS
from evaluation.comparison.operations import open_ranking
from evaluation.comparison.pictures import queries
from evaluation.comparison.pictures.model import BINS, CENTRAL, GroupShare
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Role, Viewer
from evaluation.registry.models import LEVELS
from evaluation.results.models import RowResult
from tests.support.ranking_country import REGION_CODES, YEAR, RankedBody, ranking_country

SYSTEM = Viewer.system()
SIZE = 40
RowKey = tuple[str, str]


@dataclass
class Country:
    """The existing bodies of a random country, and their rows: id → row → low, high, max."""

    bodies: list[RankedBody]
    rows: dict[int, dict[RowKey, Share]] = field(default_factory=dict)

    def group(self, body: RankedBody) -> str:
        return CENTRAL if body.level == CENTRAL else str(body.region)


def country_of(order: Order, seed: int) -> Country:
    """Store a random country with two rows of every table that applies."""
    random = Random(seed)
    bodies = ranking_country(order, random, SIZE)
    rows: dict[int, dict[RowKey, Share]] = defaultdict(dict)
    for body in bodies:
        for table in order.form.tables:
            if table.kind in body.tables:
                for row in table.scored_rows[:2]:
                    low = random.randint(0, 2)
                    share = Share(low, random.randint(low, 2), 2)
                    rows[body.id][table.kind, row.number] = share
                    db.session.add(row_result(body.id, table.kind, row.number, share))
    db.session.commit()
    existing = [body for body in bodies if body.exists and body.tables]
    return Country(existing, {body.id: rows[body.id] for body in existing})


def row_result(body_id: int, kind: str, row: str, share: Share) -> RowResult:
    counts = dict.fromkeys(("organisations", "in_breach", "undecided", "audited", "unaudited"), 0)
    texts = dict.fromkeys(("criterion", "worst", "best", "states"), "x")
    bounds = {"low": share.low, "high": share.high, "max": share.total}
    return RowResult(year=YEAR, body_id=body_id, kind=kind, row=row, **counts, **texts, **bounds)


def total(bodies: Iterable[RankedBody]) -> GroupShare | None:
    points = [body.points for body in bodies]
    return GroupShare(len(points), Share(*map(sum, zip(*points, strict=True)))) if points else None


def full(country: Country, bodies: Iterable[RankedBody], key: RowKey) -> Share | None:
    rows = [country.rows[body.id][key] for body in bodies if key in country.rows[body.id]]
    if not rows:
        return None
    return Share(sum(row.low == row.total for row in rows), sum(row.high == row.total for row in rows), len(rows))


def viewers(country: Country) -> dict[str, Viewer]:
    """People of the whole country, of a region and of one body."""
    region = frozenset(body.id for body in country.bodies if body.region == REGION_CODES[0])
    return {
        "country": Viewer("all", Role.REVIEWER, None),
        "region": Viewer("region", Role.OBSERVER, region),
        "body": Viewer("body", Role.HEAD, frozenset({country.bodies[-1].id})),
    }


@pytest.mark.parametrize("seed", range(2))
def test_sums_equal_brute_force(app: Flask, order: Order, seed: int) -> None:
    with app.app_context():
        country = country_of(order, seed)
        keys = {key for rows in country.rows.values() for key in rows}
        for name, viewer in viewers(country).items():
            visible = [body for body in country.bodies if viewer.can_see(body.id)]
            # The akimat of a region is no part of the figures of the region, but of the country's.
            counted = [body for body in visible if body.level != "region"]
            groups = {country.group(body) for body in counted}
            members = {group: [body for body in counted if country.group(body) == group] for group in groups}
            shares = queries.region_shares(viewer, YEAR)
            assert shares.groups == {group: total(bodies) for group, bodies in members.items()}, name
            assert shares.country == (None if name == "body" else total(country.bodies))
            rows = queries.row_shares(viewer, YEAR)
            expected = {key: {group: full(country, bodies, key) for group, bodies in members.items()} for key in keys}
            assert {key: dict(shares) for key, shares in rows.groups.items()} == {
                key: {group: share for group, share in by_group.items() if share}
                for key, by_group in expected.items()
                if any(by_group.values())
            }
            closed = {
                key: [body for body in country.bodies if key in country.rows[body.id] and body not in visible] for key in keys
            }
            assert rows.country == {
                key: full(country, country.bodies, key)
                for key in keys
                if name == "country" or (name == "region" and len(closed[key]) >= MIN_OTHERS)
            }
            assert queries.rows_of_bodies(viewer, YEAR, [body.id for body in country.bodies]) == {
                body.id: country.rows[body.id] for body in visible
            }


def test_distribution_counts_every_body_once(app: Flask, order: Order) -> None:
    with app.app_context():
        country = country_of(order, 3)
        for name, viewer in viewers(country).items():
            levels = {item.level: item for item in queries.level_bins(viewer, YEAR)}
            others = Counter(body.level for body in country.bodies if not viewer.can_see(body.id))
            expected_levels = {country.bodies[-1].level} if name == "body" else {body.level for body in country.bodies}
            expected_levels = {level for level in expected_levels if name == "country" or others[level] >= MIN_OTHERS}
            assert list(levels) == [level for level in LEVELS if level in expected_levels]
            for level, item in levels.items():
                counts, seen = [0] * BINS, [0] * BINS
                for body in country.bodies:
                    if body.level == level:
                        low, _, maximum = body.points
                        position = min(BINS - 1, low * BINS // maximum)
                        counts[position] += 1
                        seen[position] += viewer.can_see(body.id)
                assert (item.counts, item.visible_counts) == (tuple(counts), tuple(seen)), (name, level)


def test_trends_are_sums_of_the_years(app: Flask, order: Order) -> None:
    with app.app_context():
        country = country_of(order, 4)
        years = [YEAR - 1, YEAR]
        who = viewers(country)
        body = country.bodies[-1]
        for name, viewer in who.items():
            everyone = dict(queries.yearly_shares(viewer, years))
            assert everyone.get(YEAR) == (None if name == "body" else getattr(total(country.bodies), "share", None))
            of_level = dict(queries.yearly_shares(viewer, years, level=body.level))
            peers = [item for item in country.bodies if item.level == body.level]
            is_counted = name == "country" or sum(not viewer.can_see(item.id) for item in peers) >= MIN_OTHERS
            assert of_level.get(YEAR) == (getattr(total(peers), "share", None) if is_counted else None)
            of_region = dict(queries.yearly_shares(viewer, years, region=REGION_CODES[1]))
            in_region = [item for item in country.bodies if item.region == REGION_CODES[1] and item.level != "region"]
            expected = total(item for item in in_region if viewer.can_see(item.id))
            assert of_region.get(YEAR) == (expected.share if expected else None)
            of_body = dict(queries.yearly_shares(viewer, years, body_id=body.id))
            assert of_body.get(YEAR) == (Share(*body.points) if viewer.can_see(body.id) else None)
            assert queries.body_share(viewer, YEAR, body.id) == of_body.get(YEAR)
        assert not queries.yearly_shares(who["body"], years, level=next(level for level in LEVELS if level != body.level))


def test_an_open_ranking_opens_the_pictures(app: Flask, order: Order) -> None:
    with app.app_context():
        country = country_of(order, 5)
        viewer = viewers(country)["body"]
        open_ranking(SYSTEM, True)
        db.session.commit()
        assert queries.region_shares(viewer, YEAR) == queries.region_shares(SYSTEM, YEAR)
        # Rows of bodies stay closed.
        (body_id,) = viewer.bodies or ()
        others = [body.id for body in country.bodies if body.id != body_id]
        assert queries.row_shares(viewer, YEAR).country == {} == queries.rows_of_bodies(viewer, YEAR, others)
        assert set(queries.row_shares(viewer, YEAR).groups) == set(country.rows[body_id])
