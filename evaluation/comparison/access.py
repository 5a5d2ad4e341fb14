"""What a viewer may learn about bodies other than their own: the one place that decides it for ranking, pictures and changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from evaluation.policy import BODY_ROLES, Viewer

MIN_OTHERS = 5
"""The least number of bodies closed to the viewer in a group whose counts are shown: those of fewer would tell of one body."""


@dataclass(frozen=True)
class Access:
    """What a viewer may learn by comparison.

    People who see the country, and everyone while the administrator has opened the ranking, see every body's name, points and
    rank; answers and rows of the sheet stay with those who can see the body. The reviewer and observer of a region see the bodies
    of the region, and of the country counts without names. The people of a body see its own rank and the counts of its level.
    A rank is always counted among all bodies of its scope.

    Attributes:
        viewer: Who reads.
        is_open: Whether the administrator has opened the ranking to all bodies.
        body_levels: The levels of the bodies that the viewer can see; empty where it is not limited to some bodies.
        others: Level, or None for bodies without one → the number of the year's assessed bodies that the viewer cannot see;
            empty where it is not limited to some bodies.
    """

    viewer: Viewer
    is_open: bool = False
    body_levels: frozenset[str] = frozenset()
    others: Mapping[str | None, int] = field(default_factory=dict)

    @property
    def is_unlimited(self) -> bool:
        """Whether names, points and ranks of all bodies are open to the viewer."""
        return self.is_open or self.viewer.bodies is None

    @property
    def reader(self) -> Viewer:
        """The viewer to scope a query of names, points of tables and ranks by; not one of rows, answers or remarks."""
        return replace(self.viewer, bodies=None) if self.is_unlimited else self.viewer

    @property
    def unopened(self) -> "Access":
        """What the viewer may learn besides what an open ranking shows."""
        return replace(self, is_open=False)

    def can_name(self, body_id: int) -> bool:
        """Return whether the body's name, points and rank are open to the viewer."""
        return self.reader.can_see(body_id)

    def can_count(self, level: str | None = None) -> bool:
        """Return whether counts without names of a level's bodies, without a level of the country's, are open to the viewer."""
        if self.is_unlimited:
            return True
        if self.viewer.role in BODY_ROLES and level not in self.body_levels:
            return False
        return (self.others.get(level, 0) if level else sum(self.others.values())) >= MIN_OTHERS
