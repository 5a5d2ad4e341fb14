"""Where a workbook's rows belong in the registry: the organisation of each, or why there is no place for it.

To whoever sees some bodies only, an organisation of another body and one that does not exist are the same.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from evaluation.answers.issues import Problem
from evaluation.policy import Action, Viewer
from evaluation.registry import queries as registry
from evaluation.registry.queries import Known
from evaluation.submissions.locks import Lock
from evaluation.workbooks.format.model import PREVIOUS, Sheet, Workbook
from evaluation.workbooks.upload.model import Places

NOWHERE = (-1, "")
REGISTERED = {"unknown_body", "unknown_organisation", "unsupervised"}
"""What is no problem where the registry's gaps are to be filled."""


def known(viewer: Viewer) -> Known:
    """The registry as the viewer may know it: to who sees some bodies only, these and the organisations they have ever had."""
    found = registry.known(viewer)
    if viewer.bodies is None:
        return found
    own = registry.names(viewer, sorted(viewer.bodies), 9999)
    return Known(found.bodies, {bin_: item for bin_, item in found.organisations.items() if bin_ in own})


def pairs(sheet: Sheet) -> Iterator[tuple[Any, Any]]:
    """The body's BIN and the organisation's of each row; None where a workbook with errors lacks them."""
    blank = [None] * len(sheet.rows)
    return zip(sheet.columns.get("body_bin", blank), sheet.columns.get("bin", blank), strict=True)


def body_ids(viewer: Viewer, workbook: Workbook, known: Known) -> dict[str, int]:
    """BIN → id of the workbook's bodies whose data the viewer may change."""
    wanted = {*workbook.names, *workbook.previous.columns.get("body_bin", ())}
    return {bin_: id_ for bin_ in wanted if (id_ := known.bodies.get(bin_)) is not None and viewer.may(Action.EDIT, id_)}


@dataclass
class Placing:
    """What a workbook's rows are placed by: the registry as the viewer knows it, who supervises whom on 31 December, the bodies
    that may be changed, those of them whose year takes no changes; `register` where the registry's gaps are to be filled."""

    viewer: Viewer
    workbook: Workbook
    known: Known
    supervisors: dict[int, int]
    bodies: dict[str, int]
    closed: dict[int, Lock]
    register: bool = False
    problems: list[Problem] = field(default_factory=list)

    def places(self) -> Places:
        """The organisation of each row; what stands in the way of a row is added to the problems."""
        found = {kind: self._rows(kind, sheet) for kind, sheet in self.workbook.sheets.items()}
        self._previous()
        return found

    def _rows(self, kind: str, sheet: Sheet) -> list[int]:
        owners = [self.known.organisations.get(own, NOWHERE) for _, own in pairs(sheet)]
        allowed = {bin_: id_ for bin_, id_ in self.bodies.items() if id_ not in self.closed}
        good = [
            registered == kind and self.supervisors.get(organisation, -1) == allowed.get(body)
            for (organisation, registered), (body, _) in zip(owners, pairs(sheet), strict=True)
        ]
        if all(good):
            return [organisation for organisation, _ in owners]
        for position, (body, own) in enumerate(pairs(sheet)):
            if not good[position]:
                self._misplaced(sheet, position, body, own)
        return [organisation if fits else -1 for (organisation, _), fits in zip(owners, good, strict=True)]

    def _misplaced(self, sheet: Sheet, position: int, body: Any, own: Any) -> None:
        """Why a row has no place; a BIN that could not be read has been told of already."""

        def tell(problem: str, code: str, **values: Any) -> None:
            if not (self.register and problem in REGISTERED):
                self.problems.append(Problem(problem, sheet.name, sheet.cell(position, code), code, values))

        id_ = self.known.bodies.get(body)
        if body is not None and id_ is None:
            tell("unknown_body", "body_bin", value=body)
        elif body is not None and body not in self.bodies:
            tell("may_not_edit", "body_bin")
        elif lock := self.closed.get(-1 if id_ is None else id_):
            tell(lock.why, "body_bin", **_told(lock))
        if own is not None:
            self._elsewhere(sheet.name, id_, own, tell)

    def _elsewhere(self, kind: str, body_id: int | None, own: str, tell: Callable[..., None]) -> None:
        """What is wrong with an organisation under this body."""
        organisation, registered = self.known.organisations.get(own, NOWHERE)
        holder, year = self.supervisors.get(organisation), self.workbook.year
        if not registered:
            tell("unknown_organisation", "bin", value=own)
        elif registered != kind:
            there = self.workbook.order.kind.get(registered)
            tell("other_kind", "bin", value=own, expected=there.name if there else registered)
        elif body_id is None or holder == body_id:
            return
        elif holder is not None and self.viewer.sees(holder):
            tell("other_body", "body_bin", year=year, organisation=own)
        elif self.viewer.bodies is not None:
            tell("not_supervised", "bin", year=year, organisation=own)
        else:
            tell("unsupervised", "bin", year=year, organisation=own)

    def _previous(self) -> None:
        """Bodies whose declared counts cannot be stored."""
        previous = self.workbook.previous
        for position, body in enumerate(previous.columns.get("body_bin", ())):
            values: dict[str, Any] = {"value": body}
            if body is None or (self.register and body in self.workbook.names and body not in self.known.bodies):
                continue
            if body not in self.known.bodies:
                reason = "unknown_body"
            elif body not in self.bodies:
                reason = "may_not_edit"
            elif lock := self.closed.get(self.bodies[body]):
                reason, values = lock.why, _told(lock)
            else:
                continue
            self.problems.append(Problem(reason, PREVIOUS, previous.cell(position, "body_bin"), "body_bin", values))


def _told(lock: Lock) -> dict[str, Any]:
    """The values of a lock's message."""
    return {"year": lock.year} | ({"day": f"{lock.day:%d.%m.%Y}"} if lock.day else {})
