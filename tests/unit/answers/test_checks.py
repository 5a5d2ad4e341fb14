"""The cautions and contradictions of the criteria file: edge cases, blanks, and missing data."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from evaluation.answers.checks import Issue, check_answers
from evaluation.criteria import Order, load_orders
from evaluation.language import LANGUAGE_CODES
from tests.support.factories import clean

ORDER = load_orders().latest
INSTITUTION, ENTERPRISE, *COMPANIES = ORDER.kind
TODAY = date(2025, 6, 1)
TENGE = 100

Documents = Mapping[str, Any]


def check(
    answers: Documents, last: Documents | None = None, evidence: Documents | None = None, kind: str = ENTERPRISE
) -> list[tuple[str, str, str | None]]:
    """Return severity, rule and cell of the issues in one organisation's answers of 2024."""
    issues = check_answers(ORDER, 2024, kind, [answers], [evidence or {}], [last], TODAY)
    assert {position for position, _ in issues} <= {0}
    return [(issue.severity, issue.rule, issue.code) for _, issue in issues]


def test_a_clean_report_with_its_acts_has_no_issues() -> None:
    for kind in ORDER.kind:
        answers = clean(ORDER, kind)
        acts = {item.code: "№ 1" for item in ORDER.evidence_of(kind) if item.type == "text"}
        assert check(answers, answers, acts, kind) == []


# A thousand times last year's


@pytest.mark.parametrize("code", ["financial_result", "budget_due", "budget_paid"])
@pytest.mark.parametrize(
    "now, then, odd",
    [
        (300, 1, True),
        (299, 1, False),
        (1, 300, True),
        (1, 299, False),
        (1_000, 1_000_000, True),
        (0, 1_000_000, False),
        (1_000_000, 0, False),
        (0, 0, False),
        (5, 5, False),
        (None, 1_000_000, False),
        (1_000_000, None, False),
        (2**53 - 1, 1, True),
        (1, 2**53 - 1, True),
        (2**53 - 1, 2**53 - 1, False),
    ],
)
def test_an_amount_hundreds_of_times_last_years(code: str, now: int | None, then: int | None, odd: bool) -> None:
    answers, last_year = ({code: value} if value is not None else {} for value in (now, then))
    assert (("warning", f"{code}_differs_by_factor", code) in check(answers, last_year)) is odd


def test_losses_are_compared_by_their_size() -> None:
    assert check({"financial_result": -300}, {"financial_result": -1}) == [
        ("warning", "financial_result_differs_by_factor", "financial_result")
    ]
    assert check({"financial_result": -1}, {"financial_result": 300}) == [
        ("warning", "financial_result_differs_by_factor", "financial_result"),
        ("warning", "financial_result_sign_changed", "financial_result"),
    ]


# The sign turned


@pytest.mark.parametrize(
    "now, then, odd",
    [(-1, 1, True), (1, -1, True), (-1, -1, False), (1, 1, False), (0, -1, False), (-1, 0, False), (None, -1, False)],
)
def test_the_sign_changed_against_last_year(now: int | None, then: int, odd: bool) -> None:
    answers = {} if now is None else {"financial_result": now}
    issues = check(answers, {"financial_result": then})
    assert (("warning", "financial_result_sign_changed", "financial_result") in issues) is odd


# Days


@pytest.mark.parametrize("day, odd", [("2023-12-31", True), ("2024-01-01", False), ("2025-05-31", False), (None, False)])
def test_paid_before_the_year_began(day: str | None, odd: bool) -> None:
    answers = {"budget_paid": 100} | ({"budget_paid_on": day} if day else {})
    assert check(answers) == ([("warning", "paid_before_year", "budget_paid_on")] if odd else [])


@pytest.mark.parametrize("day, odd", [("2025-06-01", False), ("2025-06-02", True), ("2025-05-31", False), (None, False)])
def test_a_due_date_still_ahead(day: str | None, odd: bool) -> None:
    answers = {"budget_due": 100} | ({"budget_due_on": day} if day else {})
    assert check(answers) == ([("warning", "due_date_in_future", "budget_due_on")] if odd else [])


@pytest.mark.parametrize("day, odd", [("2024-05-31", True), ("2024-12-31", True), ("2025-01-01", False), (None, False)])
def test_due_before_the_year_ends(day: str | None, odd: bool) -> None:
    answers = {"budget_due": 100} | ({"budget_due_on": day} if day else {})
    assert check(answers) == ([("warning", "due_before_year_end", "budget_due_on")] if odd else [])


