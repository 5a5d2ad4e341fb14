"""Draws a chart as SVG.

Every place is computed here: there are no axes and no layout engine, which would cost more than the bars.
"""

import io
import threading
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle

from evaluation.charts import style
from evaluation.charts.bars import Bar, Chart, Group
from evaluation.charts.measure import text_width

FONT = FontProperties(family=style.FAMILIES[:1], size=style.TEXT_SIZE)
BOLD = FontProperties(family=style.FAMILIES[:1], size=style.TEXT_SIZE, weight="bold")
SETTINGS: Any = {"svg.fonttype": "none", "svg.hashsalt": "sheet"}
NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
Key = tuple[float, float, str, style.Fill]
"""Of a legend: x, distance from its top, words and fill."""
LOCK = threading.Lock()
"""matplotlib's settings and font cache belong to the whole process."""


def render(chart: Chart) -> bytes:
    """The chart as matplotlib writes it; the same chart gives the same bytes, from any thread."""
    out = io.BytesIO()
    with LOCK, matplotlib.rc_context(SETTINGS):
        _Drawing(chart).figure.savefig(out, format="svg", metadata=NO_METADATA)
    return out.getvalue()


class _Drawing:
    """A figure being drawn downwards; `y` is how far down the next thing begins."""

    def __init__(self, chart: Chart):
        self.chart = chart
        self.left = style.MARGIN + (style.MARK if any(group.mark for group in chart.groups) else 0)
        labels = max((text_width(bar.label, style.TEXT_SIZE) for bar in chart.bars), default=0)
        texts = max((text_width(bar.text, style.TEXT_SIZE, bold=True) for bar in chart.bars), default=0)
        self.bars_left = self.left + (labels / style.SLACK + style.GAP if labels else 0)
        self.bars_width = style.WIDTH - style.MARGIN - texts / style.SLACK - style.GAP - self.bars_left
        self.longest = max((bar.max for bar in chart.bars), default=1)
        legend = self._legend_places()
        self.height = 2 * style.MARGIN + legend[-1][1] + style.LINE + sum(_height(group) for group in chart.groups)
        self.figure = Figure(figsize=(style.WIDTH / 72, self.height / 72), facecolor=style.PAPER)
        self.y = style.MARGIN
        self._legend(legend)
        for group in chart.groups:
            self._group(group)

    def _legend_places(self) -> list[Key]:
        """The keys of the legend; what is hatched is named only where something is."""
        keys = list(zip(self.chart.legend, (style.SETTLED, style.OPEN, style.MAXIMUM), strict=True))
        if not self.chart.is_open:
            del keys[1]
        places: list[Key] = []
        x, line = style.MARGIN, 0.0
        for words, fill in keys:
            room = style.SWATCH + style.GAP + text_width(words, style.TEXT_SIZE) / style.SLACK
            if places and x + room > style.WIDTH - style.MARGIN:
                x, line = style.MARGIN, line + style.LINE + 2
            places.append((x, line, words, fill))
            x += room + 2 * style.GAP
        return places

    def _legend(self, places: list[Key]) -> None:
        top = self.y
        for x, down, words, fill in places:
            self.y = top + down
            self._box(x, 1.5, style.SWATCH, fill)
            self._text(x + style.SWATCH + style.GAP, words)
        self.y += style.LINE

    def _group(self, group: Group) -> None:
        self.y += style.GROUP_GAP
        self._text(style.MARGIN, group.mark, FONT)
        for line in group.caption:
            self._text(self.left, line)
            self.y += style.LINE
        self.y += 1
        for bar in group.bars:
            self._bar(bar)
            self.y += style.BAR_STEP

    def _bar(self, bar: Bar) -> None:
        scale = self.bars_width / self.longest
        self._text(self.left, bar.label)
        self._box(self.bars_left, 2, bar.max * scale, style.MAXIMUM)
        if bar.high > bar.low:
            self._box(self.bars_left + bar.low * scale, 2, (bar.high - bar.low) * scale, style.OPEN)
        if bar.low:
            self._box(self.bars_left, 2, bar.low * scale, style.SETTLED)
        self._text(self.bars_left + bar.max * scale + style.GAP, bar.text, BOLD)

    def _box(self, x: float, down: float, width: float, fill: style.Fill) -> None:
        bottom = self.height - self.y - down - style.BAR
        look: dict[str, Any] = {"facecolor": fill.face, "edgecolor": fill.edge, "linewidth": style.OUTLINE_WIDTH}
        box = Rectangle((x / style.WIDTH, bottom / self.height), width / style.WIDTH, style.BAR / self.height, **look)
        if fill.hatch:
            box.set_hatch(fill.hatch)
            box.set_hatch_linewidth(style.HATCH_WIDTH)
        self.figure.add_artist(box)

    def _text(self, x: float, words: str, font: FontProperties = FONT) -> None:
        """Words whose line begins at `y`; they are never read as mathematics."""
        if words:
            baseline = self.height - self.y - style.TEXT_SIZE
            self.figure.text(
                x / style.WIDTH,
                baseline / self.height,
                words,
                fontproperties=font,
                color=style.INK,
                verticalalignment="baseline",
                parse_math=False,
            )


def _height(group: Group) -> float:
    return style.GROUP_GAP + len(group.caption) * style.LINE + 1 + len(group.bars) * style.BAR_STEP
