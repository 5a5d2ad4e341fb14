"""What a viewer may learn about bodies other than their own: the one place that decides it for ranking, pictures and changes."""

from dataclasses import dataclass, replace

from evaluation.policy import BODY_ROLES, Viewer


@dataclass(frozen=True)
class Access:
    """What a viewer may learn by comparison.

    People who see the country, and everyone while the administrator has opened the ranking, see every body's name, points and
    rank. The reviewer and observer of a region see the bodies of the region, and of the country counts without names. The
    people of a body see its own rank and the counts of its level. A rank is always counted among all bodies of its scope.

    Attributes:
        viewer: Who reads.
        is_open: Whether the administrator has opened the ranking to all bodies.
        body_levels: The levels of the bodies that the viewer can see; empty where it is not limited to some bodies.
    """

    viewer: Viewer
    is_open: bool = False
    body_levels: frozenset[str] = frozenset()

    @property
    def is_unlimited(self) -> bool:
        """Whether names, points and ranks of all bodies are open to the viewer."""
        return self.is_open or self.viewer.bodies is None

    @property
    def reader(self) -> Viewer:
        """The viewer to scope a query of names, points and ranks by; not one of answers, organisations or remarks."""
        return replace(self.viewer, bodies=None) if self.is_unlimited else self.viewer

    @property
    def levels(self) -> frozenset[str] | None:
        """The levels whose counts without names are open to the viewer; None for all levels and the country."""
        return None if self.is_unlimited or self.viewer.role not in BODY_ROLES else self.body_levels

    def can_name(self, body_id: int) -> bool:
        """Return whether the body's name, points and rank are open to the viewer."""
        return self.reader.can_see(body_id)

    def can_count(self, level: str | None = None) -> bool:
        """Return whether counts without names of a level's bodies, without a level of the country's, are open to the viewer."""
        return self.levels is None or level in self.levels