@pytest.mark.parametrize(
    "due, paid, odd",
    [
        ("2025-05-31", "2026-06-01", False),
        ("2025-05-31", "2026-06-02", True),
        ("2025-05-31", "2024-05-30", False),
        ("2025-05-31", "2024-05-29", True),
        ("2025-05-31", None, False),
        (None, "2025-05-31", False),
    ],
)
def test_paid_more_than_a_year_from_the_due_date(due: str | None, paid: str | None, odd: bool) -> None:
    answers = {code: day for code, day in (("budget_due_on", due), ("budget_paid_on", paid)) if day}
    warned = ("warning", "paid_far_from_due", "budget_paid_on")
    assert check(answers) == ([warned] if odd else [])


@pytest.mark.parametrize(
    "approved, entered, odd",
    [
        ("2024-02-01", "2024-02-01", False),
        ("2024-02-01", "2024-01-31", True),
        ("2024-02-01", None, False),
        (None, "2024-01-31", False),
    ],
)
def test_a_plan_in_the_register_before_its_approval(approved: str | None, entered: str | None, odd: bool) -> None:
    evidence = {code: day for code, day in (("plan_approved_on", approved), ("plan_in_register_on", entered)) if day}
    warned = ("warning", "plan_in_register_before_approval", "plan_in_register_on")
    assert check({}, evidence=evidence) == ([warned] if odd else [])


# Audits without an act

AUDITS = {
    INSTITUTION: ("area_audit", "cars_audit", "phone_furniture_audit"),
    ENTERPRISE: ("area_audit", "cars_audit", "special_vehicles_audit"),
    **dict.fromkeys(COMPANIES, ("area_audit", "cars_audit")),
}


@pytest.mark.parametrize("kind, code", [(kind, code) for kind, codes in AUDITS.items() for code in codes])
@pytest.mark.parametrize("answer, odd", [("compliant", True), ("violated", True), ("not_audited", False), (None, False)])
def test_an_audit_without_its_act(kind: str, code: str, answer: str | None, odd: bool) -> None:
    answers = {code: answer} if answer else {}
    warned = [("warning", f"{code}_without_act", code)] if odd else []
    assert check(answers, kind=kind) == warned
    assert check(answers, evidence={f"{code}_body": "КРУ", f"{code}_act_on": "2024-05-05"}, kind=kind) == warned
    assert check(answers, evidence={f"{code}_act": "№ 5"}, kind=kind) == []


@pytest.mark.parametrize("kind, code", [(kind, code) for kind, codes in AUDITS.items() for code in codes])
@pytest.mark.parametrize(
    "day, odd", [("2023-12-31", True), ("2024-01-01", False), ("2024-12-31", False), ("2025-01-01", True), (None, False)]
)
def test_an_audit_act_outside_the_year(kind: str, code: str, day: str | None, odd: bool) -> None:
    warned = [("warning", f"{code}_act_outside_year", f"{code}_act_on")] if odd else []
    assert check({}, evidence={f"{code}_act_on": day} if day else {}, kind=kind) == warned


@pytest.mark.parametrize(
    "kind, answers, facts, rule",
    [
        (COMPANIES[0], {}, {"state_share": 1_000}, "share_not_controlling"),
        (COMPANIES[0], {}, {"state_share": 5_000}, "share_not_controlling"),
        (COMPANIES[0], {}, {"state_share": 5_001}, None),
        (COMPANIES[1], {}, {"state_share": None}, None),
        (INSTITUTION, {"phone_furniture_audit": "compliant"}, {"state_body": False}, "norms_of_state_bodies_elsewhere"),
        (INSTITUTION, {"phone_furniture_audit": "not_audited"}, {"state_body": False}, None),
        (INSTITUTION, {"phone_furniture_audit": "compliant"}, {"state_body": True}, None),
        (INSTITUTION, {"phone_furniture_audit": "compliant"}, {"state_body": None}, None),
        (COMPANIES[0], {"plan_submitted": False}, {"national_company": True}, "national_company_without_plan"),
        (COMPANIES[0], {"plan_submitted": True}, {"national_company": True}, None),
    ],
)
def test_answers_that_the_registry_makes_unlikely(kind: str, answers: Documents, facts: Documents, rule: str | None) -> None:
    """Facts of the registry; a fact that nobody has entered warns of nothing."""
    issues = check_answers(ORDER, 2024, kind, [answers], None, None, TODAY, registry=[facts])
    assert [issue.rule for _, issue in issues] == ([rule] if rule else [])
    assert not check_answers(ORDER, 2024, kind, [answers], None, None, TODAY)


