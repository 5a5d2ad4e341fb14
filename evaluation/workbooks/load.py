"""Storing what a workbook brings: everything or nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.exc import IntegrityError

from evaluation.answers.issues import Problem, Refused
from evaluation.audit.operations import new_batch
from evaluation.criteria import Orders
from evaluation.memory import bulk
from evaluation.policy import Action, Viewer
from evaluation.registry import operations
from evaluation.registry import queries as registry
from evaluation.registry.admin.queries import incomplete
from evaluation.registry.operations import NewBody
from evaluation.workbooks.format.model import Sheet, Workbook
from evaluation.workbooks.upload import apply as applying
from evaluation.workbooks.upload.plan import Reading, make_plan, read
from evaluation.workbooks.upload.row_matching import pairs


@dataclass
class Summary:
    """What storing a workbook came to: how many reports were new, changed, unchanged; what was registered along the way."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    bodies: list[str] = field(default_factory=list)
    organisations: list[str] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    incomplete: list[tuple[str, list[str]]] = field(default_factory=list)


@bulk()
def load_workbook(viewer: Viewer, data: bytes, orders: Orders, register: bool = False) -> tuple[Workbook, Summary]:
    """Read a workbook and store its answers; the caller commits. An empty cell never erases a stored answer.

    With `register` the year, bodies and organisations that the registry lacks are entered from the workbook; without, each is
    an error at its cell. Raises Refused, with every problem there is, where anything cannot be stored; then nothing may be kept.
    """
    try:
        return _load(viewer, data, orders, register)
    except IntegrityError as error:
        # Another load entered the same year, body, organisation or report after this one had looked.
        raise Refused([Problem("changed_meanwhile")]) from error


def _load(viewer: Viewer, data: bytes, orders: Orders, register: bool) -> tuple[Workbook, Summary]:
    reading = read(viewer, data, orders)
    workbook = reading.workbook
    summary = Summary(warnings=list(workbook.warnings))
    if register and not viewer.may(Action.REGISTER):
        reading.problems.append(Problem("may_not_register"))
    if register and not reading.problems:
        _register(viewer, reading, summary)
    plan = make_plan(viewer, reading, register=register, firm=True)
    if plan.errors:
        raise Refused(plan.errors)
    summary.unchanged = plan.unchanged_reports
    summary.changed = sum(bool(row.data) for row in plan.met)
    summary.new = applying.write(viewer, plan, new_batch())
    if register:
        summary.incomplete = incomplete(viewer, list(workbook.names))
    return workbook, summary


def _register(viewer: Viewer, reading: Reading, summary: Summary) -> None:
    """Enter what the registry lacks: the year, bodies, organisations, and supervision in the workbook's year."""
    workbook, known = reading.workbook, reading.known
    if registry.reporting_year(workbook.year) is None:
        operations.open_year(viewer, workbook.year, workbook.order.code)
    summary.bodies.extend(bin_ for bin_ in workbook.names if bin_ not in known.bodies)
    fresh = [
        (own, sheet.name, (sheet.columns["name"][position] or ""), "")
        for sheet, position, _, own in _rows(workbook)
        if own not in known.organisations
    ]
    summary.organisations.extend(row[0] for row in fresh)
    operations.register_bodies(viewer, [NewBody(bin_, workbook.names[bin_]) for bin_ in summary.bodies])
    operations.register_organisations(viewer, fresh)
    if summary.bodies or summary.organisations:
        known = reading.known = registry.known(viewer)
    supervisors = registry.supervisors(workbook.year)
    loose = (
        (known.organisations[own][0], known.bodies[body])
        for _, _, body, own in _rows(workbook)
        if known.organisations[own][0] not in supervisors
    )
    operations.supervise_in(viewer, workbook.year, loose)


def _rows(workbook: Workbook) -> Iterator[tuple[Sheet, int, Any, Any]]:
    """Every organisation's row: its worksheet, position, the body's BIN and its own."""
    for sheet in workbook.sheets.values():
        for position, (body, own) in enumerate(pairs(sheet)):
            yield sheet, position, body, own
