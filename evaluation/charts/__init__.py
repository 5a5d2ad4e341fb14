"""Bar charts as SVG: points by row, and shares of the maximum by year.

A chart takes plain values (:mod:`evaluation.charts.row_points`, :mod:`evaluation.charts.share_history`) and becomes a
:class:`~evaluation.charts.model.Chart`. :func:`to_svg` draws any chart in the style of :mod:`evaluation.charts.style`.
matplotlib takes long to import, so it is imported when a text is measured or a chart is drawn.
"""

from evaluation.charts.model import Bar, BarGroup, Chart
from evaluation.charts.row_points import RowPoints, row_points_chart
from evaluation.charts.share_history import TableHistory, YearShare, share_history_chart

__all__ = [
    "Bar",
    "BarGroup",
    "Chart",
    "RowPoints",
    "TableHistory",
    "YearShare",
    "row_points_chart",
    "share_history_chart",
    "to_svg",
]


def to_svg(chart: Chart, salt: str = "") -> str:
    """Draw a chart as an `<svg>` element.

    Args:
        chart: The chart to draw.
        salt: Text that makes the ids of the element unique where one page shows two equal charts.

    Returns:
        The element as text. Equal arguments give equal text.
    """
    from evaluation.charts.draw import render
    from evaluation.charts.svg import embeddable

    return embeddable(render(chart), chart, salt)
