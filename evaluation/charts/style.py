"""The style of every chart: colours, sizes and type.

Lengths are in points (1/72 inch), which are the units of the SVG's viewBox. A chart is narrow: on a screen of 390 pixels its text
is still about ten pixels high. Solid, hatched and empty bars differ without colour.
"""

from dataclasses import dataclass

FONT_FAMILIES = ["DejaVu Sans", "Noto Sans", "Arial", "sans-serif"]
"""matplotlib contains the first family and draws with it; the others are fallbacks for readers without it."""

WIDTH_PT = 370.0
MARGIN_PT = 3.0
TEXT_SIZE_PT = 10.0
LINE_HEIGHT_PT = 12.0
BAR_HEIGHT_PT = 11.0
BAR_STEP_PT = 16.0
GROUP_GAP_PT = 7.0
MARK_WIDTH_PT = 26.0
LEGEND_BOX_WIDTH_PT = 20.0
GAP_PT = 7.0
FILL_RATIO = 0.96
"""The part of a line's width that text may fill, since a fallback font may be wider."""

ACCENT = "#1f5a85"
INK = "#1b1f24"
OUTLINE = "#5f6b78"
PAPER = "#ffffff"
OUTLINE_WIDTH_PT = 0.8
HATCH_WIDTH_PT = 1.3
MARK_SIZE_PT = 9.0


@dataclass(frozen=True)
class Fill:
    """The face, edge and hatch of a rectangle."""

    face: str
    edge: str
    hatch: str = ""


MAX_FILL = Fill(PAPER, OUTLINE)
POINTS_FILL = Fill(ACCENT, ACCENT)
OPEN_FILL = Fill(PAPER, ACCENT, "////")
NO_FILL = Fill(PAPER, "#c9d0d7")
"""A field without a value."""
SHADES = (
    ("#f1f6fa", INK),
    ("#cfdfec", INK),
    ("#a3c1da", INK),
    ("#6e9cc0", INK),
    ("#356c96", PAPER),
    ("#0f3350", PAPER),
)
"""Face and colour of text from the lowest to the highest class; the brightness falls evenly, so that they differ in grey too."""
