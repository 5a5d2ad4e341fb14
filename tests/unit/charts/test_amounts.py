"""The chart of amounts over years: bars as long as their amounts, the same in words, links to the pages behind."""

from decimal import Decimal
from xml.etree import ElementTree

from evaluation.charts import Link, to_svg
from evaluation.charts.amounts import FILLS, Amount, YearAmounts, amount_chart
from evaluation.charts.picture import Box
from evaluation.language import language

SERIES = ("Табыс", "Сату", "Шығындар")


def amount(value: int) -> Amount:
    return Amount(Decimal(value), str(value), Link(f"/{value}", f"сома {value}"))


YEARS = (YearAmounts(2023, (amount(400), None, amount(100))), YearAmounts(2024, (amount(200), amount(-50), amount(0))))
CHART = amount_chart("Жылдар бойынша", SERIES, YEARS, language("kk"))


def test_a_bar_is_as_long_as_its_amount() -> None:
    bars = {box.link.url: box for box in CHART.shapes if isinstance(box, Box) and box.link}
    assert bars.keys() == {"/400", "/100", "/200", "/-50"}
    for value in (100, 200, 50):
        width = bars["/-50" if value == 50 else f"/{value}"].width
        assert abs(width * 400 / value - bars["/400"].width) < 1e-6
    assert bars["/-50"].x + bars["/-50"].width <= bars["/200"].x + 1e-6
    assert [bars[url].fill for url in ("/400", "/-50", "/100")] == list(FILLS)


def test_it_is_described_and_drawn() -> None:
    assert CHART.description == "2023: Табыс – 400, Сату – –, Шығындар – 100; 2024: Табыс – 200, Сату – -50, Шығындар – 0."
    assert ElementTree.fromstring(to_svg(CHART)).tag.endswith("svg")
    assert amount_chart("", SERIES, (), language("kk")).height > 0
