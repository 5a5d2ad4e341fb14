"""The criteria file: complete, and every mistake in one is reported by its key."""

import hashlib
import re
from pathlib import Path

import pytest

from evaluation.criteria import CriteriaError, Order, load_order, load_orders, parse_order
from evaluation.criteria import loader as criteria_loader
from evaluation.criteria.expressions import (
    Apart,
    Blank,
    Compare,
    Every,
    ExpressionError,
    Given,
    Silent,
    Some,
    codes,
    columns,
    parse,
)
from tests.support.paths import SECOND_ORDER

FILE = criteria_loader.FOLDER / "order_47_2022.toml"
TEXT = FILE.read_text(encoding="utf-8")
SECOND = SECOND_ORDER


def test_the_order_is_whole(order: Order) -> None:
    maxima = [sum(order.criterion[str(row.criterion)].max for row in table.scored_rows) for table in order.form.tables]
    assert maxima == [10, 20, 16, 16]
    assert [len(order.asked_of(kind)) for kind in order.kind] == [5, 15, 13, 13]
    assert [reading.id for reading in order.readings] == [f"R{number}" for number in range(1, 16)]
    assert [reading.id for reading in order.readings if reading.changes_points] == [f"R{number}" for number in range(1, 7)]
    assert {str(row.criterion) for table in order.form.tables for row in table.scored_rows} == set(order.criterion)


def test_every_indicator_stands_beside_a_criterion_that_its_kind_is_scored_by(order: Order) -> None:
    for item in order.indicators:
        assert item.criteria, item.code
        for kind in item.asked_of:
            assert {row.criterion for row in order.table[kind].scored_rows} & set(item.criteria), (item.code, kind)


def test_kazakh_wording_holds_no_latin_letters(order: Order) -> None:
    for line in TEXT.splitlines():
        if re.match(r"\s*(\w+\.)?kk\b", line):
            words = re.findall(r"[A-Za-z]+", line.partition("=")[2])
            assert not [word for word in words if not re.fullmatch(r"[Rxlsю]+|xlsx|kk", word)], line


@pytest.mark.parametrize(
    "old, new, key",
    [
        ('rule = "decrease"', 'rule = "shrink"', "criteria[1].rule"),
        ("breach = 'financial_result < 0", "breach = 'financial_reslt < 0", "criteria[1].breach"),
        ("breach = 'financial_result < 0", "breach = 'financial_result < yes", "criteria[1].breach"),
        ("breach = 'financial_result < 0", 'breach = \'__import__("os")', "criteria[1].breach"),
        ('code = "47-2022"', 'code = "47-2022"\nsurprise = 1', "surprise"),
        ("from_year = 2022", 'from_year = "soon"', "from_year"),
        ('id = "R1"', 'id = "R2"', "readings"),
        ('type = "money"', 'type = "dollars"', "indicators[financial_result].type"),
    ],
)
def test_a_mistake_is_reported_by_its_key(old: str, new: str, key: str) -> None:
    assert old in TEXT
    with pytest.raises(CriteriaError) as caught:
        parse_order(TEXT.replace(old, new, 1), "order.toml")
    assert any(problem.startswith(key) for problem in caught.value.problems), caught.value.problems
    assert "order.toml" in str(caught.value)


def test_broken_toml_is_reported() -> None:
    with pytest.raises(CriteriaError, match=r"order\.toml"):
        parse_order("code = ", "order.toml")


def test_a_later_order_supersedes_from_its_year() -> None:
    orders = load_orders((SECOND,))
    second = load_order(SECOND)
    assert [orders.for_year(year).code for year in (2022, 2029, 2030)] == ["47-2022", "47-2022", second.code]  # type: ignore[union-attr]
    assert orders.for_year(2021) is None and orders.latest.code == second.code and orders.get("47-2022") is not None


def test_two_orders_of_one_year_are_refused(tmp_path: Path) -> None:
    (tmp_path / "again.toml").write_text(TEXT, encoding="utf-8")
    with pytest.raises(CriteriaError, match="two orders"):
        load_orders((tmp_path,))
    with pytest.raises(CriteriaError, match="absent"):
        load_orders((tmp_path / "absent.toml",))


def test_conditions() -> None:
    assert parse("a > 0 and (b < c or given(d))") == Every(
        (Compare("a", ">", 0, False), Some((Compare("b", "<", "c", True), Given("d"))))
    )
    assert parse("a == no") == Compare("a", "==", False, False)
    for text in ("", "a", "a < 1 < 2", "not a == 1", "f(a)", "a.b == 1", "a == 1.5", "a == b()", "lambda: 1", "a == 1; b"):
        with pytest.raises(ExpressionError):
            parse(text)


def test_conditions_that_look_beside_the_answers() -> None:
    assert parse("apart(a, last(a), 300) or blank(b)") == Some((Apart("a", "last(a)", 300), Blank("b")))
    assert parse("a > today and last(b) == yes") == Every(
        (Compare("a", ">", "today", True), Compare("last(b)", "==", True, False))
    )
    assert parse("given(last(a)) or silent()") == Some((Given("last(a)"), Silent()))
    condition = parse("(a < year_begins and last(b) < c) or silent() or given(last(a)) or apart(d, last(e), 2)")
    assert columns(condition) == {"a", "year_begins", "last(b)", "c", "silent()", "last(a)", "d", "last(e)"}
    assert codes(condition) == {"a", "b", "c", "d", "e"}


