"""Hostile values in every part of every route's requests, as every person, on both databases.

`TRIALS` random requests follow one with each value in each part of each route.
"""

import os
from pathlib import Path
from random import Random

import pytest

from evaluation.criteria import Order
from tests.support.hostile_requests import PEOPLE, Attacker
from tests.support.link_crawl import crawl
from tests.support.route_world import build_route_world
from tests.support.saved_database import SavedPostgresql

TRIALS = int(os.environ.get("TRIALS", "10000"))
SEED = int(os.environ.get("SEED", "11"))


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_hostile_requests_do_no_harm(database: str, tmp_path: Path, order: Order, request: pytest.FixtureRequest) -> None:
    saved = SavedPostgresql(request.getfixturevalue("postgresql"), "hostile") if database == "postgresql" else None
    attacker = Attacker(build_route_world(tmp_path, order, saved), Random(SEED))
    for case in attacker.every_case():
        attacker.send(case)
    for case in attacker.random_cases(TRIALS):
        attacker.send(case)
    print(f"\n{database}: {attacker.table()}")
    assert not attacker.problems, "\n".join(attacker.problems[:50])


def test_every_link_of_every_page(tmp_path: Path, order: Order) -> None:
    attacker = Attacker(build_route_world(tmp_path, order), Random(SEED))
    counts = {person: crawl(attacker, person, limit=5_000) for person in PEOPLE}
    print(f"\npages by person: {counts}")
    assert not attacker.problems, "\n".join(attacker.problems[:50])
