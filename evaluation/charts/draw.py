"""Draws a chart with matplotlib.

The drawing computes every position: it uses no axes and no layout engine, which would cost more time than the bars. Import this
module only to draw, since it imports matplotlib.
"""

import io
import threading
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle

from evaluation.charts import style
from evaluation.charts.measure import text_width
from evaluation.charts.model import Bar, BarGroup, Chart

FONT = FontProperties(family=style.FONT_FAMILIES[:1], size=style.TEXT_SIZE_PT)
BOLD_FONT = FontProperties(family=style.FONT_FAMILIES[:1], size=style.TEXT_SIZE_PT, weight="bold")
SETTINGS: Any = {"svg.fonttype": "none", "svg.hashsalt": "sheet"}
NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
LegendKey = tuple[float, float, str, style.Fill]
"""A key of the legend: x, distance from the top of the legend, label and fill."""
LOCK = threading.Lock()
"""The settings and the font cache of matplotlib are global to the process."""


def render(chart: Chart) -> bytes:
    """Draw a chart as the SVG document that matplotlib writes.

    Equal charts give equal bytes. Any thread may call it.
    """
    out = io.BytesIO()
    with LOCK, matplotlib.rc_context(SETTINGS):
        _Drawing(chart).figure.savefig(out, format="svg", metadata=NO_METADATA)
    return out.getvalue()


class _Drawing:
    """A figure that is drawn from top to bottom; `y` is the distance in points from its top to the next element."""

    def __init__(self, chart: Chart):
        self.chart = chart
        self.left = style.MARGIN_PT + (style.MARK_WIDTH_PT if any(group.mark for group in chart.groups) else 0)
        labels = max((text_width(bar.label, style.TEXT_SIZE_PT) for bar in chart.bars), default=0)
        texts = max((text_width(bar.text, style.TEXT_SIZE_PT, bold=True) for bar in chart.bars), default=0)
        self.bars_left = self.left + (labels / style.FILL_RATIO + style.GAP_PT if labels else 0)
        self.bars_width = style.WIDTH_PT - style.MARGIN_PT - texts / style.FILL_RATIO - style.GAP_PT - self.bars_left
        self.longest = max((bar.max for bar in chart.bars), default=1)
        legend = self._legend_keys()
        self.height = 2 * style.MARGIN_PT + legend[-1][1] + style.LINE_HEIGHT_PT + sum(map(_height, chart.groups))
        self.figure = Figure(figsize=(style.WIDTH_PT / 72, self.height / 72), facecolor=style.PAPER)
        self.y = style.MARGIN_PT
        self._legend(legend)
        for group in chart.groups:
            self._group(group)

    def _legend_keys(self) -> list[LegendKey]:
        """Position the keys of the legend; the hatched key appears only where a bar is hatched."""
        labelled = list(zip(self.chart.legend, (style.POINTS_FILL, style.OPEN_FILL, style.MAX_FILL), strict=True))
        if not self.chart.is_open:
            del labelled[1]
        keys: list[LegendKey] = []
        x, top = style.MARGIN_PT, 0.0
        for label, fill in labelled:
            width = style.LEGEND_BOX_WIDTH_PT + style.GAP_PT + text_width(label, style.TEXT_SIZE_PT) / style.FILL_RATIO
            if keys and x + width > style.WIDTH_PT - style.MARGIN_PT:
                x, top = style.MARGIN_PT, top + style.LINE_HEIGHT_PT + 2
            keys.append((x, top, label, fill))
            x += width + 2 * style.GAP_PT
        return keys

    def _legend(self, keys: list[LegendKey]) -> None:
        legend_top = self.y
        for x, top, label, fill in keys:
            self.y = legend_top + top
            self._box(x, 1.5, style.LEGEND_BOX_WIDTH_PT, fill)
            self._text(x + style.LEGEND_BOX_WIDTH_PT + style.GAP_PT, label)
        self.y += style.LINE_HEIGHT_PT

    def _group(self, group: BarGroup) -> None:
        self.y += style.GROUP_GAP_PT
        self._text(style.MARGIN_PT, group.mark)
        for text in group.caption:
            self._text(self.left, text)
            self.y += style.LINE_HEIGHT_PT
        self.y += 1
        for bar in group.bars:
            self._bar(bar)
            self.y += style.BAR_STEP_PT

    def _bar(self, bar: Bar) -> None:
        scale = self.bars_width / self.longest
        self._text(self.left, bar.label)
        self._box(self.bars_left, 2, bar.max * scale, style.MAX_FILL)
        if bar.high > bar.low:
            self._box(self.bars_left + bar.low * scale, 2, (bar.high - bar.low) * scale, style.OPEN_FILL)
        if bar.low:
            self._box(self.bars_left, 2, bar.low * scale, style.POINTS_FILL)
        self._text(self.bars_left + bar.max * scale + style.GAP_PT, bar.text, BOLD_FONT)

    def _box(self, x: float, top: float, width: float, fill: style.Fill) -> None:
        """A box of a bar's height, `top` points below the current position."""
        bottom = self.height - self.y - top - style.BAR_HEIGHT_PT
        box = Rectangle(
            (x / style.WIDTH_PT, bottom / self.height),
            width / style.WIDTH_PT,
            style.BAR_HEIGHT_PT / self.height,
            facecolor=fill.face,
            edgecolor=fill.edge,
            linewidth=style.OUTLINE_WIDTH_PT,
        )
        if fill.hatch:
            box.set_hatch(fill.hatch)
            box.set_hatch_linewidth(style.HATCH_WIDTH_PT)
        self.figure.add_artist(box)

    def _text(self, x: float, text: str, font: FontProperties = FONT) -> None:
        """A line of text that begins at the current position. A dollar sign does not start a formula."""
        if text:
            baseline = self.height - self.y - style.TEXT_SIZE_PT
            self.figure.text(
                x / style.WIDTH_PT,
                baseline / self.height,
                text,
                fontproperties=font,
                color=style.INK,
                verticalalignment="baseline",
                parse_math=False,
            )


def _height(group: BarGroup) -> float:
    return style.GROUP_GAP_PT + len(group.caption) * style.LINE_HEIGHT_PT + 1 + len(group.bars) * style.BAR_STEP_PT
