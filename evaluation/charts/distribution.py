"""The distribution of shares by level: how many bodies have a share of 0–10 %, 10–20 % and so on, with one body marked."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.charts import style
from evaluation.charts.legend import legend
from evaluation.charts.measure import text_width, wrap
from evaluation.charts.model import describe
from evaluation.charts.picture import Align, Box, Label, Line, Link, Mark, Picture, Shape
from evaluation.charts.shares import Share
from evaluation.language import Language

BARS_HEIGHT_PT = 64.0
POINTER_ROOM_PT = 26.0
BAR_GAP_PT = 3.0
AXIS_END_PT = 20.0
"""Room for the last figure of the axis."""
OTHERS_FILL = style.Fill("#c4d8e8", style.OUTLINE)
"""Bodies whose names the viewer cannot see; the others have the fill of points."""
POINTER_FILL = style.Fill(style.INK, style.INK)


@dataclass(frozen=True)
class ShareBin:
    """The bodies of one class of shares; `named` of them are bodies that the viewer can see by name."""

    count: int
    named: int
    link: Link | None = None


@dataclass(frozen=True)
class LevelDistribution:
    """A level by its name with its classes of shares from the lowest to the highest, and the share of the marked body."""

    name: str
    bins: tuple[ShareBin, ...]
    marked: Share | None = None

    @property
    def count(self) -> int:
        """The bodies of the level."""
        return sum(bin_.count for bin_ in self.bins)


def distribution(title: str, levels: Sequence[LevelDistribution], language: Language) -> Picture:
    """Lay out the distributions of levels, one below the other."""
    return _Layout(title, levels, language).picture


class _Layout:
    def __init__(self, title: str, levels: Sequence[LevelDistribution], language: Language):
        self.language = language
        self.has_others = any(bin_.count != bin_.named for level in levels for bin_ in level.bins)
        self.has_named = any(bin_.named for level in levels for bin_ in level.bins)
        keys: list[tuple[str, style.Fill]] = []
        if self.has_others and self.has_named:
            keys = [
                (language.gettext("bodies that you can see"), style.POINTS_FILL),
                (language.gettext("other bodies"), OTHERS_FILL),
            ]
        key_shapes, height = legend(keys, style.WIDTH_PT, style.MARGIN_PT)
        self.shapes: list[Box | Label | Line | Mark] = list(key_shapes)
        self.y = style.MARGIN_PT + (height if keys else 0)
        for level in levels:
            self._level(level)
        description = describe(self._in_words(level) for level in levels)
        height = self.y + style.MARGIN_PT
        self.picture = Picture(title, description, language.code, style.WIDTH_PT, height, tuple(self.shapes))

    def _in_words(self, level: LevelDistribution) -> str:
        counts = ", ".join(
            f"{range_text(position, len(level.bins), self.language)} – {self.language.number(bin_.count)}"
            for position, bin_ in enumerate(level.bins)
            if bin_.count
        )
        return f"{level.name}: {counts or '–'}"

    def _level(self, level: LevelDistribution) -> None:
        self.y += style.GROUP_GAP_PT
        count = self.language.ngettext("%(num)d body", "%(num)d bodies", level.count)
        self.shapes.append(Label(style.WIDTH_PT - style.MARGIN_PT, self.y, count, align=Align.RIGHT))
        room = style.WIDTH_PT - 2 * style.MARGIN_PT - style.GAP_PT - text_width(count, style.TEXT_SIZE_PT)
        for line in wrap(level.name, room * style.FILL_RATIO, style.TEXT_SIZE_PT, bold=True):
            self.shapes.append(Label(style.MARGIN_PT, self.y, line, bold=True))
            self.y += style.LINE_HEIGHT_PT
        self.y += 2
        if level.marked:
            self.y += POINTER_ROOM_PT
        bottom = self.y + style.LINE_HEIGHT_PT + BARS_HEIGHT_PT
        left = style.MARGIN_PT + style.GAP_PT
        step = (style.WIDTH_PT - left - AXIS_END_PT) / len(level.bins)
        largest = max((bin_.count for bin_ in level.bins), default=0)
        if level.marked:
            self._pointer(level, left - BAR_GAP_PT / 2, step * len(level.bins), bottom)
        for position, bin_ in enumerate(level.bins):
            self._bar(left + position * step, bottom, step - BAR_GAP_PT, bin_, largest)
        right = left + step * len(level.bins)
        self.shapes.append(Line(((left - 2, bottom), (right, bottom)), style.OUTLINE))
        for position in range(len(level.bins) + 1):
            text = self.language.number(100 * position / len(level.bins))
            x = left + position * step - BAR_GAP_PT / 2
            self.shapes.append(Label(x, bottom + 2, text + ("\xa0%" if position == len(level.bins) else ""), align=Align.CENTER))
        self.y = bottom + style.LINE_HEIGHT_PT + 4

    def _bar(self, x: float, bottom: float, width: float, bin_: ShareBin, largest: int) -> None:
        if not bin_.count:
            return
        scale = BARS_HEIGHT_PT / largest
        height = bin_.count * scale
        fill = style.POINTS_FILL if bin_.named == bin_.count else OTHERS_FILL
        self.shapes.append(Box(x, bottom - height, width, height, fill, bin_.link))
        if 0 < bin_.named < bin_.count:
            named = bin_.named * scale
            self.shapes.append(Box(x, bottom - named, width, named, style.POINTS_FILL, bin_.link))
        text = self.language.number(bin_.count)
        self.shapes.append(Label(x + width / 2, bottom - height - style.LINE_HEIGHT_PT, text, align=Align.CENTER))

    def _pointer(self, level: LevelDistribution, left: float, width: float, bottom: float) -> None:
        """Mark the share of the body above the bars, or the range that missing answers allow; thin lines lead to the bars."""
        share = level.marked
        if not share or not share.total:
            return
        top = bottom - BARS_HEIGHT_PT - style.LINE_HEIGHT_PT - 2
        low, high = (left + width * points / share.total for points in (share.low, share.high))
        largest = max((bin_.count for bin_ in level.bins), default=0)
        for x, points in {low: share.low, high: share.high}.items():
            count = level.bins[min(len(level.bins) - 1, points * len(level.bins) // share.total)].count
            end = bottom - (count * BARS_HEIGHT_PT / largest + style.LINE_HEIGHT_PT if count else 0)
            if end > top + 2:
                self.shapes.append(Line(((x, top), (x, end)), style.INK, style.OUTLINE_WIDTH_PT, (2, 2)))
            self.shapes.append(Mark(x, top, Shape.POINTER, POINTER_FILL))
        if share.is_open:
            self.shapes.append(Line(((low, top - 4), (high, top - 4)), style.INK, 2.0))
        value = self.language.share_range(share.low, share.high, share.total)
        text_size = text_width(value, style.TEXT_SIZE_PT, bold=True)
        x = min(max((low + high) / 2, style.MARGIN_PT + text_size / 2), style.WIDTH_PT - style.MARGIN_PT - text_size / 2)
        self.shapes.append(Label(x, top - 22, value, bold=True, align=Align.CENTER))


def range_text(position: int, count: int, language: Language) -> str:
    """Return the range of a class of shares: 60–70 %."""
    return f"{language.number(100 * position / count)}–{language.number(100 * (position + 1) / count)}\xa0%"
