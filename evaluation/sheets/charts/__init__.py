"""The charts of a sheet: points by row, and shares of the maximum over the years. One look, one way to draw."""

from evaluation.language import Language
from evaluation.sheets.charts import svg
from evaluation.sheets.charts.bars import Bar, Chart, Group, of_history, of_rows
from evaluation.sheets.charts.draw import render
from evaluation.sheets.model import Sheet, SheetTable

__all__ = ["Bar", "Chart", "Group", "history_chart", "of_history", "of_rows", "row_chart", "to_png", "to_svg"]


def row_chart(table: SheetTable, language: Language, salt: str = "") -> str:
    """Points of a table's rows against their maximum, as an `<svg>` element for a page.

    Give `salt` (a body's BIN) where one page shows the tables of several bodies: equal charts would have equal ids.
    """
    return to_svg(of_rows(table, language), salt)


def history_chart(sheet: Sheet, language: Language, salt: str = "") -> str:
    """Shares of the maximum by table over the years, as an `<svg>` element for a page."""
    return to_svg(of_history(sheet, language), salt)


def to_svg(chart: Chart, salt: str = "") -> str:
    """A chart as an `<svg>` element."""
    return svg.inline(render(chart, "svg"), chart, salt)


def to_png(chart: Chart) -> bytes:
    """A chart as a picture, for documents that cannot hold SVG."""
    return render(chart, "png")
