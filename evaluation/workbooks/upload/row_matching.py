"""Matches the rows of a workbook with organisations of the registry.

A viewer of some bodies gets the same issue for an organisation of another body as for an unknown one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from evaluation.answers.issues import CellIssue
from evaluation.policy import Action, Viewer
from evaluation.registry import queries as registry
from evaluation.registry.queries import RegistryIndex
from evaluation.submissions.locks import Lock
from evaluation.workbooks.format.model import PRIOR_YEAR, Workbook, Worksheet
from evaluation.workbooks.upload.model import NO_ORGANISATION, RowOrganisations

UNKNOWN_ORGANISATION = (NO_ORGANISATION, "")
"""Id and kind of an organisation that the registry lacks."""
REGISTRABLE_ISSUES = {"unknown_body", "unknown_organisation", "unsupervised"}
"""Issues that disappear when the workbook's bodies and organisations are registered."""
LAST_YEAR = 9999
"""A year after all supervisions: names of organisations of any time."""


def visible_registry_index(viewer: Viewer) -> RegistryIndex:
    """Return the registry as the viewer may see it: a viewer of some bodies sees these and the organisations they ever had."""
    index = registry.registry_index(viewer)
    if viewer.bodies is None:
        return index
    visible_bins = registry.organisation_names(viewer, sorted(viewer.bodies), LAST_YEAR)
    return RegistryIndex(index.bodies, {bin_: entry for bin_, entry in index.organisations.items() if bin_ in visible_bins})


def bin_pairs(worksheet: Worksheet) -> Iterator[tuple[Any, Any]]:
    """Yield (BIN of the body, BIN of the organisation) of each row; None for a BIN that could not be read."""
    blank = [None] * len(worksheet.row_numbers)
    return zip(worksheet.columns.get("body_bin", blank), worksheet.columns.get("bin", blank), strict=True)


def editable_body_ids(viewer: Viewer, workbook: Workbook, index: RegistryIndex) -> dict[str, int]:
    """Return BIN → id of the workbook's bodies that the viewer may edit."""
    bins = {*workbook.body_names, *workbook.prior_year_worksheet.columns.get("body_bin", ())}
    return {
        bin_: body_id for bin_ in bins if (body_id := index.bodies.get(bin_)) is not None and viewer.may(Action.EDIT, body_id)
    }


