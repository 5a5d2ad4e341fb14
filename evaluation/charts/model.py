"""A bar chart as values: captions, bars and texts, ready to be drawn or written as a native chart of an office format."""

from collections.abc import Iterable
from dataclasses import dataclass

from evaluation.charts import style
from evaluation.charts.measure import shorten
from evaluation.charts.picture import Link
from evaluation.language import Language


@dataclass(frozen=True)
class Bar:
    """One bar: solid up to `low`, hatched up to `high`, empty up to `max`; `text` states the same in figures."""

    label: str
    low: float
    high: float
    max: float
    text: str
    link: Link | None = None


@dataclass(frozen=True)
class BarGroup:
    """Bars under one caption: `mark` (the number of a row of the form, or empty) and at most two lines of text."""

    mark: str
    caption: tuple[str, ...]
    bars: tuple[Bar, ...]

    @property
    def name(self) -> str:
        """The mark and the caption in one line."""
        return " ".join(filter(None, (self.mark, *self.caption)))


@dataclass(frozen=True)
class Chart:
    """A chart in one language. `legend` names the solid, the hatched and the empty part of a bar."""

    title: str
    description: str
    language: str
    legend: tuple[str, str, str]
    groups: tuple[BarGroup, ...]

    @property
    def bars(self) -> tuple[Bar, ...]:
        """The bars of all groups, from top to bottom."""
        return tuple(bar for group in self.groups for bar in group.bars)

    @property
    def is_open(self) -> bool:
        """Whether missing answers leave the length of a bar undecided."""
        return any(bar.low != bar.high for bar in self.bars)


def caption(text: str, language: Language) -> tuple[str, ...]:
    """Shorten a text to a caption of at most two lines."""
    width = (style.WIDTH_PT - style.MARK_WIDTH_PT - 2 * style.MARGIN_PT) * style.FILL_RATIO
    return shorten(text, language.code, width, style.TEXT_SIZE_PT)


def points_legend(language: Language) -> tuple[str, str, str]:
    """The legend of a chart of points."""
    return language.gettext("points"), language.gettext("open while data are missing"), language.gettext("maximum")


def describe(parts: Iterable[str]) -> str:
    """Join parts to the sentence that describes a chart; empty without parts."""
    sentence = "; ".join(parts)
    return f"{sentence}." if sentence else ""
