"""The criteria file: complete, and every mistake in one is reported by its key."""

import hashlib
import re
from pathlib import Path

import pytest

from evaluation.criteria import CriteriaError, Order, load_order, load_orders, parse_order
from evaluation.criteria import loader as criteria_loader
from evaluation.criteria.expressions import Compare, Every, ExpressionError, Given, Some, parse

FILE = criteria_loader.FOLDER / "order_47_2022.toml"
TEXT = FILE.read_text(encoding="utf-8")
SECOND = Path(__file__).parents[1] / "second_order.toml"


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
        ("financial_result < 0", "financial_reslt < 0", "criteria[1].breach"),
        ("financial_result < 0", "financial_result < yes", "criteria[1].breach"),
        ("financial_result < 0", '__import__("os")', "criteria[1].breach"),
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


def test_the_form_is_word_for_word(order: Order) -> None:
    """A change to any letter of the official form shows here; compare it with the Order before changing the digest."""
    assert hashlib.sha256(order.form.model_dump_json().encode()).hexdigest() == FORM_DIGEST


FORM_DIGEST = "57a6c19426050f0ed4b9546ece35396f8eda911e1d4343d8e6f3a65307089d30"
"""Of the form as it was compared with the Order's corrected text, letter by letter."""
