"""Amounts and dates as people write them and as spreadsheet programs show them, on each way of entry."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from hypothesis import example, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from evaluation.answers import values
from evaluation.answers.grid.formatting import value_formatter
from evaluation.answers.grid.model import GridRow
from evaluation.answers.grid.propose import paste
from evaluation.answers.issues import MESSAGES, WorkbookRejected, issue_message
from evaluation.answers.values import InvalidValue, format_value, parse
from evaluation.criteria import Order, parse_order
from evaluation.language import LANGUAGE_CODES, language
from evaluation.workbooks.format.reader import read_workbook
from forms.entry.report import answer_name, report_form
from tests.support.factories import bin_of
from tests.support.paths import SECOND_ORDER
from tests.support.workbook_reading import KINDS, ORDER, ORDERS, book, good, of_type

YEAR = 2024
KIND = KINDS[1]
MONEY, WHOLE = of_type(KIND, "money"), of_type(KIND, "whole", 0)
DATE = next(item.code for item in ORDER.indicators_of(KIND) if item.type == "date")
ENGLISH = language("en")

AMOUNTS = {
    "(5)": -500,
    "(1 234,50)": -1_234_50,
    "1 234,00 ₸": 1_234_00,
    "5 тг": 5_00,
    "5тг.": 5_00,
    "5 тенге": 5_00,
    "5 теңге": 5_00,
    "KZT 5": 5_00,
    "−500 ₸": -500_00,
    "-₸500": -500_00,
    "(₸ 500)": -500_00,
    "12'500.50": 12_500_50,
    "12’500,50": 12_500_50,
    "12 500.50": 12_500_50,
    "12\u202f500,5": 12_500_50,
    "1.234.567,89": 1_234_567_89,
    "12,500.50": 12_500_50,
    "1,234,567": 1_234_567_00,
    "\u200e5": 5_00,
    # Excel's accounting formats: a loss, and zero with and without the currency
    " -   1\xa0234,50 ₸ ": -1_234_50,
    " ₸(1,234.50)": -1_234_50,
    " -   ₸ ": 0,
    " ₸-   ": 0,
    " -   ": 0,
}
"""Text → whole tiyn."""
NOT_AMOUNTS = {
    "1 23": ("wrong_groups", "write 123;"),
    "12 345 67": ("wrong_groups", "write 1\xa0234\xa0567;"),
    "1 234 5": ("wrong_groups", "write 12\xa0345;"),
    "12,500": ("ambiguous_separator", "Write 12\xa0500 if"),
    "-12.500": ("ambiguous_separator", "or -12.50 if"),
    "1,5E+3": ("exponent", "digits are lost"),
    "1,5Е+3": ("exponent", "Widen the column"),
    "5 тыс.": ("shortened_amount", "in tenge: 5\xa0000."),
    "5 тыс тг": ("shortened_amount", "in tenge: 5\xa0000."),
    "5 мың теңге": ("shortened_amount", "in tenge: 5\xa0000."),
    "5 млн": ("shortened_amount", "in tenge: 5\xa0000\xa0000."),
    "(5 млн тенге)": ("shortened_amount", "in tenge: -5\xa0000\xa0000."),
    "$5": ("other_currency", "($)"),
    "5 ₽": ("other_currency", "(₽)"),
    "5 000 руб.": ("other_currency", "(РУБ)"),
    "€ 5": ("other_currency", "(€)"),
    "5 млн $": ("other_currency", "($)"),
    "usd 5": ("other_currency", "(USD)"),
    "####": ("hidden_value", "Widen the column"),
    "-": ("dash", "Write 0"),
    "-(5)": ("not_money", "“-(5)”"),
    "5 тенге 20 тиын": ("not_money", "such as 12 500 000,50"),
    "5 5 млн": ("not_money", "“5 5 млн”"),
    "5 т": ("not_money", "“5 т”"),
    "1,234,50": ("not_money", "“1,234,50”"),
}
"""Text → code of the issue, and a part of its message."""
NOT_COUNTS = {
    "1 23": ("wrong_groups", "write 123;"),
    "5 тыс.": ("shortened_number", "whole number: 5\xa0000."),
    "5 тг": ("not_whole", "“5 тг”"),
    "1,000": ("not_whole", "“1,000”"),
    "2,0": ("not_whole", "“2,0”"),
    "1e3": ("exponent", "“1e3”"),
}
DATES = {"31.05.2025": "2025-05-31", "31.05.2025 г.": "2025-05-31", "1.6.2025 0:00:00": "2025-06-01", "2026-12-31": "2026-12-31"}
NOT_DATES = {
    "15.04.0025": ("date_outside_years", "between 01.01.2024 and 31.12.2026"),
    "15.04.2015": ("date_outside_years", "15.04.2015 is not possible"),
    "31.12.2023": ("date_outside_years", "01.01.2024"),
    "01.01.1899": ("date_outside_years", "31.12.2026"),
    "9999-12-31": ("date_outside_years", "9999-12-31"),
    "1.5.25": ("date_with_two_readings", "Write 01.05.2025 or 05.01.2025."),
    "01/05/2025": ("date_with_two_readings", "Write 01.05.2025 or 05.01.2025."),
    "31.05.25": ("date_in_other_form", "If 31.05.2025 is meant"),
    "05-31-2025": ("date_in_other_form", "If 31.05.2025 is meant"),
    "45808": ("date_in_other_form", "If 31.05.2025 is meant"),
    "31.02.2025": ("not_date", "“31.02.2025”"),
    "####": ("hidden_value", "Widen the column"),
}
Issue = tuple[str, str]
"""Code and English message."""
Results = list[Any]
"""For each text the stored value, or its Issue."""


def by_parser(code: str, texts: Sequence[str]) -> Results:
    """Parse as a script's cells and a filled column are."""

    def read(text: str) -> Any:
        try:
            return parse(ORDER, ORDER.by_code[code], YEAR, text)
        except InvalidValue as error:
            return error.issue_code, issue_message(error.issue_code, error.values, ENGLISH)

    return [read(text) for text in texts]


