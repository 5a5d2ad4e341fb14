"""The chart of several years: the share of the maximum that each table of the form has in each year."""

from collections.abc import Iterable
from dataclasses import dataclass

from evaluation.charts.model import Bar, BarGroup, Chart, caption, describe, points_legend
from evaluation.language import Language


@dataclass(frozen=True)
class YearShare:
    """The lowest, highest and maximum points of a table in one year; the maximum is above 0."""

    year: int
    low: int
    high: int
    max: int


@dataclass(frozen=True)
class TableHistory:
    """A table of the form by its title, with the years in which it applied, oldest first."""

    title: str
    years: tuple[YearShare, ...]


def share_history_chart(tables: Iterable[TableHistory], language: Language) -> Chart:
    """The chart of the shares of the maximum by table and year."""
    groups = tuple(
        BarGroup("", caption(table.title, language), tuple(_bar(share, language) for share in table.years)) for table in tables
    )
    parts = (f"{group.name}: " + ", ".join(f"{bar.label} – {bar.text}" for bar in group.bars) for group in groups)
    title = language.gettext("Share of the maximum by table and year")
    return Chart(title, describe(parts), language.code, points_legend(language), groups)


def _bar(share: YearShare, language: Language) -> Bar:
    text = language.share_range(share.low, share.high, share.max)
    return Bar(str(share.year), share.low / share.max, share.high / share.max, 1.0, text)
