"""The legend of a picture: keys with labels, in as many lines as they need."""

from collections.abc import Iterable

from evaluation.charts import style
from evaluation.charts.measure import text_width
from evaluation.charts.picture import Box, Label


def legend(labelled: Iterable[tuple[str, style.Fill]], width: float, top: float) -> tuple[list[Box | Label], float]:
    """Lay out the keys of a legend.

    Args:
        labelled: Label and fill of each key.
        width: The width of the picture in points.
        top: The distance in points from the top of the picture to the legend.

    Returns:
        The shapes, and the height of the legend in points.
    """
    shapes: list[Box | Label] = []
    x, y = style.MARGIN_PT, top
    for label, fill in labelled:
        key_width = style.LEGEND_BOX_WIDTH_PT + style.GAP_PT + text_width(label, style.TEXT_SIZE_PT) / style.FILL_RATIO
        if shapes and x + key_width > width - style.MARGIN_PT:
            x, y = style.MARGIN_PT, y + style.LINE_HEIGHT_PT + 2
        shapes.append(Box(x, y + 1.5, style.LEGEND_BOX_WIDTH_PT, style.BAR_HEIGHT_PT, fill))
        shapes.append(Label(x + style.LEGEND_BOX_WIDTH_PT + style.GAP_PT, y, label))
        x += key_width + 2 * style.GAP_PT
    return shapes, y + style.LINE_HEIGHT_PT - top
