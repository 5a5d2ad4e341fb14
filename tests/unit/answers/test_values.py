"""Parsing of cell values and the issues of invalid values."""

import unicodedata
from datetime import date, datetime
from typing import Any

import pytest

from evaluation.answers.columns import read_text
from evaluation.answers.values import parser_of
from tests.support.factories import bin_of
from tests.support.workbook_reading import INDICATOR_CODES, KINDS, ORDER, book, errors, good, of_type, read


@pytest.mark.parametrize(
    "cell, stored",
    [
        (1234.5, 123450),
        (0, 0),
        (-0.01, -1),
        ("12 500 000,50", 1250000050),
        ("12\u00a0500.5", 1250050),
        ("-3", -300),
        ("−3,1", -310),
        ("1,234.50", 123450),
        ("(100)", -10000),
        (0.1 + 0.2, 30),
        (90071992547409.91, 9007199254740991),
        (None, None),
        ("  ", None),
        (123456789012.35, 12345678901235),
    ],
)
def test_money(cell: Any, stored: int | None) -> None:
    kind = KINDS[0]
    code = of_type(kind, "money")
    assert read(book({kind: [good(kind, **{code: cell})]})).worksheets[kind].columns[code] == [stored]


@pytest.mark.parametrize(
    "cell, problem",
    [
        (12.345, "too_many_decimals"),
        ("12,345", "ambiguous_separator"),
        ("12,500", "ambiguous_separator"),
        ("1234,500", "too_many_decimals"),
        (1e14, "too_large_amount"),
        ("тысяча", "not_money"),
        (True, "not_money"),
        (date(2024, 1, 1), "not_money"),
        ("1e5", "exponent"),
        ("-(100)", "not_money"),
        ("٣", "not_money"),
    ],
)
def test_not_money(cell: Any, problem: str) -> None:
    kind = KINDS[0]
    code = of_type(kind, "money")
    assert errors(book({kind: [good(kind, **{code: cell})]})) == [(kind, "E4", code, problem)]


@pytest.mark.parametrize(
    "cell, problem",
    [
        (-1, "negative"),
        (1.5, "not_whole"),
        ("two", "not_whole"),
        (True, "not_whole"),
        ("-2", "negative"),
        (1e16, "too_large_number"),
        ("1,000", "not_whole"),
        ("1.000", "not_whole"),
    ],
)
def test_not_whole(cell: Any, problem: str) -> None:
    kind = KINDS[0]
    code = of_type(kind, "whole", 0)
    [error] = errors(book({kind: [good(kind, **{code: cell})]}))
    assert (error[0], error[2], error[3]) == (kind, code, problem)


@pytest.mark.parametrize(
    "cell, stored",
    [
        (date(2025, 5, 31), "2025-05-31"),
        (datetime(2025, 5, 31, 10, 30), "2025-05-31"),
        ("2025-05-31", "2025-05-31"),
        ("31.05.2025", "2025-05-31"),
        (" 1.6.2025 ", "2025-06-01"),
    ],
)
def test_dates(cell: Any, stored: str) -> None:
    kind = KINDS[1]
    dated = next(item for item in ORDER.indicators_of(kind) if item.type == "date")
    amount = ORDER.indicators_of(kind)[[item.code for item in ORDER.indicators_of(kind)].index(dated.code) - 1].code
    assert read(book({kind: [good(kind, **{dated.code: cell, amount: 5})]})).worksheets[kind].columns[dated.code] == [stored]


@pytest.mark.parametrize(
    "cell, problem",
    [
        ("31.02.2025", "not_date"),
        (True, "not_date"),
        ("вчера", "not_date"),
        ("1.5.25", "date_with_two_readings"),
        ("2025/05/31", "date_in_other_form"),
        (45808, "date_in_other_form"),
        (date(2015, 4, 15), "date_outside_years"),
        (datetime(1900, 1, 1), "date_outside_years"),
        (date(9999, 12, 31), "date_outside_years"),
    ],
)
def test_not_dates(cell: Any, problem: str) -> None:
    kind = KINDS[1]
    code = next(item.code for item in ORDER.indicators_of(kind) if item.type == "date")
    [error] = errors(book({kind: [good(kind, **{code: cell})]}))
    assert error[2:] == (code, problem)


