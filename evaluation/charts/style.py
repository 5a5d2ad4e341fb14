"""The one look of every chart: colours, sizes and type.

Lengths are in points (1/72 inch) and so in units of the SVG's viewBox. A chart is drawn narrow, so that on a screen of
390 pixels its text is still some ten pixels high. Solid, hatched and empty tell values apart; the colour only helps.
"""

from dataclasses import dataclass

FAMILIES = ["DejaVu Sans", "Noto Sans", "Arial", "sans-serif"]
"""The first is drawn with, and comes with matplotlib; a reader without it sees the next."""

WIDTH = 370.0
MARGIN = 3.0
TEXT_SIZE = 10.0
LINE = 12.0
BAR = 11.0
BAR_STEP = 16.0
GROUP_GAP = 7.0
MARK = 26.0
SWATCH = 20.0
GAP = 7.0
SLACK = 0.96
"""How much of a line's room is filled, since another font may be a little wider."""

ACCENT = "#1f5a85"
INK = "#1b1f24"
OUTLINE = "#5f6b78"
PAPER = "#ffffff"
OUTLINE_WIDTH = 0.8
HATCH_WIDTH = 1.3


@dataclass(frozen=True)
class Fill:
    """How a rectangle is filled."""

    face: str
    edge: str
    hatch: str = ""


MAXIMUM = Fill(PAPER, OUTLINE)
SETTLED = Fill(ACCENT, ACCENT)
OPEN = Fill(PAPER, ACCENT, "////")
