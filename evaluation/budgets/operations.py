"""Stores budget decisions once a person has confirmed what was read, and removes them, while the body's year takes changes."""

from collections.abc import Sequence
from datetime import date

from evaluation.audit.actions import AuditAction
from evaluation.audit.operations import NewEvent, append_events
from evaluation.budgets import errors, queries, records
from evaluation.budgets.confirmation import Confirmation, check_head, check_lines
from evaluation.budgets.drafts import delete_draft, delete_unused_sources, lock_draft, require_editable
from evaluation.budgets.errors import AlreadyStored
from evaluation.budgets.model import BudgetDecision
from evaluation.budgets.models import NAME_LENGTH, BudgetDraft, StoredDecision
from evaluation.database import db
from evaluation.policy import Action, Viewer
from evaluation.text import normalise_line


def store_decisions(
    viewer: Viewer,
    draft: BudgetDraft,
    confirmations: Sequence[Confirmation],
    replace: bool = False,
    discard: bool = True,
    today: date | None = None,
) -> list[StoredDecision]:
    """Store decisions of a draft as the person confirms them: all or none; the caller commits.

    Args:
        viewer: The person of the draft.
        draft: The draft.
        confirmations: The decisions, such as those of the three years of one text.
        replace: Whether a stored decision of the same year, number and date is replaced.
        discard: Whether the draft is done with; else others of its decisions can still be stored.
        today: The day (Asia/Almaty) by which the years may be locked, by default the current one.

    Raises:
        Forbidden: The viewer cannot edit the body's data.
        DraftUnavailable: The draft is gone.
        DecisionRejected: Something of a decision is missing or not possible; the field says what.
        Locked: A year takes no changes.
        AlreadyStored: The year has a decision of this number and date.
    """
    viewer.require(Action.EDIT, draft.body_id)
    for confirmation in confirmations:
        check_head(confirmation.decision)
    require_editable(viewer, [item.decision.year or 0 for item in confirmations], draft.body_id, today, exclusive=True)
    lock_draft(viewer, draft)
    entries, line_count = records.entries_of(draft), len(queries.source_lines(viewer, draft.source))
    rows = []
    for confirmation in confirmations:
        check_lines(confirmation.decision, line_count)
        _make_room(viewer, draft.body_id, confirmation.decision, replace)
        rows.append(_store(viewer, draft, entries[confirmation.entry], confirmation.decision))
    append_events(viewer, [_event(AuditAction.BUDGET_DECISION_STORED, row) for row in rows])
    if discard:
        delete_draft(draft)
    return rows


def _store(viewer: Viewer, draft: BudgetDraft, read: BudgetDecision, decision: BudgetDecision) -> StoredDecision:
    """Insert a decision with its lines."""
    lines = records.with_origins(read, decision)
    row = StoredDecision(
        body_id=draft.body_id,
        year=decision.year,
        number=normalise_line(decision.number),
        date=decision.date,
        body_name=normalise_line(decision.body)[:NAME_LENGTH],
        source=draft.source,
        totals=records.TOTALS.dump_python(decision.totals, mode="json"),
        printed=records.HEAD.dump_python(records.head_of(read), mode="json"),
        settlements=records.SETTLEMENTS.dump_python(records.settlements_of(read, decision), mode="json"),
        inconsistencies=records.INCONSISTENCIES.dump_python(decision.inconsistencies, mode="json"),
        planned=records.planned_by_group(decision),
        corrections=records.count_corrections(read, decision, lines),
        stored_by=viewer.name,
    )
    line_rows = [records.line_row(detail, position) for position, detail in enumerate(lines, 1)]
    row.digest = records.digest_of(row, draft.source.sha256, line_rows)
    db.session.add(row)
    db.session.flush()
    for line_row in line_rows:
        line_row.decision_id = row.id
    db.session.add_all(line_rows)
    db.session.flush()
    return row


def _make_room(viewer: Viewer, body_id: int, decision: BudgetDecision, replace: bool) -> None:
    """Remove the stored decision of the same year, number and date, if it may be replaced. Raises AlreadyStored."""
    number = normalise_line(decision.number)
    for row in queries.decisions(viewer, body_id, decision.year):
        if (row.number, row.date) == (number, decision.date):
            if not replace:
                day = f"{row.date:%d.%m.%Y}"
                raise AlreadyStored(errors.ALREADY_STORED, field="number", number=number, day=day, year=row.year)
            _remove(viewer, row)


def remove_decision(
    viewer: Viewer, year: int, body_id: int, decision_id: int, today: date | None = None
) -> StoredDecision | None:
    """Remove a decision of a body's year; return None when it does not exist any more.

    `today` is the day (Asia/Almaty) by which the year may be locked, by default the current one. `flask files prune` decides how
    long the bytes of its file stay.

    Raises:
        Forbidden: The viewer cannot edit the body's data.
        Locked: The year takes no changes.
    """
    require_editable(viewer, [year], body_id, today, exclusive=True)
    row = queries.decision_row(viewer, body_id, decision_id)
    if row is None or row.year != year:
        return None
    _remove(viewer, row)
    return row


def _remove(viewer: Viewer, row: StoredDecision) -> None:
    event, source_id = _event(AuditAction.BUDGET_DECISION_REMOVED, row), row.source_id
    db.session.delete(row)
    delete_unused_sources(source_id)
    append_events(viewer, [event])


def record_download(viewer: Viewer, row: StoredDecision) -> None:
    """Write that the viewer downloaded the file of a decision, once a day for each person and decision. Raises Forbidden."""
    viewer.require(Action.VIEW_FILES, row.body_id)
    event = _event(AuditAction.BUDGET_DECISION_DOWNLOADED, row)
    if not queries.has_download(viewer, row, event.data):
        append_events(viewer, [event])


def _event(action: AuditAction, row: StoredDecision) -> NewEvent:
    data = {
        "decision": row.id,
        "number": row.number,
        "date": row.date.isoformat(),
        "body_name": row.body_name,
        "file": row.source.name,
        "sha256": row.source.sha256,
        "media_type": row.source.media_type,
        "size": row.source.size,
        "corrected": row.corrections,
        "planned": row.planned,
        "digest": row.digest,
    }
    return NewEvent(action, row.year, row.body_id, data=data)
