"""Progress of a body's year and justifications of warnings, on SQLite and on PostgreSQL."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from evaluation.answers.checks import BreachCost
from evaluation.answers.justifications import (
    MAX_REASON_CHARACTERS,
    MIN_REASON_CHARACTERS,
    JustificationRejected,
    justify,
    withdraw,
)
from evaluation.answers.model import AnswerInput
from evaluation.answers.models import DeclaredCount, Report
from evaluation.answers.progress.model import BodyProgress, OrganisationProgress, ProgressTotals
from evaluation.answers.progress.queries import answer_counts, body_progress
from evaluation.answers.save import UnknownCell, save_answers
from evaluation.answers.year_data import read_year_data
from evaluation.audit import queries as audit
from evaluation.audit.models import AuditEvent
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Forbidden, Role, Viewer
from evaluation.registry import operations
from evaluation.registry import queries as registry
from evaluation.registry.operations import NewBody
from evaluation.submissions.locks import Locked
from tests.support.factories import bin_of, clean
from tests.support.scenario import BODY, OTHER_BODY, SUPERVISED_FROM, SYSTEM, TODAY, YEAR, Scenario, build_scenario
from tests.support.submission_states import set_status

RULE, CELL = "financial_result_sign_changed", "financial_result"
REASON = "Предприятие закрыло убыточный цех."


@pytest.fixture
def scenario(app: Flask, order: Order) -> Scenario:
    """Organisations: an institution (11), enterprises 21, 22, 23 of the first body; last year 23 was under the second."""
    institution, enterprise, *_ = order.kind
    kinds = {11: institution, 21: enterprise, 22: enterprise, 23: enterprise}
    return build_scenario(
        app,
        order,
        [NewBody(BODY, "Бір"), NewBody(OTHER_BODY, "Екі")],
        {BODY: [(bin_of(number), kind) for number, kind in kinds.items()]},
        years=(YEAR - 1, YEAR),
        supervisions=[
            *((bin_of(number), BODY, SUPERVISED_FROM, None) for number in (11, 21, 22)),
            (bin_of(23), OTHER_BODY, SUPERVISED_FROM, date(YEAR - 1, 12, 31)),
            (bin_of(23), BODY, date(YEAR, 1, 1), None),
        ],
    )


def clerk(scenario: Scenario, body_bin: str = BODY) -> Viewer:
    """A clerk of a body, without an account."""
    id_ = scenario.bodies[body_bin]
    return Viewer(f"{id_}@example.kz", Role.CLERK, frozenset({id_}))


def report(organisation_id: int, answers: dict[str, Any], year: int = YEAR, evidence: dict[str, Any] | None = None) -> None:
    db.session.add(Report(organisation_id=organisation_id, year=year, answers=answers, evidence=evidence or {}))
    db.session.flush()


def state(viewer: Viewer, order: Order, body: int, ids: list[int] | None = None) -> BodyProgress:
    return body_progress(viewer, order, YEAR, body, TODAY, ids)


def costs(scenario: Scenario, order: Order, *kinds: str) -> Mapping[str, tuple[BreachCost, ...]]:
    data = read_year_data(clerk(scenario), order, YEAR, scenario.body_id)
    return data.breach_costs([kind for kind in kinds if kind in data.reports_by_kind])


def rules(progress: OrganisationProgress) -> list[str]:
    return [issue.rule for issue in progress.issues]


def test_a_body_whose_clerk_has_not_begun(app: Flask, order: Order, scenario: Scenario) -> None:
    institution, enterprise, *_ = order.kind
    with app.app_context():
        progress = state(clerk(scenario), order, scenario.body_id)
        assert [organisation.bin for organisation in progress.organisations.values()] == [bin_of(n) for n in (11, 21, 22, 23)]
        assert list(progress.totals) == [institution, enterprise]
        for organisation_id, organisation in progress.organisations.items():
            unconditional = [item.code for item in order.indicators_of(organisation.kind) if item.applies_when is None]
            assert (organisation.organisation_id, organisation.version, organisation.answered, organisation.required) == (
                organisation_id,
                0,
                0,
                len(unconditional),
            )
            assert organisation.blank == tuple(unconditional) and organisation.stage == "blank" and not organisation.issues
        assert progress.totals[enterprise] == ProgressTotals(organisations=3, blank=3, required=3 * organisation.required)
        assert progress.total.organisations == 4
        assert not state(clerk(scenario, OTHER_BODY), order, scenario.body_id).organisations, (
            "a body that the viewer cannot see has no organisations"
        )
        assert not state(clerk(scenario), order, scenario.bodies[OTHER_BODY]).organisations


def test_answers_are_counted_out_of_the_required_ones(app: Flask, order: Order, scenario: Scenario) -> None:
    enterprise = list(order.kind)[1]
    with app.app_context():
        all_answers = clean(order, enterprise)
        report(scenario.organisations[bin_of(21)], all_answers)
        report(scenario.organisations[bin_of(22)], {"budget_due": 500, "key_indicators_defined": False})
        progress = state(clerk(scenario), order, scenario.body_id)
        complete, partial = (progress.organisations[scenario.organisations[bin_of(n)]] for n in (21, 22))
        assert (complete.stage, complete.blank, complete.answers, complete.version) == ("complete", (), all_answers, 1)
        assert complete.answered == complete.required == len(all_answers)
        assert partial.stage == "partial" and "budget_due_on" in partial.blank, "required because an amount is due"
        assert not {"key_indicators_planned", "key_indicators_met"} & set(partial.blank), "implied"
        total = progress.totals[enterprise]
        assert (total.blank, total.partial, total.complete) == (1, 1, 1)
        assert (total.with_errors, total.with_warnings) == (0, 1)


def test_costs_count_all_organisations_of_the_body(app: Flask, order: Order, scenario: Scenario) -> None:
    enterprise = list(order.kind)[1]
    ids = [scenario.organisations[bin_of(n)] for n in (21, 22, 23)]
    with app.app_context():
        for organisation_id in ids:
            report(organisation_id, clean(order, enterprise) | {"insolvent": organisation_id != ids[2], CELL: -5})
        cost_by_criterion = {cost.criterion: cost for cost in costs(scenario, order, enterprise)[bin_of(21)]}
        last_row = order.table[enterprise].scored_rows[-1]
        assert cost_by_criterion["7.2"].row == last_row.number
        assert (
            cost_by_criterion["7.2"].points,
            cost_by_criterion["7.2"].worst_points,
            cost_by_criterion["7.2"].other_organisation_count,
            cost_by_criterion["7.2"].codes,
        ) == (-2, -2, 1, ("insolvent",))
        assert (
            cost_by_criterion["1"].points,
            cost_by_criterion["1"].worst_points,
            cost_by_criterion["1"].other_organisation_count,
        ) == (-1, -2, 2), "last year's count is unknown"
        db.session.add(DeclaredCount(year=YEAR, body_id=scenario.body_id, kind=enterprise, criterion="1", count=3))
        whole = costs(scenario, order, *order.kind)
        assert [cost.points for cost in whole[bin_of(21)] if cost.criterion == "1"] == [-2]
        assert whole[bin_of(23)][0].criterion == "1" and len(whole[bin_of(23)]) == 1


def test_last_year_is_read_under_last_years_supervision(app: Flask, order: Order, scenario: Scenario) -> None:
    both = frozenset({scenario.body_id, scenario.bodies[OTHER_BODY]})
    ids = {n: scenario.organisations[bin_of(n)] for n in (11, 22, 23)}
    with app.app_context():
        for organisation_id in ids.values():
            report(organisation_id, {CELL: 100}, YEAR - 1)
        report(ids[22], {CELL: -100})
        report(ids[23], {CELL: -100})
        progress = state(clerk(scenario), order, scenario.body_id).organisations
        assert [progress[organisation_id].last_year_answers for organisation_id in ids.values()] == [
            {CELL: 100},
            {CELL: 100},
            None,
        ]
        assert rules(progress[ids[11]]) == ["no_answers_after_last_year"]
        assert rules(progress[ids[22]]) == [RULE]
        assert rules(progress[ids[23]]) == [], "last year's body is not the clerk's body"
        for viewer in (SYSTEM, Viewer("reviewer", Role.REVIEWER, both)):
            assert rules(state(viewer, order, scenario.body_id).organisations[ids[23]]) == [RULE]


def test_a_reason_justifies_a_warning(app: Flask, order: Order, scenario: Scenario) -> None:
    organisation_id = scenario.organisations[bin_of(22)]
    with app.app_context():
        report(organisation_id, {CELL: 100}, YEAR - 1)
        report(organisation_id, {CELL: -100})

        def now() -> OrganisationProgress:
            return state(clerk(scenario), order, scenario.body_id, [organisation_id]).organisations[organisation_id]

        def add_reason(reason: str = REASON) -> None:
            justify(clerk(scenario), order, YEAR, scenario.body_id, organisation_id, RULE, CELL, reason, TODAY)

        assert (now().warnings, now().errors) == (1, 0)
        add_reason(f"  {REASON}\u200b ")
        (issue,) = now().issues
        assert issue.reason == REASON and issue.justification is not None and issue.justification.author == clerk(scenario).name
        assert now().warnings == 0 and state(clerk(scenario), order, scenario.body_id).total.warnings == 0
        add_reason()
        add_reason(f"{REASON} Отчет прилагается.")
        assert now().issues[0].reason == f"{REASON} Отчет прилагается."

        save_answers(clerk(scenario), order, YEAR, scenario.body_id, [AnswerInput(organisation_id, CELL, -200, -100)])
        assert now().warnings == 1 and now().issues[0].reason is None, "a changed answer needs a new reason"
        save_answers(clerk(scenario), order, YEAR, scenario.body_id, [AnswerInput(organisation_id, CELL, -100, -200)])
        assert now().warnings == 0, "the reason applies again to the value that it justifies"
        save_answers(clerk(scenario), order, YEAR, scenario.body_id, [AnswerInput(organisation_id, CELL, -200, -100)])
        add_reason()
        assert now().warnings == 0
        withdraw(clerk(scenario), YEAR, scenario.body_id, organisation_id, RULE, CELL)
        withdraw(clerk(scenario), YEAR, scenario.body_id, organisation_id, RULE, CELL)
        assert now().warnings == 1
        events = audit.events(Viewer.system(), AuditEvent.action.like("justif%"))
        assert [
            (event.action, event.data["value"], event.actor, event.body_id, event.organisation_id, event.year) for event in events
        ] == [
            ("justification_added", -100, clerk(scenario).name, scenario.body_id, organisation_id, YEAR),
            ("justification_added", -100, clerk(scenario).name, scenario.body_id, organisation_id, YEAR),
            ("justification_added", -200, clerk(scenario).name, scenario.body_id, organisation_id, YEAR),
            ("justification_withdrawn", -200, clerk(scenario).name, scenario.body_id, organisation_id, YEAR),
        ]
        assert events[0].data == {"rule": RULE, "code": CELL, "value": -100, "reason": REASON}


def test_a_justified_warning_without_a_cell_ends_when_its_cause_ends(app: Flask, order: Order, scenario: Scenario) -> None:
    organisation_id = scenario.organisations[bin_of(22)]
    with app.app_context():
        report(organisation_id, {CELL: 100}, YEAR - 1)
        for number in (11, 23):
            report(scenario.organisations[bin_of(number)], {CELL: 100})
        for reason in (REASON, REASON * 2):
            justify(
                clerk(scenario), order, YEAR, scenario.body_id, organisation_id, "no_answers_after_last_year", None, reason, TODAY
            )
            db.session.commit()
        (issue,) = state(clerk(scenario), order, scenario.body_id, [organisation_id]).organisations[organisation_id].issues
        assert (issue.code, issue.value, issue.reason) == (None, None, REASON * 2)
        save_answers(clerk(scenario), order, YEAR, scenario.body_id, [AnswerInput(organisation_id, CELL, 100)])
        assert state(clerk(scenario), order, scenario.body_id, [organisation_id]).organisations[organisation_id].issues == ()


def test_a_blank_report_warns_once_half_of_the_organisations_have_answered(app: Flask, order: Order, scenario: Scenario) -> None:
    """When a year opens, all reports are blank, and a warning at each of them would be useless."""
    ids = {number: scenario.organisations[bin_of(number)] for number in (11, 21, 22, 23)}
    silent = "no_answers_after_last_year"
    with app.app_context():
        for organisation_id in ids.values():
            report(organisation_id, {CELL: 100}, YEAR - 1)

        def warned_organisations(wanted: list[int] | None = None) -> list[int]:
            progress = state(clerk(scenario), order, scenario.body_id, wanted).organisations
            return [organisation_id for organisation_id, organisation in progress.items() if silent in rules(organisation)]

        assert warned_organisations() == []
        report(ids[11], {CELL: 100})
        report(ids[21], {CELL: None}, evidence={"note": "жабылды"})
        assert warned_organisations() == [], "blanks and evidence do not count as answers"
        with pytest.raises(JustificationRejected):
            justify(clerk(scenario), order, YEAR, scenario.body_id, ids[22], silent, None, REASON, TODAY)
        save_answers(clerk(scenario), order, YEAR, scenario.body_id, [AnswerInput(ids[23], CELL, 100)])
        assert warned_organisations() == [ids[21], ids[22]]
        assert warned_organisations([ids[22]]) == [ids[22]], (
            "counted over all organisations of the body, not only the requested ones"
        )


def test_answers_are_counted_for_several_bodies(app: Flask, order: Order, scenario: Scenario) -> None:
    with app.app_context():
        report(scenario.organisations[bin_of(21)], clean(order, list(order.kind)[1]))
        report(scenario.organisations[bin_of(22)], {"budget_due": 500, "key_indicators_defined": False})
        totals = state(clerk(scenario), order, scenario.body_id).total
        both = Viewer("both", Role.CLERK, frozenset({scenario.body_id, scenario.bodies[OTHER_BODY]}))
        assert totals.answered
        assert answer_counts(both, order, YEAR, [scenario.body_id, scenario.bodies[OTHER_BODY]]) == {
            bin_of(1): (totals.answered, totals.required)
        }
        assert answer_counts(clerk(scenario, OTHER_BODY), order, YEAR, [scenario.body_id, scenario.bodies[OTHER_BODY]]) == {}


def test_justifications_that_are_rejected(app: Flask, order: Order, scenario: Scenario) -> None:
    organisation_id = scenario.organisations[bin_of(22)]
    with app.app_context():
        report(organisation_id, {CELL: 100}, YEAR - 1)
        report(organisation_id, {CELL: -100, "key_indicators_planned": 1, "key_indicators_met": 2})

        def add_reason(
            rule: str = RULE,
            code: str | None = CELL,
            reason: str = REASON,
            viewer: Viewer | None = None,
            to: int = organisation_id,
        ) -> None:
            justify(viewer or clerk(scenario), order, YEAR, scenario.body_id, to, rule, code, reason, TODAY)

        for reason in (
            "",
            "так надо",
            " " * 50,
            "a" + " " * 20 + "b",
            "\u200b" * 50,
            "д" * (MIN_REASON_CHARACTERS - 1),
            "д" * (MAX_REASON_CHARACTERS + 1),
        ):
            with pytest.raises(JustificationRejected):
                add_reason(reason=reason)
        for rule, code in (
            ("met_above_planned", "key_indicators_met"),
            ("no_answers_after_last_year", None),
            (RULE, None),
            ("x", "y"),
        ):
            with pytest.raises(JustificationRejected):
                add_reason(rule, code)
        for viewer in (
            clerk(scenario, OTHER_BODY),
            Viewer("reviewer", Role.REVIEWER, None),
            Viewer("observer", Role.OBSERVER, None),
        ):
            with pytest.raises(Forbidden):
                add_reason(viewer=viewer)
            with pytest.raises(Forbidden):
                withdraw(viewer, YEAR, scenario.body_id, organisation_id, RULE, CELL)
        with pytest.raises(UnknownCell):
            add_reason(to=organisation_id + 1000)
        add_reason(reason="д" * MIN_REASON_CHARACTERS)
        add_reason(reason="д" * MAX_REASON_CHARACTERS)
        set_status(YEAR, scenario.body_id)
        with pytest.raises(Locked):
            add_reason()
        with pytest.raises(Locked):
            withdraw(clerk(scenario), YEAR, scenario.body_id, organisation_id, RULE, CELL)
        progress = state(clerk(scenario), order, scenario.body_id, [organisation_id]).organisations[organisation_id]
        assert (progress.errors, progress.warnings) == (1, 0)


def test_the_first_year_has_no_last_year(app: Flask, order: Order, scenario: Scenario) -> None:
    with app.app_context():
        organisation_id = scenario.organisations[bin_of(21)]
        report(organisation_id, {CELL: -5}, YEAR - 1)
        progress = body_progress(clerk(scenario), order, YEAR - 1, scenario.body_id, TODAY).organisations
        assert progress[organisation_id].last_year_answers is None and progress[organisation_id].issues == ()


def test_the_query_count_is_independent_of_the_organisation_count(app: Flask, order: Order, scenario: Scenario) -> None:
    enterprise = list(order.kind)[1]
    with app.app_context():
        bins = [bin_of(1000 + number) for number in range(120)]
        operations.register_organisations(SYSTEM, [(bin_, enterprise, "Ұйым", "") for bin_ in bins])
        registered = registry.registry_index(SYSTEM).organisations
        operations.add_supervision(SYSTEM, [(registered[bin_][0], scenario.body_id, date(2020, 1, 1), None) for bin_ in bins])
        for bin_ in bins:
            report(registered[bin_][0], clean(order, enterprise), YEAR - 1)
            report(registered[bin_][0], clean(order, enterprise) | {CELL: -1})
        statements: list[str] = []
        event.listen(db.engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
        progress = state(clerk(scenario), order, scenario.body_id)
        assert progress.total.organisations == 124 and progress.total.with_warnings == 120
        assert len(statements) <= 9, statements
