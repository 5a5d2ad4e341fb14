"""What would change the points of a row, in words: under a settled, an open and a maximal row, and in every language."""

import pytest

from evaluation.criteria import Order
from evaluation.language import LANGUAGE_CODES, language
from evaluation.sheets.derivation import otherwise_texts
from evaluation.sheets.model import Sheet, SheetRow
from tests.support.sheet_cases import make_sheet


@pytest.fixture(scope="module")
def sheet(order: Order) -> Sheet:
    """Institutions: two with a loss after two last year, one with an audit that found a violation, one audit not answered."""
    losses: list[dict[str, object]] = [{"financial_result": -500}, {"financial_result": -500, "area_audit": "violated"}, {}]
    blank: list[dict[str, object]] = [{"cars_audit": None}, {"plan_submitted": False}]
    return make_sheet(order, {order.kinds[0].code: losses, order.kinds[1].code: blank}, last_year=2)


def rows_of(sheet: Sheet, position: int) -> dict[str, SheetRow]:
    return {row.row.number: row for row in sheet.tables[position].scored_rows}


def test_counts_that_give_more_and_fewer_points(sheet: Sheet) -> None:
    english, rows = language("en"), rows_of(sheet, 0)
    assert otherwise_texts(rows["1"], english) == [
        "More points: 1, if exactly 1 organisation is in breach (now 2).",
        "Fewer points: not possible with any number of organisations in breach.",
        "Last year's count, 2, can no longer change.",
    ]
    assert otherwise_texts(rows["2.1"], english)[0] == "More points: 2, if no organisation is in breach (now 1)."
    assert otherwise_texts(rows["2.2"], english) == [
        "The row already has its maximum.",
        "Fewer points: 0, if at least 1 organisation is in breach (now 0).",
    ]


def test_an_open_row_and_a_table_that_does_not_apply(sheet: Sheet) -> None:
    english = language("en")
    assert otherwise_texts(rows_of(sheet, 1)["3.2"], english) == ["The missing answers decide: 0 to 2 points."]
    assert otherwise_texts(rows_of(sheet, 2)["1"], english) == []
    assert [otherwise_texts(row, english) for row in sheet.tables[0].rows if row.criterion is None] == [[]]


def test_audits_that_are_missing(order: Order) -> None:
    sheet = make_sheet(order, {order.kinds[0].code: [{"area_audit": "not_audited"}, {"area_audit": "not_audited"}]})
    assert otherwise_texts(rows_of(sheet, 0)["2.1"], language("en")) == [
        "More points: 2, if no organisation is in breach (now 0) and at least 1 is audited for this norm (now 0).",
        "Fewer points: 0, if at least 1 organisation is in breach (now 0).",
    ]


def test_no_language_repeats_the_words_of_another(sheet: Sheet) -> None:
    texts = {code: otherwise_texts(rows_of(sheet, 0)["1"], language(code)) for code in LANGUAGE_CODES}
    assert len({text for of_language in texts.values() for text in of_language}) == sum(map(len, texts.values()))