def test_insolvent_without_a_basis() -> None:
    """Reading R15."""
    assert check({"insolvent": True}) == [("warning", "insolvent_without_basis", "insolvent")]
    assert check({"insolvent": True}, evidence={"insolvency_basis": "№ 5"}) == check({"insolvent": False}) == []


def test_every_audit_has_its_caution() -> None:
    for kind, codes in AUDITS.items():
        assert tuple(item.code for item in ORDER.indicators_of(kind) if item.choices == "audit") == codes


# Silence


def test_an_organisation_that_answered_last_year_and_is_silent() -> None:
    silent = [("warning", "no_answers_after_last_year", None)]
    for kind in ORDER.kind:
        before = clean(ORDER, kind)
        assert check({}, before, kind=kind) == silent
        first = next(iter(before))
        assert check({}, {first: before[first]}, kind=kind) == silent
        assert check({}, None, kind=kind) == check({}, {}, kind=kind) == []
        assert check({}, before, {"note": "закрыто"}, kind) == silent, "evidence does not count as an answer"
        assert ("warning", "no_answers_after_last_year", None) not in check({first: before[first]}, before, kind=kind)
    assert check({"financial_result": None}, {"financial_result": 5}) == silent, "a stored blank does not count as an answer"


# What stood already


def test_defined_with_nothing_planned() -> None:
    warned = [("warning", "defined_without_planned", "key_indicators_planned")]
    assert check({"key_indicators_defined": True, "key_indicators_planned": 0}) == warned
    assert check({"key_indicators_defined": True}) == check({"key_indicators_planned": 0}) == []


def test_contradictions_are_errors_and_come_with_their_values() -> None:
    answers = {"key_indicators_planned": 1, "key_indicators_met": 2, "budget_paid": 0, "budget_paid_on": "2024-05-05"}
    issues = check_answers(ORDER, 2024, ENTERPRISE, [{}, answers], None, None, None)
    assert [(position, issue.severity, issue.rule, issue.code, issue.value) for position, issue in issues] == [
        (1, "error", "paid_date_without_amount", "budget_paid_on", "2024-05-05"),
        (1, "error", "met_above_planned", "key_indicators_met", 2),
    ]


def test_issues_are_sorted_by_position_and_in_the_order_of_the_form() -> None:
    answers = {"financial_result": -5, "budget_due": 100, "budget_due_on": "2026-01-01", "area_audit": "violated"}
    issues = check_answers(ORDER, 2024, ENTERPRISE, [{}, answers], [{}, {}], [{"financial_result": 5}] * 2, TODAY)
    assert [(position, issue.code, issue.value) for position, issue in issues] == [
        (0, None, None),
        (1, "financial_result", -5),
        (1, "budget_due_on", "2026-01-01"),
        (1, "area_audit", "violated"),
    ]


def test_a_rule_without_its_data_raises_no_issue() -> None:
    answers = {"budget_due_on": "2026-01-01", "budget_paid_on": "2020-01-01", "area_audit": "compliant", "financial_result": 1}
    last = {"financial_result": -100_000}

    def rules(evidence: Any, before: Any, today: date | None) -> set[str]:
        return {issue.rule for _, issue in check_answers(ORDER, 2024, ENTERPRISE, [answers], evidence, before, today)}

    of_days = {"paid_before_year", "paid_far_from_due"}
    assert rules(None, None, None) == of_days, "the year is always known"
    assert rules([{}], None, None) == of_days | {"area_audit_without_act"}
    expected = of_days | {"financial_result_differs_by_factor", "financial_result_sign_changed"}
    assert rules(None, [last], None) == expected
    assert rules(None, [None], TODAY) == of_days | {"due_date_in_future"}


def test_no_answers_have_no_issues() -> None:
    assert check_answers(ORDER, 2024, ENTERPRISE, [], [], [], TODAY) == []


def test_messages_exist_in_three_languages(order: Order) -> None:
    for rule in order.cautions:
        for code in LANGUAGE_CODES:
            sentences = rule.message[code].rstrip(".").split(".")
            assert len(sentences) >= 2 or ";" in rule.message[code], (rule.code, code)


def test_an_issue_is_open_until_it_is_justified() -> None:
    from datetime import datetime

    from evaluation.answers.checks import WarningReason

    issue = Issue("warning", "rule", None, ORDER.title)
    justified_issue = Issue("warning", "rule", None, ORDER.title, None, WarningReason("Так и есть", "A", datetime(2025, 1, 1)))
    assert (issue.is_open, issue.reason, justified_issue.is_open, justified_issue.reason) == (True, None, False, "Так и есть")
