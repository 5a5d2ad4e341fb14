"""Bodies side by side: the points of each row of a table of the form, one bar per body."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evaluation.charts.model import Bar, BarGroup, Chart, caption, describe, points_legend
from evaluation.charts.picture import Link
from evaluation.charts.row_points import RowPoints
from evaluation.language import Language


@dataclass(frozen=True)
class BodyPoints:
    """A body by its letter, with its points of a row; empty where the table does not apply to it."""

    letter: str
    points: RowPoints | None
    link: Link | None = None


def side_by_side_chart(
    table: str, rows: Iterable[tuple[str, str, Sequence[BodyPoints]]], letters: Sequence[str], language: Language
) -> Chart:
    """The chart of a table, whose title is `table`.

    Args:
        table: The title of the table.
        rows: The number and the text of each scored row, with the bodies.
        letters: The letters of all bodies.
        language: The language of the texts.
    """
    groups = tuple(
        BarGroup(number, caption(text, language), tuple(_bar(body, language) for body in bodies)) for number, text, bodies in rows
    )
    parts = (language.gettext("row %(row)s: %(points)s", row=group.mark, points=_in_words(group)) for group in groups)
    title = language.gettext("%(table)s: points by row, bodies %(letters)s", table=table, letters=", ".join(letters))
    return Chart(title, describe(parts), language.code, points_legend(language), groups)


def _bar(body: BodyPoints, language: Language) -> Bar:
    if body.points is None:
        return Bar(body.letter, 0, 0, 0, "–")
    points = body.points
    text = language.points_of(points.low, points.high, points.max)
    return Bar(body.letter, points.low, points.high, points.max, text, body.link)


def _in_words(group: BarGroup) -> str:
    return ", ".join(f"{bar.label} – {bar.text}" for bar in group.bars)
