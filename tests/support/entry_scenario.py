"""A body with organisations of every kind, last year's answers and people, for tests of entry."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Flask

from evaluation.answers import queries
from evaluation.answers.save import AnswerInput, save
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Viewer
from evaluation.registry import operations
from evaluation.registry import queries as registry
from evaluation.registry.operations import NewBody
from tests.support.accounts import make_account
from tests.support.factories import bin_of, clean

YEAR = 2024
BODY, OTHER = bin_of(1), bin_of(2)
FOREIGN = bin_of(90)
"""An organisation of the other body."""
SYSTEM = Viewer.system()


@dataclass(frozen=True)
class Place:
    """Addresses of people, and of organisations by kind: two each. The first of each answered everything last year."""

    body_id: int
    own: dict[str, tuple[str, str]]
    clerk: str
    colleague: str
    stranger: str
    reviewer: str
    observer: str

    def url(self, own: str, body: str = BODY) -> str:
        return f"/bodies/{body}/{YEAR}/organisations/{own}"


def make_place(app: Flask, order: Order) -> Place:
    """Register it all."""
    own = {kind: (bin_of(10 + 2 * n), bin_of(11 + 2 * n)) for n, kind in enumerate(order.kind)}
    rows = [(bin_, kind, f"Ұйым {bin_}", f"Организация {bin_}") for kind, bins in own.items() for bin_ in bins]
    with app.app_context():
        for year in (YEAR - 1, YEAR):
            operations.open_year(SYSTEM, year, order.code)
        operations.register_bodies(SYSTEM, [NewBody(BODY, "Бір"), NewBody(OTHER, "Екі")])
        operations.register_organisations(SYSTEM, [*rows, (FOREIGN, next(iter(order.kind)), "Бөтен", "Чужая")])
        known = registry.known(SYSTEM)
        since = date(2020, 1, 1)
        operations.supervise(SYSTEM, [(known.organisations[row[0]][0], known.bodies[BODY], since, None) for row in rows])
        operations.supervise(SYSTEM, [(known.organisations[FOREIGN][0], known.bodies[OTHER], since, None)])
        for kind, (first, _) in own.items():
            enter(order, first, clean(order, kind), YEAR - 1)
        db.session.commit()
        body, other = known.bodies[BODY], known.bodies[OTHER]
    return Place(
        body,
        own,
        clerk=make_account(app, "clerk", [body]),
        colleague=make_account(app, "clerk", [body], email="colleague@example.org"),
        stranger=make_account(app, "clerk", [other]),
        reviewer=make_account(app, "reviewer"),
        observer=make_account(app, "observer"),
    )


def enter(order: Order, own: str, answers: dict[str, Any], year: int = YEAR) -> None:
    """Store answers in stored form over whatever stands there; the caller commits."""
    id_ = registry.known(SYSTEM).organisations[own][0]
    before = stored(own, year)
    save(SYSTEM, order, year, None, [AnswerInput(id_, code, value, before.get(code)) for code, value in answers.items()])


def stored(own: str, year: int = YEAR) -> dict[str, Any]:
    """An organisation's answers and evidence in stored form."""
    id_ = registry.known(SYSTEM).organisations[own][0]
    held = queries.held(SYSTEM, year, [id_])[id_]
    return {**held.answers, **held.evidence}


def first(order: Order, kind: str, type_: str, low: bool | None = None) -> str:
    """The code of the kind's first indicator of a type; `low`: one that may not be below zero, or may."""
    return next(
        item.code
        for item in order.asked_of(kind)
        if item.type == type_ and item.asked_when is None and (low is None or (item.min is not None) == low)
    )
