"""Handing a body's year over and giving it back: who may, what must be done first, and nothing that slips in between."""

import threading

import pytest

from evaluation.answers import queries as collection
from evaluation.answers.prior_year_counts import Declaration, declare
from evaluation.answers.readiness import queries
from evaluation.answers.save import AnswerInput, UnknownCell, save
from evaluation.audit.chain import seal
from evaluation.audit.models import Event
from evaluation.database import db
from evaluation.policy import Forbidden, Role
from evaluation.review.operations import NotReady, Stale, SubmissionRefused, give_back, submit
from evaluation.submissions.locks import Locked
from tests.support.accounts import token_of
from tests.support.entry_bodies import EMPTY, FOREIGN, OWN, SYSTEM, TODAY, YEAR, Place
from tests.support.factories import bin_of

PAGE = f"/bodies/{OWN}/{YEAR}/submission"


def actions() -> list[str]:
    """What the record tells of the hand-over, the oldest first."""
    seal(db.session)
    told = ("submitted", "returned", "declared")
    return [event.action for event in db.session.query(Event).order_by(Event.id) if event.action in told]


def test_a_complete_year_is_handed_over_locked_and_given_back(place: Place) -> None:
    with place.app.app_context():
        place.fill()
        handed = place.hand_over()
        assert (handed.state, handed.version, handed.nil, handed.changed_by) == ("submitted", 1, False, "The head")
        edit = AnswerInput(place.organisations[place.own[0]], place.order.asked_of(place.kinds[0])[0].code, 5)
        with pytest.raises(Locked):
            save(place.viewer(Role.CLERK), place.order, YEAR, place.bodies[OWN], [edit])
        with pytest.raises(Stale) as stale:
            place.hand_over(1)
        assert stale.value.current and stale.value.current.changed_by == "The head"
        for reason in ("", "  \n"):
            with pytest.raises(SubmissionRefused):
                give_back(place.viewer(Role.REVIEWER), YEAR, place.bodies[OWN], 1, reason)
        given = give_back(place.viewer(Role.REVIEWER), YEAR, place.bodies[OWN], 1, " Қайта қараңыз ")
        assert (given.state, given.version, given.reason) == ("returned", 2, "Қайта қараңыз")
        with pytest.raises(SubmissionRefused):
            give_back(place.viewer(Role.REVIEWER), YEAR, place.bodies[OWN], 2, "Тағы да")
        assert place.hand_over(2).version == 3
        assert actions() == ["submitted", "returned", "submitted"]
        db.session.commit()


def test_who_may(place: Place) -> None:
    with place.app.app_context():
        place.fill()
        for role in (Role.CLERK, Role.REVIEWER, Role.ADMINISTRATOR, Role.OBSERVER):
            with pytest.raises(Forbidden):
                submit(place.viewer(role), place.order, YEAR, place.body(), 0, TODAY)
        with pytest.raises(Forbidden):
            submit(place.viewer(Role.HEAD, FOREIGN), place.order, YEAR, place.body(), 0, TODAY)
        place.hand_over()
        for role in (Role.CLERK, Role.HEAD, Role.ADMINISTRATOR, Role.OBSERVER):
            with pytest.raises(Forbidden):
                give_back(place.viewer(role), YEAR, place.bodies[OWN], 1, "Себеп")
        db.session.commit()


def test_what_remains_keeps_the_year_back(place: Place) -> None:
    order, (first, second) = place.order, place.own
    with place.app.app_context():
        place.fill([first])
        with pytest.raises(NotReady) as blank:
            place.hand_over()
        assert [each.bin for each in blank.value.readiness.unfinished] == [second]
        place.fill()
        contradiction = next(rule for rule in order.concerning(place.kinds[1], order.contradictions))
        asked = {item.code: item for item in order.asked_of(place.kinds[1])}
        place.answer(second, **{contradiction.at: 9 if asked[contradiction.at].type != "date" else "2025-05-05"})
        with pytest.raises(NotReady) as wrong:
            place.hand_over()
        assert any(each.errors or each.blank for each in wrong.value.readiness.unfinished)
        db.session.rollback()
        assert queries.submission(SYSTEM, YEAR, place.bodies[OWN]) is None


