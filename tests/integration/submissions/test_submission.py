"""Submitting and returning a body's year: permissions, preconditions, concurrent changes, pages."""

import threading
from datetime import timedelta

import pytest

from evaluation.answers import queries as collection
from evaluation.answers.model import AnswerInput
from evaluation.answers.prior_year_counts import CountInput, save_declared_counts
from evaluation.answers.readiness.queries import readiness
from evaluation.answers.save import UnknownCell, save_answers
from evaluation.audit.chain import flush_events
from evaluation.audit.models import AuditEvent
from evaluation.clock import today
from evaluation.database import db
from evaluation.policy import Forbidden, Role
from evaluation.review.operations import return_submission, submit
from evaluation.review.workflow_errors import NotReady, StaleSubmission, SubmissionRejected
from evaluation.submissions import queries as submission_queries
from evaluation.submissions.locks import Locked
from tests.support.accounts import token_of
from tests.support.factories import bin_of
from tests.support.scenario import BODY, EMPTY_BODY, OTHER_BODY, SYSTEM, TODAY, YEAR, Scenario

PAGE = f"/bodies/{BODY}/{YEAR}/submission"


def actions() -> list[str]:
    """Return the workflow actions in the audit log, the oldest first."""
    flush_events(db.session)
    workflow_actions = ("submitted", "returned", "prior_year_counts_declared")
    return [event.action for event in db.session.query(AuditEvent).order_by(AuditEvent.id) if event.action in workflow_actions]


def test_a_complete_year_is_submitted_locked_and_returned(scenario: Scenario) -> None:
    with scenario.app.app_context():
        scenario.fill()
        submission = scenario.submit()
        assert (submission.status, submission.version, submission.nil_return, submission.changed_by) == (
            "submitted",
            1,
            False,
            "The head",
        )
        edit = AnswerInput(
            scenario.organisations[scenario.organisation_bins[0]], scenario.order.indicators_of(scenario.kinds[0])[0].code, 5
        )
        with pytest.raises(Locked):
            save_answers(scenario.viewer(Role.CLERK), scenario.order, YEAR, scenario.bodies[BODY], [edit])
        with pytest.raises(StaleSubmission) as stale:
            scenario.submit(1)
        assert stale.value.current and stale.value.current.changed_by == "The head"
        for reason in ("", "  \n"):
            with pytest.raises(SubmissionRejected):
                return_submission(scenario.viewer(Role.REVIEWER), YEAR, scenario.bodies[BODY], 1, reason)
        for day in (today() - timedelta(days=1), today() + timedelta(days=3000)):
            with pytest.raises(SubmissionRejected) as rejected:
                return_submission(scenario.viewer(Role.REVIEWER), YEAR, scenario.bodies[BODY], 1, "Себеп", day)
            assert rejected.value.field == "correct_by"
        returned = return_submission(scenario.viewer(Role.REVIEWER), YEAR, scenario.bodies[BODY], 1, " Қайта қараңыз ", today())
        assert (returned.status, returned.version, returned.reason) == ("returned", 2, "Қайта қараңыз")
        assert returned.correct_by == today()
        with pytest.raises(SubmissionRejected):
            return_submission(scenario.viewer(Role.REVIEWER), YEAR, scenario.bodies[BODY], 2, "Тағы да")
        resubmitted = scenario.submit(2)
        assert (resubmitted.version, resubmitted.correct_by) == (3, None)
        assert actions() == ["submitted", "returned", "submitted"]
        db.session.commit()


def test_roles_that_can_submit_and_return(scenario: Scenario) -> None:
    with scenario.app.app_context():
        scenario.fill()
        for role in (Role.CLERK, Role.REVIEWER, Role.ADMINISTRATOR, Role.OBSERVER):
            with pytest.raises(Forbidden):
                submit(scenario.viewer(role), scenario.order, YEAR, scenario.body(), 0, TODAY)
        with pytest.raises(Forbidden):
            submit(scenario.viewer(Role.HEAD, OTHER_BODY), scenario.order, YEAR, scenario.body(), 0, TODAY)
        scenario.submit()
        for role in (Role.CLERK, Role.HEAD, Role.ADMINISTRATOR, Role.OBSERVER):
            with pytest.raises(Forbidden):
                return_submission(scenario.viewer(role), YEAR, scenario.bodies[BODY], 1, "Себеп")
        db.session.commit()


def test_an_incomplete_year_is_not_submitted(scenario: Scenario) -> None:
    order, (first, second) = scenario.order, scenario.organisation_bins
    with scenario.app.app_context():
        scenario.fill([first])
        with pytest.raises(NotReady) as blank:
            scenario.submit()
        assert [organisation.bin for organisation in blank.value.readiness.unfinished] == [second]
        scenario.fill()
        contradiction = next(rule for rule in order.rules_for_kind(scenario.kinds[1], order.contradictions))
        indicators = {item.code: item for item in order.indicators_of(scenario.kinds[1])}
        scenario.answer(
            second, **{contradiction.indicator: 9 if indicators[contradiction.indicator].type != "date" else "2025-05-05"}
        )
        with pytest.raises(NotReady) as wrong:
            scenario.submit()
        assert any(organisation.errors or organisation.blank for organisation in wrong.value.readiness.unfinished)
        db.session.rollback()
        assert submission_queries.submission(SYSTEM, YEAR, scenario.bodies[BODY]) is None


