"""The chart of one table of the form: the points of each row against their maximum."""

from collections.abc import Iterable
from dataclasses import dataclass

from evaluation.charts.model import Bar, BarGroup, Chart, caption, describe, points_legend
from evaluation.language import Language


@dataclass(frozen=True)
class RowPoints:
    """A scored row: its number and text on the form, and the lowest, highest and maximum points."""

    number: str
    text: str
    low: int
    high: int
    max: int


def row_points_chart(table: str, rows: Iterable[RowPoints], language: Language) -> Chart:
    """The chart of the rows of a table, whose title is `table`, in the language of the texts."""
    groups = tuple(_group(row, language) for row in rows)
    parts = (language.gettext("row %(row)s: %(points)s", row=group.mark, points=group.bars[0].text) for group in groups)
    title = language.gettext("%(table)s: points by row", table=table)
    return Chart(title, describe(parts), language.code, points_legend(language), groups)


def _group(row: RowPoints, language: Language) -> BarGroup:
    bar = Bar("", row.low, row.high, row.max, language.points_of(row.low, row.high, row.max))
    return BarGroup(row.number, caption(row.text, language), (bar,))