def by_form(code: str, texts: Sequence[str]) -> Results:
    app, name = Flask(__name__), answer_name(ORDER.by_code[code])
    app.config.update(SECRET_KEY="x", WTF_CSRF_ENABLED=False)
    results: Results = []
    with app.test_request_context():
        for text in texts:
            form = report_form(ORDER, KIND)({}, YEAR, ENGLISH, formdata=MultiDict({name: text}))
            form.validate()
            results.append(next(iter(form[name].errors), form[name].value))
    return results


def by_paste(code: str, texts: Sequence[str]) -> Results:
    rows = [GridRow(number, bin_of(10 + number), ("Ұйым", "Организация"), {}) for number in range(len(texts))]
    proposal = paste(ORDER, KIND, YEAR, rows, "\n".join(texts), (0, code))
    results: Results = [None] * len(texts)
    for edit in proposal.edits:
        results[edit.organisation_id] = edit.value
    for cell in proposal.rejected_cells:
        results[cell.block_row - 1] = cell.issue.issue_code, cell.issue.message(ENGLISH)
    return results


def by_workbook(code: str, texts: Sequence[str]) -> Results:
    data = book({KIND: [good(KIND, bin_of(10 + number), **{code: text}) for number, text in enumerate(texts)]})
    try:
        return read_workbook(data, ORDERS).worksheets[KIND].columns[code]
    except WorkbookRejected as rejected:
        worksheet = rejected.partial.worksheets[KIND]
        results = list(worksheet.columns[code])
        rows = {worksheet.cell_name(position, code): position for position in range(len(texts))}
        for issue in rejected.issues:
            if issue.code == code and issue.issue_code in MESSAGES:
                results[rows[issue.cell or ""]] = issue.issue_code, issue.message(ENGLISH)
        return results


@pytest.fixture(params=[by_parser, by_form, by_paste, by_workbook])
def enter(request: pytest.FixtureRequest) -> Callable[[str, Sequence[str]], Results]:
    way: Callable[[str, Sequence[str]], Results] = request.param
    return way


@pytest.mark.parametrize("code, expected", [(MONEY, AMOUNTS), (WHOLE, {"1 234": 1234, "1.234.567": 1234567}), (DATE, DATES)])
def test_what_is_read(code: str, expected: dict[str, Any], enter: Callable[[str, Sequence[str]], Results]) -> None:
    assert dict(zip(expected, enter(code, list(expected)), strict=True)) == expected


@pytest.mark.parametrize("code, expected", [(MONEY, NOT_AMOUNTS), (WHOLE, NOT_COUNTS), (DATE, NOT_DATES)])
def test_what_is_refused_and_why(code: str, expected: dict[str, Issue], enter: Callable[[str, Sequence[str]], Results]) -> None:
    for text, result in zip(expected, enter(code, list(expected)), strict=True):
        issue_code, part = expected[text]
        if isinstance(result, tuple):
            assert result[0] == issue_code, text
            result = result[1]
        assert isinstance(result, str) and part in result, text


