"""Two to four bodies side by side: one picture for each table of the form that applies to any of them."""

from collections.abc import Mapping, Sequence

from evaluation.charts.row_points import RowPoints
from evaluation.charts.shares import Share
from evaluation.charts.side_by_side import BodyPoints, side_by_side_chart
from evaluation.comparison.pictures import queries
from evaluation.comparison.pictures.figures import DASH, PictureContext
from evaluation.comparison.pictures.model import Figure, RowKey, TableCell, ValueTable
from evaluation.criteria.form import Row, Table
from evaluation.criteria.model import Order
from evaluation.registry.models import Body

LETTERS = "ABCD"
"""The letters of the bodies in pictures and tables; as many bodies can be compared."""


def side_by_side_figures(context: PictureContext, order: Order, bodies: Sequence[Body]) -> list[Figure]:
    """The pictures of bodies that the viewer may know, in the order of their letters."""
    points = queries.rows_of_bodies(context.viewer, context.year, [body.id for body in bodies])
    lettered = list(zip(LETTERS, bodies, strict=False))
    tables = [
        table
        for table in order.form.tables
        if any((table.kind, row.number) in points.get(body.id, {}) for body in bodies for row in table.scored_rows)
    ]
    return [_figure(context, table, lettered, points) for table in tables]


def _figure(
    context: PictureContext,
    table: Table,
    lettered: Sequence[tuple[str, Body]],
    points: Mapping[int, Mapping[RowKey, Share]],
) -> Figure:
    language = context.language
    rows = [
        (row.number, row.text[language.code], [_body_points(context, table, row, pair, points) for pair in lettered])
        for row in table.scored_rows
    ]
    letters = [letter for letter, _ in lettered]
    chart = side_by_side_chart(table.title[language.code], rows, letters, language)
    cells = ((TableCell(number), *(_cell(context, body) for body in bodies)) for number, _, bodies in rows)
    return Figure(chart, ValueTable.of_rows((language.gettext("Row"), *letters), cells))


def _body_points(
    context: PictureContext, table: Table, row: Row, lettered: tuple[str, Body], points: Mapping[int, Mapping[RowKey, Share]]
) -> BodyPoints:
    letter, body = lettered
    share = points.get(body.id, {}).get((table.kind, row.number))
    if share is None:
        return BodyPoints(letter, None)
    row_points = RowPoints(row.number, row.text[context.language.code], share.low, share.high, share.total)
    # The list behind a bar is the sheet, which the viewer may not be allowed to open while the ranking is open to all.
    link = context.links.sheet(body.bin, letter) if context.viewer.can_see(body.id) else None
    return BodyPoints(letter, row_points, link)


def _cell(context: PictureContext, body: BodyPoints) -> TableCell:
    if body.points is None:
        return DASH
    text = context.language.points_of(body.points.low, body.points.high, body.points.max)
    return TableCell(text, body.link.url if body.link else "")
