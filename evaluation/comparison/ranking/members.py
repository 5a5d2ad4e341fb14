"""All bodies of a year as far as scopes and ranks need them: read once, and counted for every part of a page."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from evaluation.comparison.ranking.model import LEVEL, REGION, TABLES, Distribution, Scope
from evaluation.policy import Viewer
from evaluation.registry.models import LEVELS

Member = tuple[int, str | None, str | None, str, float | None, float | None]
"""A body: id, level, code of the region, kinds of its tables, share at least and at most; None for the shares without any table.

A plain tuple: a page passes over all bodies of the country several times.
"""
ID: Final = 0
LOW: Final = 4
HIGH: Final = 5
SCOPE_COLUMNS = {LEVEL: 1, REGION: 2, TABLES: 3}
"""Kind of a scope → the position of its value in a member."""


@dataclass(frozen=True)
class Members:
    """The bodies of a year, without names. They are not restricted to a viewer: a rank is counted among all of its scope."""

    members: Sequence[Member]
    _distributions: dict[Scope, Distribution] = field(default_factory=dict, repr=False, compare=False)

    def distribution(self, scope: Scope) -> Distribution:
        """Return the shares of the scope's ranked bodies."""
        if scope not in self._distributions:
            shares = [(member[LOW], member[HIGH]) for member in _in_scope(self.members, scope)]
            lows = sorted([low for low, _ in shares if low is not None])
            self._distributions[scope] = Distribution(
                tuple(lows), tuple(sorted([high for _, high in shares if high is not None]))
            )
        return self._distributions[scope]

    def count(self, viewer: Viewer, scope: Scope, without_tables: bool = False) -> int:
        """Return the number of the scope's bodies that the viewer can see: those that are ranked, or those without any table."""
        shares = [member[LOW] for member in _in_scope(self._visible(viewer), scope)]
        unranked = shares.count(None)
        return unranked if without_tables else len(shares) - unranked

    def levels(self, viewer: Viewer) -> list[str]:
        """Return the levels of the ranked bodies that the viewer can see."""
        levels = self._values(viewer, LEVEL)
        return [level for level in LEVELS if level in levels]

    def regions(self, viewer: Viewer) -> list[str]:
        """Return the codes of the regions of the ranked bodies that the viewer can see."""
        return sorted(self._values(viewer, REGION))

    def table_scopes(self, viewer: Viewer) -> list[Scope]:
        """Return the sets of tables of the ranked bodies that the viewer can see, the most frequent first."""
        counts = self._values(viewer, TABLES)
        return [Scope(TABLES, kinds) for kinds, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]

    def _visible(self, viewer: Viewer) -> Sequence[Member]:
        return self.members if viewer.bodies is None else [member for member in self.members if viewer.can_see(member[ID])]

    def _values(self, viewer: Viewer, scope_kind: str) -> Mapping[str, int]:
        """Return each value of a kind of scopes and how many ranked bodies that the viewer can see have it."""
        column = SCOPE_COLUMNS[scope_kind]
        counts = Counter([member[column] for member in self._visible(viewer) if member[LOW] is not None])
        return {str(value): number for value, number in counts.items() if value}


def _in_scope(members: Sequence[Member], scope: Scope) -> Sequence[Member]:
    column = SCOPE_COLUMNS.get(scope.kind)
    return members if column is None else [member for member in members if member[column] == scope.value]
