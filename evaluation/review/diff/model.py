"""Changes of cells: many audit events of one cell are merged into one change from the first value to the last."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from evaluation.answers.prior_year_counts import count_key
from evaluation.audit.actions import AuditAction
from evaluation.audit.queries import AuditEntry
from evaluation.criteria.model import Order

JUSTIFICATION_ACTIONS = (AuditAction.JUSTIFICATION_ADDED, AuditAction.JUSTIFICATION_WITHDRAWN)


class ChangeKind(StrEnum):
    """What a cell is."""

    ANSWER = "answer"
    """An answer or an item of evidence."""
    JUSTIFICATION = "justification"
    """The justification of a warning."""
    FILE = "file"
    """An evidence file."""
    PRIOR_YEAR_COUNT = "prior_year_count"
    """A count of the year before that the body declares."""
    BUDGET = "budget"
    """A budget decision."""
    MEMBERSHIP = "membership"
    """Whether an organisation counts on the body's sheet."""


Cell = tuple[ChangeKind, int | None, str, str]
"""The identity of a cell: kind, organisation id, code and qualifier."""


@dataclass(frozen=True)
class Baseline:
    """The submission that a year is compared with: its event's id and number in the body's chain, round, actor and time (UTC)."""

    event_id: int
    seq: int
    round: int
    actor: str
    at: datetime


@dataclass(frozen=True)
class CellChange:
    """A changed cell.

    `old` and `new` are values in stored form, None when there is no value; `actor` and `at` (UTC) are those of the last event.
    `qualifier` distinguishes cells of one code. By kind of change:

    - ANSWER: `code` is that of the indicator or item of evidence, `qualifier` is empty.
    - JUSTIFICATION: `code` is that of the indicator, empty for the whole report; `qualifier` is the rule of the warning.
    - FILE: `code` is the criterion, `qualifier` the SHA-256 of the file.
    - PRIOR_YEAR_COUNT: `code` is the criterion, `qualifier` the kind; `organisation_id` is None.
    - BUDGET: `code` is the number of the decision, `qualifier` its date (YYYY-MM-DD) and digest with a slash between; the
      values are names of its file; `organisation_id` is None.
    - MEMBERSHIP: `code` is empty, `qualifier` is the organisation's BIN.
    """

    kind: ChangeKind
    organisation_id: int | None
    code: str
    qualifier: str
    old: Any
    new: Any
    actor: str
    at: datetime

    @property
    def cell(self) -> Cell:
        """The identity of the changed cell."""
        return self.kind, self.organisation_id, self.code, self.qualifier


def merge_changes(order: Order, events: Iterable[AuditEntry], earlier_events: Iterable[AuditEntry] = ()) -> list[CellChange]:
    """Merge events into one change per cell; cells that have their old value again are left out.

    Args:
        order: The order of the year.
        events: The events to merge, the oldest first.
        earlier_events: Events of justifications before `events`, the oldest first. Events of justifications do not contain the
            old value, so it is taken from these.
    """
    justifications = {change.cell: change.new for event in earlier_events for change in _changes_of(order, event)}
    merged: dict[Cell, CellChange] = {}
    for event in events:
        for change in _changes_of(order, event):
            if change.cell in merged:
                old = merged[change.cell].old
            else:
                old = justifications.get(change.cell) if change.kind == ChangeKind.JUSTIFICATION else change.old
            merged[change.cell] = CellChange(*change.cell, old, change.new, change.actor, change.at)
    # 1 == True in Python, so types are compared too.
    return [change for change in merged.values() if type(change.old) is not type(change.new) or change.old != change.new]


def _changes_of(order: Order, event: AuditEntry) -> Iterator[CellChange]:
    data, organisation_id, source = event.data, event.organisation_id, (event.actor, event.at)
    if event.action in JUSTIFICATION_ACTIONS:
        new = data["reason"] if event.action == AuditAction.JUSTIFICATION_ADDED else None
        code, rule = str(data["code"] or ""), str(data["rule"])
        yield CellChange(ChangeKind.JUSTIFICATION, organisation_id, code, rule, None, new, *source)
    elif event.action in (AuditAction.EVIDENCE_FILE_ATTACHED, AuditAction.EVIDENCE_FILE_REMOVED):
        is_attached = event.action == AuditAction.EVIDENCE_FILE_ATTACHED
        old, new = (None, data["file"]) if is_attached else (data["file"], None)
        yield CellChange(ChangeKind.FILE, organisation_id, str(data["criterion"]), str(data["sha256"]), old, new, *source)
    elif event.action in (AuditAction.BUDGET_DECISION_STORED, AuditAction.BUDGET_DECISION_REMOVED):
        is_stored = event.action == AuditAction.BUDGET_DECISION_STORED
        old, new = (None, data["file"]) if is_stored else (data["file"], None)
        yield CellChange(ChangeKind.BUDGET, None, data["number"], f"{data['date']}/{data['digest']}", old, new, *source)
    else:
        yield from _value_changes(order, event)


def _value_changes(order: Order, event: AuditEntry) -> Iterator[CellChange]:
    """Yield the changed answers and counts: the data of such an event map a cell's key to [old, new]."""
    for key, pair in event.data.items():
        if not isinstance(pair, list) or len(pair) != 2:
            continue
        if event.organisation_id is not None and key in order.by_code:
            yield CellChange(ChangeKind.ANSWER, event.organisation_id, key, "", pair[0], pair[1], event.actor, event.at)
        elif event.organisation_id is None and count_key(key)[0] in order.kind:
            kind, criterion = count_key(key)
            yield CellChange(ChangeKind.PRIOR_YEAR_COUNT, None, criterion, kind, pair[0], pair[1], event.actor, event.at)