def test_a_warning_needs_its_reason(place: Place) -> None:
    """A changed answer asks anew: the reason was given for the one before."""
    with place.app.app_context():
        place.fill()
        kept = [
            (state.bin, finding)
            for state in queries.readiness(SYSTEM, place.order, YEAR, place.body(), TODAY).state.organisations.values()
            for finding in state.findings
            if finding.kept and finding.code
        ]
        assert kept, "audited without an act"
        bin_, finding = kept[0]
        item = place.order.by_code[finding.code or ""]
        other = next(choice.value for choice in place.order.choices[item.choices or ""] if choice.value == "violated")
        place.answer(bin_, **{item.code: other})
        with pytest.raises(NotReady) as odd:
            place.hand_over()
        assert [each.bin for each in odd.value.readiness.unfinished] == [bin_]
        db.session.rollback()


def test_last_years_figure_is_needed_where_points_hang_on_it(place: Place) -> None:
    criterion, _field = next(place.order.declared())
    money = next(item.code for item in place.order.asked_of(place.kinds[0]) if item.type == "money" and item.min is None)
    clerk, body = place.viewer(Role.CLERK), place.bodies[OWN]
    with place.app.app_context():
        place.fill()
        place.answer(place.own[0], **{money: -100})
        db.session.commit()
        with pytest.raises(NotReady) as lacking:
            place.hand_over()
        assert [each.key for each in lacking.value.readiness.undeclared] == [(place.kinds[0], criterion.code)]
        assert not lacking.value.readiness.unfinished
        given = Declaration(place.kinds[0], criterion.code, 3)
        assert not declare(clerk, place.order, YEAR, body, [given])
        assert not declare(clerk, place.order, YEAR, body, [given]), "the same once more is no conflict"
        (conflict,) = declare(clerk, place.order, YEAR, body, [Declaration(place.kinds[0], criterion.code, 4)])
        assert (conflict.theirs, conflict.who) == (3, "The clerk") and conflict.at
        assert collection.declared_by(clerk, YEAR, body) == {(place.kinds[0], criterion.code): 3}
        assert actions() == ["declared"]
        for wrong in (Declaration("nothing", criterion.code, 1), Declaration(place.kinds[0], criterion.code, -1)):
            with pytest.raises(UnknownCell):
                declare(clerk, place.order, YEAR, body, [wrong])
        for viewer in (place.viewer(Role.OBSERVER), place.viewer(Role.CLERK, FOREIGN)):
            with pytest.raises(Forbidden):
                declare(viewer, place.order, YEAR, body, [given])
        place.hand_over()
        with pytest.raises(Locked):
            declare(clerk, place.order, YEAR, body, [Declaration(place.kinds[0], criterion.code, 5, 3)])
        db.session.commit()


def test_a_nil_year_is_for_a_body_without_organisations(place: Place) -> None:
    with place.app.app_context():
        place.fill()
        with pytest.raises(SubmissionRefused):
            place.hand_over(nil=True)
        with pytest.raises(SubmissionRefused):
            place.hand_over(bin_=EMPTY)
        assert place.hand_over(bin_=EMPTY, nil=True).nil
        db.session.commit()


def test_a_stale_page_hands_nothing_over(place: Place) -> None:
    with place.app.app_context():
        place.fill()
        with pytest.raises(Stale) as stale:
            place.hand_over(1)
        assert stale.value.current is None
        place.hand_over()
        give_back(place.viewer(Role.REVIEWER), YEAR, place.bodies[OWN], 1, "Себеп")
        with pytest.raises(Stale):
            place.hand_over(0)
        with pytest.raises(Stale):
            give_back(place.viewer(Role.REVIEWER), YEAR, place.bodies[OWN], 1, "Себеп")
        db.session.rollback()


