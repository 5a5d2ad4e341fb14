"""The layout of bar charts: captions, bars and figures from top to bottom."""

from evaluation.charts import style
from evaluation.charts.legend import legend
from evaluation.charts.measure import text_width
from evaluation.charts.model import Bar, BarGroup, Chart
from evaluation.charts.picture import Box, Label, Line, Link, Mark, Picture


def bar_picture(chart: Chart) -> Picture:
    """Lay out a bar chart."""
    return _Layout(chart).picture


class _Layout:
    """A picture that is filled from top to bottom; `y` is the distance in points from its top to the next element."""

    def __init__(self, chart: Chart):
        self.left = style.MARGIN_PT + (style.MARK_WIDTH_PT if any(group.mark for group in chart.groups) else 0)
        labels = max((text_width(bar.label, style.TEXT_SIZE_PT) for bar in chart.bars), default=0)
        texts = max((text_width(bar.text, style.TEXT_SIZE_PT, bold=True) for bar in chart.bars), default=0)
        self.bars_left = self.left + (labels / style.FILL_RATIO + style.GAP_PT if labels else 0)
        self.bars_width = style.WIDTH_PT - style.MARGIN_PT - texts / style.FILL_RATIO - style.GAP_PT - self.bars_left
        self.longest = max((bar.max for bar in chart.bars), default=1)
        labelled = list(zip(chart.legend, (style.POINTS_FILL, style.OPEN_FILL, style.MAX_FILL), strict=True))
        if not chart.is_open:
            del labelled[1]
        keys, height = legend(labelled, style.WIDTH_PT, style.MARGIN_PT)
        self.shapes: list[Box | Label | Line | Mark] = list(keys)
        self.y = style.MARGIN_PT + height
        for group in chart.groups:
            self._group(group)
        height = self.y + style.MARGIN_PT
        self.picture = Picture(chart.title, chart.description, chart.language, style.WIDTH_PT, height, tuple(self.shapes))

    def _group(self, group: BarGroup) -> None:
        self.y += style.GROUP_GAP_PT
        self.shapes.append(Label(style.MARGIN_PT, self.y, group.mark))
        for text in group.caption:
            self.shapes.append(Label(self.left, self.y, text))
            self.y += style.LINE_HEIGHT_PT
        self.y += 1
        for bar in group.bars:
            self._bar(bar)
            self.y += style.BAR_STEP_PT

    def _bar(self, bar: Bar) -> None:
        scale = self.bars_width / self.longest
        self.shapes.append(Label(self.left, self.y, bar.label))
        if bar.max:
            self._box(0, bar.max * scale, style.MAX_FILL, bar.link)
        if bar.high > bar.low:
            self._box(bar.low * scale, (bar.high - bar.low) * scale, style.OPEN_FILL, bar.link)
        if bar.low:
            self._box(0, bar.low * scale, style.POINTS_FILL, bar.link)
        self.shapes.append(Label(self.bars_left + bar.max * scale + style.GAP_PT, self.y, bar.text, bold=True))

    def _box(self, start: float, width: float, fill: style.Fill, link: Link | None) -> None:
        self.shapes.append(Box(self.bars_left + start, self.y + 2, width, style.BAR_HEIGHT_PT, fill, link))
