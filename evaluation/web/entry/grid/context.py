"""Which table a request is about, and what of it may be changed."""

from dataclasses import dataclass
from typing import Any

from flask import abort, g

from evaluation.answers import queries as collection
from evaluation.clock import today
from evaluation.criteria.model import Order
from evaluation.policy import Action, Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Body, ReportingYear
from evaluation.submissions.locks import Lock
from evaluation.web.core.request_context import current_viewer, find_body, find_year


@dataclass(frozen=True)
class Place:
    """A body's year and one of its kinds of organisation. `lock` is what keeps the year from being changed, if anything does."""

    viewer: Viewer
    year: ReportingYear
    body: Body
    order: Order
    kind: str
    lock: Lock | None

    @property
    def address(self) -> dict[str, Any]:
        """The parts of the addresses beneath the table's."""
        return {"bin_": self.body.bin, "year": self.year.year, "kind": self.kind}

    @property
    def may_edit(self) -> bool:
        return self.viewer.may(Action.EDIT, self.body.id)

    @property
    def editable(self) -> bool:
        return self.may_edit and self.lock is None


def find(bin_: str, year: int, kind: str) -> Place:
    """The table in the address; 404 where there is none, or the viewer may not know of the body."""
    opened, body, viewer = find_year(year), find_body(bin_), current_viewer()
    order = registry.order_of(year)
    if order is None or kind not in order.kind:
        abort(404)
    g.order = order
    named = registry.bodies_in(viewer, [body], year)[0]
    return Place(viewer, opened, named, order, kind, collection.lock(viewer, year, body.id, today()))
