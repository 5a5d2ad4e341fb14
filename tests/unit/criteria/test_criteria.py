"""Criteria files: the product's file is complete, and every error in a file is reported by its key."""

import hashlib
import re

import pytest

from evaluation.criteria import CriteriaError, Order, load_order, load_orders, parse_order
from evaluation.criteria import loader as criteria_loader
from evaluation.criteria.expressions import (
    Answered,
    Blank,
    Compare,
    DiffersByFactor,
    StoppedReporting,
    codes,
    columns,
    parse,
)
from evaluation.criteria.syntax import AllOf, AnyOf, ExpressionError
from tests.support.paths import SECOND_ORDER

ORDER_FILE = criteria_loader.FOLDER / "order_47_2022.toml"
ORDER_TEXT = ORDER_FILE.read_text(encoding="utf-8")


def test_the_order_is_complete(order: Order) -> None:
    maxima = [sum(order.criterion[str(row.criterion)].max for row in table.scored_rows) for table in order.form.tables]
    assert maxima == [10, 20, 16, 16]
    assert [len(order.indicators_of(kind)) for kind in order.kind] == [5, 15, 13, 13]
    assert [reading.id for reading in order.readings] == [f"R{number}" for number in range(1, 21)]
    assert [reading.id for reading in order.readings if reading.changes_points] == [f"R{n}" for n in (*range(1, 7), 17, 18)]
    assert {str(row.criterion) for table in order.form.tables for row in table.scored_rows} == set(order.criterion)


def test_every_indicator_belongs_to_a_criterion_of_all_its_kinds(order: Order) -> None:
    for item in order.indicators:
        assert item.criteria, item.code
        for kind in item.kinds:
            assert {row.criterion for row in order.table[kind].scored_rows} & set(item.criteria), (item.code, kind)


def test_kazakh_texts_have_no_latin_letters(order: Order) -> None:
    for line in ORDER_TEXT.splitlines():
        if re.match(r"\s*(\w+\.)?kk\b", line):
            words = re.findall(r"[A-Za-z]+", line.partition("=")[2])
            assert not [word for word in words if not re.fullmatch(r"[Rxlsю]+|xlsx|kk|[IVX]+", word)], line


@pytest.mark.parametrize(
    "old, new, key",
    [
        ("when = 'breaches < last_year'", "when = 'breaches < past_year'", "criteria[1].scale[decreased].when"),
        ("breach = 'financial_result < 0", "breach = 'financial_reslt < 0", "criteria[1].breach"),
        ("breach = 'financial_result < 0", "breach = 'financial_result < yes", "criteria[1].breach"),
        ("breach = 'financial_result < 0", 'breach = \'__import__("os")', "criteria[1].breach"),
        ('code = "47-2022"', 'code = "47-2022"\nsurprise = 1', "surprise"),
        ("from_year = 2022", 'from_year = "soon"', "from_year"),
        ('id = "R1"', 'id = "R2"', "readings[R2].id"),
        ('type = "money"', 'type = "dollars"', "indicators[financial_result].type"),
    ],
)
def test_an_error_is_reported_by_its_key(old: str, new: str, key: str) -> None:
    assert old in ORDER_TEXT
    with pytest.raises(CriteriaError) as error:
        parse_order(ORDER_TEXT.replace(old, new, 1), "order.toml")
    assert any(problem.key == key for problem in error.value.problems), error.value.problems
    assert "order.toml" in str(error.value)


def test_broken_toml_is_reported() -> None:
    with pytest.raises(CriteriaError, match=r"order\.toml"):
        parse_order("code = ", "order.toml")


def test_a_later_order_supersedes_from_its_year() -> None:
    orders = load_orders((SECOND_ORDER,))
    second = load_order(SECOND_ORDER)
    assert [orders.for_year(year).code for year in (2022, 2029, 2030)] == ["47-2022", "47-2022", second.code]  # type: ignore[union-attr]
    assert orders.for_year(2021) is None and orders.latest.code == second.code and orders.get("47-2022") is not None


def test_conditions() -> None:
    assert parse("a > 0 and (b < c or answered(d))") == AllOf(
        (Compare("a", ">", 0, False), AnyOf((Compare("b", "<", "c", True), Answered("d"))))
    )
    assert parse("a == no") == Compare("a", "==", False, False)
    assert parse("not (a < 1 or blank(b))") == AllOf((Compare("a", ">=", 1, False), Answered("b")))
    assert parse("not not a < 1") == Compare("a", "<", 1, False)
    for text in ("", "a", "a < 1 < 2", "not a", "f(a)", "a.b == 1", "a == 1.5", "a == b()", "lambda: 1", "a == 1; b"):
        with pytest.raises(ExpressionError):
            parse(text)


