"""The links from shapes to the lists behind them, and the names of the groups of bodies."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from evaluation.charts import Link
from evaluation.comparison.pictures.model import BINS, CENTRAL, ELSEWHERE, RowKey
from evaluation.comparison.pictures.tiles import tile_positions
from evaluation.comparison.ranking.queries import region_names
from evaluation.configuration import configuration
from evaluation.language import Language
from evaluation.policy import Viewer
from evaluation.review.body_list.model import region_filters

PERCENT = 100
BY_SHARE = {"sort": "share", "order": "asc"}
"""Lists begin with the lowest share."""


@dataclass(frozen=True)
class PictureLinks:
    """Builds links to the list of a year's bodies.

    The list shows the bodies that the viewer can see. A shape that counts others has no link, which is None.
    """

    viewer: Viewer
    year: int
    absolute: bool = False

    @cached_property
    def _base(self) -> str:
        return configuration().links.body_list(self.year, absolute=self.absolute, **BY_SHARE)

    def _address(self, filters: Mapping[str, str]) -> str:
        """Add filters to the address of the list; their values are codes, which an address contains as they are."""
        return self._base + "".join(f"&{key}={value}" for key, value in filters.items())

    def filtered(self, name: str, filters: Mapping[str, str]) -> Link | None:
        """The list with filters."""
        if self.viewer.bodies is not None and "region" not in filters:
            return None
        return Link(self._address(filters), name)

    def country(self, name: str, row: RowKey | None = None) -> Link | None:
        """All bodies, or those without full points in a row."""
        return self.filtered(name, _row_filter(row))

    def group(self, group: str, name: str, row: RowKey | None = None) -> Link | None:
        """The bodies of a region or the central bodies, or those of them without full points in a row."""
        if group == ELSEWHERE:
            return None
        if group == CENTRAL:
            filters = {"level": CENTRAL} | _row_filter(row)
            # Among the central bodies, which belong to no region, a limited viewer counts only those in their list.
            return Link(self._address(filters), name)
        return self.filtered(name, region_filters(group) | _row_filter(row))

    def level(self, level: str, name: str, position: int) -> Link:
        """The bodies of a level in a class of shares, of those that the viewer can see."""
        low, high = PERCENT * position // BINS, PERCENT * (position + 1) // BINS
        return Link(f"{self._base}&level={level}&share={low}-{high}", f"{name}, {low}–{high} %")

    def body(self, bin_: str, name: str) -> Link:
        """The year of a body."""
        return Link(configuration().links.body_review(bin_, self.year, absolute=self.absolute), name)

    def sheet(self, bin_: str, name: str) -> Link:
        """The assessment sheet of a body."""
        return Link(configuration().links.sheet(bin_, self.year, absolute=self.absolute), name)


def _row_filter(row: RowKey | None) -> dict[str, str]:
    return {"row": f"{row[0]}:{row[1]}"} if row else {}


@dataclass(frozen=True)
class GroupNames:
    """The names of the groups in one language; a region is named as its body of the level of regions."""

    language: Language
    regions: Mapping[str, str]

    @classmethod
    def read(cls, viewer: Viewer, language: Language) -> "GroupNames":
        """Read the names of the regions."""
        names = region_names(viewer)
        is_russian = language.code == "ru"
        return cls(language, {code: (ru if is_russian else kk) or kk or ru for code, (kk, ru) in names.items()})

    @property
    def country(self) -> str:
        """The name of the whole country."""
        return self.language.gettext("Whole country")

    def of(self, group: str) -> str:
        """The name of a group; a region that the registry does not name has its short name or its code."""
        if group == CENTRAL:
            return self.language.gettext("Central bodies")
        if group == ELSEWHERE:
            return self.language.gettext("Bodies without a location")
        return self.regions.get(group) or self.short(group)

    def short(self, group: str) -> str:
        """The short name of a group, for narrow columns."""
        if group == CENTRAL:
            return self.language.gettext("Central")
        if group == ELSEWHERE:
            return self.language.gettext("Elsewhere")
        names = {position.region: position.names for position in tile_positions()}
        return names[group][self.language.code] if group in names else group

    def ordered(self, groups: Iterable[str]) -> list[str]:
        """Sort groups: regions by code, then central bodies, then bodies without a location."""
        return sorted(groups, key=lambda group: (not group.isdigit(), group != CENTRAL, group))
