"""Reads of the registry in the words of the record."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import select

from evaluation.database import tuples
from evaluation.policy import Action, Viewer
from evaluation.registry.models import Body, Supervision

AT_ONCE = 500
"""Organisations that are asked for by name; of more, all are read."""


class Stay(NamedTuple):
    """A period of an organisation under a body; days as the database's driver has them."""

    body_id: int
    body: str
    since: Any
    until: Any

    @property
    def told(self) -> dict[str, Any]:
        """The period for the record, its body by BIN."""
        return {"body": self.body, "since": self.since, "until": self.until}


Periods = list[Stay]
"""All of an organisation's, the oldest first."""


def periods(viewer: Viewer, organisation_ids: Sequence[int]) -> dict[int, Periods]:
    """Organisation id → its periods, of each of these, as the record is told of them."""
    viewer.require(Action.REGISTER)
    statement = select(Supervision.organisation_id, Body.id, Body.bin, Supervision.since, Supervision.until)
    statement = statement.join(Body, Body.id == Supervision.body_id).order_by(Supervision.since)
    if len(organisation_ids) <= AT_ONCE:
        statement = statement.where(Supervision.organisation_id.in_(organisation_ids))
    found: dict[int, Periods] = {own: [] for own in organisation_ids}
    for own, *stay in tuples(statement):
        if own in found:
            found[own].append(Stay(*stay))
    return found
