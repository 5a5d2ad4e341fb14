"""Classes of shares: shades from light to dark, which differ in grey, with the range of each class."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evaluation.charts import style
from evaluation.charts.style import Fill
from evaluation.language import Language

STEPS = (1, 2, 5, 10, 20)
"""Possible widths of a class in percent; the narrowest is chosen whose classes are no more than the shades."""


@dataclass(frozen=True)
class Share:
    """Parts of a total, of which missing answers leave some undecided: at least `low`, at most `high`, out of `total`.

    These are points of a maximum, or bodies of a number of bodies. Nothing is assessed where `total` is 0.
    """

    low: int
    high: int
    total: int

    @property
    def is_open(self) -> bool:
        """Whether missing answers leave the share undecided."""
        return self.low != self.high

    @property
    def percent(self) -> int:
        """The lowest share in whole percent, rounded down. Only for a total above 0."""
        return 100 * self.low // self.total


@dataclass(frozen=True)
class ShadeClass:
    """The shares from `low` percent up to `high` percent, with the fill of their fields and the colour of text on it.

    The last class includes its end.
    """

    low: int
    high: int
    fill: Fill
    ink: str

    def label(self, language: Language) -> str:
        """The range of the class, for the legend."""
        return f"{language.number(self.low)}–{language.number(self.high)}\xa0%"


def shade_classes(shares: Iterable[Share]) -> tuple[ShadeClass, ...]:
    """Divide the range of the shares into classes of equal width; shares without a total count for nothing."""
    percents = [min(99, share.percent) for share in shares if share.total]
    if not percents:
        return ()
    for step in STEPS:
        first, last = min(percents) // step, max(percents) // step
        if last - first < len(style.SHADES):
            break
    count = last - first + 1
    shades = _spread(style.SHADES, count)
    return tuple(
        ShadeClass((first + position) * step, (first + position + 1) * step, Fill(face, style.OUTLINE), ink)
        for position, (face, ink) in enumerate(shades)
    )


def class_of(share: Share, classes: Sequence[ShadeClass]) -> ShadeClass:
    """Return the class of a share from the classes that were made of it and others."""
    percent = min(99, share.percent)
    return next(item for item in classes if item.low <= percent < item.high)


def _spread(shades: Sequence[tuple[str, str]], count: int) -> list[tuple[str, str]]:
    """Choose `count` shades that are as far apart as possible; a single one is the middle one."""
    if count == 1:
        return [shades[len(shades) // 2]]
    return [shades[round(position * (len(shades) - 1) / (count - 1))] for position in range(count)]


def share_text(share: Share, language: Language) -> str:
    """Return a share for a narrow field: 63,4 %, or 50–75 % while it is open; a dash where nothing is assessed."""
    if not share.total or not share.is_open:
        return language.share(share.low, share.total)
    return f"{language.number(100 * share.low / share.total)}–{language.number(100 * share.high / share.total)}\xa0%"
