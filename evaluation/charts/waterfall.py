"""A waterfall: how the parts of a change lead from one total to another, from top to bottom."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.charts import style
from evaluation.charts.legend import legend
from evaluation.charts.measure import shorten, text_width
from evaluation.charts.model import describe
from evaluation.charts.picture import Align, Box, Label, Line, Link, Picture
from evaluation.language import Language

TOTAL_FILL = style.Fill("#c9d0d7", style.OUTLINE)
STEP_PT = style.LINE_HEIGHT_PT + style.BAR_HEIGHT_PT + style.GROUP_GAP_PT
"""From the top of a step to the top of the next one."""
BREAK_PT = 5.0
BROKEN_ABOVE = 0.5
"""The scale does not begin at zero where the lowest bar would end beyond this part of it, because small steps would vanish."""
MARGIN_BELOW = 0.35
"""The part of the range of values that a scale that does not begin at zero shows below the lowest one."""


@dataclass(frozen=True)
class Step:
    """A total, or a part that is added to the total before it; `text` is its value in figures."""

    label: str
    value: float
    text: str
    is_total: bool = False
    link: Link | None = None


def waterfall_picture(title: str, steps: Sequence[Step], language: Language) -> Picture:
    """Draw steps, the first and the last of which are totals.

    Gains are solid, losses hatched and totals light, so that they differ without colour. Where the totals are much larger than
    the parts, the scale begins above zero, and the bars of totals are drawn broken.
    """
    values = _running_totals(steps)
    base, highest = _base(values), max(*values, 0)
    scale = (style.WIDTH_PT - 2 * style.MARGIN_PT) / ((highest - base) or 1)
    xs = [style.MARGIN_PT + (value - base) * scale for value in values]
    keys = [(language.gettext("gained"), style.POINTS_FILL), (language.gettext("lost"), style.OPEN_FILL)]
    key_shapes, height = legend(keys, style.WIDTH_PT, style.MARGIN_PT)
    y = style.MARGIN_PT + height + style.GROUP_GAP_PT
    connectors, shapes = [], []
    for at, (step, x) in enumerate(zip(steps, xs, strict=True)):
        begin = style.MARGIN_PT + max(-base, 0) * scale if step.is_total else xs[at - 1]
        shapes += _step(step, min(begin, x), max(begin, x), y, language)
        if step.is_total and base > 0:
            shapes += _break(style.MARGIN_PT + 4 * BREAK_PT, y + style.LINE_HEIGHT_PT)
        if at + 1 < len(steps):
            bottom = y + style.LINE_HEIGHT_PT + style.BAR_HEIGHT_PT
            connectors.append(Line(((x, bottom), (x, y + STEP_PT + style.LINE_HEIGHT_PT)), style.OUTLINE, dashes=(2, 2)))
        y += STEP_PT
    description = describe(f"{step.label}: {step.text}" for step in steps)
    return Picture(title, description, language.code, style.WIDTH_PT, y + style.MARGIN_PT, (*key_shapes, *connectors, *shapes))


def _running_totals(steps: Sequence[Step]) -> list[float]:
    """Return the total after each step."""
    totals: list[float] = []
    for step in steps:
        totals.append(step.value if step.is_total else totals[-1] + step.value)
    return totals


def _base(values: Sequence[float]) -> float:
    """Return the value at the left end of the scale."""
    lowest, highest = min(values), max(values)
    if lowest <= BROKEN_ABOVE * highest:
        return min(lowest, 0)
    return max(0.0, lowest - max(MARGIN_BELOW * (highest - lowest), 0.02 * highest))


def _step(step: Step, left: float, right: float, y: float, language: Language) -> list[Box | Label | Line]:
    end = style.WIDTH_PT - style.MARGIN_PT
    free = (end - style.MARGIN_PT - style.GAP_PT) * style.FILL_RATIO - text_width(step.text, style.TEXT_SIZE_PT, bold=True)
    label = " ".join(shorten(step.label, language.code, free, style.TEXT_SIZE_PT, max_lines=1))
    fill = TOTAL_FILL if step.is_total else style.POINTS_FILL if step.value >= 0 else style.OPEN_FILL
    background = style.Fill(style.PAPER, style.PAPER)
    width = text_width(label, style.TEXT_SIZE_PT, bold=step.is_total)
    return [
        Box(style.MARGIN_PT, y + 1, width, style.TEXT_SIZE_PT, background),
        Label(style.MARGIN_PT, y, label, bold=step.is_total),
        Label(end, y, step.text, bold=True, align=Align.RIGHT),
        Box(left, y + style.LINE_HEIGHT_PT + 2, max(right - left, 1.0), style.BAR_HEIGHT_PT, fill, step.link),
    ]


def _break(x: float, y: float) -> list[Box | Label | Line]:
    """Two slanted strokes across a bar whose beginning is not drawn."""
    begin, end = (x, y + style.BAR_HEIGHT_PT + 3), (x + BREAK_PT, y + 1)
    edges = [Line(((begin[0] + by, begin[1]), (end[0] + by, end[1])), style.OUTLINE) for by in (-2.5, 2.5)]
    return [Line((begin, end), style.PAPER, 4.0), *edges]
