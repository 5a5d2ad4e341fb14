"""Hostile values in every part of every route's requests, as every person, on both databases.

`make torture` sends each value in each part of each route and then `TRIALS` random requests, and follows every link of every
person's pages; `make test` sends a seeded sample.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Role
from tests.support.hostile_requests import PEOPLE, Attacker
from tests.support.link_crawl import crawl
from tests.support.route_world import World, build_route_world
from tests.support.saved_database import SavedPostgresql

WHOLE = "TRIALS" in os.environ
TRIALS = int(os.environ.get("TRIALS", "0"))
SEED = int(os.environ.get("SEED", "11"))
SAMPLE = {"sqlite": 96, "postgresql": 40}
"""Random requests of `make test`."""
PER_ROUTE = 2 if WHOLE else 8
"""Random requests in turn to one route, whose parameters are learned before the first one."""
CRAWLED_PAGES = 5_000 if WHOLE else 25


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path, order: Order) -> Iterator[World]:
    saved = SavedPostgresql(request.getfixturevalue("postgresql"), "hostile") if request.param == "postgresql" else None
    world = build_route_world(tmp_path, order, saved)
    yield world
    with world.app.app_context():
        db.engine.dispose()


def test_hostile_requests_do_no_harm(world: World, request: pytest.FixtureRequest) -> None:
    database = request.node.callspec.params["world"]
    attacker = Attacker(world, Random(SEED))
    for case in attacker.every_case() if WHOLE else ():
        attacker.send(case)
    for case in attacker.random_cases(TRIALS or SAMPLE[database], PER_ROUTE):
        attacker.send(case)
    print(f"\n{database}: {attacker.table()}")
    assert not attacker.problems, "\n".join(attacker.problems[:50])
    assert attacker.counts.total() > 40


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_links_lead_to_pages_that_the_person_may_see(world: World) -> None:
    attacker = Attacker(world, Random(SEED))
    counts = {person: crawl(attacker, person, CRAWLED_PAGES) for person in (PEOPLE if WHOLE else (Role.CLERK, Role.REVIEWER))}
    print(f"\npages by person: {counts}")
    assert not attacker.problems, "\n".join(attacker.problems[:50])
    assert counts[Role.CLERK] >= 25 and counts[Role.REVIEWER] >= 25
