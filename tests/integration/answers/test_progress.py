"""How far a body's year has come, and reasons for what looks odd: on SQLite and on PostgreSQL."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from evaluation.answers.justifications import LEAST, MOST, Unjustifiable, justify, withdraw
from evaluation.answers.models import DeclaredCount, Report
from evaluation.answers.progress.model import BodyState, OrganisationState, Totals
from evaluation.answers.progress.queries import answers_given, body_state
from evaluation.answers.save import AnswerInput, UnknownCell, save
from evaluation.audit.models import Event
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Forbidden, Role, Viewer
from evaluation.registry import operations
from evaluation.registry import queries as registry
from evaluation.registry.operations import NewBody
from evaluation.submissions.locks import Locked
from tests.support.factories import bin_of, clean
from tests.support.submission_states import stand

YEAR, TODAY = 2024, date(2025, 3, 1)
SYSTEM = Viewer.system()
RULE, CELL = "financial_result_sign_turned", "financial_result"
REASON = "Предприятие закрыло убыточный цех."


@dataclass(frozen=True)
class Place:
    """Two bodies with clerks of their own; the first one's organisations, by kind of which the second has none this year."""

    body: int
    other: int
    ids: dict[str, int]
    clerk: Viewer
    foreign: Viewer


@pytest.fixture
def place(app: Flask, order: Order) -> Callable[[], Place]:
    """Organisations: an institution (11), enterprises 21, 22, 23 of the first body; last year 23 was under the second."""
    institution, enterprise, *_ = order.kind
    with app.app_context():
        for year in (YEAR - 1, YEAR):
            operations.open_year(SYSTEM, year, order.code)
        operations.register_bodies(SYSTEM, [NewBody(bin_of(1), "Бір"), NewBody(bin_of(2), "Екі")])
        kinds = {11: institution, 21: enterprise, 22: enterprise, 23: enterprise}
        operations.register_organisations(SYSTEM, [(bin_of(n), kind, f"Ұйым {n}", "") for n, kind in kinds.items()])
        known = registry.known(SYSTEM)
        first, second = known.bodies[bin_of(1)], known.bodies[bin_of(2)]
        ids = {bin_: id_ for bin_, (id_, _) in known.organisations.items()}
        new_year = date(YEAR, 1, 1)
        operations.supervise(
            SYSTEM,
            [(ids[bin_of(n)], first, date(2020, 1, 1), None) for n in (11, 21, 22)]
            + [(ids[bin_of(23)], second, date(2020, 1, 1), date(YEAR - 1, 12, 31)), (ids[bin_of(23)], first, new_year, None)],
        )
        db.session.commit()
    clerks = [Viewer(f"{body}@example.kz", Role.CLERK, frozenset({body})) for body in (first, second)]
    return lambda: Place(first, second, ids, *clerks)


def report(own: int, answers: dict[str, Any], year: int = YEAR, evidence: dict[str, Any] | None = None) -> None:
    db.session.add(Report(organisation_id=own, year=year, answers=answers, evidence=evidence or {}))
    db.session.flush()


def state(viewer: Viewer, order: Order, body: int, ids: list[int] | None = None) -> BodyState:
    return body_state(viewer, order, YEAR, body, TODAY, ids)


def rules(found: OrganisationState) -> list[str]:
    return [finding.rule for finding in found.findings]


def test_a_body_whose_clerk_has_not_begun(app: Flask, order: Order, place: Callable[[], Place]) -> None:
    here = place()
    institution, enterprise, *_ = order.kind
    with app.app_context():
        found = state(here.clerk, order, here.body)
        assert [each.bin for each in found.organisations.values()] == [bin_of(n) for n in (11, 21, 22, 23)]
        assert list(found.totals) == [institution, enterprise]
        for own, each in found.organisations.items():
            asked = [item.code for item in order.asked_of(each.kind) if item.asked_when is None]
            assert (each.id, each.version, each.answered, each.asked) == (own, 0, 0, len(asked))
            assert each.blank == tuple(asked) and each.stage == "blank" and not each.findings and not each.costs
        assert found.totals[enterprise] == Totals(organisations=3, blank=3, asked=3 * each.asked)
        assert found.total.organisations == 4
        assert not state(here.foreign, order, here.body).organisations, "a body one may not see has nothing to show"
        assert not state(here.clerk, order, here.other).organisations


