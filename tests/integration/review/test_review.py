"""Acceptance: its permissions, the frozen sheet, and the reconstruction of the frozen sheet from the audit log."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError, OperationalError

from evaluation.answers.model import AnswerInput
from evaluation.answers.save import save_answers
from evaluation.clock import now, precise_now, today
from evaluation.database import db, table_of
from evaluation.language import language
from evaluation.policy import Forbidden, Role, Viewer
from evaluation.registry import operations as registering
from evaluation.registry import queries as registry
from evaluation.registry.admin.operations import move_organisation
from evaluation.registry.admin.queries import organisation_states
from evaluation.review import queries
from evaluation.review.history.reconstruct import reconstruct, sheet_as_of
from evaluation.review.models import Remark
from evaluation.review.operations import accept, accept_bodies, reopen, return_submission
from evaluation.review.snapshot import code_of, format_code, from_canonical_json, sha256_of
from evaluation.review.workflow_errors import NotReady, StaleSubmission, SubmissionRejected
from evaluation.sheets import queries as sheets
from evaluation.sheets.document import NOT_ACCEPTED
from evaluation.sheets.input import build_sheet
from evaluation.submissions.locks import Locked
from evaluation.submissions.models import STATUSES, SheetRevision, Submission
from tests.support.accounts import token_of
from tests.support.html import parse, visible_text
from tests.support.scenario import BODY, EMPTY_BODY, OTHER_BODY, SYSTEM, TODAY, YEAR, Scenario

ADDRESS = f"/bodies/{BODY}/{YEAR}"


def accepted(scenario: Scenario, version: int = 1, bin_: str = BODY) -> SheetRevision:
    return accept(scenario.viewer(Role.REVIEWER, bin_), YEAR, scenario.body(bin_), version, TODAY)


def cell(scenario: Scenario) -> tuple[int, str, Any]:
    """A money answer of the first organisation: organisation id, code, value."""
    organisation_id = scenario.organisations[scenario.organisation_bins[0]]
    code = next(
        item.code for item in scenario.order.indicators_of(scenario.kinds[0]) if item.type == "money" and item.min is None
    )
    sheet_input = sheets.read_sheet_input(SYSTEM, scenario.body(), YEAR)
    assert sheet_input
    return (
        organisation_id,
        code,
        next(
            organisation
            for organisation in sheet_input.current.organisations
            if organisation.entity.bin == scenario.organisation_bins[0]
        ).answers.get(code),
    )


def test_accepting_freezes_and_reopening_begins_a_new_revision(scenario: Scenario) -> None:
    with scenario.app.app_context():
        scenario.fill()
        scenario.submit()
        first = accepted(scenario)
        db.session.commit()
        assert (
            sha256_of(first.content) == first.sha256
            and code_of(first.sha256) == first.code
            and len(format_code(first.code)) == 14
        )
        live = build_sheet(sheets.read_sheet_input(SYSTEM, scenario.body(), YEAR))  # type: ignore[arg-type]
        assert from_canonical_json(first.content, registry.orders()) == live == sheets.body_sheet(SYSTEM, BODY, YEAR)
        data = orjson.loads(first.content)
        assert first.content == orjson.dumps(data, option=orjson.OPT_SORT_KEYS).decode()
        assert (data["revision"], data["points"], data["submitted"]["by"]) == (1, live.points, "The head")
        organisation_id, code, value = cell(scenario)
        with pytest.raises(Locked):
            save_answers(
                scenario.viewer(Role.CLERK),
                scenario.order,
                YEAR,
                scenario.bodies[BODY],
                [AnswerInput(organisation_id, code, 5, value)],
            )
        with pytest.raises(SubmissionRejected):
            reopen(scenario.viewer(Role.REVIEWER), YEAR, scenario.bodies[BODY], 2, " ")
        reopen(scenario.viewer(Role.REVIEWER), YEAR, scenario.bodies[BODY], 2, "Түзету керек")
        save_answers(
            scenario.viewer(Role.CLERK),
            scenario.order,
            YEAR,
            scenario.bodies[BODY],
            [AnswerInput(organisation_id, code, value + 100, value)],
        )
        scenario.submit(3)
        second = accepted(scenario, 4)
        db.session.commit()
        assert [revision.revision for revision in queries.sheet_revisions(SYSTEM, scenario.bodies[BODY], YEAR)] == [2, 1]
        assert second.sha256 != first.sha256 and orjson.loads(second.content)["revision"] == 2
        for frozen in (first, second):
            assert reconstruct(SYSTEM, registry.orders(), scenario.body(), YEAR, frozen.revision) == frozen.content
        assert reconstruct(SYSTEM, registry.orders(), scenario.body(), YEAR, 3) is None


def test_acceptance_waits_for_concurrent_changes_of_earlier_years(scenario: Scenario) -> None:
    """The sheet has the shares of earlier years, so acceptance waits for a transaction that changes one of them."""
    with scenario.app.app_context():
        registering.open_year(SYSTEM, YEAR - 1, scenario.order.code)
        scenario.fill()
        scenario.submit()
        organisation_id, code, value = cell(scenario)
        db.session.commit()
        save_answers(SYSTEM, scenario.order, YEAR - 1, scenario.bodies[BODY], [AnswerInput(organisation_id, code, value, None)])
        with scenario.app.app_context():
            wait = "PRAGMA busy_timeout = 1" if db.engine.dialect.name == "sqlite" else "SET LOCAL lock_timeout = 1"
            db.session.connection().exec_driver_sql(wait)
            with pytest.raises(OperationalError):
                accepted(scenario)
        db.session.commit()
        frozen = accepted(scenario)
        db.session.commit()
        assert reconstruct(SYSTEM, registry.orders(), scenario.body(), YEAR, 1) == frozen.content


def test_a_nil_year_is_accepted_too(scenario: Scenario) -> None:
    with scenario.app.app_context():
        scenario.submit(body_bin=EMPTY_BODY, nil_return=True)
        frozen = accepted(scenario, bin_=EMPTY_BODY)
        assert orjson.loads(frozen.content)["nil_return"] and from_canonical_json(frozen.content, registry.orders()).max == 0
        db.session.commit()
        assert reconstruct(SYSTEM, registry.orders(), scenario.body(EMPTY_BODY), YEAR, 1) == frozen.content


def test_permissions_and_preconditions_of_acceptance(scenario: Scenario) -> None:
    body = scenario.bodies[BODY]
    with scenario.app.app_context():
        scenario.fill()
        with pytest.raises(SubmissionRejected):
            accepted(scenario, 0)
        scenario.submit()
        for role in (Role.CLERK, Role.HEAD, Role.ADMINISTRATOR, Role.OBSERVER):
            for act in (lambda v: accept(v, YEAR, scenario.body(), 1, TODAY), lambda v: reopen(v, YEAR, body, 1, "Себеп")):
                with pytest.raises(Forbidden):
                    act(scenario.viewer(role))
        with pytest.raises(Forbidden):
            accept(scenario.viewer(Role.REVIEWER, OTHER_BODY), YEAR, scenario.body(), 1, TODAY)
        with pytest.raises(Forbidden):
            accept(SYSTEM, YEAR, scenario.body(), 1, TODAY)
        # A head who becomes a reviewer may not accept the year that they submitted.
        promoted = Viewer("The head", Role.REVIEWER, None, scenario.accounts[Role.HEAD])
        with pytest.raises(SubmissionRejected):
            accept(promoted, YEAR, scenario.body(), 1, TODAY)
        with pytest.raises(StaleSubmission):
            accepted(scenario, 2)
        db.session.add(Remark(year=YEAR, body_id=body, round=1, text="Неге?", author="The reviewer"))
        db.session.flush()
        with pytest.raises(SubmissionRejected):
            accepted(scenario)
        # A year with a remark can be returned without a reason.
        assert return_submission(scenario.viewer(Role.REVIEWER), YEAR, body, 1).status == "returned"
        with pytest.raises(SubmissionRejected):
            accepted(scenario, 2)
        db.session.rollback()


def test_a_submission_with_blank_reports_is_not_accepted(scenario: Scenario) -> None:
    """After the submission an organisation is assigned to the body, as of a day before the end of the year."""
    from evaluation.registry import operations as register

    with scenario.app.app_context():
        scenario.fill()
        scenario.submit()
        scenario.submit(body_bin=EMPTY_BODY, nil_return=True)
        late = "100000000005"
        register.register_organisations(
            SYSTEM, [(late, scenario.kinds[0], "Кешіккен", ""), ("100000000013", scenario.kinds[0], "Тағы", "")]
        )
        index = registry.registry_index(SYSTEM)
        since = TODAY - timedelta(days=900)
        register.add_supervision(SYSTEM, [(index.organisations[late][0], scenario.bodies[BODY], since, None)])
        register.add_supervision(SYSTEM, [(index.organisations["100000000013"][0], scenario.bodies[EMPTY_BODY], since, None)])
        outcomes = accept_bodies(
            scenario.viewer(Role.REVIEWER, BODY, EMPTY_BODY), YEAR, [(scenario.body(), 1), (scenario.body(EMPTY_BODY), 1)], TODAY
        )
        assert [type(outcome) for _, outcome in outcomes] == [NotReady, SubmissionRejected]
        assert queries.sheet_revision(SYSTEM, scenario.bodies[BODY], YEAR) is None
        db.session.rollback()


def test_the_database_refuses_contradicting_states(scenario: Scenario) -> None:
    head, reviewer = scenario.accounts[Role.HEAD], scenario.accounts[Role.REVIEWER]
    with scenario.app.app_context():
        scenario.fill()
        scenario.submit()
        frozen = accepted(scenario)
        db.session.commit()
        there = {"submitted_id": head, "submitted_at": now(), "first_submitted_on": TODAY, "round": 1, "revision": 1}
        accepted_ = there | {"status": "accepted", "accepted_id": reviewer, "revision_id": frozen.id}
        impossible: list[dict[str, Any]] = [
            {"status": "handed"},
            {"status": "submitted"},
            {"status": "submitted"} | there | {"round": 0},
            {"status": "draft", "accepted_id": reviewer},
            accepted_ | {"revision_id": None},
            accepted_ | {"accepted_id": None},
            accepted_ | {"accepted_id": head},
            accepted_ | {"status": "submitted"},
            accepted_ | {"revision": 0},
            {"status": "reopened", "reason": ""} | there,
        ]
        table = table_of(Submission)
        same = {
            "year": YEAR,
            "body_id": scenario.bodies[OTHER_BODY],
            "nil_return": False,
            "version": 1,
            "changed_by": "x",
            "changed_at": now(),
        }
        for values in impossible:
            with pytest.raises(IntegrityError):
                db.session.execute(insert(table).values(same | {"reason": ""} | values))
            db.session.rollback()
        possible = [{"status": "draft"}, {"status": "submitted"} | there, {"status": "returned"} | there, accepted_]
        possible.append({"status": "reopened", "reason": "Себеп"} | there)
        assert {str(values["status"]) for values in possible} == set(STATUSES)
        for values in possible:
            db.session.execute(insert(table).values(same | {"reason": ""} | values))
            db.session.rollback()
        for gone in (update(table_of(SheetRevision)).values(content="{}"), table_of(SheetRevision).delete()):
            with pytest.raises(Exception, match="refused"):
                db.session.execute(gone)
            db.session.rollback()


def test_a_past_day_is_reconstructed(scenario: Scenario) -> None:
    """The page of a past day has no answers or registry changes that were entered later."""
    with scenario.app.app_context():
        scenario.fill()
        organisation_id, code, value = cell(scenario)
        orders = registry.orders()
        before = sheet_as_of(SYSTEM, orders, scenario.body(), YEAR, precise_now())
        assert before and before.status == "draft" and build_sheet(before.sheet_input) == sheets.body_sheet(SYSTEM, BODY, YEAR)
        then = precise_now()
        save_answers(
            scenario.viewer(Role.CLERK),
            scenario.order,
            YEAR,
            scenario.bodies[BODY],
            [AnswerInput(organisation_id, code, -500, value)],
        )
        db.session.commit()
        past = sheet_as_of(SYSTEM, orders, scenario.body(), YEAR, then)
        assert past and build_sheet(past.sheet_input) == build_sheet(before.sheet_input) != sheets.body_sheet(SYSTEM, BODY, YEAR)
        present = sheet_as_of(SYSTEM, orders, scenario.body(), YEAR, precise_now())
        assert present and build_sheet(present.sheet_input) == sheets.body_sheet(SYSTEM, BODY, YEAR)
        assert present.sheet_input == sheets.read_sheet_input(SYSTEM, scenario.body(), YEAR)
        assert sheet_as_of(SYSTEM, orders, scenario.body(), YEAR, then - timedelta(days=1)) is None
        assert sheet_as_of(SYSTEM, replace(orders, all=()), scenario.body(), YEAR, then) is None, "its order's file is missing"
        with pytest.raises(Forbidden):
            sheet_as_of(scenario.viewer(Role.CLERK, OTHER_BODY), orders, scenario.body(), YEAR, then)


def test_the_pages_of_the_review(scenario: Scenario) -> None:
    head, clerk, reviewer, observer = (scenario.client(role) for role in ("head", "clerk", "reviewer", "observer"))
    with scenario.app.app_context():
        scenario.fill()
        scenario.submit()
        db.session.commit()
    steps = f"{ADDRESS}/submission"
    shown = reviewer.get(ADDRESS).text
    assert "Accept the year" in shown and "Return for correction" in shown and "Reopen the year" not in shown
    assert "Accept the year" not in observer.get(ADDRESS).text + head.get(ADDRESS).text
    sent = {"csrf_token": token_of(reviewer, ADDRESS), "version": "1"}
    for other in (head, clerk, observer):
        for step in ("accept", "reopen"):
            assert other.post(f"{steps}/{step}", data=sent | {"csrf_token": token_of(other, ADDRESS)}).status_code == 403
    stale = reviewer.post(f"{steps}/accept", data=sent | {"version": "0"})
    assert stale.status_code == 409 and "Current status of the year" in stale.text and "The year was submitted" in stale.text
    assert reviewer.post(f"{steps}/reopen", data=sent | {"reason": "x"}).status_code == 422
    assert reviewer.post(f"{steps}/accept", data=sent).status_code == 303
    shown = reviewer.get(ADDRESS).text
    assert "The year was accepted" in shown and "Reopen the year" in shown and "Accept the year" not in shown
    assert "Revision 1 is in force" in clerk.get(f"{ADDRESS}/entry").text + clerk.get(steps).text
    assert reviewer.post(f"{steps}/accept", data=sent | {"version": "2"}).status_code == 422
    assert reviewer.post(f"{steps}/reopen", data=sent | {"version": "2", "reason": ""}).status_code == 422
    for day in ("31.02.2030", f"{today() - timedelta(days=1):%d.%m.%Y}"):
        refused = reviewer.post(f"{steps}/reopen", data=sent | {"version": "2", "reason": "Қате", "correct_by": day})
        assert refused.status_code == 422 and f'value="{day}"' in refused.text
    typed = {"version": "2", "reason": "<i>Қате</i>", "correct_by": f"{today():%d.%m.%Y}"}
    assert reviewer.post(f"{steps}/reopen", data=sent | typed).status_code == 303
    assert f"Correct by: {language('en').long_date(today())}" in visible_text(reviewer.get(ADDRESS))
    home = clerk.get(f"{ADDRESS}/entry").text
    assert "was reopened" in home and "&lt;i&gt;Қате" in home
    assert today() > TODAY


def points_cells(client: FlaskClient) -> list[str]:
    """Return the cells of the points in the page of the body, as HTML."""
    return [str(cell) for cell in parse(client.get(ADDRESS)).select('td[data-label="Points / maximum"]')]


def test_later_registry_changes_do_not_change_the_points_of_an_accepted_year(scenario: Scenario) -> None:
    with scenario.app.app_context():
        scenario.fill()
        scenario.submit()
        frozen = accepted(scenario)
        max_points = from_canonical_json(frozen.content, registry.orders()).max
        db.session.commit()
    observer = scenario.client("observer")
    before = points_cells(observer)
    with scenario.app.app_context():
        move_organisation(
            SYSTEM, organisation_states(SYSTEM, scenario.organisation_bins[0])[scenario.organisation_bins[0]], OTHER_BODY, YEAR
        )
        live = sheets.body_sheet(SYSTEM, BODY, YEAR)
        assert live and live.max != max_points, "one of its tables applies no more"
        db.session.commit()
    assert before and points_cells(observer) == before


def test_the_page_of_a_past_day(scenario: Scenario) -> None:
    observer, stranger = scenario.client("observer"), scenario.client("clerk", OTHER_BODY)
    with scenario.app.app_context():
        scenario.fill()
        scenario.submit()
        accepted(scenario)
        db.session.commit()
    page, day = f"{ADDRESS}/as-of", today()
    assert "Show the sheet" in observer.get(page).text
    shown = observer.get(f"{page}?on={day}").text
    assert (
        "As known at the end of" in shown and "Accepted" in shown and scenario.organisation_bins[0] in observer.get(ADDRESS).text
    )
    assert "As known at the end of" in observer.get(f"{page}?on={day:%d.%m.%Y}").text, "as typed by hand"
    shown = observer.get(f"{page}?on={day}&lang=kk").text
    assert scenario.order.form.title.kk in shown and language("kk").gettext(NOT_ACCEPTED) not in shown
    for wrong in ("x", str(day + timedelta(days=1)), "0001-01-01", "2020-01-01"):
        assert observer.get(f"{page}?on={wrong}").status_code == 422
    assert stranger.get(f"{page}?on={day}").status_code == 404
