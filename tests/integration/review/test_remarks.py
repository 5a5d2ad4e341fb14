"""Remarks: pinned, answered, resolved, each within its scope; and what was changed between two hand-overs."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from evaluation.accounts.models import Account
from evaluation.answers import justifications as justifying
from evaluation.answers.evidence import operations as evidence
from evaluation.answers.prior_year_counts import Declaration, declare
from evaluation.answers.progress.queries import body_state
from evaluation.answers.save import AnswerInput, save
from evaluation.audit.models import Event
from evaluation.database import db
from evaluation.notifications.models import Message
from evaluation.policy import Forbidden, Role, Viewer
from evaluation.registry.admin.operations import move_organisation
from evaluation.registry.admin.queries import organisation_states
from evaluation.review.diff import CellChange, baseline, changed_since
from evaluation.review.models import Remark
from evaluation.review.operations import SubmissionRefused, accept, give_back, reopen
from evaluation.review.remarks import queries
from evaluation.review.remarks.model import Threads
from evaluation.review.remarks.operations import (
    MOST,
    NoSuchPlace,
    NoSuchRemark,
    NotUnderReview,
    RemarkRefused,
    make,
    reply,
    resolve,
    unresolve,
)
from evaluation.workbooks.load import load_workbook
from tests.support.accounts import make_account
from tests.support.entry_bodies import EMPTY, FOREIGN, OWN, REASON, SYSTEM, TODAY, YEAR, Place
from tests.support.factories import row, workbook

DOCUMENT = b"%PDF-1.4\nstartxref\n0\n%%EOF\n"


def remark(place: Place, text: str = "Тексеріңіз", viewer: Viewer | None = None, **pin: Any) -> Remark:
    return make(viewer or place.viewer(Role.REVIEWER), place.order, YEAR, place.bodies[OWN], text, **pin)


def pins(place: Place) -> dict[str, dict[str, Any]]:
    """A place of each sort: an answer, an item of evidence, a row, the sheet."""
    own, kind = place.organisations[place.own[0]], place.kinds[0]
    scored = place.order.table[kind].scored_rows
    return {
        "answer": {"organisation_id": own, "code": place.order.asked_of(kind)[0].code},
        "evidence": {"organisation_id": own, "code": place.order.evidence_of(kind)[0].code},
        "row": {"kind": kind, "row": scored[0].number},
        "sheet": {},
    }


def threads(place: Place) -> Threads:
    return Threads(tuple(queries.remarks(place.viewer(Role.CLERK), YEAR, place.bodies[OWN])))


def since(place: Place, role: Role = Role.REVIEWER) -> dict[tuple[str, str], CellChange]:
    found = changed_since(place.viewer(role), place.order, YEAR, place.bodies[OWN])
    assert len({(each.what, each.organisation_id, each.code, each.of) for each in found}) == len(found)
    return {(each.what, each.code): each for each in found}


def test_remarks_are_pinned_answered_and_resolved(place: Place) -> None:
    clerk, reviewer = place.viewer(Role.CLERK), place.viewer(Role.REVIEWER)
    with place.app.app_context():
        place.fill()
        with pytest.raises(NotUnderReview):
            remark(place)
        place.hand_over()
        made = {name: remark(place, f" {name}\r\n\u200bекінші ", **pin) for name, pin in pins(place).items()}
        assert all((each.text, each.round, each.author) == (f"{name}\nекінші", 1, "The reviewer") for name, each in made.items())
        own, code = pins(place)["answer"].values()
        foreign, table = place.organisations[place.foreign], place.order.table[place.kinds[0]]
        heading = next(row.number for row in table.rows if row.criterion is None)
        for wrong in (
            {"organisation_id": foreign, "code": code},
            {"organisation_id": own, "code": "nothing\0"},
            {"organisation_id": own},
            {"code": code},
            {"kind": place.kinds[0], "row": heading},
            {"kind": "none", "row": table.scored_rows[0].number},
            {"row": table.scored_rows[0].number},
            {"organisation_id": own, "code": code, **pins(place)["row"]},
        ):
            with pytest.raises(NoSuchPlace):
                remark(place, **wrong)
        for empty in ("", " \n\u200b", "ә" * (MOST + 1)):
            with pytest.raises(RemarkRefused):
                remark(place, empty)
            with pytest.raises(RemarkRefused):
                reply(clerk, made["answer"].id, empty)

        reply(clerk, made["answer"].id, "Түзетілді")
        reply(reviewer, made["answer"].id, "Рақмет")
        assert resolve(reviewer, made["answer"].id).resolved_by == "The reviewer"
        resolve(reviewer, made["answer"].id)
        found = threads(place)
        (there,) = found.at_answer(own, code)
        assert [each.text for each in there.replies] == ["Түзетілді", "Рақмет"] and there not in found.open
        assert found.open_cells() == {own: frozenset({pins(place)["evidence"]["code"]})}
        assert found.at_row(**pins(place)["row"])[0].id == made["row"].id and found.at_sheet()[0].id == made["sheet"].id
        unresolve(reviewer, made["answer"].id)
        unresolve(reviewer, made["answer"].id)
        assert len(threads(place).open) == 4
        db.session.commit()

        told = [event for event in db.session.query(Event).order_by(Event.id) if "remark" in event.data]
        assert [event.action for event in told] == ["remarked"] * 4 + ["replied"] * 2 + ["remark_resolved", "remark_unresolved"]
        assert {(event.year, event.body_id, event.chain) for event in told} == {(YEAR, place.bodies[OWN], place.bodies[OWN])}
        first = {"remark": made["answer"].id, "code": code, "kind": None, "row": None, "text": "answer\nекінші"}
        assert (told[0].organisation_id, told[0].data) == (own, first) and told[4].data["text"] == "Түзетілді"


def test_who_reads_answers_and_resolves(place: Place) -> None:
    with place.app.app_context():
        place.fill()
        place.hand_over()
        made = remark(place).id
        for role in (Role.CLERK, Role.HEAD, Role.ADMINISTRATOR, Role.OBSERVER):
            viewer = place.viewer(role)
            with pytest.raises(Forbidden):
                remark(place, viewer=viewer)
            for deed in (resolve, unresolve):
                with pytest.raises(Forbidden):
                    deed(viewer, made)
        for role in (Role.ADMINISTRATOR, Role.OBSERVER):
            with pytest.raises(Forbidden):
                reply(place.viewer(role), made, "Жауап")
            with pytest.raises(Forbidden):
                queries.remarks(place.viewer(role), YEAR, place.bodies[OWN])
            with pytest.raises(Forbidden):
                changed_since(place.viewer(role), place.order, YEAR, place.bodies[OWN])
        for role in (Role.CLERK, Role.HEAD, Role.REVIEWER):
            stranger = place.viewer(role, FOREIGN)
            assert queries.remark(stranger, made) is None
            with pytest.raises(NoSuchRemark):
                reply(stranger, made, "Жауап")
            with pytest.raises(NoSuchRemark):
                resolve(stranger, made)
            with pytest.raises(Forbidden):
                queries.remarks(stranger, YEAR, place.bodies[OWN])
            with pytest.raises(Forbidden):
                remark(place, viewer=stranger)
        db.session.rollback()


def test_each_side_is_told_of_what_the_other_says(place: Place) -> None:
    body = place.bodies[OWN]
    clerk, reviewer = make_account(place.app, "clerk", [body]), make_account(place.app, "reviewer")
    make_account(place.app, "clerk", [place.bodies[FOREIGN]])
    with place.app.app_context():
        place.fill()
        place.hand_over()
        own, code = pins(place)["answer"].values()
        made = remark(place, "Неге?", organisation_id=own, code=code)
        reply(place.viewer(Role.CLERK), made.id, "Себебі бар")
        db.session.flush()
        found = db.session.query(Message).filter_by(kind="remark").order_by(Message.id).all()
        assert {(each.year, each.body_id, each.organisation_id, each.code) for each in found} == {(YEAR, body, own, code)}
        told = [(db.session.get_one(Account, each.account_id).email, each.data["text"], each.data.get("reply")) for each in found]
        assert (clerk, "Неге?", None) in told and (reviewer, "Себебі бар", True) in told
        assert all(email.startswith(("clerk", "the-clerk")) != bool(answers) for email, _, answers in told)
        db.session.rollback()


def test_what_was_changed_between_two_hand_overs(place: Place) -> None:
    order, body, first = place.order, place.bodies[OWN], place.own[0]
    own, kind = place.organisations[first], place.kinds[0]
    clerk, reviewer = place.viewer(Role.CLERK), place.viewer(Role.REVIEWER)
    amount, count = (next(item.code for item in order.asked_of(kind) if item.type == type_) for type_ in ("money", "whole"))
    criterion = str(order.table[kind].scored_rows[0].criterion)

    def put(code: str, value: Any, old: Any) -> None:
        assert not save(clerk, order, YEAR, body, [AnswerInput(own, code, value, old)]).conflicts

    with place.app.app_context():
        place.fill()
        state = body_state(SYSTEM, order, YEAR, body, TODAY).organisations[own]
        before = state.answers
        finding = next(each for each in state.findings if each.kept)
        choice = next(item.code for item in order.asked_of(kind) if item.type == "choice" and item.code != finding.code)
        named = order.evidence_named[finding.rule]
        note = next(item.code for item in order.evidence_of(kind) if item.type == "text" and item.code not in named)
        kept = evidence.attach(clerk, order, YEAR, body, own, criterion, "old.pdf", DOCUMENT)
        assert baseline(reviewer, YEAR, body) is None and not since(place)
        place.hand_over()
        db.session.commit()
        assert baseline(reviewer, YEAR, body) is None and not since(place)
        made = remark(place, organisation_id=own, code=amount)
        give_back(reviewer, YEAR, body, 1)
        with pytest.raises(NotUnderReview):
            remark(place)
        reply(clerk, made.id, "Түзетеміз")

        # There and back again; twice; an item of evidence; by a workbook; a reason; files; a figure of last year.
        put(count, 7, before[count])
        put(count, before[count], 7)
        put(amount, 100, before[amount])
        put(amount, 12_345, 100)
        put(note, "Акт", None)
        load_workbook(
            SYSTEM, workbook(order, YEAR, {kind: [row(order, OWN, first, {choice: "violated"})]}), place.app.extensions["orders"]
        )
        justifying.withdraw(clerk, YEAR, body, own, finding.rule, finding.code)
        justifying.justify(clerk, order, YEAR, body, own, finding.rule, finding.code, REASON + ".", TODAY)
        evidence.remove(clerk, YEAR, body, own, kept.id)
        gone = evidence.attach(clerk, order, YEAR, body, own, criterion, "short-lived.pdf", DOCUMENT + b"%2\n")
        evidence.remove(clerk, YEAR, body, own, gone.id)
        evidence.attach(clerk, order, YEAR, body, own, criterion, "new.pdf", DOCUMENT + b"%3\n")
        counted, _ = next(order.declared())
        declare(clerk, order, YEAR, body, [Declaration(kind, counted.code, 4)])

        def told() -> list[tuple[str, str, Any, Any]]:
            found = changed_since(reviewer, order, YEAR, body)
            assert all(each.organisation_id == (None if each.what == "figure" else own) for each in found)
            assert {each.who for each in found} == {"The clerk", "system"}
            return sorted((each.what, each.code, str(each.old), str(each.new)) for each in found)

        expected = sorted(
            [
                ("answer", amount, str(before[amount]), "12345"),
                ("answer", choice, before[choice], "violated"),
                ("answer", note, "None", "Акт"),
                ("reason", finding.code or "", REASON, REASON + "."),
                ("file", criterion, "old.pdf", "None"),
                ("file", criterion, "None", "new.pdf"),
                ("figure", counted.code, "None", "4"),
            ]
        )
        assert told() == expected
        db.session.commit()
        for each in body_state(SYSTEM, order, YEAR, body, TODAY).organisations.values():
            for odd in (odd for odd in each.findings if odd.open):
                justifying.justify(SYSTEM, order, YEAR, body, each.id, odd.rule, odd.code, REASON, TODAY)
        place.hand_over(2)
        assert set(expected) <= set(told())
        given = baseline(reviewer, YEAR, body)
        assert given and given.round == 1 and given.who == "The head"

        with pytest.raises(SubmissionRefused):
            accept(reviewer, YEAR, place.body(), 3, TODAY)
        resolve(reviewer, made.id)
        accept(reviewer, YEAR, place.body(), 3, TODAY)
        assert set(expected) <= set(told())
        for deed in (
            lambda: remark(place),
            lambda: reply(clerk, made.id, "Тағы"),
            lambda: resolve(reviewer, made.id),
            lambda: unresolve(reviewer, made.id),
        ):
            with pytest.raises(NotUnderReview):
                deed()
        reopen(reviewer, YEAR, body, 4, "Қайта қарау")
        assert not since(place)
        with pytest.raises(NotUnderReview):
            remark(place)
        reply(clerk, made.id, "Тағы бір сөз")
        put(amount, 5, 12_345)
        place.hand_over(5)
        assert [(each.old, each.new) for each in since(place).values()] == [(12_345, 5)]
        db.session.rollback()


def test_organisations_that_came_and_went_between_two_hand_overs(place: Place) -> None:
    """What one that came had answered elsewhere was never seen by the reviewer, whoever changed nothing since."""
    with place.app.app_context():
        place.fill()
        place.hand_over()
        give_back(place.viewer(Role.REVIEWER), YEAR, place.bodies[OWN], 1, "Себеп")
        db.session.commit()
        for own, body in ((place.own[0], FOREIGN), (place.foreign, OWN), (place.own[1], EMPTY), (place.own[1], OWN)):
            move_organisation(SYSTEM, organisation_states(SYSTEM, own)[own], body, YEAR)
        db.session.commit()
        found = changed_since(place.viewer(Role.REVIEWER), place.order, YEAR, place.bodies[OWN])
        told = {each.of: (each.old, each.new) for each in found if each.what == "member"}
        assert told == {place.own[0]: (True, None), place.foreign: (None, True)}, "there and back again is no change"
    page = place.client("reviewer").get(f"/bodies/{OWN}/{YEAR}/changes").text
    assert "2 changes:" in page and f"not under the body: {place.foreign}" in page


def test_no_remark_slips_in_while_a_year_is_accepted(place: Place) -> None:
    """Either it was there before, and the year was not accepted, or it was refused: an accepted sheet has no open remark."""
    with place.app.app_context():
        place.fill()
        place.hand_over()
        db.session.commit()
    start, outcomes = threading.Barrier(2), []

    def attempt(name: str, deed: Callable[[Any], object]) -> None:
        with place.app.app_context():
            body = place.body()
            start.wait()
            try:
                deed(body)
                db.session.commit()
                outcomes.append(name)
            except (SubmissionRefused, NotUnderReview):
                db.session.rollback()

    reviewer = place.viewer(Role.REVIEWER)
    deeds = {"remarked": lambda _: remark(place), "accepted": lambda body: accept(reviewer, YEAR, body, 1, TODAY)}
    both = [threading.Thread(target=attempt, args=each) for each in deeds.items()]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(timeout=60)
    assert len(outcomes) == 1, outcomes
    with place.app.app_context():
        assert db.session.query(Remark).count() == (outcomes == ["remarked"])
