"""Conditions on the counts of a body: what they are parsed to, and what an error says to write."""

import pytest

from evaluation.criteria.count_conditions import CountComparison, parse_count_condition
from evaluation.criteria.syntax import AllOf, AnyOf, ExpressionError


def test_conditions_on_counts() -> None:
    assert parse_count_condition("10 * breaches <= organisations") == CountComparison(
        (("breaches", 10), ("organisations", -1)), 0, "<="
    )
    assert parse_count_condition("not (breaches == 0 and audited - 3 > 0)") == AnyOf(
        (CountComparison((("breaches", 1),), 0, "!="), CountComparison((("audited", 1),), -3, "<="))
    )
    assert parse_count_condition("-2 * (last_year - 1) < breaches and 5 >= 2 + organisations * 3") == AllOf(
        (
            CountComparison((("breaches", -1), ("last_year", -2)), 2, "<"),
            CountComparison((("organisations", -3),), 3, ">="),
        )
    )


@pytest.mark.parametrize(
    "text, message",
    [
        ("breaches = 0", "a comparison is written with ==, not with ="),
        ("breaches == 0 && audited > 0", "conditions are joined by the words and, or, not"),
        ("breaches == 0 және audited > 0", "conditions are joined by the words and, or, not, in small English letters"),
        ("breaches == 0 или audited > 0", "conditions are joined by the words and, or, not, in small English letters"),
        ("breaches == 0 AND audited > 0", "conditions are joined by the words and, or, not, in small English letters"),
        ("breaches ≤ 3", "comparisons are written with <, <=, >, >=, ==, !="),
        ("breaches <> 3", "comparisons are written with <, <=, >, >=, ==, !="),
        ("breaches <= 10%", "a share is written with whole numbers: 10 * breaches <= organisations is at most 10 per cent"),
        ("“breaches” == 0", "quotation marks are written straight"),
        ("breaches below 3", "cannot be read at “below 3”"),
        ("(breaches == 0", "cannot be read at"),
        ("", "the condition is empty"),
        ("breaches", "“breaches” is no condition: counts are compared, such as breaches == 0"),
        (
            "breaches / organisations < 1",
            "“breaches / organisations”: counts are added, subtracted and multiplied by",
        ),
        ("breaches < 0.1 * organisations", "“0.1”: counts are added, subtracted and multiplied by whole numbers"),
        ("breaches * audited > 3", "“breaches * audited” multiplies two counts: a count is multiplied by a number"),
        ("breach == 0", "“breach” is no count: the counts are breaches, organisations, audited, last_year"),
        ("breaches == last_year(breaches)", "“last_year(breaches)” is no count"),
        ("breaches == yes", "“yes” is no count"),
        ("0 < breaches < 3", "“0 < breaches < 3” has two comparisons: join them by and"),
        ("1 == 1", "“1 == 1” compares no count"),
        ("breaches - breaches == 0", "compares no count"),
        ("10000000 * breaches > 1", "has numbers that are too large: at most 1000000 times a count"),
        ("breaches > 0 " + "or breaches > 0 " * 400, "a condition has at most 4000 characters"),
        ("(" * 500 + "breaches > 0" + ")" * 500, "cannot be read at"),
        ("[breaches > 0]", "is no condition"),
    ],
)
def test_the_error_of_a_condition_on_counts_says_what_to_write(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as error:
        parse_count_condition(text)
    assert message in str(error.value)