@pytest.mark.parametrize(
    "cell, stored",
    [
        ("yes", True),
        ("YES", True),
        ("Иә", True),
        ("ИӘ", True),
        ("да", True),
        ("Да ", True),
        (True, True),
        ("no", False),
        ("Жоқ", False),
        ("ЖОҚ", False),
        ("НЕТ", False),
        (False, False),
        ("", None),
    ],
)
def test_yes_and_no_in_three_languages(cell: Any, stored: bool | None) -> None:
    kind = KINDS[1]
    code = INDICATOR_CODES[kind][-1]
    assert read(book({kind: [good(kind, **{code: cell})]})).worksheets[kind].columns[code] == [stored]


@pytest.mark.parametrize("cell", [1, 0, "y", "иа", "нетт", date(2024, 1, 1)])
def test_neither_yes_nor_no(cell: Any) -> None:
    kind = KINDS[1]
    code = INDICATOR_CODES[kind][-1]
    [error] = errors(book({kind: [good(kind, **{code: cell})]}))
    assert error[2:] == (code, "not_yes_no")


def test_choices_by_code_and_by_every_label() -> None:
    kind = KINDS[0]
    item = next(item for item in ORDER.indicators_of(kind) if item.type == "choice")
    for choice in ORDER.choices[str(item.choices)]:
        for label in (choice.value, *choice.label.in_all_languages()):
            for form in (label, label.upper(), f" {label} ", unicodedata.normalize("NFD", label)):
                assert read(book({kind: [good(kind, **{item.code: form})]})).worksheets[kind].columns[item.code] == [choice.value]
    [error] = errors(book({kind: [good(kind, **{item.code: "maybe"})]}))
    assert error[2:] == (item.code, "not_choice")


@pytest.mark.parametrize("cell", ["one\ntwo", "one\r\ntwo", "one\rtwo", " one\r\ntwo\r\n"])
def test_line_ends_of_a_text_are_all_the_same(cell: str) -> None:
    kind = KINDS[0]
    note = next(item for item in ORDER.evidence_of(kind) if item.type == "text")
    assert parser_of(ORDER, note, 2024)(cell) == "one\ntwo"


def test_text_is_stored_composed_by_form_paste_and_workbook() -> None:
    kind, typed = KINDS[0], unicodedata.normalize("NFD", "Йод, Ёлка № 7")
    note = next(item for item in ORDER.evidence_of(kind) if item.type == "text")
    assert len(typed) > len("Йод, Ёлка № 7") and parser_of(ORDER, note, 2024)(typed) == "Йод, Ёлка № 7"
    assert read_text([typed, "Йод"]) == (["Йод, Ёлка № 7", "Йод"], [])


def test_bins() -> None:
    kind = KINDS[0]
    padded = "001240000" + next(str(n) for n in range(100, 999) if _valid(f"001240000{n}"))
    assert read(book({kind: [good(kind, int(padded))]})).worksheets[kind].columns["bin"] == [padded]
    wrong = bin_of(10)[:-1] + str((int(bin_of(10)[-1]) + 1) % 10)
    for cell, problem in (
        (wrong, "bin_check_digit"),
        ("200340000200", "bin_check_digit"),
        ("12345", "not_bin"),
        (None, "missing_value"),
        ("абв", "not_bin"),
        (12.5, "not_bin"),
        (True, "not_bin"),
        (-5, "not_bin"),
    ):
        assert errors(book({kind: [good(kind, cell)]})) == [(kind, "C4", "bin", problem)], cell


def _valid(bin_: str) -> bool:
    from idnumbers.nationalid.kaz.util import checksum

    return checksum(bin_) == int(bin_[-1])
