"""Charts as SVG: bars of points and shares, a tile map, a heat map, distributions and trends.

A chart takes plain values (for example :mod:`evaluation.charts.row_points`) and becomes a
:class:`~evaluation.charts.model.Chart` of bars, which is a native chart in office formats too, or a
:class:`~evaluation.charts.picture.Picture` of shapes at positions. :func:`to_svg` draws both in the style of
:mod:`evaluation.charts.style`. matplotlib takes long to import, so it is imported when a text is measured or a picture is drawn.
"""

from functools import lru_cache

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
    return draw_cached(chart, salt) if isinstance(chart, Picture) else _draw(bar_picture(chart), salt)


@lru_cache(maxsize=16)
def draw_cached(picture: Picture, salt: str = "") -> str:
    """Draw a picture, or return the element if it was drawn lately: a large picture takes half a second, and pages repeat it."""
    return _draw(picture, salt)


def _draw(picture: Picture, salt: str) -> str:
    from evaluation.charts.draw import render
    from evaluation.charts.svg import embeddable

    return embeddable(render(picture), picture, salt)
