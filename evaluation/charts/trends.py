"""Trends: shares of the maximum over years, of up to four series that differ in line and mark."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from evaluation.charts import style
from evaluation.charts.measure import shorten, text_width
from evaluation.charts.model import describe
from evaluation.charts.picture import Align, Box, Label, Line, Link, Mark, Picture, Shape
from evaluation.charts.shares import Share
from evaluation.charts.style import Fill
from evaluation.language import Language

PLOT_HEIGHT_PT = 190.0
AXIS_WIDTH_PT = 40.0
KEY_WIDTH_PT = 36.0
MIN_RANGE_PERCENT = 20
TICKS = (5, 10, 20)
MAX_TICKS = 6
LINE_WIDTH_PT = 1.8
BAND_WIDTH_PT = 3.0
SHIFT_PT = 5.0
GRID_COLOR = "#c9d0d7"
SERIES: tuple[tuple[tuple[float, ...], Shape, Fill], ...] = (
    ((), Shape.CIRCLE, Fill(style.INK, style.INK)),
    ((5, 2), Shape.SQUARE, Fill(style.ACCENT, style.ACCENT)),
    ((1.5, 1.5), Shape.TRIANGLE, Fill(style.PAPER, style.INK)),
    ((7, 2, 1.5, 2), Shape.DIAMOND, Fill("#93b8d4", style.INK)),
)
"""Dashes, mark and fill of each series."""


@dataclass(frozen=True)
class YearPoint:
    """The share of a series in a year."""

    year: int
    share: Share
    link: Link | None = None


@dataclass(frozen=True)
class Trend:
    """A series by its name, with the years that have a share, oldest first."""

    name: str
    points: tuple[YearPoint, ...]


def trend_chart(title: str, trends: Sequence[Trend], language: Language) -> Picture:
    """Lay out the trends; at most as many as :data:`SERIES` has."""
    return _Layout(title, trends, language).picture


class _Layout:
    def __init__(self, title: str, trends: Sequence[Trend], language: Language):
        self.language = language
        self.shapes: list[Box | Label | Line | Mark] = []
        self.y, self.shift = style.MARGIN_PT, 0.0
        for trend, look in zip(trends, SERIES, strict=False):
            self._key(trend.name, look)
        self.top = self.y + style.LINE_HEIGHT_PT
        self.bottom = self.top + PLOT_HEIGHT_PT
        points = [point for trend in trends for point in trend.points]
        self.years = sorted({point.year for point in points})
        self.low, self.high, self.tick = _percent_range([point.share for point in points])
        self._axes()
        for position, (trend, look) in enumerate(zip(trends, SERIES, strict=False)):
            # Beside each other, so that bars of one year do not hide each other.
            self.shift = SHIFT_PT * (position - (len(trends) - 1) / 2)
            self._trend(trend, look)
        height = self.bottom + style.LINE_HEIGHT_PT + 2 * style.MARGIN_PT
        description = describe(self._in_words(trend) for trend in trends)
        self.picture = Picture(title, description, language.code, style.WIDTH_PT, height, tuple(self.shapes))

    def _in_words(self, trend: Trend) -> str:
        shares = (
            f"{point.year} – {self.language.share_range(point.share.low, point.share.high, point.share.total)}"
            for point in trend.points
        )
        return f"{trend.name}: {', '.join(shares) or '–'}"

    def _key(self, name: str, look: tuple[tuple[float, ...], Shape, Fill]) -> None:
        dashes, shape, fill = look
        middle = self.y + style.LINE_HEIGHT_PT / 2
        end = style.MARGIN_PT + KEY_WIDTH_PT
        self.shapes.append(Line(((style.MARGIN_PT, middle), (end, middle)), style.INK, LINE_WIDTH_PT, dashes))
        self.shapes.append(Mark(style.MARGIN_PT + KEY_WIDTH_PT / 2, middle, shape, fill))
        left = end + style.GAP_PT
        width = (style.WIDTH_PT - style.MARGIN_PT - left) * style.FILL_RATIO
        for line in shorten(name, "ru", width, style.TEXT_SIZE_PT):
            self.shapes.append(Label(left, self.y, line))
            self.y += style.LINE_HEIGHT_PT
        self.y += 3

    def _axes(self) -> None:
        """Horizontal lines with their percentages, and the years."""
        for percent in range(self.low, self.high + 1, self.tick):
            y = self._height(percent)
            self.shapes.append(Line(((AXIS_WIDTH_PT, y), (style.WIDTH_PT - style.MARGIN_PT, y)), GRID_COLOR))
            text = f"{self.language.number(percent)}\xa0%"
            self.shapes.append(Label(AXIS_WIDTH_PT - 5, y - style.TEXT_SIZE_PT / 2 - 1.5, text, align=Align.RIGHT))
        year_width = text_width("2000", style.TEXT_SIZE_PT) + style.GAP_PT
        every = max(1, -(-len(self.years) * year_width // (style.WIDTH_PT - AXIS_WIDTH_PT)))
        for position, year in enumerate(self.years):
            if not (len(self.years) - 1 - position) % every:
                self.shapes.append(Label(self._x(year), self.bottom + 5, str(year), align=Align.CENTER))

    def _x(self, year: int) -> float:
        left, right = AXIS_WIDTH_PT + 22, style.WIDTH_PT - style.MARGIN_PT - 22
        if len(self.years) == 1:
            return (left + right) / 2
        return left + (right - left) * (year - self.years[0]) / (self.years[-1] - self.years[0])

    def _height(self, percent: float) -> float:
        return self.bottom - PLOT_HEIGHT_PT * (percent - self.low) / (self.high - self.low)

    def _trend(self, trend: Trend, look: tuple[tuple[float, ...], Shape, Fill]) -> None:
        """A line through the lowest shares; a vertical bar up to the highest share where answers are missing."""
        dashes, shape, fill = look
        for start, end in _neighbours(trend.points):
            self.shapes.append(Line((self._position(start), self._position(end)), style.INK, LINE_WIDTH_PT, dashes))
        for point in trend.points:
            x, y = self._position(point)
            if point.share.is_open:
                top = self._height(100 * point.share.high / point.share.total)
                self.shapes.append(Line(((x, y), (x, top)), style.INK, BAND_WIDTH_PT))
                self.shapes.append(Line(((x - 4, top), (x + 4, top)), style.INK, LINE_WIDTH_PT))
            self.shapes.append(Mark(x, y, shape, fill, link=point.link))

    def _position(self, point: YearPoint) -> tuple[float, float]:
        return self._x(point.year) + self.shift, self._height(100 * point.share.low / point.share.total)


def _neighbours(points: Sequence[YearPoint]) -> Iterator[tuple[YearPoint, YearPoint]]:
    """Yield points of neighbouring years; a missing year interrupts the line."""
    for start, end in pairwise(points):
        if end.year == start.year + 1:
            yield start, end


def _percent_range(shares: Sequence[Share]) -> tuple[int, int, int]:
    """Return the lowest and the highest percentage of the axis and the distance of its lines."""
    low = min((100 * share.low // share.total for share in shares), default=0)
    high = max((-(-100 * share.high // share.total) for share in shares), default=100)
    for tick in TICKS:
        first, last = tick * (low // tick), tick * -(-high // tick)
        while last - first < MIN_RANGE_PERCENT:
            first, last = max(0, first - tick), min(100, last + tick)
        if (last - first) // tick < MAX_TICKS:
            break
    return first, last, tick
