"""What the pictures show, as values read from results, and a picture with the table of its values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from evaluation.charts import Chart, Picture
from evaluation.charts.shares import Share
from evaluation.registry.models import LEVELS

CENTRAL, ELSEWHERE = LEVELS[0], ""
"""The groups of bodies that belong to no region: central bodies, and bodies without a location."""
BINS = 10
"""The classes of shares of a distribution."""

RowKey = tuple[str, str]
"""The kind of a table and the number of a row."""


@dataclass(frozen=True)
class GroupShare:
    """The assessed bodies of a group: their number, and the sum of their points out of the sum of their maxima."""

    bodies: int
    share: Share


@dataclass(frozen=True)
class RegionShares:
    """The shares of groups: the code of a region (two digits of KATO), `CENTRAL` or `ELSEWHERE`.

    `country` is absent where the viewer may not know it.
    """

    groups: Mapping[str, GroupShare]
    country: GroupShare | None


@dataclass(frozen=True)
class RowShares:
    """How many bodies have full points in a row, of those with its table: by row and group, and in the country.

    `country` is empty where the viewer may not know it.
    """

    groups: Mapping[RowKey, Mapping[str, Share]]
    country: Mapping[RowKey, Share]

    @property
    def group_keys(self) -> set[str]:
        """The groups that have bodies."""
        return {group for shares in self.groups.values() for group in shares}


@dataclass(frozen=True)
class LevelBins:
    """The assessed bodies of a level by class of their lowest share: all, and those that the viewer can see in lists."""

    level: str
    counts: tuple[int, ...]
    visible_counts: tuple[int, ...]


@dataclass(frozen=True)
class TableCell:
    """A cell of a table: its text, and the address of the list behind it."""

    text: str
    link: str = ""


@dataclass(frozen=True)
class TableSection:
    """Rows of a table under a title, which is empty where the table has one section."""

    title: str
    rows: tuple[tuple[TableCell, ...], ...]


@dataclass(frozen=True)
class ValueTable:
    """The values of a picture. The first `name_columns` columns name the row; the others contain figures.

    `stacks` says that on a narrow screen each row becomes a block.
    """

    heads: tuple[str, ...]
    sections: tuple[TableSection, ...]
    name_columns: int = 1
    stacks: bool = False

    @classmethod
    def of_rows(cls, heads: tuple[str, ...], rows: Iterable[tuple[TableCell, ...]], stacks: bool = False) -> "ValueTable":
        """Make a table of one section."""
        return cls(heads, (TableSection("", tuple(rows)),), stacks=stacks)


@dataclass(frozen=True)
class Figure:
    """A picture, the table of its values, and notes on how to read it."""

    picture: Chart | Picture
    table: ValueTable
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The title of the picture."""
        return self.picture.title

    @property
    def width(self) -> float:
        """The width of the picture in points; 0 for a narrow chart of bars."""
        return self.picture.width if isinstance(self.picture, Picture) else 0
