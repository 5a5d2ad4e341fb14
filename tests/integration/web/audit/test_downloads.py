"""What is handed out stands in the audit log, and only that; what observers may read of a return."""

from sqlalchemy import select

from evaluation.answers.models import EvidenceFile
from evaluation.audit.models import AuditEvent
from evaluation.database import db
from evaluation.policy import Role
from evaluation.review.remarks.operations import add_remark
from tests.integration.answers.test_evidence import A_PDF, files_url, send_files
from tests.support.accounts import token_of
from tests.support.scenario import BODY, YEAR, Scenario

SHEET = f"/bodies/{BODY}/{YEAR}/sheet.xlsx"


def events(scenario: Scenario, action: str) -> list[AuditEvent]:
    with scenario.app.app_context():
        return list(db.session.scalars(select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.id)))


def test_downloads_of_an_evidence_file_leave_one_event_a_day(scenario: Scenario) -> None:
    clerk, reviewer = scenario.client("clerk"), scenario.client("reviewer")
    send_files(clerk, scenario, ("a.pdf", A_PDF))
    with scenario.app.app_context():
        address = files_url(scenario, f"/{db.session.scalars(select(EvidenceFile.id)).one()}")
    assert reviewer.head(address).status_code == 200 and events(scenario, "evidence_file_downloaded") == []
    assert scenario.client("observer").get(address).status_code == 403
    first = reviewer.get(address, headers={"Range": "bytes=0-3"})
    assert first.status_code == 200 and first.data == A_PDF, "a part is never handed out alone"
    for client in (reviewer, reviewer, clerk):
        assert client.get(address).status_code == 200
    assert reviewer.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    written = events(scenario, "evidence_file_downloaded")
    assert [event.actor for event in written] == ["The reviewer", "The clerk"] and written[0].data["file"] == "a.pdf"
    assert written[0].body_id == scenario.bodies[BODY] and written[0].organisation_id and written[0].year == YEAR
    assert "Evidence file downloaded" in reviewer.get(f"/audit?body={BODY}").text


def test_a_request_that_hands_nothing_out_writes_no_export(scenario: Scenario) -> None:
    reviewer = scenario.client("reviewer")
    for _ in range(3):
        assert reviewer.head(SHEET).status_code == 200
    assert events(scenario, "file_exported") == []
    whole = reviewer.get(SHEET, headers={"Range": "bytes=0-99"})
    assert whole.status_code == 200 and len(whole.data) > 100 and len(events(scenario, "file_exported")) == 1
    assert reviewer.head(SHEET).status_code == 200 and len(events(scenario, "file_exported")) == 1


def test_observers_read_the_reason_of_a_return_and_no_remark(scenario: Scenario) -> None:
    with scenario.app.app_context():
        scenario.fill()
        scenario.submit()
        add_remark(scenario.viewer(Role.REVIEWER), scenario.order, YEAR, scenario.bodies[BODY], "A remark")
        db.session.commit()
    reviewer, observer = scenario.client("reviewer"), scenario.client("observer")
    address = f"/bodies/{BODY}/{YEAR}"
    data = {"csrf_token": token_of(reviewer, address), "version": "1", "reason": "The reason of it"}
    assert reviewer.post(f"{address}/submission/return", data=data).status_code == 303
    seen = observer.get(f"/audit?body={BODY}").text
    assert "The reason of it" in seen and "A remark" not in seen
    assert "A remark" in reviewer.get(f"/audit?body={BODY}").text
