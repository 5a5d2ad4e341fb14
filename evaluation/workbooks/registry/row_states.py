"""Computes the next state of a body or an organisation from its row of a registry workbook."""

from collections.abc import Set
from dataclasses import dataclass, replace
from datetime import date

from evaluation.answers.issues import CellIssue
from evaluation.registry.admin import changes
from evaluation.registry.admin.rules import RegistryError, check_day
from evaluation.registry.states import BodyState, OrganisationState, State, SupervisionPeriod
from evaluation.workbooks.registry.reader import Row


@dataclass(frozen=True)
class WorkbookOptions:
    """How a registry workbook takes effect.

    Moves take effect on 1 January of `year`. Names that differ are new names from that day if `renames`, else corrections for
    every year.
    """

    year: int
    renames: bool = True

    @property
    def first_day(self) -> date:
        """The day on which moves and new names take effect."""
        return date(self.year, 1, 1)


class RowStates:
    """Computes states from rows. An empty cell leaves its field unchanged. `issues` collects the missing values of rows."""

    def __init__(self, options: WorkbookOptions, bins_with_reports: Set[str]):
        self.options, self.bins_with_reports = options, bins_with_reports
        self.issues: list[CellIssue] = []

    def body(self, row: Row, previous: BodyState | None) -> BodyState | None:
        """Return the next state of a body; None where the row lacks a value. Raises RegistryError."""
        if previous is None and not self._has_values(row, "name_kk"):
            return None
        cells = row.cells
        state = self._with_row_names(row, previous or BodyState(cells["bin"]))
        state = replace(
            state,
            level=cells.get("level", state.level),
            parent=cells.get("parent_bin", state.parent),
            kato=cells.get("kato", state.kato),
            since=check_day(cells["since"], "since") if "since" in cells else state.since,
        )
        last_day = cells.get("closed_on", state.closed_on)
        if last_day is None or last_day == state.closed_on:
            return state
        return changes.close_body(replace(state, closed_on=None), last_day)

    def organisation(self, row: Row, previous: OrganisationState | None) -> OrganisationState | None:
        """Return the next state of an organisation; None where the row lacks a value. Raises RegistryError."""
        cells = row.cells
        if previous is None:
            if not self._has_values(row, "kind", "name_kk"):
                return None
            state = OrganisationState(cells["bin"], cells["kind"])
        else:
            state = previous
            if cells.get("kind", state.kind) != state.kind and state.bin in self.bins_with_reports:
                raise RegistryError("kind_reported", "kind")
        state = replace(
            self._with_row_names(row, state),
            kind=cells.get("kind", state.kind),
            state_share=cells.get("state_share", state.state_share),
            state_body=cells.get("state_body", state.state_body),
            national_company=cells.get("national_company", state.national_company),
        )
        return self._with_row_status(row, self._with_row_body(row, state))

    def _has_values(self, row: Row, *codes: str) -> bool:
        """Return whether a new row has the required values; add an issue for each missing one."""
        missing = [code for code in codes if code not in row.cells]
        self.issues += [row.issue("missing_value", code) for code in missing]
        return not missing

    def _with_row_names(self, row: Row, state: State) -> State:
        """Apply the names of the row; a name in place of an empty one is a correction, not a rename."""
        name_kk, name_ru = (row.cells.get(code, getattr(state, code)) for code in ("name_kk", "name_ru"))
        only_fills = state.name_kk in ("", name_kk) and state.name_ru in ("", name_ru)
        if only_fills or not self.options.renames:
            return replace(state, name_kk=name_kk, name_ru=name_ru)
        try:
            return changes.rename(state, self.options.first_day, name_kk, name_ru)
        except RegistryError as error:
            error.field = "name_kk" if name_kk != state.name_kk else "name_ru"
            raise

    def _with_row_body(self, row: Row, state: OrganisationState) -> OrganisationState:
        """Move the organisation under the row's body, from the row's first day or else from the workbook's."""
        latest = state.periods[-1] if state.periods else None
        body, since = row.cells.get("body_bin"), row.cells.get("since")
        if since in {period.since for period in state.periods}:
            # The cell is unchanged since the export, even if the organisation has moved meanwhile.
            since = None
        if body is None or (latest is not None and body == latest.body):
            return state if since is None else changes.correct_first_day(state, since)
        if latest is None:
            return replace(state, periods=(SupervisionPeriod(body, since or self.options.first_day),))
        return changes.move_organisation(state, body, since or self.options.first_day)

    def _with_row_status(self, row: Row, state: OrganisationState) -> OrganisationState:
        """Add the row's status from the day beside it, where it is not the latest status already."""
        status, since = row.cells.get("status", state.latest_status), row.cells.get("status_since")
        if status == state.latest_status:
            if state.statuses and since not in (None, state.statuses[-1].since):
                raise RegistryError("status_day", "status_since", day=state.statuses[-1].since)
            return state
        if since is None:
            self.issues.append(row.issue("missing_value", "status_since"))
            return state
        try:
            return changes.add_status(state, status, since)
        except RegistryError as error:
            error.field = "status_since" if error.field == "since" else error.field
            raise
