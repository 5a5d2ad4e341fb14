"""From submitted to accepted: who may, what is frozen, and that the record rebuilds exactly what was frozen."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError, OperationalError

from evaluation.answers.save import AnswerInput, save
from evaluation.clock import now, precise, today
from evaluation.database import db, table_of
from evaluation.language import language
from evaluation.policy import Forbidden, Role, Viewer
from evaluation.registry import operations as registering
from evaluation.registry import queries as registry
from evaluation.registry.admin.operations import move_organisation
from evaluation.registry.admin.queries import organisation_states
from evaluation.review import queries
from evaluation.review.history.reconstruct import known, rebuilt
from evaluation.review.models import FrozenSheet, Remark
from evaluation.review.operations import NotReady, Stale, SubmissionRefused, accept, accept_many, give_back, reopen
from evaluation.review.snapshot import code_of, sha256_of, spelled, thaw
from evaluation.sheets import queries as sheets
from evaluation.sheets.document import NOT_ACCEPTED
from evaluation.sheets.input import sheet_of
from evaluation.submissions.locks import Locked
from evaluation.submissions.models import STATES, Submission
from tests.support.accounts import token_of
from tests.support.entry_bodies import EMPTY, FOREIGN, OWN, SYSTEM, TODAY, YEAR, Place

BODY = f"/bodies/{OWN}/{YEAR}"


def accepted(place: Place, version: int = 1, bin_: str = OWN) -> FrozenSheet:
    return accept(place.viewer(Role.REVIEWER, bin_), YEAR, place.body(bin_), version, TODAY)


def cell(place: Place) -> tuple[int, str, Any]:
    """A money answer of the first organisation: whose, its code, its value."""
    own = place.organisations[place.own[0]]
    code = next(item.code for item in place.order.asked_of(place.kinds[0]) if item.type == "money" and item.min is None)
    given = sheets.source(SYSTEM, place.body(), YEAR)
    assert given
    return own, code, next(each for each in given.current.organisations if each.named.bin == place.own[0]).answers.get(code)


def test_accepting_freezes_and_reopening_begins_a_new_revision(place: Place) -> None:
    with place.app.app_context():
        place.fill()
        place.hand_over()
        first = accepted(place)
        db.session.commit()
        assert sha256_of(first.content) == first.sha256 and code_of(first.sha256) == first.code and len(spelled(first.code)) == 14
        live = sheet_of(sheets.source(SYSTEM, place.body(), YEAR))  # type: ignore[arg-type]
        assert thaw(first.content, registry.orders()) == live == sheets.sheet(SYSTEM, OWN, YEAR)
        data = orjson.loads(first.content)
        assert first.content == orjson.dumps(data, option=orjson.OPT_SORT_KEYS).decode()
        assert (data["revision"], data["points"], data["submitted"]["by"]) == (1, live.points, "The head")
        own, code, value = cell(place)
        with pytest.raises(Locked):
            save(place.viewer(Role.CLERK), place.order, YEAR, place.bodies[OWN], [AnswerInput(own, code, 5, value)])
        with pytest.raises(SubmissionRefused):
            reopen(place.viewer(Role.REVIEWER), YEAR, place.bodies[OWN], 2, " ")
        reopen(place.viewer(Role.REVIEWER), YEAR, place.bodies[OWN], 2, "Түзету керек")
        save(place.viewer(Role.CLERK), place.order, YEAR, place.bodies[OWN], [AnswerInput(own, code, value + 100, value)])
        place.hand_over(3)
        second = accepted(place, 4)
        db.session.commit()
        assert [each.revision for each in queries.revisions(SYSTEM, place.bodies[OWN], YEAR)] == [2, 1]
        assert second.sha256 != first.sha256 and orjson.loads(second.content)["revision"] == 2
        for frozen in (first, second):
            assert rebuilt(SYSTEM, registry.orders(), place.body(), YEAR, frozen.revision) == frozen.content
        assert rebuilt(SYSTEM, registry.orders(), place.body(), YEAR, 3) is None


def test_an_earlier_year_stays_still_while_a_sheet_is_frozen(place: Place) -> None:
    """The sheet gives the shares of earlier years: one that is changed at the same moment is waited for."""
    with place.app.app_context():
        registering.open_year(SYSTEM, YEAR - 1, place.order.code)
        place.fill()
        place.hand_over()
        own, code, value = cell(place)
        db.session.commit()
        save(SYSTEM, place.order, YEAR - 1, place.bodies[OWN], [AnswerInput(own, code, value, None)])
        with place.app.app_context():
            wait = "PRAGMA busy_timeout = 1" if db.engine.dialect.name == "sqlite" else "SET LOCAL lock_timeout = 1"
            db.session.connection().exec_driver_sql(wait)
            with pytest.raises(OperationalError):
                accepted(place)
        db.session.commit()
        frozen = accepted(place)
        db.session.commit()
        assert rebuilt(SYSTEM, registry.orders(), place.body(), YEAR, 1) == frozen.content


def test_a_nil_year_is_accepted_too(place: Place) -> None:
    with place.app.app_context():
        place.hand_over(bin_=EMPTY, nil=True)
        frozen = accepted(place, bin_=EMPTY)
        assert orjson.loads(frozen.content)["nil"] and thaw(frozen.content, registry.orders()).max == 0
        db.session.commit()
        assert rebuilt(SYSTEM, registry.orders(), place.body(EMPTY), YEAR, 1) == frozen.content


def test_who_may_accept_and_when(place: Place) -> None:
    body = place.bodies[OWN]
    with place.app.app_context():
        place.fill()
        with pytest.raises(SubmissionRefused):
            accepted(place, 0)
        place.hand_over()
        for role in (Role.CLERK, Role.HEAD, Role.ADMINISTRATOR, Role.OBSERVER):
            for act in (lambda v: accept(v, YEAR, place.body(), 1, TODAY), lambda v: reopen(v, YEAR, body, 1, "Себеп")):
                with pytest.raises(Forbidden):
                    act(place.viewer(role))
        with pytest.raises(Forbidden):
            accept(place.viewer(Role.REVIEWER, FOREIGN), YEAR, place.body(), 1, TODAY)
        with pytest.raises(Forbidden):
            accept(SYSTEM, YEAR, place.body(), 1, TODAY)
        # The head has become a reviewer since.
        promoted = Viewer("The head", Role.REVIEWER, None, place.accounts[Role.HEAD])
        with pytest.raises(SubmissionRefused):
            accept(promoted, YEAR, place.body(), 1, TODAY)
        with pytest.raises(Stale):
            accepted(place, 2)
        db.session.add(Remark(year=YEAR, body_id=body, round=1, text="Неге?", author="The reviewer"))
        db.session.flush()
        with pytest.raises(SubmissionRefused):
            accepted(place)
        # A remark is reason enough.
        assert give_back(place.viewer(Role.REVIEWER), YEAR, body, 1).state == "returned"
        with pytest.raises(SubmissionRefused):
            accepted(place, 2)
        db.session.rollback()


def test_what_is_not_complete_any_more_is_not_accepted(place: Place) -> None:
    """An organisation came under the body after the hand-over, as of a day before the year's end."""
    from evaluation.registry import operations as register

    with place.app.app_context():
        place.fill()
        place.hand_over()
        place.hand_over(bin_=EMPTY, nil=True)
        late = "100000000005"
        register.register_organisations(
            SYSTEM, [(late, place.kinds[0], "Кешіккен", ""), ("100000000013", place.kinds[0], "Тағы", "")]
        )
        known_ = registry.known(SYSTEM)
        since = TODAY - timedelta(days=900)
        register.supervise(SYSTEM, [(known_.organisations[late][0], place.bodies[OWN], since, None)])
        register.supervise(SYSTEM, [(known_.organisations["100000000013"][0], place.bodies[EMPTY], since, None)])
        outcomes = accept_many(place.viewer(Role.REVIEWER, OWN, EMPTY), YEAR, [(place.body(), 1), (place.body(EMPTY), 1)], TODAY)
        assert [type(outcome) for _, outcome in outcomes] == [NotReady, SubmissionRefused]
        assert queries.frozen(SYSTEM, place.bodies[OWN], YEAR) is None
        db.session.rollback()