def test_a_warning_needs_a_reason(scenario: Scenario) -> None:
    """A reason belongs to one value: a changed answer needs a new reason."""
    with scenario.app.app_context():
        scenario.fill()
        justified = [
            (state.bin, issue)
            for state in readiness(SYSTEM, scenario.order, YEAR, scenario.body(), TODAY).progress.organisations.values()
            for issue in state.issues
            if issue.justification and issue.code
        ]
        assert justified, "audited without an act"
        bin_, issue = justified[0]
        item = scenario.order.by_code[issue.code or ""]
        other = next(choice.value for choice in scenario.order.choices[item.choices or ""] if choice.value == "violated")
        scenario.answer(bin_, **{item.code: other})
        with pytest.raises(NotReady) as odd:
            scenario.submit()
        assert [organisation.bin for organisation in odd.value.readiness.unfinished] == [bin_]
        db.session.rollback()


def test_a_prior_year_count_is_required_where_points_depend_on_it(scenario: Scenario) -> None:
    criterion, _field = next(scenario.order.prior_year_counts())
    money = next(
        item.code for item in scenario.order.indicators_of(scenario.kinds[0]) if item.type == "money" and item.min is None
    )
    clerk, body = scenario.viewer(Role.CLERK), scenario.bodies[BODY]
    with scenario.app.app_context():
        scenario.fill()
        scenario.answer(scenario.organisation_bins[0], **{money: -100})
        db.session.commit()
        with pytest.raises(NotReady) as lacking:
            scenario.submit()
        assert [count_key.key for count_key in lacking.value.readiness.missing_counts] == [(scenario.kinds[0], criterion.code)]
        assert not lacking.value.readiness.unfinished
        count = CountInput(scenario.kinds[0], criterion.code, 3)
        assert not save_declared_counts(clerk, scenario.order, YEAR, body, [count])
        assert not save_declared_counts(clerk, scenario.order, YEAR, body, [count]), "the same count again is not a conflict"
        (conflict,) = save_declared_counts(clerk, scenario.order, YEAR, body, [CountInput(scenario.kinds[0], criterion.code, 4)])
        assert (conflict.stored_count, conflict.author) == (3, "The clerk") and conflict.changed_at
        assert collection.declared_counts_of_body(clerk, [YEAR], body)[YEAR] == {(scenario.kinds[0], criterion.code): 3}
        assert actions() == ["prior_year_counts_declared"]
        for wrong in (CountInput("nothing", criterion.code, 1), CountInput(scenario.kinds[0], criterion.code, -1)):
            with pytest.raises(UnknownCell):
                save_declared_counts(clerk, scenario.order, YEAR, body, [wrong])
        for viewer in (scenario.viewer(Role.OBSERVER), scenario.viewer(Role.CLERK, OTHER_BODY)):
            with pytest.raises(Forbidden):
                save_declared_counts(viewer, scenario.order, YEAR, body, [count])
        scenario.submit()
        with pytest.raises(Locked):
            save_declared_counts(clerk, scenario.order, YEAR, body, [CountInput(scenario.kinds[0], criterion.code, 5, 3)])
        db.session.commit()


def test_a_nil_return_needs_a_body_without_organisations(scenario: Scenario) -> None:
    with scenario.app.app_context():
        scenario.fill()
        with pytest.raises(SubmissionRejected):
            scenario.submit(nil_return=True)
        with pytest.raises(SubmissionRejected):
            scenario.submit(body_bin=EMPTY_BODY)
        assert scenario.submit(body_bin=EMPTY_BODY, nil_return=True).nil_return
        db.session.commit()


def test_a_stale_version_is_rejected(scenario: Scenario) -> None:
    with scenario.app.app_context():
        scenario.fill()
        with pytest.raises(StaleSubmission) as stale:
            scenario.submit(1)
        assert stale.value.current is None
        scenario.submit()
        return_submission(scenario.viewer(Role.REVIEWER), YEAR, scenario.bodies[BODY], 1, "Себеп")
        with pytest.raises(StaleSubmission):
            scenario.submit(0)
        with pytest.raises(StaleSubmission):
            return_submission(scenario.viewer(Role.REVIEWER), YEAR, scenario.bodies[BODY], 1, "Себеп")
        db.session.rollback()