def test_what_is_answered_out_of_what_is_asked(app: Flask, order: Order, place: Callable[[], Place]) -> None:
    here = place()
    enterprise = list(order.kind)[1]
    with app.app_context():
        whole = clean(order, enterprise)
        report(here.ids[bin_of(21)], whole)
        report(here.ids[bin_of(22)], {"budget_due": 500, "key_indicators_defined": False})
        found = state(here.clerk, order, here.body)
        done, partly = (found.organisations[here.ids[bin_of(n)]] for n in (21, 22))
        assert (done.stage, done.blank, done.answers, done.version) == ("done", (), whole, 1)
        assert done.answered == done.asked == len(whole)
        assert partly.stage == "partly" and "budget_due_on" in partly.blank, "asked once a sum is due"
        assert not {"key_indicators_planned", "key_indicators_met"} & set(partly.blank), "implied"
        total = found.totals[enterprise]
        assert (total.blank, total.partly, total.done) == (1, 1, 1)
        assert (total.with_errors, total.with_warnings) == (0, 1)


def test_costs_count_the_whole_body(app: Flask, order: Order, place: Callable[[], Place]) -> None:
    here = place()
    enterprise = list(order.kind)[1]
    ids = [here.ids[bin_of(n)] for n in (21, 22, 23)]
    with app.app_context():
        for own in ids:
            report(own, clean(order, enterprise) | {"insolvent": own != ids[2], CELL: -5})
        (alone,) = state(here.clerk, order, here.body, [ids[0]]).organisations.values()
        told = {cost.criterion: cost for cost in alone.costs}
        last_row = order.table[enterprise].scored_rows[-1]
        assert told["7.2"].row == last_row.number
        assert (told["7.2"].points, told["7.2"].at_worst, told["7.2"].others, told["7.2"].codes) == (-2, -2, 1, ("insolvent",))
        assert (told["1"].points, told["1"].at_worst, told["1"].others) == (-1, -2, 2), "last year's count is not known"
        db.session.add(DeclaredCount(year=YEAR, body_id=here.body, kind=enterprise, criterion="1", count=3))
        whole = state(here.clerk, order, here.body)
        assert [cost.points for cost in whole.organisations[ids[0]].costs if cost.criterion == "1"] == [-2]
        assert whole.organisations[ids[2]].costs[0].criterion == "1" and len(whole.organisations[ids[2]].costs) == 1


def test_last_year_is_seen_under_last_years_supervision(app: Flask, order: Order, place: Callable[[], Place]) -> None:
    here = place()
    both = frozenset({here.body, here.other})
    ids = {n: here.ids[bin_of(n)] for n in (11, 22, 23)}
    with app.app_context():
        for own in ids.values():
            report(own, {CELL: 100}, YEAR - 1)
        report(ids[22], {CELL: -100})
        report(ids[23], {CELL: -100})
        found = state(here.clerk, order, here.body).organisations
        assert [found[own].last for own in ids.values()] == [{CELL: 100}, {CELL: 100}, None]
        assert rules(found[ids[11]]) == ["silent_after_answering"]
        assert rules(found[ids[22]]) == [RULE]
        assert rules(found[ids[23]]) == [], "its body of last year is not the clerk's"
        for viewer in (SYSTEM, Viewer("reviewer", Role.REVIEWER, both)):
            assert rules(state(viewer, order, here.body).organisations[ids[23]]) == [RULE]


