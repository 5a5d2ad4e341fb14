"""Who is looking: what every query is scoped by and every operation acts as."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Viewer:
    """A person or the system itself. `bodies` are the ids of the bodies they may see, None meaning all of them."""

    name: str
    bodies: frozenset[int] | None = frozenset()

    @classmethod
    def system(cls) -> Self:
        """The product acting on the operator's command: it sees everything."""
        return cls("system", None)
