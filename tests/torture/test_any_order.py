"""Whatever is done to the registry, to answers and to years, in any order: the record tells of all of it.

Afterwards what is stored, then and at moments on the way, is what the record rebuilds. `make torture` tries longer and more.
"""

import os
from collections import Counter
from random import Random
from typing import Any

import pytest
from flask import Flask

from evaluation.audit.verification import verify
from evaluation.clock import precise
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.language import language
from evaluation.registry import queries as registry
from evaluation.review.history.reconstruct import known
from evaluation.review.integrity import discrepancies
from evaluation.sheets import queries as sheets
from tests.torture.operations import LIKELY, Hand
from tests.torture.random_source import REFUSALS, SYSTEM

RUNS, STEPS = (int(os.environ.get("EXAMPLES", "40")), 120) if "TRIALS" in os.environ else (1, 60)


def sources() -> dict[tuple[str, int], Any]:
    """What every sheet is made of, as the tables are now."""
    every = [(body, opened.year) for body in registry.all_bodies(SYSTEM) for opened in registry.years()]
    return {(body.bin, year): sheets.source(SYSTEM, body, year) for body, year in every}


@pytest.mark.parametrize("run", range(RUNS))
def test_the_record_tells_of_everything(app: Flask, order: Order, run: int) -> None:
    with app.app_context():
        hand = Hand(app, order, Random(int(os.environ.get("SEED", "193")) + run))
        for _ in range(6):
            hand.add_organisation()
        db.session.commit()
        past, done = [], Counter[str]()
        for step in range(STEPS):
            deed = hand.random.choice(LIKELY)
            try:
                deed(hand)
            except REFUSALS:
                db.session.rollback()
            else:
                db.session.commit()
                done[deed.__name__] += 1
            if step % 20 == 0:
                past.append((precise(), sources()))
        assert verify(SYSTEM) == []
        assert [each.message(language("en")) for each in discrepancies(SYSTEM)] == [], done
        for then, found in past:
            for (bin_, year), source in found.items():
                body = registry.body(SYSTEM, bin_)
                told = known(SYSTEM, app.extensions["orders"], body, year, then)
                assert told and told.source == source, (bin_, year, then, done)
