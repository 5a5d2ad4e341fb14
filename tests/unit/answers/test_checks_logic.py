"""The logic of the checks: three-valued conditions with blanks, last year read by last year's order, costs as in the scores."""

import itertools
import tomllib
from datetime import date
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evaluation.answers.checks import breach_costs, check_answers
from evaluation.criteria import Order, load_orders, parse_order
from evaluation.criteria.expressions import (
    Answered,
    Blank,
    DiffersByFactor,
    StoppedReporting,
    columns,
    last_year_code,
    leaves,
    parse,
)
from evaluation.scoring import score
from evaluation.scoring.conditions import decisive_answers, evaluate, is_certain
from evaluation.scoring.context import CautionContext, context_columns
from tests.support import reference_scorer as reference
from tests.support.factories import bin_of, random_answers, report_frame
from tests.support.paths import SECOND_ORDER

ORDER = load_orders().latest
SECOND_TEXT = (SECOND_ORDER).read_text(encoding="utf-8")
SECOND = parse_order(SECOND_TEXT)
ENTERPRISE = list(ORDER.kind)[1]
TODAY = date(2025, 6, 1)
AMOUNTS = st.one_of(st.none(), st.integers(-(2**53) + 1, 2**53 - 1), st.integers(-3, 3))


def kleene(array: Any) -> list[bool | None]:
    return [None if value is pd.NA else bool(value) for value in array]


@settings(max_examples=300, deadline=None)
@given(AMOUNTS, AMOUNTS, st.integers(2, 1000))
@example(2**53 - 1, 1, 1000)
@example(-(2**53) + 1, 2**53 - 1, 1000)
@example(0, None, 300)
@example(None, 0, 300)
def test_differs_by_factor_is_exact(left: int | None, right: int | None, factor: int) -> None:
    table = pd.DataFrame({"a": pd.array([left], dtype="Int64"), "b": pd.array([right], dtype="Int64")})
    (result,) = kleene(evaluate(ORDER, DiffersByFactor("a", "b", factor), table))
    if left is not None and right is not None:
        small, large = sorted(map(abs, (left, right)))
        assert result is (small > 0 and large >= factor * small)
    else:
        # No value differs from 0 by a factor; beside any other amount the result depends on the blank.
        assert result is (False if 0 in (left, right) else None)


def cases() -> list[Any]:
    """Return every caution except those that test whether an answer exists, which does not depend on its value."""
    return [
        pytest.param(order, kind, rule, id=f"{rule.code}, {kind}")
        for order in (ORDER, SECOND)
        for kind in order.kind
        for rule in order.rules_for_kind(kind, order.cautions)
        if not any(isinstance(leaf, Answered | StoppedReporting) for leaf in leaves(rule.when))
    ]


@pytest.mark.parametrize("order, kind, rule", cases())
def test_a_caution_is_certain_when_all_fillings_agree(order: Order, kind: str, rule: Any) -> None:
    """Compare every combination of blanks with every way to fill them."""
    tested_for_blanks = {leaf.code for leaf in leaves(rule.when) if isinstance(leaf, Blank)}
    names = sorted(name for name in columns(rule.when) - tested_for_blanks if bare(name) in order.in_conditions)
    domains = [DOMAINS[order.in_conditions[bare(name)].type](order, name) for name in names]
    fillings = [
        (*domain, *FURTHER_DAYS) if order.in_conditions[bare(name)].type == "date" else domain
        for name, domain in zip(names, domains, strict=True)
    ]
    full = [dict(zip(names, way, strict=True)) for way in itertools.product(*fillings)]
    outcome = dict(zip(map(str, full), evaluate_rule(order, kind, rule, full), strict=True))
    assert set(outcome.values()) == {True, False}, "the domain produces both results"
    partly = [dict(zip(names, way, strict=True)) for way in itertools.product(*((None, *domain) for domain in domains))]
    for answers, result in zip(partly, evaluate_rule(order, kind, rule, partly), strict=True):
        agree = {outcome[str(row)] for row in full if all(answers[name] in (None, row[name]) for name in names)}
        assert result is (agree.pop() if len(agree) == 1 else None), answers


DOMAINS: dict[str, Any] = {
    "money": lambda order, name: (
        (0, 100, 29_999, 30_000, 9_000_000) + ((-100, -30_000) if order.in_conditions[bare(name)].min is None else ())
    ),
    "whole": lambda order, name: (0, 1, 9, 10, 100),
    "date": lambda order, name: ("2023-12-31", "2024-01-01", "2025-06-01", "2025-06-02"),
    "yes_no": lambda order, name: (True, False),
    "choice": lambda order, name: tuple(choice.value for choice in order.choices[order.in_conditions[bare(name)].choices]),
}


FURTHER_DAYS = ("1900-01-01", "2099-12-31")
"""Days before and after every other: a blank beside the latest day can still be a later one."""


