"""Contradictions that are planted into an invented country are seen, and the untouched country has hardly any anomaly."""

from collections.abc import Callable
from pathlib import Path

from flask import Flask

from evaluation.anomalies import queries
from evaluation.anomalies.detect import detect
from evaluation.anomalies.operations import search
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.demo.contradictions import plant
from evaluation.demo.store import store
from evaluation.demo.synthetic import country
from tests.support.planted import SYSTEM, store_planted, unseen

YEAR = 2024
SMALL = {"bodies": 120, "organisations": 1_500}
COUNT = 45
MAX_NAMED = 0.01
"""Share of the organisations that may be named in an untouched country."""


def test_planted_contradictions_are_seen(app: Flask, order: Order) -> None:
    planted = plant(order, country(order, **SMALL, evidence=True), COUNT)
    assert plant(order, country(order, **SMALL, evidence=True), COUNT).planted == planted.planted
    assert len(planted.planted) == COUNT and {item.kind for item in planted.planted} == set(order.anomaly)
    with app.app_context():
        store_planted(order, planted)
        sources = queries.sources(SYSTEM, YEAR)
        assert sources
        detections = detect(sources)
        assert sum(unseen(planted, detections).values()) <= COUNT // 100
        result = search(SYSTEM, YEAR)
        db.session.commit()
        assert result and result.new == result.total == len(detections)


def test_the_untouched_country_has_hardly_any_anomaly(tmp_path: Path, make_app: Callable[..., Flask], order: Order) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'evaluation.db'}")
    invented = country(order, **SMALL, seed=7)
    with app.app_context():
        assert store(order, invented)
        db.session.commit()
        sources = queries.sources(SYSTEM, YEAR)
        assert sources
        named = {item.organisation_id for item in detect(sources)}
        assert len(named) <= MAX_NAMED * SMALL["organisations"]