def test_the_database_excludes_states_that_exclude_each_other(place: Place) -> None:
    head, reviewer = place.accounts[Role.HEAD], place.accounts[Role.REVIEWER]
    with place.app.app_context():
        place.fill()
        place.hand_over()
        frozen = accepted(place)
        db.session.commit()
        there = {"submitted_id": head, "submitted_at": now(), "first_submitted_on": TODAY, "round": 1, "revision": 1}
        accepted_ = there | {"state": "accepted", "accepted_id": reviewer, "frozen_id": frozen.id}
        impossible: list[dict[str, Any]] = [
            {"state": "handed"},
            {"state": "submitted"},
            {"state": "submitted"} | there | {"round": 0},
            {"state": "draft", "accepted_id": reviewer},
            accepted_ | {"frozen_id": None},
            accepted_ | {"accepted_id": None},
            accepted_ | {"accepted_id": head},
            accepted_ | {"state": "submitted"},
            accepted_ | {"revision": 0},
            {"state": "reopened", "reason": ""} | there,
        ]
        table = table_of(Submission)
        same = {
            "year": YEAR,
            "body_id": place.bodies[FOREIGN],
            "nil": False,
            "version": 1,
            "changed_by": "x",
            "changed_at": now(),
        }
        for values in impossible:
            with pytest.raises(IntegrityError):
                db.session.execute(insert(table).values(same | {"reason": ""} | values))
            db.session.rollback()
        possible = [{"state": "draft"}, {"state": "submitted"} | there, {"state": "returned"} | there, accepted_]
        possible.append({"state": "reopened", "reason": "Себеп"} | there)
        assert {str(values["state"]) for values in possible} == set(STATES)
        for values in possible:
            db.session.execute(insert(table).values(same | {"reason": ""} | values))
            db.session.rollback()
        for gone in (update(table_of(FrozenSheet)).values(content="{}"), table_of(FrozenSheet).delete()):
            with pytest.raises(Exception, match="refused"):
                db.session.execute(gone)
            db.session.rollback()


