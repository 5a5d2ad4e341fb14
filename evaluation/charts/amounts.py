"""Amounts over years: for each year one bar of each series, in one unit, from top to bottom."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from evaluation.charts import style
from evaluation.charts.legend import legend
from evaluation.charts.measure import text_width
from evaluation.charts.model import describe
from evaluation.charts.picture import Box, Label, Line, Link, Picture
from evaluation.language import Language

FILLS = (style.POINTS_FILL, style.OPEN_FILL, style.MAX_FILL)
"""The fill of each series: solid, hatched, empty."""


@dataclass(frozen=True)
class Amount:
    """The amount of a series in a year, with the page behind it."""

    value: Decimal
    text: str
    link: Link | None = None


@dataclass(frozen=True)
class YearAmounts:
    """A year with one amount per series, None where nothing is known."""

    year: int
    amounts: tuple[Amount | None, ...]


def amount_chart(title: str, series: Sequence[str], years: Sequence[YearAmounts], language: Language) -> Picture:
    """Lay out amounts over years.

    Args:
        title: The title of the picture.
        series: The names of the series, at most as many as :data:`FILLS` has.
        years: The years, oldest first.
        language: The language of the description.
    """
    keys, height = legend(zip(series, FILLS, strict=False), style.WIDTH_PT, style.MARGIN_PT)
    shapes: list[Box | Label | Line] = list(keys)
    shown = [amount for year in years for amount in year.amounts if amount is not None]
    labels = max((text_width(str(year.year), style.TEXT_SIZE_PT) for year in years), default=0) / style.FILL_RATIO
    texts = max((text_width(amount.text, style.TEXT_SIZE_PT, bold=True) for amount in shown), default=0) / style.FILL_RATIO
    left = style.MARGIN_PT + labels + style.GAP_PT
    # Negative amounts reach to the left of the axis.
    values = [0.0, *(float(amount.value) for amount in shown)]
    low, high = min(values), max(values)
    scale = (style.WIDTH_PT - style.MARGIN_PT - texts - style.GAP_PT - left) / ((high - low) or 1)
    axis, y = left - low * scale, style.MARGIN_PT + height
    for year in years:
        y += style.GROUP_GAP_PT
        shapes.append(Label(style.MARGIN_PT, y, str(year.year)))
        for amount, fill in zip(year.amounts, FILLS, strict=False):
            if amount is not None:
                end = axis + float(amount.value) * scale
                if amount.value:
                    shapes.append(Box(min(axis, end), y + 2, abs(end - axis), style.BAR_HEIGHT_PT, fill, amount.link))
                shapes.append(Label(max(axis, end) + style.GAP_PT, y, amount.text, bold=True))
            y += style.BAR_STEP_PT
    shapes.append(Line(((axis, style.MARGIN_PT + height + style.GROUP_GAP_PT / 2), (axis, y)), style.OUTLINE))
    description = describe(f"{year.year}: {_in_words(series, year)}" for year in years)
    return Picture(title, description, language.code, style.WIDTH_PT, y + style.MARGIN_PT, tuple(shapes))


def _in_words(series: Sequence[str], year: YearAmounts) -> str:
    pairs = zip(series, year.amounts, strict=True)
    return ", ".join(f"{name} – {amount.text if amount else '–'}" for name, amount in pairs)
