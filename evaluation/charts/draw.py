"""Draws a picture with matplotlib.

The picture has every position: the drawing uses no axes and no layout engine, which would cost more time than the shapes. Import
this module only to draw, since it imports matplotlib.
"""

import io
import threading
from typing import Any

import matplotlib
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse, Patch, Polygon, Rectangle

from evaluation.charts import style
from evaluation.charts.picture import Box, Label, Line, Link, Mark, Picture, Shape
from evaluation.charts.style import Fill

SETTINGS: Any = {"svg.fonttype": "none", "svg.hashsalt": "sheet"}
NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
LOCK = threading.Lock()
"""The settings and the font cache of matplotlib are global to the process."""
CORNERS: dict[Shape, tuple[tuple[float, float], ...]] = {
    Shape.SQUARE: ((-0.44, -0.44), (0.44, -0.44), (0.44, 0.44), (-0.44, 0.44)),
    Shape.TRIANGLE: ((0, -0.55), (0.55, 0.45), (-0.55, 0.45)),
    Shape.DIAMOND: ((0, -0.6), (0.6, 0), (0, 0.6), (-0.6, 0)),
    Shape.POINTER: ((0, 0), (0.55, -1), (-0.55, -1)),
}
"""The corners of marks as parts of their size, from their position."""


def render(picture: Picture) -> bytes:
    """Draw a picture as the SVG document that matplotlib writes.

    Equal pictures give equal bytes. Any thread may call it.
    """
    out = io.BytesIO()
    with LOCK, matplotlib.rc_context(SETTINGS):
        _Drawing(picture).figure.savefig(out, format="svg", metadata=NO_METADATA)
    return out.getvalue()


class _Drawing:
    """A figure that is filled with the shapes of a picture; `position` counts them, since matplotlib draws lines over patches."""

    def __init__(self, picture: Picture):
        self.width, self.height = picture.width, picture.height
        self.fonts: dict[tuple[float, bool], FontProperties] = {}
        self.figure = Figure(figsize=(self.width / 72, self.height / 72), facecolor=style.PAPER)
        for position, shape in enumerate(picture.shapes):
            self.position = position
            if isinstance(shape, Box):
                self._box(shape)
            elif isinstance(shape, Label):
                self._label(shape)
            elif isinstance(shape, Line):
                self._line(shape)
            else:
                self._mark(shape)

    def _at(self, x: float, y: float) -> tuple[float, float]:
        """Convert a position to parts of the figure from its bottom left corner."""
        return x / self.width, (self.height - y) / self.height

    def _add(self, artist: Artist, link: Link | None = None) -> None:
        artist.set_zorder(self.position)
        if link:
            artist.set_url(link.url)
        self.figure.add_artist(artist)

    def _filled(self, patch: Patch, fill: Fill) -> Patch:
        patch.set(facecolor=fill.face, edgecolor=fill.edge, linewidth=style.OUTLINE_WIDTH_PT)
        if fill.hatch:
            patch.set_hatch(fill.hatch)
            patch.set_hatch_linewidth(style.HATCH_WIDTH_PT)
        return patch

    def _box(self, box: Box) -> None:
        corner = self._at(box.x, box.y + box.height)
        rectangle = Rectangle(corner, box.width / self.width, box.height / self.height)
        self._add(self._filled(rectangle, box.fill), box.link)

    def _label(self, label: Label) -> None:
        """A dollar sign does not start a formula."""
        if not label.text:
            return
        font = self.fonts.get((label.size, label.bold))
        if font is None:
            weight = "bold" if label.bold else "normal"
            font = FontProperties(family=style.FONT_FAMILIES[:1], size=label.size, weight=weight)
            self.fonts[label.size, label.bold] = font
        x, y = self._at(label.x + label.size, label.y) if label.upright else self._at(label.x, label.y + label.size)
        self.figure.text(
            x,
            y,
            label.text,
            fontproperties=font,
            color=label.color,
            horizontalalignment="right" if label.upright else label.align.value,
            verticalalignment="bottom" if label.upright else "baseline",
            rotation=90 if label.upright else 0,
            parse_math=False,
            zorder=self.position,
        )

    def _line(self, line: Line) -> None:
        xs, ys = zip(*(self._at(x, y) for x, y in line.points), strict=True)
        linestyle: Any = (0, line.dashes) if line.dashes else "-"
        self._add(Line2D(xs, ys, color=line.color, linewidth=line.width, linestyle=linestyle))

    def _mark(self, mark: Mark) -> None:
        patch: Patch
        if mark.shape == Shape.CIRCLE:
            patch = Ellipse(self._at(mark.x, mark.y), mark.size / self.width, mark.size / self.height)
        else:
            corners = CORNERS[mark.shape]
            patch = Polygon([self._at(mark.x + dx * mark.size, mark.y + dy * mark.size) for dx, dy in corners])
        self._add(self._filled(patch, mark.fill), mark.link)