def test_the_past_is_known_as_it_was(place: Place) -> None:
    """What is entered later, in this year or the registry, is not there before."""
    with place.app.app_context():
        place.fill()
        own, code, value = cell(place)
        orders = registry.orders()
        before = known(SYSTEM, orders, place.body(), YEAR, precise())
        assert before and before.state == "draft" and sheet_of(before.source) == sheets.sheet(SYSTEM, OWN, YEAR)
        then = precise()
        save(place.viewer(Role.CLERK), place.order, YEAR, place.bodies[OWN], [AnswerInput(own, code, -500, value)])
        db.session.commit()
        past = known(SYSTEM, orders, place.body(), YEAR, then)
        assert past and sheet_of(past.source) == sheet_of(before.source) != sheets.sheet(SYSTEM, OWN, YEAR)
        present = known(SYSTEM, orders, place.body(), YEAR, precise())
        assert present and sheet_of(present.source) == sheets.sheet(SYSTEM, OWN, YEAR)
        assert present.source == sheets.source(SYSTEM, place.body(), YEAR)
        assert known(SYSTEM, orders, place.body(), YEAR, then - timedelta(days=1)) is None
        assert known(SYSTEM, replace(orders, all=()), place.body(), YEAR, then) is None, "its order's file is missing"
        with pytest.raises(Forbidden):
            known(place.viewer(Role.CLERK, FOREIGN), orders, place.body(), YEAR, then)


