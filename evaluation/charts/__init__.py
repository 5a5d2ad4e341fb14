"""Charts as SVG: bars of points and shares, a tile map, a heat map, distributions and trends.

A chart takes plain values (for example :mod:`evaluation.charts.row_points`) and becomes a
:class:`~evaluation.charts.model.Chart` of bars, which is a native chart in office formats too, or a
:class:`~evaluation.charts.picture.Picture` of shapes at positions. :func:`to_svg` draws both in the style of
:mod:`evaluation.charts.style`. matplotlib takes long to import, so it is imported when a text is measured or a picture is drawn.
"""

from evaluation.charts.bars import bar_picture
from evaluation.charts.model import Bar, BarGroup, Chart
from evaluation.charts.picture import Link, Picture
from evaluation.charts.row_points import RowPoints, row_points_chart
from evaluation.charts.share_history import TableHistory, YearShare, share_history_chart

__all__ = [
    "Bar",
    "BarGroup",
    "Chart",
    "Link",
    "Picture",
    "RowPoints",
    "TableHistory",
    "YearShare",
    "row_points_chart",
    "share_history_chart",
    "to_svg",
]


def to_svg(chart: Chart | Picture, salt: str = "") -> str:
    """Draw a chart as an `<svg>` element.

    Args:
        chart: The chart or picture to draw.
        salt: Text that makes the ids of the element unique where one page shows two equal charts.

    Returns:
        The element as text. Equal arguments give equal text.
    """
    from evaluation.charts.draw import render
    from evaluation.charts.svg import embeddable

    picture = bar_picture(chart) if isinstance(chart, Chart) else chart
    return embeddable(render(picture), picture, salt)