def test_a_save_and_a_hand_over_at_once_do_not_cross(place: Place) -> None:
    """Either the answer was there before the year was handed over, or it was refused: a handed-over year has no blank."""
    body, own = place.bodies[OWN], place.organisations[place.own[0]]
    code = place.order.asked_of(place.kinds[0])[0].code
    with place.app.app_context():
        place.fill()
        value = queries.readiness(SYSTEM, place.order, YEAR, place.body(), TODAY).state.organisations[own].answers[code]
    start, outcomes = threading.Barrier(2), []

    def empty() -> None:
        with place.app.app_context():
            start.wait()
            try:
                save(place.viewer(Role.CLERK), place.order, YEAR, body, [AnswerInput(own, code, None, value)])
                db.session.commit()
                outcomes.append("emptied")
            except Locked:
                db.session.rollback()

    def hand() -> None:
        with place.app.app_context():
            found = place.body()
            start.wait()
            try:
                submit(place.viewer(Role.HEAD), place.order, YEAR, found, 0, TODAY)
                db.session.commit()
                outcomes.append("handed over")
            except NotReady:
                db.session.rollback()

    threads = [threading.Thread(target=each) for each in (empty, hand)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(outcomes) == 1, outcomes
    with place.app.app_context():
        ready = queries.readiness(SYSTEM, place.order, YEAR, place.body(), TODAY).ready
        assert ready == (outcomes == ["handed over"])


def test_the_pages_of_the_hand_over(place: Place) -> None:
    head, clerk, reviewer, observer = (place.client(role) for role in ("head", "clerk", "reviewer", "observer"))
    text = head.get(PAGE).text
    code = place.order.asked_of(place.kinds[0])[0].code
    cell = f"/bodies/{OWN}/{YEAR}/organisations/{place.own[0]}?field={code}#field-{code}"
    assert "This remains to be done" in text and f'href="{cell}"' in text and f'action="{PAGE}"' not in text
    with place.app.app_context():
        place.fill()
    asked = clerk.get(PAGE).text
    assert "Ask the head to do it:" in asked and "The head</strong>" in asked and f'action="{PAGE}"' not in asked
    token = {"csrf_token": token_of(head, PAGE), "version": "0"}
    assert clerk.post(PAGE, data=token | {"csrf_token": token_of(clerk, PAGE)}).status_code == 403
    assert head.post(PAGE, data=token | {"version": "7"}).status_code == 409
    assert head.post(PAGE, data=token | {"version": "x"}).status_code == 422
    assert head.post(PAGE, data=token | {"nil": "1"}).status_code == 409
    assert head.post(PAGE, data=token).status_code == 303
    again = head.post(PAGE, data=token)
    assert again.status_code == 409 and "changed while your page was open" in again.text
    home = clerk.get(f"/bodies/{OWN}/{YEAR}/entry").text
    assert "The year was handed over" in home and "The head" in home

    body = f"/bodies/{OWN}/{YEAR}"
    shown = reviewer.get(body).text
    assert "Warnings kept with a reason" in shown and "Give the year back" in shown
    read = observer.get(body).text
    assert "Warnings kept with a reason" in read and "Give the year back" not in read
    assert "Give the year back" not in head.get(body).text
    back = {"csrf_token": token_of(reviewer, body), "version": "1", "reason": ""}
    refused = reviewer.post(f"{PAGE}/return", data=back)
    assert refused.status_code == 422 and "Write why" in refused.text
    for other in (head, clerk, observer):
        assert other.post(f"{PAGE}/return", data=back | {"csrf_token": token_of(other, body)}).status_code == 403
    assert reviewer.post(f"{PAGE}/return", data=back | {"version": "5", "reason": "x"}).status_code == 409
    assert reviewer.post(f"{PAGE}/return", data=back | {"reason": "<b>Қате</b>\nекінші жол"}).status_code == 303
    home = clerk.get(f"/bodies/{OWN}/{YEAR}/entry").text
    assert "The year was given back" in home and "&lt;b&gt;Қате&lt;/b&gt;" in home


def test_a_nil_year_by_its_page(place: Place) -> None:
    head = place.client("head", EMPTY)
    page = f"/bodies/{EMPTY}/{YEAR}/submission"
    assert "Hand in a nil year" in head.get(f"/bodies/{EMPTY}/{YEAR}/entry").text
    sent = {"csrf_token": token_of(head, page), "version": "0", "nil": "1"}
    assert head.post(page, data=sent | {"nil": ""}).status_code == 409
    assert head.post(page, data=sent).status_code == 303
    assert "A nil year was handed in" in place.client("reviewer").get(f"/bodies/{EMPTY}/{YEAR}").text


@pytest.mark.parametrize("role", ["clerk", "head"])
def test_a_foreign_body_is_not_known(place: Place, role: str) -> None:
    other = place.client(role, FOREIGN)
    assert other.get(PAGE).status_code == 404
    token = {"csrf_token": token_of(other, f"/bodies/{FOREIGN}/{YEAR}/submission"), "version": "0"}
    assert other.post(PAGE, data=token).status_code == (404 if role == "head" else 403)
    assert other.get(PAGE.replace(OWN, bin_of(99))).status_code == 404
