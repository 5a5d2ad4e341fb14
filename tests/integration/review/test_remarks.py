"""Remarks are added, answered and resolved within a viewer's permissions; changes between two submission rounds are listed."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from evaluation.accounts.models import Account
from evaluation.answers import justifications
from evaluation.answers.evidence import operations as evidence
from evaluation.answers.model import AnswerInput
from evaluation.answers.prior_year_counts import CountInput, save_declared_counts
from evaluation.answers.progress.queries import body_progress
from evaluation.answers.save import save_answers
from evaluation.audit.models import AuditEvent
from evaluation.database import db
from evaluation.notifications.models import Notification
from evaluation.policy import Forbidden, Role, Viewer
from evaluation.registry.admin.operations import move_organisation
from evaluation.registry.admin.queries import organisation_states
from evaluation.review.diff import CellChange, ChangeKind, baseline, changed_since
from evaluation.review.models import Remark
from evaluation.review.operations import accept, reopen, return_submission
from evaluation.review.remarks import queries
from evaluation.review.remarks.model import RemarkIndex, RemarkTarget
from evaluation.review.remarks.operations import (
    MAX_TEXT_CHARACTERS,
    NotUnderReview,
    RemarkRefused,
    UnknownRemark,
    UnknownRemarkTarget,
    add_remark,
    reply,
    resolve,
    unresolve,
)
from evaluation.review.workflow_errors import SubmissionRejected
from evaluation.workbooks.load import load_workbook
from tests.support.accounts import make_account
from tests.support.factories import row, workbook
from tests.support.scenario import BODY, EMPTY_BODY, OTHER_BODY, REASON, SYSTEM, TODAY, YEAR, Scenario, justify_warnings

DOCUMENT = b"%PDF-1.4\nstartxref\n0\n%%EOF\n"


def remark(scenario: Scenario, text: str = "Тексеріңіз", viewer: Viewer | None = None, **target: Any) -> Remark:
    reviewer = viewer or scenario.viewer(Role.REVIEWER)
    return add_remark(reviewer, scenario.order, YEAR, scenario.bodies[BODY], text, RemarkTarget(**target))


def targets(scenario: Scenario) -> dict[str, dict[str, Any]]:
    """One target of each sort: an answer, an item of evidence, a row, the sheet."""
    organisation_id, kind = scenario.organisations[scenario.organisation_bins[0]], scenario.kinds[0]
    scored = scenario.order.table[kind].scored_rows
    return {
        "answer": {"organisation_id": organisation_id, "code": scenario.order.indicators_of(kind)[0].code},
        "evidence": {"organisation_id": organisation_id, "code": scenario.order.evidence_of(kind)[0].code},
        "row": {"kind": kind, "row": scored[0].number},
        "sheet": {},
    }


def remark_index(scenario: Scenario) -> RemarkIndex:
    return RemarkIndex(tuple(queries.remarks(scenario.viewer(Role.CLERK), YEAR, scenario.bodies[BODY])))


def changes_by_cell(scenario: Scenario, role: Role = Role.REVIEWER) -> dict[tuple[ChangeKind, str], CellChange]:
    changes = changed_since(scenario.viewer(role), scenario.order, YEAR, scenario.bodies[BODY])
    assert len({(change.kind, change.organisation_id, change.code, change.qualifier) for change in changes}) == len(changes)
    return {(change.kind, change.code): change for change in changes}


def test_a_remark_is_added_answered_and_resolved(scenario: Scenario) -> None:
    clerk, reviewer = scenario.viewer(Role.CLERK), scenario.viewer(Role.REVIEWER)
    with scenario.app.app_context():
        scenario.fill()
        with pytest.raises(NotUnderReview):
            remark(scenario)
        scenario.submit()
        added = {name: remark(scenario, f" {name}\r\n\u200bекінші ", **target) for name, target in targets(scenario).items()}
        for name, stored in added.items():
            assert (stored.text, stored.round, stored.author) == (f"{name}\nекінші", 1, "The reviewer")
        organisation_id, code = targets(scenario)["answer"].values()
        foreign, table = scenario.organisations[scenario.foreign_bin], scenario.order.table[scenario.kinds[0]]
        heading = next(row.number for row in table.rows if row.criterion is None)
        for invalid in (
            {"organisation_id": foreign, "code": code},
            {"organisation_id": organisation_id, "code": "nothing\0"},
            {"organisation_id": organisation_id},
            {"code": code},
            {"kind": scenario.kinds[0], "row": heading},
            {"kind": "none", "row": table.scored_rows[0].number},
            {"row": table.scored_rows[0].number},
            {"organisation_id": organisation_id, "code": code, **targets(scenario)["row"]},
        ):
            with pytest.raises(UnknownRemarkTarget):
                remark(scenario, **invalid)
        for empty in ("", " \n\u200b", "ә" * (MAX_TEXT_CHARACTERS + 1)):
            with pytest.raises(RemarkRefused):
                remark(scenario, empty)
            with pytest.raises(RemarkRefused):
                reply(clerk, added["answer"].id, empty)

        reply(clerk, added["answer"].id, "Түзетілді")
        reply(reviewer, added["answer"].id, "Рақмет")
        assert resolve(reviewer, added["answer"].id).resolved_by == "The reviewer"
        resolve(reviewer, added["answer"].id)
        index = remark_index(scenario)
        (answered,) = index.at_answer(organisation_id, code)
        assert [item.text for item in answered.replies] == ["Түзетілді", "Рақмет"] and answered not in index.open
        assert index.open_codes() == {organisation_id: frozenset({targets(scenario)["evidence"]["code"]})}
        assert index.at_row(**targets(scenario)["row"])[0].id == added["row"].id and index.at_sheet()[0].id == added["sheet"].id
        unresolve(reviewer, added["answer"].id)
        unresolve(reviewer, added["answer"].id)
        assert len(remark_index(scenario).open) == 4
        db.session.commit()

        events = [event for event in db.session.query(AuditEvent).order_by(AuditEvent.id) if "remark" in event.data]
        assert [event.action for event in events] == ["remark_added"] * 4 + ["remark_replied"] * 2 + [
            "remark_resolved",
            "remark_reopened",
        ]
        assert {(event.year, event.body_id, event.chain) for event in events} == {
            (YEAR, scenario.bodies[BODY], scenario.bodies[BODY])
        }
        first = {"remark": added["answer"].id, "code": code, "kind": None, "row": None, "text": "answer\nекінші"}
        assert (events[0].organisation_id, events[0].data) == (organisation_id, first) and events[4].data["text"] == "Түзетілді"


def test_remarks_are_limited_by_role_and_body(scenario: Scenario) -> None:
    with scenario.app.app_context():
        scenario.fill()
        scenario.submit()
        remark_id = remark(scenario).id
        for role in (Role.CLERK, Role.HEAD, Role.ADMINISTRATOR, Role.OBSERVER):
            viewer = scenario.viewer(role)
            with pytest.raises(Forbidden):
                remark(scenario, viewer=viewer)
            for operation in (resolve, unresolve):
                with pytest.raises(Forbidden):
                    operation(viewer, remark_id)
        for role in (Role.ADMINISTRATOR, Role.OBSERVER):
            with pytest.raises(Forbidden):
                reply(scenario.viewer(role), remark_id, "Жауап")
            with pytest.raises(Forbidden):
                queries.remarks(scenario.viewer(role), YEAR, scenario.bodies[BODY])
            with pytest.raises(Forbidden):
                changed_since(scenario.viewer(role), scenario.order, YEAR, scenario.bodies[BODY])
        for role in (Role.CLERK, Role.HEAD, Role.REVIEWER):
            stranger = scenario.viewer(role, OTHER_BODY)
            assert queries.remark(stranger, remark_id) is None
            with pytest.raises(UnknownRemark):
                reply(stranger, remark_id, "Жауап")
            with pytest.raises(UnknownRemark):
                resolve(stranger, remark_id)
            with pytest.raises(Forbidden):
                queries.remarks(stranger, YEAR, scenario.bodies[BODY])
            with pytest.raises(Forbidden):
                remark(scenario, viewer=stranger)
        db.session.rollback()


def test_a_text_notifies_the_other_side(scenario: Scenario) -> None:
    body = scenario.bodies[BODY]
    clerk, reviewer = make_account(scenario.app, "clerk", [body]), make_account(scenario.app, "reviewer")
    make_account(scenario.app, "clerk", [scenario.bodies[OTHER_BODY]])
    with scenario.app.app_context():
        scenario.fill()
        scenario.submit()
        organisation_id, code = targets(scenario)["answer"].values()
        added = remark(scenario, "Неге?", organisation_id=organisation_id, code=code)
        reply(scenario.viewer(Role.CLERK), added.id, "Себебі бар")
        db.session.flush()
        notifications = db.session.query(Notification).filter_by(kind="remark").order_by(Notification.id).all()
        assert {(item.year, item.body_id, item.organisation_id, item.code) for item in notifications} == {
            (YEAR, body, organisation_id, code)
        }
        texts = [
            (db.session.get_one(Account, item.account_id).email, item.data["text"], item.data.get("reply"))
            for item in notifications
        ]
        assert (clerk, "Неге?", None) in texts and (reviewer, "Себебі бар", True) in texts
        assert all(email.startswith(("clerk", "the-clerk")) != bool(is_reply) for email, _, is_reply in texts)
        db.session.rollback()


def test_changes_between_two_submission_rounds_are_listed_by_cell(scenario: Scenario) -> None:
    order, body, first = scenario.order, scenario.bodies[BODY], scenario.organisation_bins[0]
    organisation_id, kind = scenario.organisations[first], scenario.kinds[0]
    clerk, reviewer = scenario.viewer(Role.CLERK), scenario.viewer(Role.REVIEWER)
    amount, count = (next(item.code for item in order.indicators_of(kind) if item.type == type_) for type_ in ("money", "whole"))
    criterion = str(order.table[kind].scored_rows[0].criterion)

    def put(code: str, value: Any, old: Any) -> None:
        assert not save_answers(clerk, order, YEAR, body, [AnswerInput(organisation_id, code, value, old)]).conflicts

    with scenario.app.app_context():
        scenario.fill()
        progress = body_progress(SYSTEM, order, YEAR, body, TODAY).organisations[organisation_id]
        before = progress.answers
        issue = next(issue for issue in progress.issues if issue.justification)
        choice = next(item.code for item in order.indicators_of(kind) if item.type == "choice" and item.code != issue.code)
        named_evidence = order.evidence_by_rule[issue.rule]
        note = next(item.code for item in order.evidence_of(kind) if item.type == "text" and item.code not in named_evidence)
        old_file = evidence.attach(clerk, order, YEAR, body, organisation_id, criterion, "old.pdf", DOCUMENT)
        assert baseline(reviewer, YEAR, body) is None and not changes_by_cell(scenario)
        scenario.submit()
        db.session.commit()
        assert baseline(reviewer, YEAR, body) is None and not changes_by_cell(scenario)
        added = remark(scenario, organisation_id=organisation_id, code=amount)
        return_submission(reviewer, YEAR, body, 1)
        with pytest.raises(NotUnderReview):
            remark(scenario)
        reply(clerk, added.id, "Түзетеміз")

        # Changed and changed back; changed twice; evidence; by a workbook; a justification; files; a count of the year before.
        put(count, 7, before[count])
        put(count, before[count], 7)
        put(amount, 100, before[amount])
        put(amount, 12_345, 100)
        put(note, "Акт", None)
        load_workbook(
            SYSTEM,
            workbook(order, YEAR, {kind: [row(order, BODY, first, {choice: "violated"})]}),
            scenario.app.extensions["orders"],
        )
        justifications.withdraw(clerk, YEAR, body, organisation_id, issue.rule, issue.code)
        justifications.justify(clerk, order, YEAR, body, organisation_id, issue.rule, issue.code, REASON + ".", TODAY)
        evidence.remove(clerk, YEAR, body, organisation_id, old_file.id)
        short_lived = evidence.attach(clerk, order, YEAR, body, organisation_id, criterion, "short-lived.pdf", DOCUMENT + b"%2\n")
        evidence.remove(clerk, YEAR, body, organisation_id, short_lived.id)
        evidence.attach(clerk, order, YEAR, body, organisation_id, criterion, "new.pdf", DOCUMENT + b"%3\n")
        counted, _ = next(order.prior_year_counts())
        save_declared_counts(clerk, order, YEAR, body, [CountInput(kind, counted.code, 4)])

        def changed_cells() -> list[tuple[str, str, Any, Any]]:
            changes = changed_since(reviewer, order, YEAR, body)
            of_body = ChangeKind.PRIOR_YEAR_COUNT
            assert all(change.organisation_id == (None if change.kind == of_body else organisation_id) for change in changes)
            assert {change.actor for change in changes} == {"The clerk", "system"}
            return sorted((str(change.kind), change.code, str(change.old), str(change.new)) for change in changes)

        expected = sorted(
            [
                ("answer", amount, str(before[amount]), "12345"),
                ("answer", choice, before[choice], "violated"),
                ("answer", note, "None", "Акт"),
                ("justification", issue.code or "", REASON, REASON + "."),
                ("file", criterion, "old.pdf", "None"),
                ("file", criterion, "None", "new.pdf"),
                ("prior_year_count", counted.code, "None", "4"),
            ]
        )
        assert changed_cells() == expected
        db.session.commit()
        justify_warnings(order, body)
        scenario.submit(2)
        assert set(expected) <= set(changed_cells())
        base = baseline(reviewer, YEAR, body)
        assert base and base.round == 1 and base.actor == "The head"

        with pytest.raises(SubmissionRejected):
            accept(reviewer, YEAR, scenario.body(), 3, TODAY)
        resolve(reviewer, added.id)
        accept(reviewer, YEAR, scenario.body(), 3, TODAY)
        assert set(expected) <= set(changed_cells())
        for operation in (
            lambda: remark(scenario),
            lambda: reply(clerk, added.id, "Тағы"),
            lambda: resolve(reviewer, added.id),
            lambda: unresolve(reviewer, added.id),
        ):
            with pytest.raises(NotUnderReview):
                operation()
        reopen(reviewer, YEAR, body, 4, "Қайта қарау")
        assert not changes_by_cell(scenario)
        with pytest.raises(NotUnderReview):
            remark(scenario)
        reply(clerk, added.id, "Тағы бір сөз")
        put(amount, 5, 12_345)
        scenario.submit(5)
        assert [(change.old, change.new) for change in changes_by_cell(scenario).values()] == [(12_345, 5)]
        db.session.rollback()


def test_organisations_that_joined_or_left_between_two_rounds_are_listed(scenario: Scenario) -> None:
    """The answers that a new member gave under another body are not listed."""
    with scenario.app.app_context():
        scenario.fill()
        scenario.submit()
        return_submission(scenario.viewer(Role.REVIEWER), YEAR, scenario.bodies[BODY], 1, "Себеп")
        db.session.commit()
        first, second = scenario.organisation_bins[:2]
        for bin_, body in ((first, OTHER_BODY), (scenario.foreign_bin, BODY), (second, EMPTY_BODY), (second, BODY)):
            move_organisation(SYSTEM, organisation_states(SYSTEM, bin_)[bin_], body, YEAR)
        db.session.commit()
        changes = changed_since(scenario.viewer(Role.REVIEWER), scenario.order, YEAR, scenario.bodies[BODY])
        members = {change.qualifier: (change.old, change.new) for change in changes if change.kind == ChangeKind.MEMBERSHIP}
        assert members == {scenario.organisation_bins[0]: (True, None), scenario.foreign_bin: (None, True)}, (
            "moving away and back is no change"
        )
    page = scenario.client("reviewer").get(f"/bodies/{BODY}/{YEAR}/changes").text
    assert "2 changes:" in page and f"not under the body: {scenario.foreign_bin}" in page


def test_a_remark_and_an_acceptance_are_mutually_exclusive(scenario: Scenario) -> None:
    """Either the remark comes first and the acceptance is rejected, or the reverse: an accepted sheet has no open remark."""
    with scenario.app.app_context():
        scenario.fill()
        scenario.submit()
        db.session.commit()
    start, outcomes = threading.Barrier(2), []

    def attempt(name: str, operation: Callable[[Any], object]) -> None:
        with scenario.app.app_context():
            body = scenario.body()
            start.wait()
            try:
                operation(body)
                db.session.commit()
                outcomes.append(name)
            except (SubmissionRejected, NotUnderReview):
                db.session.rollback()

    reviewer = scenario.viewer(Role.REVIEWER)
    operations = {"remark_added": lambda _: remark(scenario), "accepted": lambda body: accept(reviewer, YEAR, body, 1, TODAY)}
    both = [threading.Thread(target=attempt, args=item) for item in operations.items()]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(timeout=60)
    assert len(outcomes) == 1, outcomes
    with scenario.app.app_context():
        assert db.session.query(Remark).count() == (outcomes == ["remark_added"])
