"""The audit events of the registry suffice to reconstruct it."""

from datetime import date
from typing import Any

import orjson
from flask import Flask

from evaluation.audit.chain import flush_events
from evaluation.audit.models import AuditEvent
from evaluation.audit.verification import verify_audit_log
from evaluation.criteria import Order
from evaluation.database import db, to_json
from evaluation.demo.generator import country
from evaluation.demo.store import store
from evaluation.policy import Viewer
from evaluation.registry import operations, queries
from evaluation.registry.admin import operations as admin_operations
from evaluation.registry.admin.queries import body_states, organisation_states
from evaluation.registry.operations import NewBody
from tests.support.factories import bin_of

SYSTEM = Viewer.system()
BODY, OTHER_BODY = bin_of(1), bin_of(2)
ORGANISATION, SECOND_ORGANISATION = bin_of(11), bin_of(12)


def replayed_states() -> dict[str, dict[str, Any]]:
    """Return BIN → fields, reconstructed from the audit events alone."""
    flush_events(db.session)
    states: dict[tuple[str, int], dict[str, Any]] = {}
    for event in db.session.query(AuditEvent).order_by(AuditEvent.id):
        if event.year is not None or not (event.body_id or event.organisation_id) or event.action == "organisation_left":
            continue
        owner = ("organisation", event.organisation_id) if event.organisation_id else ("body", event.body_id or 0)
        states.setdefault(owner, {}).update({name: new for name, (_, new) in event.data.items()})
    return {state["bin"]: state for state in states.values()}


def stored_states() -> dict[str, dict[str, Any]]:
    """Return BIN → fields, as the tables store them."""
    states = {**body_states(SYSTEM), **organisation_states(SYSTEM)}
    return {bin_: orjson.loads(to_json(state)) for bin_, state in states.items()}


def assert_same_states() -> None:
    """Assert that the audit events and the tables give the same states."""
    replayed, stored = replayed_states(), stored_states()
    assert set(replayed) == set(stored)
    for bin_, state in stored.items():
        blank = {"former_names": [], "statuses": [], "periods": [], "name_kk": "", "name_ru": ""}
        assert {name: replayed[bin_].get(name, blank.get(name)) for name in state} == state


def test_the_registry_can_be_reconstructed_from_its_audit_events(app: Flask, order: Order) -> None:
    with app.app_context():
        kind = order.kinds[0].code
        operations.open_year(SYSTEM, 2024, order.code)
        bodies = [NewBody(BODY, "Орган", "Орган", "central"), NewBody(OTHER_BODY, "Әкімдік", parent_bin=BODY)]
        operations.register_bodies(SYSTEM, bodies)
        operations.register_organisations(
            SYSTEM, [(ORGANISATION, kind, "Ұйым", ""), (SECOND_ORGANISATION, kind, "Екінші", "Вторая")]
        )
        body_ids, organisation_ids = queries.ids_by_bin(SYSTEM, {BODY, OTHER_BODY, ORGANISATION, SECOND_ORGANISATION})
        operations.add_supervision(SYSTEM, [(organisation_ids[ORGANISATION], body_ids[BODY], date(2025, 3, 1), None)])
        # The first organisation has a later period, which is extended backwards; the second one gets a new period.
        operations.add_supervision_for_year(
            SYSTEM,
            2024,
            [(organisation_ids[ORGANISATION], body_ids[BODY]), (organisation_ids[SECOND_ORGANISATION], body_ids[OTHER_BODY])],
        )
        assert_same_states()
        admin_operations.move_organisation(SYSTEM, organisation_states(SYSTEM, ORGANISATION)[ORGANISATION], OTHER_BODY, 2025)
        admin_operations.rename_body(SYSTEM, body_states(SYSTEM, BODY)[BODY], date(2025, 1, 1), "Жаңа", "Новый")
        admin_operations.add_status(
            SYSTEM, organisation_states(SYSTEM, SECOND_ORGANISATION)[SECOND_ORGANISATION], "liquidation", date(2024, 5, 1)
        )
        db.session.commit()
        assert_same_states()
        actions = [
            event.action for event in db.session.query(AuditEvent).filter_by(body_id=body_ids[BODY]).order_by(AuditEvent.id)
        ]
        assert actions == [
            *("body_added", "organisation_assigned", "organisation_assigned", "organisation_left", "body_renamed"),
        ]
        (left,) = db.session.query(AuditEvent).filter_by(action="organisation_left")
        assert left.data == {"to": OTHER_BODY} and left.organisation_id == organisation_ids[ORGANISATION]
        assert not verify_audit_log(SYSTEM)


def test_invented_data_are_written_to_the_audit_log(app: Flask, order: Order) -> None:
    with app.app_context():
        data = country(order, bodies=40, organisations=60, years=(2023, 2024))
        store(order, data)
        db.session.commit()
        assert_same_states()
        events = db.session.query(AuditEvent).filter_by(action="answers_saved").all()
        bins = {id_: bin_ for bin_, (id_, _) in queries.registry_index(SYSTEM).organisations.items()}
        imported = {
            (bins[event.organisation_id or 0], event.year): {code: new for code, (_, new) in event.data.items()}
            for event in events
        }
        assert imported == {(row.bin, row.year): row.answers | row.evidence for row in data.reports}
        declared = db.session.query(AuditEvent).filter_by(action="prior_year_counts_declared").all()
        assert sum(len(event.data) for event in declared) == len(data.declared)
        assert not verify_audit_log(SYSTEM)
