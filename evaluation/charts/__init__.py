"""The charts of a sheet: points by row, and shares of the maximum over the years. One look, one way to draw."""

from evaluation.charts import svg
from evaluation.charts.bars import Bar, Chart, Group, of_history, of_rows
from evaluation.charts.draw import render

__all__ = ["Bar", "Chart", "Group", "of_history", "of_rows", "to_svg"]


def to_svg(chart: Chart, salt: str = "") -> str:
    """A chart as an `<svg>` element. Give `salt` where one page shows equal charts, which would have equal ids."""
    return svg.inline(render(chart), chart, salt)