def test_conditions_of_cautions() -> None:
    assert parse("differs_by_factor(a, last_year(a), 300) or blank(b)") == AnyOf(
        (DiffersByFactor("a", "last_year(a)", 300), Blank("b"))
    )
    assert parse("a > today and last_year(b) == yes") == AllOf(
        (Compare("a", ">", "today", True), Compare("last_year(b)", "==", True, False))
    )
    assert parse("answered(last_year(a)) or stopped_reporting()") == AnyOf((Answered("last_year(a)"), StoppedReporting()))
    condition = parse(
        "(a < year_start and last_year(b) < c) or stopped_reporting() or answered(last_year(a))"
        " or differs_by_factor(d, last_year(e), 2)"
    )
    assert columns(condition) == {
        "a",
        "year_start",
        "last_year(b)",
        "c",
        "stopped_reporting()",
        "last_year(a)",
        "d",
        "last_year(e)",
    }
    assert codes(condition) == {"a", "b", "c", "d", "e"}


@pytest.mark.parametrize(
    "text, message",
    [
        ("today > a", "“today” is not allowed here: a day stands on the right of a comparison"),
        ("answered(today)", "a day stands on the right of a comparison"),
        ("differs_by_factor(a, b)", "it is written differs_by_factor(answer, answer, factor)"),
        ("differs_by_factor(a, b, c)", "it is written differs_by_factor(answer, answer, factor)"),
        ("differs_by_factor(a, 5, 300)", "“5” is not allowed as an answer"),
        ("differs_by_factor(a, b, 1)", "a whole number from 2 to 1000, not 1"),
        ("differs_by_factor(a, b, 1001)", "not 1001"),
        ("differs_by_factor(a, b, True)", "not True"),
        ("differs_by_factor(a, b, -3)", "it is written differs_by_factor"),
        ("differs_by_days(a, b, 0)", "a whole number from 1 to 36525, not 0"),
        ("differs_by_factor(a, b, factor=3)", "it is written differs_by_factor"),
        ("not differs_by_factor(a, b, 3)", "not cannot stand before differs_by_factor"),
        ("stopped_reporting(a)", "it is written stopped_reporting()"),
        ("stopped_reporting() == yes", "it is written stopped_reporting()"),
        ("last_year(a)", "it is written last_year(code)"),
        ("last_year(last_year(a)) > 0", "it is written last_year(code)"),
        ("last_year(today) > a", "it is written last_year(code)"),
        ("answered(stopped_reporting)", "“stopped_reporting” is not allowed as an answer"),
        ("a == answered(b)", "it is written answered(answer)"),
        ("answered(__import__('os').system('ls'))", "is not allowed as an answer"),
        ("a > today()", "“today()” is not allowed as an answer"),
        ("a + 1 > 2", "“a + 1”: conditions on answers do not calculate"),
        ("1 < a < 2", "“1 < a < 2” has two comparisons: join them by and"),
    ],
)
def test_the_error_of_a_condition_names_what_is_not_allowed(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as error:
        parse(text)
    assert message in str(error.value)


WHEN = "differs_by_factor(visitors, last_year(visitors), 10)"


@pytest.mark.parametrize(
    "when, message",
    [
        ("visitors > today", "visitors is of the type whole and cannot be compared with the day today"),
        ("last_year(visitors) < year_start", "visitors is of the type whole and cannot be compared with the day year_start"),
        ("last_year(vistors) > 0", "“vistors” is not defined; is visitors meant?"),
        ("blank(vistors)", "“vistors” is not defined; is visitors meant?"),
        ("last_year(visitors) == yes", "yes is no value of visitors, which is of the type whole"),
        ("last_year(visitors) < grant", "last_year(visitors) and grant are of different types"),
        ("last_year(roof) < roof", "roof can only be compared by == or !="),
        ('last_year(roof) == "wet"', "wet is no value of roof, which is of the type choice"),
        ("roof == leaking", "“leaking” is a choice, which stands in quotes"),
        (
            "differs_by_factor(roof, last_year(roof), 10)",
            "differs_by_factor needs the type money/whole; roof is of the type",
        ),
        (
            "differs_by_days(visitors, last_year(visitors), 10)",
            "differs_by_days needs the type date; visitors is of the type whole",
        ),
        ("differs_by_factor(visitors, last_year(grant), 10)", "visitors and last_year(grant) are of different types"),
        ("answered(last_year(remark))", "last_year(remark): last year's evidence is not available"),
        ("remark == remark", "remark is a text: a condition can only test answered(remark) or blank(remark)"),
        ("visitors above 1", "cannot be read at “above 1”"),
    ],
)
def test_an_invalid_caution_is_reported(when: str, message: str) -> None:
    text = SECOND_ORDER.read_text(encoding="utf-8")
    assert text.count(WHEN) == 1
    with pytest.raises(CriteriaError) as error:
        parse_order(text.replace(WHEN, when))
    start = f"cautions[visitors_differs_by_factor].when: {message}"
    assert any(str(problem).startswith(start) for problem in error.value.problems), error.value.problems


@pytest.mark.parametrize(
    "old, new, problem",
    [
        (
            "breach = 'visitors == 0'",
            "breach = 'last_year(visitors) == 0'",
            "criteria[1].breach: only a caution can read last_year(visitors)",
        ),
        ("breach = 'visitors == 0'", "breach = 'blank(remark)'", "criteria[1].breach: only a caution can read remark"),
        (
            "breach = 'visitors == 0'",
            "breach = 'stopped_reporting()'",
            "criteria[1].breach: only a caution can read stopped_reporting()",
        ),
        (
            "breach = 'visitors == 0'",
            "breach = 'differs_by_factor(visitors, visitors, 2)'",
            "criteria[1].breach: only a caution can read differs_by_",
        ),
        (
            "visitors == 0 and answered",
            "fed_on > today and answered",
            "contradictions[fed_without_visitors].when: only a caution",
        ),
        ('code = "grant"\ntype', 'code = "today"\ntype', "indicators[today].code: “today” is a word of the conditions"),
        ('code = "grant"\ntype', 'code = "roof"\ntype', "indicators[roof].code: “roof” is defined twice"),
        ('code = "remark"\ntype', 'code = "roof"\ntype', "evidence[roof].code: “roof” is defined twice"),
        (
            'code = "visitors_differs_by_factor"',
            'code = "leaking_without_note"',
            "cautions[leaking_without_note].code: “leaking_without_note” is defined twice",
        ),
        ('indicator = "fed_on"\n', "", "contradictions[fed_without_visitors].indicator: is missing"),
        (WHEN, "answered(roof)", "cautions[visitors_differs_by_factor].indicator: visitors is no indicator of archive"),
        (
            'indicator = "visitors"\n',
            'indicator = "vistors"\n',
            "cautions[visitors_differs_by_factor].indicator: “vistors” is not defined; is visitors meant?",
        ),
        (
            'code = "visitors_differs_by_factor"',
            f'code = "{"v" * 65}"',
            f"cautions[{'v' * 65}].code: has at most 64 characters",
        ),
    ],
)
def test_conditions_reserved_for_cautions_are_reported(old: str, new: str, problem: str) -> None:
    text = SECOND_ORDER.read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(CriteriaError) as error:
        parse_order(text.replace(old, new, 1))
    assert any(str(reported).startswith(problem) for reported in error.value.problems), error.value.problems


def test_a_caution_can_concern_the_whole_report(order: Order) -> None:
    text = (
        SECOND_ORDER.read_text(encoding="utf-8").replace(WHEN, "stopped_reporting()").replace('indicator = "visitors"\n', "", 1)
    )
    second = parse_order(text)
    assert [rule.indicator for rule in second.rules_for_kind("library", second.cautions)] == [None]
    assert "no_answers_after_last_year" in [rule.code for rule in order.cautions if rule.indicator is None]


def test_rules_on_answers(order: Order) -> None:
    assert order.rules_on_answers(order.contradictions) == order.contradictions
    assert [rule.code for rule in order.rules_on_answers(order.cautions)] == [
        "defined_without_planned",
        "paid_far_from_due",
    ]


def test_the_form_is_verbatim(order: Order) -> None:
    """Any change of the official form fails here; compare the form with the Order before changing the digest."""
    assert hashlib.sha256(order.form.model_dump_json().encode()).hexdigest() == FORM_DIGEST


FORM_DIGEST = "57a6c19426050f0ed4b9546ece35396f8eda911e1d4343d8e6f3a65307089d30"
"""The SHA-256 of the form that was compared with the corrected text of the Order, letter by letter."""
