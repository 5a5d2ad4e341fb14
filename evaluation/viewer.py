"""Who is looking: what every query is scoped by and every operation acts as."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Viewer:
    """A person or the system itself.

    `bodies` are the ids of the bodies they may see and `edits` those whose data they may change, None meaning all;
    `registrar` says whether they may open years and enter bodies and organisations.
    """

    name: str
    bodies: frozenset[int] | None = frozenset()
    edits: frozenset[int] | None = frozenset()
    registrar: bool = False

    @classmethod
    def system(cls) -> Self:
        """The product acting on the operator's command: it may do everything."""
        return cls("system", None, None, True)

    def may_edit(self, body_id: int) -> bool:
        return self.edits is None or body_id in self.edits