@pytest.mark.parametrize(
    "text, message",
    [
        ("today > a", "a day stands on the right of a comparison"),
        ("given(today)", "a day stands on the right of a comparison"),
        ("apart(a, b)", "'apart' is written 'apart(answer, answer, factor)'"),
        ("apart(a, b, c)", "'apart' is written"),
        ("apart(a, 5, 300)", "not allowed as an answer: '5'"),
        ("apart(a, b, 1)", "a whole number from 2 to 1000, not 1"),
        ("apart(a, b, 1001)", "not 1001"),
        ("apart(a, b, True)", "not True"),
        ("apart(a, b, -3)", "'apart' is written"),
        ("apart(a, b, factor=3)", "'apart' is written"),
        ("silent(a)", "'silent' is written 'silent()'"),
        ("silent() == yes", "'silent' is written"),
        ("last(a)", "'last' is written 'last(code)'"),
        ("last(last(a)) > 0", "'last' is written"),
        ("last(today) > a", "'last' is written"),
        ("given(silent)", "not allowed as an answer: 'silent'"),
        ("a == given(b)", "'given' is written"),
        ("given(__import__('os').system('ls'))", "not allowed as an answer"),
        ("a > today()", "not allowed as an answer: 'today()'"),
    ],
)
def test_a_condition_that_cannot_be_read_says_why(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert message in str(caught.value)


WHEN = "apart(visitors, last(visitors), 10)"


@pytest.mark.parametrize(
    "when, problem",
    [
        ("visitors > today", "cautions[visitors_apart].when: visitors (whole) cannot be compared with the day 'today'"),
        ("last(visitors) < year_begins", "cautions[visitors_apart].when: visitors (whole) cannot be compared with the day"),
        ("last(vistors) > 0", "cautions[visitors_apart].when: 'vistors' is not defined"),
        ("blank(vistors)", "cautions[visitors_apart].when: 'vistors' is not defined"),
        ("last(visitors) == yes", "cautions[visitors_apart].when: True is not a value of visitors (whole)"),
        ("last(visitors) < grant", "cautions[visitors_apart].when: last(visitors) and grant are of different types"),
        ("last(roof) < roof", "cautions[visitors_apart].when: roof can only be compared by == or !="),
        ('last(roof) == "wet"', "cautions[visitors_apart].when: 'wet' is not a value of roof (choice)"),
        ("apart(roof, last(roof), 10)", "cautions[visitors_apart].when: roof (choice) is neither money nor a whole number"),
        ("apart(visitors, last(grant), 10)", "cautions[visitors_apart].when: visitors and last(grant) are of different types"),
        ("given(last(remark))", "cautions[visitors_apart].when: 'last(remark)': of last year the answers alone are looked at"),
        ("remark == remark", "cautions[visitors_apart].when: remark is a text: ask whether it is given(...) or blank(...)"),
        ("given(roof)", "cautions[visitors_apart].at: visitors is not asked of 'archive', which the condition concerns"),
        ("visitors above 1", "cautions[visitors_apart].when: Value error, cannot be read"),
    ],
)
def test_a_caution_that_cannot_be_is_reported(when: str, problem: str) -> None:
    text = SECOND.read_text(encoding="utf-8")
    assert text.count(WHEN) == 1
    with pytest.raises(CriteriaError) as caught:
        parse_order(text.replace(WHEN, when))
    assert any(each.startswith(problem) for each in caught.value.problems), caught.value.problems


@pytest.mark.parametrize(
    "old, new, problem",
    [
        (
            "breach = 'visitors == 0'",
            "breach = 'last(visitors) == 0'",
            "criteria[1].breach: only a caution may look at 'last(vis",
        ),
        ("breach = 'visitors == 0'", "breach = 'blank(remark)'", "criteria[1].breach: only a caution may look at 'remark'"),
        ("breach = 'visitors == 0'", "breach = 'silent()'", "criteria[1].breach: only a caution may look at 'silent()'"),
        (
            "visitors == 0 and given",
            "fed_on > today and given",
            "contradictions[fed_before_promise_of_none].when: only a caution",
        ),
        ('code = "grant"\ntype', 'code = "today"\ntype', "indicators[today].code: is a word of the conditions' language"),
        ('code = "visitors_apart"', 'code = "leaking_without_a_word"', "contradictions, cautions: 'leaking_without_a_word'"),
        ('at = "fed_on"\n', "", "contradictions[fed_before_promise_of_none].at: Field required"),
        ('at = "visitors"\n', 'at = "vistors"\n', "cautions[visitors_apart].at: 'vistors' is not defined"),
        ('code = "visitors_apart"', f'code = "{"v" * 65}"', f"cautions[{'v' * 65}].code: String should have at most 64"),
    ],
)
def test_what_only_cautions_may_do_is_reported(old: str, new: str, problem: str) -> None:
    text = SECOND.read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(CriteriaError) as caught:
        parse_order(text.replace(old, new, 1))
    assert any(each.startswith(problem) for each in caught.value.problems), caught.value.problems


def test_a_caution_may_have_no_cell(order: Order) -> None:
    text = SECOND.read_text(encoding="utf-8").replace(WHEN, "silent()").replace('at = "visitors"\n', "", 1)
    second = parse_order(text)
    assert [rule.at for rule in second.concerning("library", second.cautions)] == [None]
    assert [rule.code for rule in order.cautions if rule.at is None] == ["silent_after_answering"]


def test_rules_by_the_answers_alone(order: Order) -> None:
    assert order.by_answers_alone(order.contradictions) == order.contradictions
    assert [rule.code for rule in order.by_answers_alone(order.cautions)] == ["defined_without_planned"]


def test_the_form_is_word_for_word(order: Order) -> None:
    """A change to any letter of the official form shows here; compare it with the Order before changing the digest."""
    assert hashlib.sha256(order.form.model_dump_json().encode()).hexdigest() == FORM_DIGEST


FORM_DIGEST = "57a6c19426050f0ed4b9546ece35396f8eda911e1d4343d8e6f3a65307089d30"
"""Of the form as it was compared with the Order's corrected text, letter by letter."""