@dataclass
class RowMatcher:
    """Matches the rows of one workbook.

    Attributes:
        viewer: who uploads the workbook.
        workbook: the workbook.
        registry_index: the registry as the viewer may see it.
        supervisors: organisation id → id of the body that supervises it on 31 December of the year.
        editable_body_ids: BIN → id of the bodies that the viewer may edit.
        locks: body id → reason why its year takes no changes.
        register: whether the workbook's bodies and organisations are registered, so that `REGISTRABLE_ISSUES` are no issues.
        issues: receives an issue for each row without a match.
    """

    viewer: Viewer
    workbook: Workbook
    registry_index: RegistryIndex
    supervisors: dict[int, int]
    editable_body_ids: dict[str, int]
    locks: dict[int, Lock]
    register: bool = False
    issues: list[CellIssue] = field(default_factory=list)

    def match_rows(self) -> RowOrganisations:
        """Return the organisation of each row and add the issues of the others."""
        organisations = {kind: self._match_worksheet(kind, worksheet) for kind, worksheet in self.workbook.worksheets.items()}
        self._check_prior_year_bodies()
        return organisations

    def _match_worksheet(self, kind: str, worksheet: Worksheet) -> list[int]:
        organisations = [
            self.registry_index.organisations.get(organisation_bin, UNKNOWN_ORGANISATION)
            for _, organisation_bin in bin_pairs(worksheet)
        ]
        open_body_ids = {bin_: body_id for bin_, body_id in self.editable_body_ids.items() if body_id not in self.locks}
        is_match = [
            registered_kind == kind and self.supervisors.get(organisation_id, NO_ORGANISATION) == open_body_ids.get(body_bin)
            for (organisation_id, registered_kind), (body_bin, _) in zip(organisations, bin_pairs(worksheet), strict=True)
        ]
        if all(is_match):
            return [organisation_id for organisation_id, _ in organisations]
        for position, (body_bin, organisation_bin) in enumerate(bin_pairs(worksheet)):
            if not is_match[position]:
                self._explain(worksheet, position, body_bin, organisation_bin)
        return [
            organisation_id if matches else NO_ORGANISATION
            for (organisation_id, _), matches in zip(organisations, is_match, strict=True)
        ]

    def _explain(self, worksheet: Worksheet, position: int, body_bin: Any, organisation_bin: Any) -> None:
        """Add the issues of a row without a match; the reader has already added the issue of a BIN that is None."""

        def add_issue(issue_code: str, code: str, **values: Any) -> None:
            if not (self.register and issue_code in REGISTRABLE_ISSUES):
                self.issues.append(CellIssue(issue_code, worksheet.name, worksheet.cell_name(position, code), code, values))

        body_id = self.registry_index.bodies.get(body_bin)
        if body_bin is not None and body_id is None:
            add_issue("unknown_body", "body_bin", value=body_bin)
        elif body_bin is not None and body_bin not in self.editable_body_ids:
            add_issue("may_not_edit", "body_bin")
        elif body_id is not None and (lock := self.locks.get(body_id)):
            add_issue(lock.reason, "body_bin", **_lock_values(lock))
        if organisation_bin is not None:
            self._explain_organisation(worksheet.name, body_id, organisation_bin, add_issue)

    def _explain_organisation(self, kind: str, body_id: int | None, bin_: str, add_issue: Callable[..., None]) -> None:
        """Add the issue of an organisation that does not belong under this body and kind."""
        organisation_id, registered_kind = self.registry_index.organisations.get(bin_, UNKNOWN_ORGANISATION)
        supervisor, year = self.supervisors.get(organisation_id), self.workbook.year
        if not registered_kind:
            add_issue("unknown_organisation", "bin", value=bin_)
        elif registered_kind != kind:
            expected = self.workbook.order.kind.get(registered_kind)
            add_issue("other_kind", "bin", value=bin_, expected=expected.name if expected else registered_kind)
        elif body_id is None or supervisor == body_id:
            return
        elif supervisor is not None and self.viewer.can_see(supervisor):
            add_issue("other_body", "body_bin", year=year, organisation=bin_)
        elif self.viewer.bodies is not None:
            add_issue("not_supervised", "bin", year=year, organisation=bin_)
        else:
            add_issue("unsupervised", "bin", year=year, organisation=bin_)

    def _check_prior_year_bodies(self) -> None:
        """Add an issue for each row of declared counts whose body cannot take them."""
        worksheet = self.workbook.prior_year_worksheet
        for position, body_bin in enumerate(worksheet.columns.get("body_bin", ())):
            values: dict[str, Any] = {"value": body_bin}
            is_unknown = body_bin not in self.registry_index.bodies
            if body_bin is None or (self.register and is_unknown and body_bin in self.workbook.body_names):
                continue
            if is_unknown:
                issue_code = "unknown_body"
            elif body_bin not in self.editable_body_ids:
                issue_code = "may_not_edit"
            elif lock := self.locks.get(self.editable_body_ids[body_bin]):
                issue_code, values = lock.reason, _lock_values(lock)
            else:
                continue
            cell = worksheet.cell_name(position, "body_bin")
            self.issues.append(CellIssue(issue_code, PRIOR_YEAR, cell, "body_bin", values))


def _lock_values(lock: Lock) -> dict[str, Any]:
    """Return the values of a lock's message."""
    return {"year": lock.year} | ({"day": f"{lock.day:%d.%m.%Y}"} if lock.day else {})