def test_a_concurrent_save_and_submission_are_serialised(scenario: Scenario) -> None:
    """Either the answer is stored before the submission, or it is rejected: a submitted year has no blank."""
    body, organisation_id = scenario.bodies[BODY], scenario.organisations[scenario.organisation_bins[0]]
    code = scenario.order.indicators_of(scenario.kinds[0])[0].code
    with scenario.app.app_context():
        scenario.fill()
        value = (
            readiness(SYSTEM, scenario.order, YEAR, scenario.body(), TODAY).progress.organisations[organisation_id].answers[code]
        )
    start, outcomes = threading.Barrier(2), []

    def empty() -> None:
        with scenario.app.app_context():
            start.wait()
            try:
                save_answers(
                    scenario.viewer(Role.CLERK), scenario.order, YEAR, body, [AnswerInput(organisation_id, code, None, value)]
                )
                db.session.commit()
                outcomes.append("emptied")
            except Locked:
                db.session.rollback()

    def submit_year() -> None:
        with scenario.app.app_context():
            submitted_body = scenario.body()
            start.wait()
            try:
                submit(scenario.viewer(Role.HEAD), scenario.order, YEAR, submitted_body, 0, TODAY)
                db.session.commit()
                outcomes.append("was submitted")
            except NotReady:
                db.session.rollback()

    threads = [threading.Thread(target=action) for action in (empty, submit_year)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(outcomes) == 1, outcomes
    with scenario.app.app_context():
        ready = readiness(SYSTEM, scenario.order, YEAR, scenario.body(), TODAY).ready
        assert ready == (outcomes == ["was submitted"])


def test_pages_for_submitting_and_returning(scenario: Scenario) -> None:
    head, clerk, reviewer, observer = (scenario.client(role) for role in ("head", "clerk", "reviewer", "observer"))
    text = head.get(PAGE).text
    code = scenario.order.indicators_of(scenario.kinds[0])[0].code
    cell = f"/bodies/{BODY}/{YEAR}/organisations/{scenario.organisation_bins[0]}?field={code}#field-{code}"
    assert "Complete the following" in text and f'href="{cell}"' in text and f'action="{PAGE}"' not in text
    with scenario.app.app_context():
        scenario.fill()
    clerk_page = clerk.get(PAGE).text
    assert "Ask the head to submit:" in clerk_page and "The head</strong>" in clerk_page and f'action="{PAGE}"' not in clerk_page
    token = {"csrf_token": token_of(head, PAGE), "version": "0"}
    assert clerk.post(PAGE, data=token | {"csrf_token": token_of(clerk, PAGE)}).status_code == 403
    assert head.post(PAGE, data=token | {"version": "7"}).status_code == 409
    assert head.post(PAGE, data=token | {"version": "x"}).status_code == 422
    assert head.post(PAGE, data=token | {"nil": "1"}).status_code == 409
    assert head.post(PAGE, data=token).status_code == 303
    again = head.post(PAGE, data=token)
    assert again.status_code == 409 and "changed while your page was open" in again.text
    home = clerk.get(f"/bodies/{BODY}/{YEAR}/entry").text
    assert "The year was submitted" in home and "The head" in home

    body = f"/bodies/{BODY}/{YEAR}"
    shown = reviewer.get(body).text
    assert "Warnings kept with a reason" in shown and "Return for correction" in shown
    read = observer.get(body).text
    assert "Warnings kept with a reason" in read and "Return for correction" not in read
    assert "Return for correction" not in head.get(body).text
    back = {"csrf_token": token_of(reviewer, body), "version": "1", "reason": ""}
    response = reviewer.post(f"{PAGE}/return", data=back)
    assert response.status_code == 422 and "Write why" in response.text
    for other in (head, clerk, observer):
        assert other.post(f"{PAGE}/return", data=back | {"csrf_token": token_of(other, body)}).status_code == 403
    assert reviewer.post(f"{PAGE}/return", data=back | {"version": "5", "reason": "x"}).status_code == 409
    assert reviewer.post(f"{PAGE}/return", data=back | {"reason": "<b>Қате</b>\nекінші жол"}).status_code == 303
    home = clerk.get(f"/bodies/{BODY}/{YEAR}/entry").text
    assert "The year was returned for correction" in home and "&lt;b&gt;Қате&lt;/b&gt;" in home


def test_page_for_a_nil_return(scenario: Scenario) -> None:
    head = scenario.client("head", EMPTY_BODY)
    page = f"/bodies/{EMPTY_BODY}/{YEAR}/submission"
    assert "Submit a nil return" in head.get(f"/bodies/{EMPTY_BODY}/{YEAR}/entry").text
    sent = {"csrf_token": token_of(head, page), "version": "0", "nil": "1"}
    assert head.post(page, data=sent | {"nil": ""}).status_code == 409
    assert head.post(page, data=sent).status_code == 303
    assert "Nil return submitted" in scenario.client("reviewer").get(f"/bodies/{EMPTY_BODY}/{YEAR}").text


@pytest.mark.parametrize("role", ["clerk", "head"])
def test_another_body_answers_404(scenario: Scenario, role: str) -> None:
    other = scenario.client(role, OTHER_BODY)
    assert other.get(PAGE).status_code == 404
    token = {"csrf_token": token_of(other, f"/bodies/{OTHER_BODY}/{YEAR}/submission"), "version": "0"}
    assert other.post(PAGE, data=token).status_code == (404 if role == "head" else 403)
    assert other.get(PAGE.replace(BODY, bin_of(99))).status_code == 404
