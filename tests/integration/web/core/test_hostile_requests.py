"""A sample of the hostile requests of tests/torture/test_hostile_requests.py, and every link of every person's pages."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Role
from tests.support.hostile_requests import Attacker
from tests.support.link_crawl import crawl
from tests.support.route_world import World, build_route_world
from tests.support.saved_database import SavedPostgresql

SAMPLE = {"sqlite": 96, "postgresql": 40}


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path, order: Order) -> Iterator[World]:
    saved = SavedPostgresql(request.getfixturevalue("postgresql"), "hostile") if request.param == "postgresql" else None
    world = build_route_world(tmp_path, order, saved)
    yield world
    with world.app.app_context():
        db.engine.dispose()


def test_hostile_requests_do_no_harm(world: World, request: pytest.FixtureRequest) -> None:
    attacker = Attacker(world, Random(11))
    for case in attacker.random_cases(SAMPLE[request.node.callspec.params["world"]], per_route=8):
        attacker.send(case)
    assert not attacker.problems, "\n".join(attacker.problems)
    assert attacker.counts.total() > 40


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_links_lead_to_pages_that_the_person_may_see(world: World) -> None:
    attacker = Attacker(world, Random(11))
    assert min(crawl(attacker, person, limit=25) for person in (Role.CLERK, Role.REVIEWER)) == 25
    assert not attacker.problems, "\n".join(attacker.problems)
