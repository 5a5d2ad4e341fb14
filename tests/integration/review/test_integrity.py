"""What the owner of the database changes in the tables beside the record is found."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from evaluation.answers.evidence import operations as evidence
from evaluation.audit.verification import verify
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Role
from evaluation.registry import queries as registry
from evaluation.review.integrity import discrepancies
from evaluation.review.operations import accept, give_back, reopen, submit
from evaluation.review.remarks import operations as remarks
from evaluation.submissions.extensions.operations import extend
from tests.support.entry_bodies import DEADLINE, FOREIGN, OWN, SYSTEM, TODAY, YEAR, Place, make_place

A_PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\nxref\n0 1\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
ALTERED = {
    "UPDATE submission SET submitted_id = accepted_id, accepted_id = submitted_id": "step_differs",
    "UPDATE submission SET submitted_by = 'x'": "step_differs",
    "UPDATE submission SET first_submitted_on = '2020-01-01'": "step_differs",
    "UPDATE submission SET version = version + 2": "step_differs",
    "UPDATE submission SET revision = 7": "step_differs",
    "UPDATE submission SET frozen_id = (SELECT min(id) FROM frozen_sheet)": "step_differs",
    "UPDATE submission SET reason = 'x'": "step_differs",
    "UPDATE remark SET text = 'x'": "remarks_differ",
    "UPDATE remark SET resolved_at = NULL, resolved_by = NULL": "remarks_differ",
    "UPDATE remark SET author = 'x'": "remarks_differ",
    "UPDATE reply SET text = 'x'": "remarks_differ",
    "DELETE FROM reply": "remarks_differ",
    "UPDATE extension SET until = '2099-01-01'": "extensions_differ",
    "DELETE FROM extension": "extensions_differ",
    "UPDATE body SET kato = '310000000'": "entry_differs",
    "UPDATE body SET level = 'region'": "entry_differs",
    "UPDATE body SET closed_on = '2030-01-01'": "entry_differs",
    "UPDATE organisation SET state_share = 5100": "entry_differs",
    "UPDATE supervision SET since = '2021-01-01'": "entry_differs",
    "UPDATE evidence_file SET sha256 = 'x'": "files_differ",
    "DELETE FROM evidence_file": "files_differ",
    "UPDATE reporting_year SET deadline = '2099-01-01'": "term_differs",
    "UPDATE reporting_year SET starts_on = '2024-01-01'": "term_differs",
    "INSERT INTO reporting_year (year, order_code, invented) SELECT 2023, order_code, FALSE FROM reporting_year": "term_differs",
}


@pytest.fixture
def place(app: Flask, order: Order) -> Place:
    """An accepted year of two revisions, with a remark that was answered and settled; another body with more time."""
    made = make_place(app, order)
    with app.app_context():
        made.fill()
        criterion = sorted(evidence.criteria_of(order, made.kinds[0]))[0]
        for data in (A_PDF, A_PDF + b"\n"):
            organisation = made.organisations[made.own[0]]
            file = evidence.attach(SYSTEM, order, YEAR, made.bodies[OWN], organisation, criterion, "акт.pdf", data, TODAY)
        assert evidence.remove(SYSTEM, YEAR, made.bodies[OWN], organisation, file.id, TODAY)
        head, reviewer, body = made.viewer(Role.HEAD), made.viewer(Role.REVIEWER), made.body()
        submit(head, order, YEAR, body, 0, TODAY)
        remark = remarks.make(reviewer, order, YEAR, body.id, "Неге?")
        give_back(reviewer, YEAR, body.id, 1)
        remarks.reply(head, remark.id, "Қате еді")
        remarks.resolve(reviewer, remark.id)
        submit(head, order, YEAR, body, 2, TODAY)
        accept(reviewer, YEAR, body, 3, TODAY)
        reopen(reviewer, YEAR, body.id, 4, "Тағы қараңыз")
        submit(head, order, YEAR, body, 5, TODAY + timedelta(days=1))
        accept(reviewer, YEAR, body, 6, TODAY)
        year = registry.reporting_year(YEAR)
        assert year
        extend(SYSTEM, year, made.body(FOREIGN), DEADLINE + timedelta(days=9), "Өрт болды", DEADLINE)
        db.session.commit()
    return made


def test_what_is_altered_beside_the_record_is_found(place: Place) -> None:
    """Each by itself, put back after it; nothing is found where nothing was altered."""
    with place.app.app_context():
        assert verify(SYSTEM) == [] and list(discrepancies(SYSTEM)) == []
        for statement, kind in ALTERED.items():
            db.session.execute(text(statement))
            db.session.expire_all()
            found = {(each.kind, each.bin) for each in discrepancies(SYSTEM)}
            whose = {
                "term_differs": {""},
                "extensions_differ": {FOREIGN},
                "entry_differs": {OWN, place.own[0]},
                "files_differ": {place.own[0]},
            }.get(kind, {OWN})
            assert {(kind, bin_) for bin_ in whose} & found, statement
            db.session.rollback()
        assert list(discrepancies(SYSTEM)) == []
