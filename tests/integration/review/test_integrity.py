"""Changes that the owner of the database makes in other tables than the audit log are detected."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from evaluation.answers.evidence import operations as evidence
from evaluation.audit.verification import verify_audit_log
from evaluation.clock import today
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Role
from evaluation.registry import queries as registry
from evaluation.review.integrity import discrepancies
from evaluation.review.operations import accept, reopen, return_submission, submit
from evaluation.review.remarks import operations as remarks
from evaluation.submissions.extensions.operations import grant_extension
from tests.support.factories import A_PDF
from tests.support.scenario import BODY, DEADLINE, OTHER_BODY, SYSTEM, TODAY, YEAR, Scenario, two_kind_scenario

ALTERED = {
    "UPDATE submission SET submitted_id = accepted_id, accepted_id = submitted_id": "workflow_differs",
    "UPDATE submission SET submitted_by = 'x'": "workflow_differs",
    "UPDATE submission SET first_submitted_on = '2020-01-01'": "workflow_differs",
    "UPDATE submission SET version = version + 2": "workflow_differs",
    "UPDATE submission SET revision = 7": "workflow_differs",
    "UPDATE submission SET revision_id = (SELECT min(id) FROM sheet_revision)": "workflow_differs",
    "UPDATE submission SET reason = 'x'": "workflow_differs",
    "UPDATE remark SET text = 'x'": "remarks_differ",
    "UPDATE remark SET resolved_at = NULL, resolved_by = NULL": "remarks_differ",
    "UPDATE remark SET author = 'x'": "remarks_differ",
    "UPDATE reply SET text = 'x'": "remarks_differ",
    "DELETE FROM reply": "remarks_differ",
    "UPDATE extension SET until = '2099-01-01'": "extensions_differ",
    "DELETE FROM extension": "extensions_differ",
    "UPDATE body SET kato = '310000000'": "registry_entry_differs",
    "UPDATE body SET level = 'region'": "registry_entry_differs",
    "UPDATE body SET closed_on = '2030-01-01'": "registry_entry_differs",
    "UPDATE organisation SET state_share = 5100": "registry_entry_differs",
    "UPDATE supervision SET since = '2021-01-01'": "registry_entry_differs",
    "UPDATE evidence_file SET sha256 = 'x'": "evidence_differs",
    "DELETE FROM evidence_file": "evidence_differs",
    "UPDATE reporting_year SET deadline = '2099-01-01'": "year_settings_differ",
    "UPDATE reporting_year SET starts_on = '2024-01-01'": "year_settings_differ",
    "INSERT INTO reporting_year (year, order_code, invented) SELECT 2023, order_code, FALSE FROM reporting_year": (
        "year_settings_differ"
    ),
}


@pytest.fixture
def scenario(app: Flask, order: Order) -> Scenario:
    """An accepted year with two revisions and a resolved remark; another body with an extension."""
    scenario = two_kind_scenario(app, order)
    with app.app_context():
        scenario.fill()
        criterion = sorted(evidence.criteria_of(order, scenario.kinds[0]))[0]
        for data in (A_PDF, A_PDF + b"\n"):
            organisation = scenario.organisations[scenario.organisation_bins[0]]
            file = evidence.attach(SYSTEM, order, YEAR, scenario.bodies[BODY], organisation, criterion, "акт.pdf", data, TODAY)
        assert evidence.remove(SYSTEM, YEAR, scenario.bodies[BODY], organisation, file.id, TODAY)
        head, reviewer, body = scenario.viewer(Role.HEAD), scenario.viewer(Role.REVIEWER), scenario.body()
        submit(head, order, YEAR, body, 0, TODAY)
        remark = remarks.add_remark(reviewer, order, YEAR, body.id, "Неге?")
        return_submission(reviewer, YEAR, body.id, 1, correct_by=today())
        remarks.reply(head, remark.id, "Қате еді")
        remarks.resolve(reviewer, remark.id)
        submit(head, order, YEAR, body, 2, TODAY)
        accept(reviewer, YEAR, body, 3, TODAY)
        reopen(reviewer, YEAR, body.id, 4, "Тағы қараңыз")
        submit(head, order, YEAR, body, 5, TODAY + timedelta(days=1))
        accept(reviewer, YEAR, body, 6, TODAY)
        year = registry.reporting_year(YEAR)
        assert year
        grant_extension(SYSTEM, year, scenario.body(OTHER_BODY), DEADLINE + timedelta(days=9), "Өрт болды", DEADLINE)
        db.session.commit()
    return scenario


def test_changes_outside_the_audit_log_are_detected(scenario: Scenario) -> None:
    """One change at a time, rolled back afterwards; without a change there is no discrepancy."""
    with scenario.app.app_context():
        assert verify_audit_log(SYSTEM) == [] and list(discrepancies(SYSTEM)) == []
        for statement, kind in ALTERED.items():
            db.session.execute(text(statement))
            db.session.expire_all()
            reported = {(item.kind, item.bin) for item in discrepancies(SYSTEM)}
            bins = {
                "year_settings_differ": {""},
                "extensions_differ": {OTHER_BODY},
                "registry_entry_differs": {BODY, scenario.organisation_bins[0]},
                "evidence_differs": {scenario.organisation_bins[0]},
            }.get(kind, {BODY})
            assert {(kind, bin_) for bin_ in bins} & reported, statement
            db.session.rollback()
        assert list(discrepancies(SYSTEM)) == []
