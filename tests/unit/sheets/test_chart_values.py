"""The conversion of a sheet to the values of its charts."""

from evaluation.criteria import Order
from evaluation.criteria.model import Row, Text
from evaluation.language import language
from evaluation.sheets import LegalEntity, Sheet, SheetRow, SheetTable, YearPoints
from evaluation.sheets.chart_values import history_chart, table_chart, table_histories

KAZAKH = language("kk")


def text(value: str) -> Text:
    return Text(kk=value, ru=value, en=value)


def table(order: Order, rows: list[tuple[str, int, int, int]]) -> SheetTable:
    """The first table of the order with a heading and rows of number, low, high and maximum."""
    criterion = order.criteria[0]
    heading = SheetRow(Row(number="9", text=text("тақырып")))
    scored = [
        SheetRow(Row(number=number, text=text(f"жол {number}"), criterion=criterion.code), criterion, low, high, max_points)
        for number, low, high, max_points in rows
    ]
    form = order.form.tables[0]
    all_rows = (heading, *scored)
    return SheetTable(form.model_copy(update={"rows": tuple(row.row for row in all_rows)}), True, all_rows)


def sheet(order: Order, history: tuple[YearPoints, ...]) -> Sheet:
    return Sheet(order, LegalEntity("050140000011", "Орган"), 2024, (table(order, [("1", 1, 1, 2)]),), 1, 1, 2, history)


def test_the_chart_of_a_table_has_no_bar_for_a_heading(order: Order) -> None:
    chart = table_chart(table(order, [("1", 1, 1, 2), ("2.1", 0, 2, 2)]), KAZAKH)
    assert [(group.mark, group.name) for group in chart.groups] == [("1", "1 жол 1"), ("2.1", "2.1 жол 2.1")]
    assert [(bar.low, bar.high, bar.max) for bar in chart.bars] == [(1, 1, 2), (0, 2, 2)]
    assert chart.title.startswith(order.form.tables[0].title.kk)
    assert table_chart(table(order, []), KAZAKH).bars == ()


def test_the_history_has_the_years_in_which_a_table_of_the_form_applied(order: Order) -> None:
    kind = order.form.tables[0].kind
    years = (YearPoints(2022, kind, 3, 3, 10), YearPoints(2023, kind, 0, 0, 10), YearPoints(2024, kind, 4, 7, 10))
    of_one_body = sheet(order, (*years, YearPoints(2024, "unknown", 1, 1, 2), YearPoints(2021, kind, 0, 0, 0)))
    assert table_histories(of_one_body, KAZAKH) == [(order.form.tables[0].title.kk, list(years))]
    bars = history_chart(of_one_body, KAZAKH).bars
    assert [(bar.label, bar.low, bar.high, bar.max) for bar in bars] == [
        ("2022", 0.3, 0.3, 1.0),
        ("2023", 0.0, 0.0, 1.0),
        ("2024", 0.4, 0.7, 1.0),
    ]
    assert table_histories(sheet(order, ()), KAZAKH) == []
