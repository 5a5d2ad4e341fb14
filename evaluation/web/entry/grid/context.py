"""The body, year and kind of a grid, and whether its viewer may edit it."""

from dataclasses import dataclass
from typing import Any

from flask import abort, g

from evaluation.clock import today
from evaluation.criteria.model import Order
from evaluation.policy import Action, Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Body, ReportingYear
from evaluation.submissions import queries as submissions
from evaluation.submissions.locks import Lock, lock_of
from evaluation.web.core.request_context import current_viewer, find_body, find_year


@dataclass(frozen=True)
class GridContext:
    """A body's year and one of its kinds of organisations; `lock` is the reason why the year is closed to changes, if it is.

    `year_state` is the state of the body's year in which the grid's answers are typed.
    """

    viewer: Viewer
    year: ReportingYear
    body: Body
    order: Order
    kind: str
    lock: Lock | None
    year_state: str

    @property
    def address(self) -> dict[str, Any]:
        """The parameters of the grid's endpoints."""
        return {"bin_": self.body.bin, "year": self.year.year, "kind": self.kind}

    @property
    def is_editable(self) -> bool:
        """Whether the viewer may edit the body and the year is open to changes."""
        return self.viewer.may(Action.EDIT, self.body.id) and self.lock is None


def find_grid(bin_: str, year: int, kind: str) -> GridContext:
    """Return the grid of an address; 404 if there is none or the viewer may not see the body."""
    reporting_year, body, viewer = find_year(year), find_body(bin_), current_viewer()
    order = registry.order_of(year)
    if order is None or kind not in order.kind:
        abort(404)
    g.order = order
    named_body = registry.bodies_as_named_in(viewer, [body], year)[0]
    workflow = submissions.body_workflow(viewer, year, body.id) or abort(404)
    lock = lock_of(workflow.status, year, workflow.period(reporting_year), today())
    return GridContext(viewer, reporting_year, named_body, order, kind, lock, workflow.year_state(reporting_year))
