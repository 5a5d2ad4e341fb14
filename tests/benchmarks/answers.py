"""Saving one answer through the page's own address, beside the same UPDATE and INSERT in a request that does nothing else."""

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from flask import Flask, jsonify, request
from sqlalchemy import insert, update

from evaluation.answers.models import Report
from evaluation.audit.models import AuditEvent
from evaluation.clock import now
from evaluation.criteria import load_orders
from evaluation.database import db, table_of
from evaluation.policy import Action, Viewer
from evaluation.registry import operations
from evaluation.registry import queries as registry
from evaluation.registry.operations import NewBody
from evaluation.web.core.access import allow
from tests.benchmarks import country
from tests.support.accounts import make_account, sign_in
from tests.support.factories import bin_of, clean

YEAR = 2024
SAVES = 200
SYSTEM = Viewer.system()
BODY, ORGANISATION = bin_of(1), bin_of(11)


def prepare_saving(folder: Path) -> None:
    """A body with one organisation whose report is full."""
    app = country.app_on(folder)
    order = load_orders().latest
    kind = order.kinds[1].code
    with app.app_context():
        operations.open_year(SYSTEM, YEAR, order.code)
        operations.register_bodies(SYSTEM, [NewBody(BODY, "Орган")])
        operations.register_organisations(SYSTEM, [(ORGANISATION, kind, "Ұйым", "")])
        index = registry.registry_index(SYSTEM)
        organisation_id = index.organisations[ORGANISATION][0]
        operations.add_supervision(SYSTEM, [(organisation_id, index.bodies[BODY], date(2020, 1, 1), None)])
        report = {"answers": clean(order, kind), "evidence": {}, "version": 1, "changed_at": now()}
        db.session.execute(insert(Report).values(organisation_id=organisation_id, year=YEAR, **report))
        db.session.commit()


@contextmanager
def saving(folder: Path) -> Iterator[tuple[Callable[[], Any], Callable[[], Any]]]:
    """Two hundred answers, each in its own request; floor: as many requests by the same person that only do the UPDATE of the
    report and the INSERT of the event by SQLAlchemy Core, and commit."""
    app = country.app_on(folder)
    order = load_orders().latest
    kind = order.kinds[1].code
    item = next(candidate for candidate in order.indicators_of(kind) if candidate.type == "money")
    with app.app_context():
        index = registry.registry_index(SYSTEM)
        organisation_id, body = index.organisations[ORGANISATION][0], index.bodies[BODY]
    _serve_floor(app, organisation_id, body, item.code, clean(order, kind))
    client = sign_in(app.test_client(), make_account(app, "clerk", [body]))
    # A refused request brings a token, as for a page whose own has expired.
    token = client.post(f"/bodies/{BODY}/{YEAR}/answers", json={}, headers={"Accept": "application/json"}).json["csrf"]
    headers = {"X-CSRFToken": token, "Accept": "application/json"}
    amounts = itertools.count(1)
    before = clean(order, kind)[item.code]

    def send(url: str, edit: dict[str, Any]) -> Any:
        response = client.post(url, json={"edits": [edit]}, headers=headers)
        assert response.status_code == 200, response.text
        return json.loads(response.data)["cells"][0]

    def ours() -> None:
        nonlocal before
        for amount in itertools.islice(amounts, SAVES):
            edit = {"organisation": ORGANISATION, "code": item.code, "typed": str(amount), "expected": before}
            cell = send(f"/bodies/{BODY}/{YEAR}/answers", edit)
            assert cell["state"] == "saved", cell
            before = cell["value"]

    def floor() -> None:
        nonlocal before
        for amount in itertools.islice(amounts, SAVES):
            send("/floor", {"organisation": ORGANISATION, "code": item.code, "typed": str(amount), "expected": before})
            before = amount * 100

    yield ours, floor


def _serve_floor(app: Flask, organisation_id: int, body: int, code: str, answers: dict[str, Any]) -> None:
    """An address that takes the same request from the same person and does nothing but the two statements."""
    version = itertools.count(2)

    @app.post("/floor")
    @allow(Action.ACCOUNT)
    def floor() -> Any:
        edit = request.get_json()["edits"][0]
        value, next_version = int(edit["typed"]) * 100, next(version)
        values = {"answers": answers | {code: value}, "evidence": {}, "version": next_version, "changed_at": now()}
        reports = table_of(Report)
        db.session.execute(
            update(reports).where(reports.c.organisation_id == organisation_id, reports.c.year == YEAR).values(values)
        )
        # A chain of its own, so that the product's goes on beside it.
        chain_head = {"chain": body + 1, "body_id": body + 1, "seq": next_version, "mac": "0" * 64}
        event = {"at": now(), "actor": "clerk", "account_id": 1, "action": "answers_saved", "year": YEAR} | chain_head
        data = {code: [edit["expected"], value]}
        db.session.execute(
            insert(table_of(AuditEvent)).values(event | {"organisation_id": organisation_id, "batch": None, "data": data})
        )
        return jsonify(cells=[{"state": "saved"}])
