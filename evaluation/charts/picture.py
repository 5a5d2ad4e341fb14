"""A picture as values: boxes, texts, lines and marks at positions, ready to be drawn.

Every chart becomes a picture. Positions are in points from the top left corner; `y` grows downwards, as in SVG.
"""

from dataclasses import dataclass
from enum import StrEnum

from evaluation.charts import style
from evaluation.charts.style import Fill


@dataclass(frozen=True)
class Link:
    """The page behind a shape: its address, and its name for readers who cannot see the shape."""

    url: str
    name: str


class Shape(StrEnum):
    """The form of a mark; marks of different series differ in it, not in colour alone."""

    CIRCLE = "circle"
    SQUARE = "square"
    TRIANGLE = "triangle"
    DIAMOND = "diamond"
    POINTER = "pointer"
    """A triangle whose lower corner is its position."""


class Align(StrEnum):
    """Where the position of a text is: at its left end, its centre or its right end."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


@dataclass(frozen=True)
class Box:
    """A rectangle with its top left corner."""

    x: float
    y: float
    width: float
    height: float
    fill: Fill
    link: Link | None = None


@dataclass(frozen=True)
class Label:
    """A line of text whose top is at `y`; an `upright` one reads from bottom to top, and `y` is its lower end."""

    x: float
    y: float
    text: str
    bold: bool = False
    size: float = style.TEXT_SIZE_PT
    color: str = style.INK
    align: Align = Align.LEFT
    upright: bool = False


@dataclass(frozen=True)
class Line:
    """A line through points; `dashes` are lengths of strokes and gaps in points, empty for a solid line."""

    points: tuple[tuple[float, float], ...]
    color: str = style.INK
    width: float = style.OUTLINE_WIDTH_PT
    dashes: tuple[float, ...] = ()


@dataclass(frozen=True)
class Mark:
    """A small shape with its centre; a pointer has its tip there."""

    x: float
    y: float
    shape: Shape
    fill: Fill
    size: float = style.MARK_SIZE_PT
    link: Link | None = None


@dataclass(frozen=True)
class Picture:
    """Shapes from back to front on an area, with a title and a description in one language."""

    title: str
    description: str
    language: str
    width: float
    height: float
    shapes: tuple[Box | Label | Line | Mark, ...]

    @property
    def link_names(self) -> dict[str, str]:
        """The names of the linked pages by address."""
        linked = (shape.link for shape in self.shapes if isinstance(shape, Box | Mark))
        return {link.url: link.name for link in linked if link}
