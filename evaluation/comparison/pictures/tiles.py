"""Where the regions stand on the tile map, and their short names, from `tiles.toml`."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("tiles.toml")


@dataclass(frozen=True)
class TilePosition:
    """A region by the first two digits of its KATO code; `names` are short names by language code."""

    region: str
    column: int
    row: int
    names: Mapping[str, str]


@cache
def tile_positions() -> tuple[TilePosition, ...]:
    """Return the positions of the file, in the order of KATO codes."""
    data: dict[str, dict[str, Any]] = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return tuple(
        TilePosition(region, entry["at"][0], entry["at"][1], {code: name for code, name in entry.items() if code != "at"})
        for region, entry in sorted(data.items())
    )


def positions_with(regions: Iterable[str]) -> tuple[TilePosition, ...]:
    """Return the positions of the file, and of further regions in lines below the map, named by their codes."""
    positions = tile_positions()
    further = sorted(set(regions) - {position.region for position in positions})
    columns = 1 + max(position.column for position in positions)
    first = 1 + max(position.row for position in positions)
    names = [dict.fromkeys(positions[0].names, region) for region in further]
    return positions + tuple(
        TilePosition(region, index % columns, first + index // columns, names[index]) for index, region in enumerate(further)
    )
