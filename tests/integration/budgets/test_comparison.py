"""Planned income beside reported payments: warnings and their explanations, the points they never change, accepted sheets."""

import json
import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from evaluation.answers.justifications import JustificationRejected
from evaluation.answers.readiness.compose import readiness_of
from evaluation.answers.year_data import read_year_data
from evaluation.audit.verification import verify_audit_log
from evaluation.budgets import explanations, operations, queries
from evaluation.budgets.comparison import Explanation, GroupComparison, compare
from evaluation.budgets.differences import differences
from evaluation.budgets.queries import YearComparison
from evaluation.criteria import Order
from evaluation.criteria.loader import load_order
from evaluation.database import db
from evaluation.policy import Forbidden, Role, Viewer
from evaluation.review.diff.queries import changed_since
from evaluation.review.history.reconstruct import reconstruct
from evaluation.review.integrity import discrepancies
from evaluation.review.operations import accept, reopen
from evaluation.review.snapshot import from_canonical_json
from tests.support.budget_cases import a_decision, income, store
from tests.support.paths import ROOT
from tests.support.scenario import BODY, OTHER_BODY, SYSTEM, TODAY, YEAR, Scenario, justify_warnings

PLANNED = 120_050_000
"""What the invented decision plans of net income, in tiyn."""
SECOND_ORDER = ROOT / "tests" / "second_order.toml"
REASON = "Төлем келесі жылы түседі"


def enterprise(scenario: Scenario) -> str:
    return scenario.organisation_bins[1]


def comparison(scenario: Scenario, viewer: Viewer | None = None) -> YearComparison | None:
    data = read_year_data(viewer or scenario.viewer(Role.REVIEWER), scenario.order, YEAR, scenario.body_id)
    return queries.comparison(viewer or scenario.viewer(Role.REVIEWER), data)


def group(scenario: Scenario, key: str = "net_income") -> GroupComparison:
    result = comparison(scenario)
    assert result
    return next(item for item in result.groups if item.group == key)


@pytest.fixture
def compared(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scenario]:
    """A complete year whose enterprise paid 1,000 tenge, with a decision that plans more; within the application's context."""
    with scenario.app.app_context():
        scenario.fill()
        scenario.answer(enterprise(scenario), budget_due=100_000, budget_due_on="2025-02-20")
        scenario.answer(enterprise(scenario), budget_paid=100_000, budget_paid_on="2025-02-10")
        justify_warnings(scenario.order, scenario.body_id)
        store(scenario, monkeypatch)
        db.session.commit()
        yield scenario


def test_a_difference_is_a_warning_of_the_group_and_no_matter_of_points(compared: Scenario) -> None:
    item = group(compared)
    assert (item.planned, item.due, item.paid, item.unanswered) == (PLANNED, 100_000, 100_000, 0)
    assert item.is_warning and item.is_open and item.difference == PLANNED - 100_000
    assert item.criterion == compared.order.budget_comparison["net_income"].criterion and item.kinds == (compared.kinds[1],)
    result = comparison(compared)
    assert result and {item.group for item in result.groups} >= set(compared.order.budget_comparison)
    rent = group(compared, "rent")
    assert (rent.planned, rent.is_compared, rent.is_warning) == (50_000_000, False, False), "nothing corresponds to it"
    stakes = group(compared, "stakes")
    assert (stakes.planned, stakes.paid, stakes.is_warning) == (0, 0, False), "nothing planned, no such organisation"
    data = read_year_data(SYSTEM, compared.order, YEAR, compared.body_id)
    assert readiness_of(data, TODAY).ready, "an open difference does not prevent submission"
    for viewer in (compared.viewer(Role.OBSERVER), compared.viewer(Role.CLERK, OTHER_BODY)):
        assert comparison(compared, viewer) is None


def test_rounding_and_blanks_are_no_warning(compared: Scenario) -> None:
    for paid, is_warning in ((PLANNED, False), (PLANNED - 99_999, False), (PLANNED + 100_000, True)):
        compared.answer(enterprise(compared), budget_paid=paid)
        assert group(compared).is_warning == is_warning, paid
    compared.answer(enterprise(compared), budget_due=None)
    item = group(compared)
    assert item.unanswered == 1 and not item.is_warning, "before all have answered"


def test_an_explanation_is_for_the_very_sums(compared: Scenario) -> None:
    clerk, arguments = compared.viewer(Role.CLERK), (compared.order, YEAR, compared.body_id)
    with pytest.raises(JustificationRejected, match="at least"):
        explanations.explain(clerk, *arguments, "net_income", "жоқ", TODAY)
    with pytest.raises(JustificationRejected, match="no longer applies"):
        explanations.explain(clerk, *arguments, "rent", REASON, TODAY)
    for viewer in (compared.viewer(Role.REVIEWER), compared.viewer(Role.CLERK, OTHER_BODY)):
        with pytest.raises(Forbidden):
            explanations.explain(viewer, *arguments, "net_income", REASON, TODAY)
    explanations.explain(clerk, *arguments, "net_income", REASON, TODAY)
    db.session.commit()
    item = group(compared)
    assert item.explanation and (item.explanation.reason, item.explanation.author) == (REASON, clerk.name)
    assert item.is_warning and not item.is_open
    compared.answer(enterprise(compared), budget_paid=200_000)
    assert group(compared).is_open
    explanations.explain(clerk, *arguments, "net_income", REASON + "!", TODAY)
    assert not group(compared).is_open
    explanations.withdraw(clerk, YEAR, compared.body_id, "net_income", TODAY)
    explanations.withdraw(clerk, YEAR, compared.body_id, "net_income", TODAY)
    db.session.commit()
    assert group(compared).is_open and list(discrepancies(SYSTEM)) == []


