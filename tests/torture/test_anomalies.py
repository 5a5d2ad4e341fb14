"""300 contradictions planted into the invented country of 25,000 organisations: at least 297 are seen, and little else.

`make torture` plants twice and looks at the country without evidence too.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from evaluation.anomalies import queries
from evaluation.anomalies.detect import detect
from evaluation.anomalies.model import Detection
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.demo.contradictions import plant
from evaluation.demo.store import store
from evaluation.demo.synthetic import country
from tests.support.planted import SYSTEM, store_planted, unseen

WHOLE = "TRIALS" in os.environ
YEAR = 2024
COUNT, MIN_SEEN = 300, 297
ORGANISATIONS = 25_000
MAX_NAMED = 0.01


@pytest.fixture
def app(tmp_path: Path, make_app: Callable[..., Flask]) -> Iterator[Flask]:
    app = make_app(f"sqlite:///{tmp_path / 'evaluation.db'}")
    with app.app_context():
        yield app


def detections() -> list[Detection]:
    sources = queries.sources(SYSTEM, YEAR)
    assert sources
    return detect(sources)


@pytest.mark.parametrize("seed", [1, 2] if WHOLE else [1])
def test_planted_contradictions_are_seen(app: Flask, order: Order, seed: int) -> None:
    planted = plant(order, country(order, evidence=True, seed=seed), COUNT, seed)
    assert len(planted.planted) == COUNT
    store_planted(order, planted)
    missed = unseen(planted, detections())
    assert sum(missed.values()) <= COUNT - MIN_SEEN, missed


@pytest.mark.parametrize("evidence", [False, True] if WHOLE else [True])
def test_the_untouched_country_has_hardly_any_anomaly(app: Flask, order: Order, evidence: bool) -> None:
    assert store(order, country(order, evidence=evidence))
    db.session.commit()
    named = {item.organisation_id for item in detections()}
    assert len(named) <= MAX_NAMED * ORGANISATIONS