def bare(name: str) -> str:
    return last_year_code(name) or name


def evaluate_rule(order: Order, kind: str, rule: Any, rows: list[dict[str, Any]]) -> list[bool | None]:
    """Evaluate the rule on answers, evidence, facts of the registry and last year's answers, by their names in the rule."""
    now, then = (
        [
            {bare(name): value for name, value in row.items() if value is not None and bool(last_year_code(name)) is last}
            for row in rows
        ]
        for last in (False, True)
    )
    context = CautionContext(2024, TODAY, now, then, order, registry=now)
    table = report_frame(order, kind, [""] * len(rows), [""] * len(rows), now)
    return kleene(evaluate(order, rule.when, table.assign(**context_columns(order, kind, now, context, columns(rule.when)))))


# Last year's order


def changed(*replacements: tuple[str, str]) -> Order:
    text = SECOND_TEXT
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return Order.model_validate(tomllib.loads(text))


def second(answers: dict[str, Any], last: dict[str, Any], kind: str = "museum", by: Order | None = None) -> list[str]:
    issues = check_answers(SECOND, 2031, kind, [answers], [{}], [last], TODAY, by)
    return [issue.rule for _, issue in issues]


def test_last_years_answers_are_read_by_last_years_order() -> None:
    assert second({"visitors": 10}, {"visitors": 1}) == ["visitors_differs_by_factor"]
    assert second({"visitors": 10}, {"visitors": 1}, by=SECOND) == ["visitors_differs_by_factor"]
    renamed = changed(("visitors", "guests"))
    assert second({"visitors": 10}, {"guests": 1, "visitors": 1}, by=renamed) == [], "a code that is absent there is unknown"
    other_type = changed(('code = "visitors"\ntype = "whole"', 'code = "visitors"\ntype = "money"'))
    assert second({"visitors": 10}, {"visitors": 1}, by=other_type) == [], "an indicator of another type is not compared"
    of_others = changed(('kinds = ["museum", "library", "theatre", "zoo"]', 'kinds = ["library", "theatre", "zoo"]'))
    assert second({"visitors": 10}, {"visitors": 1}, by=of_others) == [], "the kind had no such indicator"
    assert second({"visitors": 10}, {"visitors": 1}, "library", by=of_others) == ["visitors_differs_by_factor"]
    assert second({"visitors": 10}, {"financial_result": 1}, by=ORDER) == [], "an order of other kinds"
    assert second({}, {"financial_result": 1}, by=ORDER) == []


def test_a_choice_has_the_same_meaning_after_the_list_changes() -> None:
    leaking, sound = {"roof": "leaking"}, {"roof": "sound"}
    assert second(leaking, sound) == ["leaking_without_note"] and second(leaking, leaking) == []
    list_ = [
        '[[choices.survey]]\nvalue = "none"\nlabel = { kk = "болмады", ru = "не было", en = "none made" }\n',
        '[[choices.survey]]\nvalue = "sound"\nlabel = { kk = "дұрыс", ru = "исправно", en = "sound" }\n',
    ]
    moved = changed((list_[0] + list_[1], list_[1] + list_[0]))
    assert second(leaking, sound, by=moved) == ["leaking_without_note"] and second(leaking, leaking, by=moved) == []
    more = changed((list_[0], list_[0] + '[[choices.survey]]\nvalue = "gone"\nlabel = { kk = "жоқ", ru = "нет", en = "gone" }\n'))
    assert second(leaking, {"roof": "gone"}, by=more) == [], "a removed choice is unknown"
    assert second(leaking, sound, by=more) == ["leaking_without_note"]


def test_last_years_implications_fill_last_years_blanks() -> None:
    text = SECOND_TEXT.replace("differs_by_factor(visitors, last_year(visitors), 10)", "grant > 1000 and last_year(grant) == 100")
    order = parse_order(text.replace('indicator = "visitors"\n', 'indicator = "grant"\n'))
    (position, issue), *others = check_answers(order, 2031, "theatre", [{"grant": 200_000}], [{}], [{"audited": False}], TODAY)
    assert (position, issue.code, issue.value, others) == (0, "grant", 200_000, [])


def test_the_days_of_the_second_order() -> None:
    def rules(fed: str, promised: str) -> list[str]:
        issues = check_answers(SECOND, 2031, "zoo", [{"fed_on": fed, "promised_on": promised}], [{}], [None], TODAY)
        return [issue.rule for _, issue in issues]

    assert rules("2031-12-31", "2031-12-01") == []
    assert rules("2031-12-31", "2031-11-30") == ["fed_far_from_promised"]
    assert rules("2032-01-01", "2031-12-31") == ["fed_after_year"]