def test_a_warning_kept_by_a_reason(app: Flask, order: Order, place: Callable[[], Place]) -> None:
    here = place()
    own = here.ids[bin_of(22)]
    with app.app_context():
        report(own, {CELL: 100}, YEAR - 1)
        report(own, {CELL: -100})

        def now() -> OrganisationState:
            return state(here.clerk, order, here.body, [own]).organisations[own]

        def give(reason: str = REASON) -> None:
            justify(here.clerk, order, YEAR, here.body, own, RULE, CELL, reason, TODAY)

        assert (now().warnings, now().errors) == (1, 0)
        give(f"  {REASON}\u200b ")
        (finding,) = now().findings
        assert finding.reason == REASON and finding.kept is not None and finding.kept.by == here.clerk.name
        assert now().warnings == 0 and state(here.clerk, order, here.body).total.warnings == 0
        give()
        give(f"{REASON} Отчет прилагается.")
        assert now().findings[0].reason == f"{REASON} Отчет прилагается."

        save(here.clerk, order, YEAR, here.body, [AnswerInput(own, CELL, -200, -100)])
        assert now().warnings == 1 and now().findings[0].reason is None, "a changed answer asks anew"
        save(here.clerk, order, YEAR, here.body, [AnswerInput(own, CELL, -100, -200)])
        assert now().warnings == 0, "and stands again with the value the reason was given for"
        save(here.clerk, order, YEAR, here.body, [AnswerInput(own, CELL, -200, -100)])
        give()
        assert now().warnings == 0
        withdraw(here.clerk, YEAR, here.body, own, RULE, CELL)
        withdraw(here.clerk, YEAR, here.body, own, RULE, CELL)
        assert now().warnings == 1
        told = db.session.query(Event).filter(Event.action.like("justif%")).order_by(Event.id)
        assert [
            (each.action, each.data["value"], each.actor, each.body_id, each.organisation_id, each.year) for each in told
        ] == [
            ("justified", -100, here.clerk.name, here.body, own, YEAR),
            ("justified", -100, here.clerk.name, here.body, own, YEAR),
            ("justified", -200, here.clerk.name, here.body, own, YEAR),
            ("justification_withdrawn", -200, here.clerk.name, here.body, own, YEAR),
        ]
        assert told[0].data == {"rule": RULE, "code": CELL, "value": -100, "reason": REASON}


def test_a_warning_of_the_whole_organisation_is_kept_and_ends_by_itself(
    app: Flask, order: Order, place: Callable[[], Place]
) -> None:
    here = place()
    own = here.ids[bin_of(22)]
    with app.app_context():
        report(own, {CELL: 100}, YEAR - 1)
        for number in (11, 23):
            report(here.ids[bin_of(number)], {CELL: 100})
        for reason in (REASON, REASON * 2):
            justify(here.clerk, order, YEAR, here.body, own, "silent_after_answering", None, reason, TODAY)
            db.session.commit()
        (finding,) = state(here.clerk, order, here.body, [own]).organisations[own].findings
        assert (finding.code, finding.value, finding.reason) == (None, None, REASON * 2)
        save(here.clerk, order, YEAR, here.body, [AnswerInput(own, CELL, 100)])
        assert state(here.clerk, order, here.body, [own]).organisations[own].findings == ()


def test_silence_is_odd_once_half_of_the_organisations_have_answered(
    app: Flask, order: Order, place: Callable[[], Place]
) -> None:
    """On the day a year opens all are silent: a warning at every one would say nothing."""
    here = place()
    ids = {number: here.ids[bin_of(number)] for number in (11, 21, 22, 23)}
    silent = "silent_after_answering"
    with app.app_context():
        for own in ids.values():
            report(own, {CELL: 100}, YEAR - 1)

        def told(wanted: list[int] | None = None) -> list[int]:
            found = state(here.clerk, order, here.body, wanted).organisations
            return [own for own, each in found.items() if silent in rules(each)]

        assert told() == []
        report(ids[11], {CELL: 100})
        report(ids[21], {CELL: None}, evidence={"note": "жабылды"})
        assert told() == [], "a blank and evidence are no answers"
        with pytest.raises(Unjustifiable):
            justify(here.clerk, order, YEAR, here.body, ids[22], silent, None, REASON, TODAY)
        save(here.clerk, order, YEAR, here.body, [AnswerInput(ids[23], CELL, 100)])
        assert told() == [ids[21], ids[22]]
        assert told([ids[22]]) == [ids[22]], "counted over the whole body, whoever is asked for"