def test_the_pages_of_the_review(place: Place) -> None:
    head, clerk, reviewer, observer = (place.client(role) for role in ("head", "clerk", "reviewer", "observer"))
    with place.app.app_context():
        place.fill()
        place.hand_over()
        db.session.commit()
    steps = f"{BODY}/submission"
    shown = reviewer.get(BODY).text
    assert "Accept the year" in shown and "Give the year back" in shown and "Reopen the year" not in shown
    assert "Accept the year" not in observer.get(BODY).text + head.get(BODY).text
    sent = {"csrf_token": token_of(reviewer, BODY), "version": "1"}
    for other in (head, clerk, observer):
        for step in ("accept", "reopen"):
            assert other.post(f"{steps}/{step}", data=sent | {"csrf_token": token_of(other, BODY)}).status_code == 403
    stale = reviewer.post(f"{steps}/accept", data=sent | {"version": "0"})
    assert stale.status_code == 409 and "How it stands now" in stale.text and "The year was handed over" in stale.text
    assert reviewer.post(f"{steps}/reopen", data=sent | {"reason": "x"}).status_code == 422
    assert reviewer.post(f"{steps}/accept", data=sent).status_code == 303
    shown = reviewer.get(BODY).text
    assert "The year was accepted" in shown and "Reopen the year" in shown and "Accept the year" not in shown
    assert "Revision 1 is in force" in clerk.get(f"{BODY}/entry").text + clerk.get(steps).text
    assert reviewer.post(f"{steps}/accept", data=sent | {"version": "2"}).status_code == 422
    assert reviewer.post(f"{steps}/reopen", data=sent | {"version": "2", "reason": ""}).status_code == 422
    assert reviewer.post(f"{steps}/reopen", data=sent | {"version": "2", "reason": "<i>Қате</i>"}).status_code == 303
    home = clerk.get(f"{BODY}/entry").text
    assert "was reopened" in home and "&lt;i&gt;Қате" in home
    assert today() > TODAY


def test_an_accepted_year_keeps_its_points_whatever_the_registry_becomes(place: Place) -> None:
    with place.app.app_context():
        place.fill()
        place.hand_over()
        frozen = accepted(place)
        most = thaw(frozen.content, registry.orders()).max
        db.session.commit()
    observer = place.client("observer")
    points = re.compile(r'data-label="Points / maximum">(.*?)</td>', re.DOTALL)
    before = points.findall(observer.get(BODY).text)
    with place.app.app_context():
        move_organisation(SYSTEM, organisation_states(SYSTEM, place.own[0])[place.own[0]], FOREIGN, YEAR)
        live = sheets.sheet(SYSTEM, OWN, YEAR)
        assert live and live.max != most, "one of its tables applies no more"
        db.session.commit()
    assert before and points.findall(observer.get(BODY).text) == before


def test_the_page_of_a_past_day(place: Place) -> None:
    observer, stranger = place.client("observer"), place.client("clerk", FOREIGN)
    with place.app.app_context():
        place.fill()
        place.hand_over()
        accepted(place)
        db.session.commit()
    page, day = f"{BODY}/known", today()
    assert "Show the sheet" in observer.get(page).text
    shown = observer.get(f"{page}?on={day}").text
    assert "As known at the end of" in shown and "Accepted" in shown and place.own[0] in observer.get(BODY).text
    assert "As known at the end of" in observer.get(f"{page}?on={day:%d.%m.%Y}").text, "as typed by hand"
    shown = observer.get(f"{page}?on={day}&lang=kk").text
    assert place.order.form.title.kk in shown and language("kk").gettext(NOT_ACCEPTED) not in shown
    for wrong in ("x", str(day + timedelta(days=1)), "0001-01-01", "2020-01-01"):
        assert observer.get(f"{page}?on={wrong}").status_code == 422
    assert stranger.get(f"{page}?on={day}").status_code == 404
