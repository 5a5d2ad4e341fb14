"""The tile map: every region is a square of equal size near its position on the map, shaded by its share of the maximum."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evaluation.charts import style
from evaluation.charts.legend import legend
from evaluation.charts.measure import text_width, wrap
from evaluation.charts.model import describe
from evaluation.charts.picture import Align, Box, Label, Line, Link, Mark, Picture
from evaluation.charts.shares import ShadeClass, Share, class_of, shade_classes, share_text
from evaluation.language import Language

TILE_HEIGHT_PT = 47.0
WIDE_TILE_HEIGHT_PT = 33.0
TILE_GAP_PT = 3.0
NAME_SIZE_PT = 9.0
MIN_NAME_SIZE_PT = 8.0


@dataclass(frozen=True)
class Tile:
    """A region at a column and a row of the map, with a short name; `share` is empty where nothing may be shown."""

    column: int
    row: int
    name: str
    share: Share | None
    link: Link | None = None


def tile_map(title: str, tiles: Sequence[Tile], sums: Sequence[Tile], language: Language) -> Picture:
    """Lay out a tile map.

    Args:
        title: The title of the picture.
        tiles: The regions.
        sums: What stands above the map in one line, such as the whole country; their positions are not used.
        language: The language of the names.
    """
    shares = [tile.share for tile in (*tiles, *sums) if tile.share]
    classes = shade_classes(shares)
    keys: list[tuple[str, style.Fill]] = [(item.label(language), item.fill) for item in classes]
    if any(not (tile.share and tile.share.total) for tile in tiles):
        keys.append((language.gettext("no data"), style.NO_FILL))
    shapes: list[Box | Label | Line | Mark] = []
    key_shapes, height = legend(keys, style.WIDTH_PT, style.MARGIN_PT)
    shapes += key_shapes
    y = style.MARGIN_PT + height + style.GROUP_GAP_PT
    for position, tile in enumerate(sums):
        width = (_inner_width() + TILE_GAP_PT) / len(sums) - TILE_GAP_PT
        x = style.MARGIN_PT + position * (width + TILE_GAP_PT)
        shapes += _tile(tile, (x, y, width, WIDE_TILE_HEIGHT_PT), classes, language)
    y += WIDE_TILE_HEIGHT_PT + style.GROUP_GAP_PT + TILE_GAP_PT if sums else 0
    columns = 1 + max((tile.column for tile in tiles), default=0)
    width = (_inner_width() + TILE_GAP_PT) / columns - TILE_GAP_PT
    for tile in tiles:
        position_x = style.MARGIN_PT + tile.column * (width + TILE_GAP_PT)
        position_y = y + tile.row * (TILE_HEIGHT_PT + TILE_GAP_PT)
        shapes += _tile(tile, (position_x, position_y, width, TILE_HEIGHT_PT), classes, language)
    y += (1 + max((tile.row for tile in tiles), default=-1)) * (TILE_HEIGHT_PT + TILE_GAP_PT)
    description = describe(f"{tile.name} – {share_text(tile.share, language)}" for tile in (*sums, *tiles) if tile.share)
    return Picture(title, description, language.code, style.WIDTH_PT, y + style.MARGIN_PT, tuple(shapes))


def _inner_width() -> float:
    return style.WIDTH_PT - 2 * style.MARGIN_PT


def _tile(
    tile: Tile, area: tuple[float, float, float, float], classes: Sequence[ShadeClass], language: Language
) -> Iterable[Box | Label]:
    """Yield the box of a tile, its name and its share."""
    x, y, width, height = area
    fill, ink = style.NO_FILL, style.OUTLINE
    if tile.share and tile.share.total:
        shade = class_of(tile.share, classes)
        fill, ink = shade.fill, shade.ink
    yield Box(x, y, width, height, fill, tile.link)
    center = x + width / 2
    size = NAME_SIZE_PT if text_width(tile.name, NAME_SIZE_PT) <= 2 * width else MIN_NAME_SIZE_PT
    names = wrap(tile.name, width - 2, size)
    size = min([size, *(size * (width - 2) / text_width(name, size) for name in names)])
    top = y + (height - style.LINE_HEIGHT_PT * (len(names) + 1)) / 2
    for name in names:
        yield Label(center, top, name, size=size, color=ink, align=Align.CENTER)
        top += style.LINE_HEIGHT_PT
    text = share_text(tile.share, language) if tile.share else "–"
    bold_size = min(style.TEXT_SIZE_PT, style.TEXT_SIZE_PT * (width - 2) / text_width(text, style.TEXT_SIZE_PT, bold=True))
    yield Label(center, top, text, bold=True, size=bold_size, color=ink, align=Align.CENTER)