def test_answers_given_are_summed_for_several_bodies(app: Flask, order: Order, place: Callable[[], Place]) -> None:
    here = place()
    with app.app_context():
        report(here.ids[bin_of(21)], clean(order, list(order.kind)[1]))
        report(here.ids[bin_of(22)], {"budget_due": 500, "key_indicators_defined": False})
        own = state(here.clerk, order, here.body).total
        both = Viewer("both", Role.CLERK, frozenset({here.body, here.other}))
        assert own.answered
        assert answers_given(both, order, YEAR, [here.body, here.other]) == {bin_of(1): (own.answered, own.asked)}
        assert answers_given(here.foreign, order, YEAR, [here.body, here.other]) == {}


def test_what_cannot_be_justified(app: Flask, order: Order, place: Callable[[], Place]) -> None:
    here = place()
    own = here.ids[bin_of(22)]
    with app.app_context():
        report(own, {CELL: 100}, YEAR - 1)
        report(own, {CELL: -100, "key_indicators_planned": 1, "key_indicators_met": 2})

        def give(
            rule: str = RULE, code: str | None = CELL, reason: str = REASON, viewer: Viewer = here.clerk, to: int = own
        ) -> None:
            justify(viewer, order, YEAR, here.body, to, rule, code, reason, TODAY)

        for reason in ("", "так надо", " " * 50, "a" + " " * 20 + "b", "\u200b" * 50, "д" * (LEAST - 1), "д" * (MOST + 1)):
            with pytest.raises(Unjustifiable):
                give(reason=reason)
        for rule, code in (
            ("met_above_planned", "key_indicators_met"),
            ("silent_after_answering", None),
            (RULE, None),
            ("x", "y"),
        ):
            with pytest.raises(Unjustifiable):
                give(rule, code)
        for viewer in (here.foreign, Viewer("reviewer", Role.REVIEWER, None), Viewer("observer", Role.OBSERVER, None)):
            with pytest.raises(Forbidden):
                give(viewer=viewer)
            with pytest.raises(Forbidden):
                withdraw(viewer, YEAR, here.body, own, RULE, CELL)
        with pytest.raises(UnknownCell):
            give(to=own + 1000)
        give(reason="д" * LEAST)
        give(reason="д" * MOST)
        stand(YEAR, here.body)
        with pytest.raises(Locked):
            give()
        with pytest.raises(Locked):
            withdraw(here.clerk, YEAR, here.body, own, RULE, CELL)
        found = state(here.clerk, order, here.body, [own]).organisations[own]
        assert (found.errors, found.warnings) == (1, 0)


def test_the_first_year_knows_no_last(app: Flask, order: Order, place: Callable[[], Place]) -> None:
    here = place()
    with app.app_context():
        own = here.ids[bin_of(21)]
        report(own, {CELL: -5}, YEAR - 1)
        found = body_state(here.clerk, order, YEAR - 1, here.body, TODAY).organisations
        assert found[own].last is None and found[own].findings == ()


def test_a_body_of_many_takes_a_handful_of_queries(app: Flask, order: Order, place: Callable[[], Place]) -> None:
    here = place()
    enterprise = list(order.kind)[1]
    with app.app_context():
        bins = [bin_of(1000 + number) for number in range(120)]
        operations.register_organisations(SYSTEM, [(bin_, enterprise, "Ұйым", "") for bin_ in bins])
        known = registry.known(SYSTEM).organisations
        operations.supervise(SYSTEM, [(known[bin_][0], here.body, date(2020, 1, 1), None) for bin_ in bins])
        for bin_ in bins:
            report(known[bin_][0], clean(order, enterprise), YEAR - 1)
            report(known[bin_][0], clean(order, enterprise) | {CELL: -1})
        asked: list[str] = []
        event.listen(db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
        found = state(here.clerk, order, here.body)
        assert found.total.organisations == 124 and found.total.with_warnings == 120
        assert len(asked) <= 9, asked