@pytest.mark.parametrize("enter_column", [by_paste, by_workbook])
@pytest.mark.parametrize(
    "texts, expected",
    [
        (("1,234,568", "-1,235", "(1,235)", "0"), [123456800, -123500, -123500, 0]),
        (("1,235 ₸", "0.50", "12.00"), [123500, 50, 1200]),
        (("1.235", "1.234.567,89", "5,1"), [123500, 123456789, 510]),
        (("12,500", "12,50"), ["ambiguous_separator", 1250]),
        (("12,500", "1,234,567", "12,5"), ["ambiguous_separator", 123456700, 1250]),
        (("12,500", "12.500"), ["ambiguous_separator", "ambiguous_separator"]),
    ],
)
def test_a_column_shows_which_sign_separates_thousands(
    texts: Sequence[str], expected: Results, enter_column: Callable[[str, Sequence[str]], Results]
) -> None:
    """As in a column with the thousands format of an English Excel."""
    results = enter_column(MONEY, texts)
    assert [result[0] if isinstance(result, tuple) else result for result in results] == expected


@pytest.mark.parametrize("enter_column", [by_paste, by_workbook])
def test_a_column_of_counts_shows_it_too(enter_column: Callable[[str, Sequence[str]], Results]) -> None:
    assert enter_column(WHOLE, ("1,234,567", "1,235", "3")) == [1234567, 1235, 3]


@pytest.mark.parametrize("code", LANGUAGE_CODES)
def test_messages_show_figures_in_all_languages(code: str) -> None:
    for texts, item in ((NOT_AMOUNTS, MONEY), (NOT_DATES, DATE)):
        for text in texts:
            with pytest.raises(InvalidValue) as error:
                parse(ORDER, ORDER.by_code[item], YEAR, text)
            message = issue_message(error.value.issue_code, error.value.values, language(code))
            figures = [value for value in error.value.values.values() if isinstance(value, Decimal | date)]
            assert "%(" not in message and all(
                values_text in message for values_text in (_shown(value, code) for value in figures)
            ), message


def _shown(value: Decimal | date, code: str) -> str:
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}"
    return language(code).number(value, 0 if value == int(value) else 2)


def printed(order: Order, item: Any, value: Any, code: str) -> Iterator[str]:
    """Yield a value as forms and grids, and as sheets print it."""
    yield format_value(order, item, value, language(code))
    yield value_formatter(order, item, language(code))(value)
    if item.type == "money":
        yield language(code).number(Decimal(value) / 100, 2)


@settings(max_examples=200, deadline=None)
@given(st.integers(-(2**53) + 1, 2**53 - 1) | st.integers(-200_000, 200_000), st.dates(date(1900, 1, 1), date(2099, 12, 31)))
@example(12_500_00, date(2024, 1, 1))
@example(-1_00, date(2026, 12, 31))
@example(2**53 - 1, date(2025, 2, 28))
@example(0, date(2025, 10, 9))
def test_what_is_printed_is_read_back(number: int, day: date) -> None:
    for code in LANGUAGE_CODES:
        for text in printed(ORDER, ORDER.by_code[MONEY], number, code):
            assert values.parse_money(text) == number
        for text in printed(ORDER, ORDER.by_code[WHOLE], abs(number), code):
            assert values.parse_whole_number(text) == abs(number)
        for text in printed(ORDER, ORDER.by_code[DATE], day.isoformat(), code):
            assert values.parse_date(text) == day.isoformat()
        assert language(code).short_date(date(25, 4, 15)) == "15.04.0025"


def test_the_years_of_a_date_are_data() -> None:
    second_order = parse_order(SECOND_ORDER.read_text(encoding="utf-8"))
    item = second_order.by_code["promised_on"]
    assert parse(second_order, item, 2030, "31.12.2031") == "2031-12-31"
    for year, text in ((2030, "01.01.2032"), (2031, "31.12.2020")):
        with pytest.raises(InvalidValue) as error:
            parse(second_order, item, year, text)
        assert error.value.issue_code == "date_outside_years"


def test_a_message_repeats_a_number_of_any_length() -> None:
    digits = "345678901234567890123456789012345678901"
    for text in (f"12 {digits}", f"{digits} тыс"):
        with pytest.raises(InvalidValue) as error:
            values.parse_money(text)
        message = issue_message(error.value.issue_code, error.value.values, language("ru"))
        assert "12345678" in message.replace("\xa0", "") or "34567890" in message.replace("\xa0", "")
