"""What the record is told of the registry is enough to make the whole of it again."""

from datetime import date
from typing import Any

import orjson
from flask import Flask

from evaluation.audit.models import AuditEvent
from evaluation.audit.verification import verify
from evaluation.criteria import Order
from evaluation.database import db, dumps
from evaluation.demo.generator import country
from evaluation.demo.store import store
from evaluation.policy import Viewer
from evaluation.registry import operations, queries
from evaluation.registry.admin import operations as upkeep
from evaluation.registry.admin.queries import body_states, ids, organisation_states
from evaluation.registry.operations import NewBody
from tests.support.factories import bin_of

SYSTEM = Viewer.system()
ONE, OTHER = bin_of(1), bin_of(2)
OWN, SECOND = bin_of(11), bin_of(12)


def replayed() -> dict[str, dict[str, Any]]:
    """BIN → its fields, by the record alone."""
    states: dict[tuple[str, int], dict[str, Any]] = {}
    for event in db.session.query(AuditEvent).order_by(AuditEvent.id):
        if event.year is not None or not (event.body_id or event.organisation_id) or event.action == "organisation_left":
            continue
        owner = ("organisation", event.organisation_id) if event.organisation_id else ("body", event.body_id or 0)
        states.setdefault(owner, {}).update({name: new for name, (_, new) in event.data.items()})
    return {state["bin"]: state for state in states.values()}


def as_kept() -> dict[str, dict[str, Any]]:
    """BIN → its fields that say anything, by the tables."""
    states = {**body_states(SYSTEM), **organisation_states(SYSTEM)}
    return {bin_: orjson.loads(dumps(state)) for bin_, state in states.items()}


def same() -> None:
    told, kept = replayed(), as_kept()
    assert set(told) == set(kept)
    for bin_, state in kept.items():
        blank = {"former": [], "statuses": [], "periods": [], "name_kk": "", "name_ru": ""}
        assert {name: told[bin_].get(name, blank.get(name)) for name in state} == state


def test_the_registry_can_be_made_again_from_the_record(app: Flask, order: Order) -> None:
    with app.app_context():
        kind = order.kinds[0].code
        operations.open_year(SYSTEM, 2024, order.code)
        bodies = [NewBody(ONE, "Орган", "Орган", "central"), NewBody(OTHER, "Әкімдік", parent_bin=ONE)]
        operations.register_bodies(SYSTEM, bodies)
        operations.register_organisations(SYSTEM, [(OWN, kind, "Ұйым", ""), (SECOND, kind, "Екінші", "Вторая")])
        body_ids, own_ids = ids(SYSTEM, {ONE, OTHER, OWN, SECOND})
        operations.supervise(SYSTEM, [(own_ids[OWN], body_ids[ONE], date(2025, 3, 1), None)])
        # A later period moved forward in its place, and a new one.
        operations.supervise_in(SYSTEM, 2024, [(own_ids[OWN], body_ids[ONE]), (own_ids[SECOND], body_ids[OTHER])])
        same()
        upkeep.move_organisation(SYSTEM, organisation_states(SYSTEM, OWN)[OWN], OTHER, 2025)
        upkeep.rename_body(SYSTEM, body_states(SYSTEM, ONE)[ONE], date(2025, 1, 1), "Жаңа", "Новый")
        upkeep.set_status(SYSTEM, organisation_states(SYSTEM, SECOND)[SECOND], "liquidation", date(2024, 5, 1))
        db.session.commit()
        same()
        of_one = [event.action for event in db.session.query(AuditEvent).filter_by(body_id=body_ids[ONE]).order_by(AuditEvent.id)]
        assert of_one == [
            *("body_added", "organisation_supervised", "organisation_supervised", "organisation_left", "body_renamed"),
        ]
        (left,) = db.session.query(AuditEvent).filter_by(action="organisation_left")
        assert left.data == {"to": OTHER} and left.organisation_id == own_ids[OWN]
        assert not verify(SYSTEM)


def test_invented_data_are_recorded_as_any_other(app: Flask, order: Order) -> None:
    with app.app_context():
        made = country(order, bodies=40, organisations=60, years=(2023, 2024))
        store(order, made)
        db.session.commit()
        same()
        told = db.session.query(AuditEvent).filter_by(action="saved").all()
        own = {id_: bin_ for bin_, (id_, _) in queries.known(SYSTEM).organisations.items()}
        given = {
            (own[event.organisation_id or 0], event.year): {code: new for code, (_, new) in event.data.items()} for event in told
        }
        assert given == {(row.bin, row.year): row.answers | row.evidence for row in made.reports}
        declared = db.session.query(AuditEvent).filter_by(action="declared").all()
        assert sum(len(event.data) for event in declared) == len(made.declared)
        assert not verify(SYSTEM)