def test_an_accepted_sheet_states_its_decisions(compared: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    clerk, reviewer, body = compared.viewer(Role.CLERK), compared.viewer(Role.REVIEWER), compared.body()
    explanations.explain(clerk, compared.order, YEAR, body.id, "net_income", REASON, TODAY)
    compared.submit()
    revision = accept(reviewer, YEAR, body, 1, TODAY)
    db.session.commit()
    budget = json.loads(revision.content)["budget"]
    row = queries.current_decision(reviewer, YEAR, body.id)
    assert row and budget["decisions"] == [
        {
            "number": "11-2",
            "date": "2024-01-10",
            "body": row.body_name,
            "sha256": row.source.sha256,
            "digest": row.digest,
            "planned": {key: f"{amount // 100}.{amount % 100:02d}" for key, amount in row.planned.items()},
        }
    ]
    assert budget["comparisons"][0] == {
        "group": "net_income",
        "criterion": group(compared).criterion,
        "planned": "1200500.00",
        "due": "1000.00",
        "paid": "1000.00",
        "reason": REASON,
        "author": clerk.name,
    }
    orders = {compared.order.code: compared.order}
    assert from_canonical_json(revision.content, orders).year == YEAR
    # The first revision stays as it was when the decision is replaced in a second one.
    reopen(reviewer, YEAR, body.id, 2, "Тағы қараңыз")
    operations.remove_decision(clerk, YEAR, body.id, row.id, TODAY)
    compared.submit(3)
    (change,) = changed_since(reviewer, compared.order, YEAR, body.id)
    assert (change.kind, change.code, change.old, change.new) == ("budget", "11-2", row.source.name, None)
    db.session.commit()
    page = compared.client(Role.REVIEWER).get(f"/bodies/{BODY}/{YEAR}/changes")
    assert "Budget decision" in page.text and "No. 11-2 of " in page.text
    second = accept(reviewer, YEAR, body, 4, TODAY)
    db.session.commit()
    assert "budget" not in json.loads(second.content)
    assert [reconstruct(SYSTEM, orders, body, YEAR, number) for number in (1, 2)] == [revision.content, second.content]
    assert list(discrepancies(SYSTEM)) == [] and verify_audit_log(SYSTEM) == []


def test_changes_of_the_tables_outside_the_audit_log_are_detected(compared: Scenario) -> None:
    explanations.explain(compared.viewer(Role.CLERK), compared.order, YEAR, compared.body_id, "net_income", REASON, TODAY)
    db.session.commit()
    assert list(discrepancies(SYSTEM)) == []
    for statement in (
        "UPDATE budget_line SET amount = amount + 1 WHERE position = 3",
        "DELETE FROM budget_line WHERE position = 1",
        "UPDATE budget_decision SET number = '11-3'",
        "UPDATE budget_decision SET planned = '{}'",
        "UPDATE budget_source SET sha256 = 'x'",
        "DELETE FROM budget_decision",
        "UPDATE budget_explanation SET reason = 'x'",
        "DELETE FROM budget_explanation",
    ):
        db.session.execute(text(statement))
        db.session.expire_all()
        assert {(item.kind, item.bin, item.year) for item in discrepancies(SYSTEM)} == {("budget_differs", BODY, YEAR)}, statement
        db.session.rollback()


def test_random_comparisons_agree_with_a_plain_calculation(order: Order) -> None:
    draw, second_order = random.Random(47), load_order(SECOND_ORDER)
    for _ in range(400):
        chosen = draw.choice((order, second_order))
        planned = {key: draw.choice((0, draw.randrange(0, 4) * 100_000)) for key in (*chosen.budget_comparison, "other")}
        codes = {code for rule in chosen.budget_comparisons for code in (rule.due, rule.paid)}
        answers = [
            (draw.choice(list(chosen.kind)), {code: draw.choice((None, draw.randrange(3) * 100_000)) for code in codes})
            for _ in range(draw.randrange(5))
        ]
        none: dict[str, Explanation] = {}
        for item in compare(chosen, planned, answers, none):
            rule = chosen.budget_comparison.get(item.group)
            mine: list[dict[str, Any]] = [stored for kind, stored in answers if rule and kind in rule.kinds]
            paid = sum(stored[rule.paid] or 0 for stored in mine) if rule else None
            blank = sum(stored[rule.due] is None or stored[rule.paid] is None for stored in mine) if rule else 0
            assert (item.planned, item.paid, item.unanswered) == (planned[item.group], paid, blank)
            assert item.is_warning == (paid is not None and not blank and abs(planned[item.group] - paid) > 99_999)


def test_differences_by_code() -> None:
    earlier = a_decision(totals={}, lines=(income("2", "5", 1, "Ескі"), income("2/01/1", "1", 2), income("2/01/1", "2", 3)))
    later = a_decision(totals={}, lines=(income("2", "5", 1, "Жаңа"), income("2/01/5", "4", 2)))
    rows = [(item.code, item.name, item.earlier, item.later, item.difference) for item in differences(earlier, later)]
    assert rows == [
        ("2", "Жаңа", Decimal(5), Decimal(5), 0),
        ("2/01/1", "Кіріс", Decimal(3), None, -3),
        ("2/01/5", "Кіріс", None, Decimal(4), 4),
    ]
