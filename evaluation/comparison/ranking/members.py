"""All bodies of a year as far as scopes and ranks need them: read once, and counted for every part of a page."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from evaluation.comparison.ranking.model import COUNTRY, LEVEL, REGION, TABLES, Distribution, Scope
from evaluation.policy import Viewer
from evaluation.registry.models import LEVELS


class Member(NamedTuple):
    """A body: its level, region code, kinds of tables, and share at least and at most, None if no table applies."""

    id: int
    level: str | None
    region: str | None
    kinds: str
    low: float | None
    high: float | None

    def is_in(self, scope: Scope) -> bool:
        """Return whether the body is in the scope."""
        return scope.kind == COUNTRY or {LEVEL: self.level, REGION: self.region, TABLES: self.kinds}[scope.kind] == scope.value


@dataclass(frozen=True)
class Members:
    """The bodies of a year, without names. They are not restricted to a viewer: a rank is counted among all of its scope."""

    members: Sequence[Member]

    def distribution(self, scope: Scope) -> Distribution:
        """Return the shares of the scope's ranked bodies."""
        members = [item for item in self.members if item.is_in(scope)]
        lows = sorted(item.low for item in members if item.low is not None)
        return Distribution(tuple(lows), tuple(sorted(item.high for item in members if item.high is not None)))

    def count(self, viewer: Viewer, scope: Scope, without_tables: bool = False) -> int:
        """Return the number of the scope's bodies that the viewer can see: those that are ranked, or those without any table."""
        return sum(item.is_in(scope) for item in self._visible(viewer) if (item.low is None) == without_tables)

    def levels(self, viewer: Viewer) -> list[str]:
        """Return the levels of the ranked bodies that the viewer can see."""
        levels = {item.level for item in self._ranked(viewer)}
        return [level for level in LEVELS if level in levels]

    def regions(self, viewer: Viewer) -> list[str]:
        """Return the codes of the regions of the ranked bodies that the viewer can see."""
        return sorted({item.region for item in self._ranked(viewer) if item.region})

    def table_scopes(self, viewer: Viewer) -> list[Scope]:
        """Return the sets of tables of the ranked bodies that the viewer can see, the most frequent first."""
        counts = Counter(item.kinds for item in self._ranked(viewer))
        return [Scope(TABLES, kinds) for kinds, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]

    def _visible(self, viewer: Viewer) -> Iterator[Member]:
        return (item for item in self.members if viewer.can_see(item.id))

    def _ranked(self, viewer: Viewer) -> Iterator[Member]:
        return (item for item in self._visible(viewer) if item.low is not None)