def test_last_year_conditions_and_the_days_of_the_second_order() -> None:
    def rules(promised: str, last: dict[str, Any] | None) -> list[str]:
        issues = check_answers(SECOND, 2031, "zoo", [{"promised_on": promised, "roof": "none"}], [{}], [last], date(2031, 6, 1))
        return [issue.rule for _, issue in issues]

    before = {"promised_on": "2030-06-01"}
    assert rules("2031-06-02", before) == rules("2030-12-31", None) == ["promised_outside_year"]
    assert (
        rules("2031-06-02", {}) == rules("2031-06-02", None) == rules("2031-06-01", before) == rules("2031-01-01", before) == []
    )


# Costs


@pytest.mark.parametrize("kind", list(ORDER.kind))
@pytest.mark.parametrize("seed", range(15))
def test_costs_equal_the_reference_implementation(kind: str, seed: int) -> None:
    random = Random(f"{kind}/{seed}")
    body, bins = bin_of(1), [bin_of(10 + number) for number in range(random.randint(1, 6))]
    answers = {bin_: random_answers(ORDER, kind, random, blank=random.choice([0.05, 0.4])) for bin_ in bins}
    previous = random.choice([None, 0, 1, 3, 9])
    criterion = next(criterion for criterion, _ in ORDER.prior_year_counts())
    table = report_frame(ORDER, kind, [body] * len(bins), bins, list(answers.values()))
    scores = score(ORDER, {kind: table}, {} if previous is None else {(body, kind, criterion.code): previous})
    costs_by_bin = breach_costs(scores, kind, table)
    expected = reference.table(kind, answers, previous)["rows"]
    for bin_ in bins:
        costs = {(cost.row, cost.criterion): cost for cost in costs_by_bin.get(bin_, ())}
        rows = [row for row in expected if bin_ in row["in_breach"]]
        assert list(costs) == [(row["row"], row["criterion"]) for row in rows]
        for row, cost in zip(rows, costs.values(), strict=True):
            assert (cost.kind, cost.points, cost.worst_points) == (kind, row["high"] - row["max"], row["low"] - row["max"])
            assert cost.worst_points <= cost.points <= 0 and cost.other_organisation_count == len(row["in_breach"]) - 1
            alone = {code: value for code, value in reference.with_implications(answers[bin_]).items() if code in cost.codes}
            assert cost.codes and reference.is_in_breach(row["criterion"], alone) is True, "these answers alone are a breach"
            assert list(cost.codes) == [item.code for item in ORDER.indicators_of(kind) if item.code in cost.codes]


def test_deciding_answers_of_a_breach() -> None:
    rows: list[dict[str, Any]] = [
        {"budget_due": 100, "budget_paid": 50},
        {"budget_due": 100, "budget_paid": 100, "budget_due_on": "2025-05-01", "budget_paid_on": "2025-05-02"},
        {"budget_due": 100, "budget_paid": 50, "budget_due_on": "2025-05-01", "budget_paid_on": "2025-05-02"},
        {"budget_due": 100, "budget_paid": 100},
        {},
    ]
    table = report_frame(ORDER, ENTERPRISE, [""] * 5, [""] * 5, rows)
    breach = ORDER.criterion["2"].breach
    where = decisive_answers(ORDER, breach, table)
    assert [{code for code in where if where[code][position]} for position in range(5)] == [
        {"budget_due", "budget_paid"},
        {"budget_due", "budget_due_on", "budget_paid_on"},
        {"budget_due", "budget_paid", "budget_due_on", "budget_paid_on"},
        set(),
        set(),
    ]
    is_decided = np.logical_or.reduce(list(where.values()))
    assert (is_decided == is_certain(evaluate(ORDER, breach, table))).all()
    both = decisive_answers(ORDER, parse("budget_due > 0 or budget_due > 5000"), table)["budget_due"]
    assert both.tolist() == [True] * 4 + [False]


def test_no_breach_no_cost() -> None:
    table = report_frame(ORDER, ENTERPRISE, [], [], [])
    assert breach_costs(score(ORDER, {ENTERPRISE: table}), ENTERPRISE, table) == {}
    assert breach_costs(score(ORDER, {}), "shop", table) == {}
    table = report_frame(ORDER, ENTERPRISE, [bin_of(1)], [bin_of(2)], [{}])
    assert breach_costs(score(ORDER, {ENTERPRISE: table}), ENTERPRISE, table) == {}


def test_costs_belong_to_the_body_of_the_organisation() -> None:
    first, second_ = bin_of(1), bin_of(2)
    table = report_frame(
        ORDER, ENTERPRISE, [first, first, second_], [bin_of(10), bin_of(11), bin_of(12)], [{"insolvent": True}] * 3
    )
    costs_by_bin = breach_costs(score(ORDER, {ENTERPRISE: table}), ENTERPRISE, table)
    assert [costs_by_bin[bin_of(number)][0].other_organisation_count for number in (10, 11, 12)] == [1, 1, 0]
