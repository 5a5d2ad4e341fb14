"""Drafts: budget decisions that were read and wait for their sender's confirmation. Nothing of them belongs to the year yet."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import delete, exists

from evaluation.budgets import errors, queries, records
from evaluation.budgets.errors import DecisionRejected, DraftUnavailable
from evaluation.budgets.model import BudgetDecision, SourceLine
from evaluation.budgets.models import BudgetDraft, BudgetSource, StoredDecision
from evaluation.budgets.read import read_decisions
from evaluation.budgets.sources.errors import TOO_LARGE
from evaluation.budgets.sources.read import Source, read_source, read_text
from evaluation.configuration import configuration
from evaluation.database import advisory_lock, db
from evaluation.heavy_work import turn
from evaluation.policy import Action, Role, Viewer
from evaluation.quotas.operations import store_file
from evaluation.registry.queries import reporting_year
from evaluation.settings import MEGABYTE
from evaluation.submissions.locks import Locked
from evaluation.submissions.queries import lock

PASTED_NAME, PASTED_TYPE = "decision.txt", "text/plain"
"""Name and type of a pasted text as a file."""


def receive(viewer: Viewer, year: int, body_id: int, name: str, data: bytes, today: date | None = None) -> BudgetDraft:
    """Read a file and keep what was read until the person confirms it. Nothing of it belongs to the year yet.

    `today` is the day (Asia/Almaty) by which the year may be locked, by default the current one.

    Raises:
        Forbidden: The viewer cannot edit the body's data.
        Locked: The year takes no changes.
        SourceRejected: The file cannot be read.
        DecisionRejected: It is too large, or has no budget.
        Busy: Other files are being read.
        QuotaExceeded, StoreFull, StoreUnavailable: The file cannot be stored.
    """
    require_editable(viewer, [year], body_id, today)
    limit = configuration().settings.evidence_megabytes
    if len(data) > limit * MEGABYTE:
        raise DecisionRejected(TOO_LARGE, field="file", limit=limit)
    with turn("budget"):
        source = read_source(name, data)
        decisions = read_decisions(source.lines)
    return _store_draft(viewer, year, body_id, source, data, decisions)


def receive_text(viewer: Viewer, year: int, body_id: int, text: str, today: date | None = None) -> BudgetDraft:
    """Read a pasted text as :func:`receive` reads a file; it is stored as a text file in UTF-8."""
    require_editable(viewer, [year], body_id, today)
    with turn("budget"):
        source = Source(PASTED_NAME, PASTED_TYPE, read_text(text))
        decisions = read_decisions(source.lines)
    return _store_draft(viewer, year, body_id, source, _joined(source.lines).encode(), decisions, is_pasted=True)


def _store_draft(
    viewer: Viewer,
    year: int,
    body_id: int,
    source: Source,
    data: bytes,
    decisions: Sequence[BudgetDecision],
    is_pasted: bool = False,
) -> BudgetDraft:
    if not decisions:
        raise DecisionRejected(errors.NO_BUDGET, field="text" if is_pasted else "file")
    remove_expired_drafts(viewer)
    row = BudgetSource(
        body_id=body_id,
        name=source.name,
        media_type=source.media_type,
        sha256=store_file(viewer, data, body_id),
        size=len(data),
        is_pasted=is_pasted,
        lines=_joined(source.lines),
        sent_by=viewer.name,
    )
    draft = BudgetDraft(
        account_id=viewer.account_id,
        body_id=body_id,
        year=year,
        source=row,
        entries=records.ENTRIES.dump_python(tuple(decisions), mode="json"),
    )
    db.session.add(draft)
    db.session.flush()
    return draft


def _joined(lines: Iterable[SourceLine]) -> str:
    return "\n".join(line.text.replace("\n", " ") for line in lines)


def save_corrections(viewer: Viewer, draft: BudgetDraft, corrections: Mapping[str, Any]) -> None:
    """Store what the person has corrected so far. Raises Forbidden, DraftUnavailable."""
    lock_draft(viewer, draft).corrections = dict(corrections)
    db.session.flush()


def discard_draft(viewer: Viewer, draft: BudgetDraft) -> None:
    """Delete a draft, and its source unless a stored decision has it. Raises Forbidden, DraftUnavailable."""
    delete_draft(lock_draft(viewer, draft))


def remove_expired_drafts(viewer: Viewer) -> None:
    """Delete the drafts that nobody confirmed in time, with their sources: the viewer's own, or all for the system."""
    for draft in queries.expired_drafts(viewer):
        delete_draft(draft)
    if viewer.role == Role.SYSTEM:
        # Those of drafts that went with a reporting year.
        delete_unused_sources()


def lock_draft(viewer: Viewer, draft: BudgetDraft) -> BudgetDraft:
    """Lock the row of a draft, so that it is confirmed or discarded once. Raises Forbidden, DraftUnavailable."""
    viewer.require(Action.EDIT, draft.body_id)
    if queries.lock_draft(viewer, draft.id) is None:
        raise DraftUnavailable(errors.DRAFT_GONE)
    return draft


def delete_draft(draft: BudgetDraft) -> None:
    """Delete a draft, and its source unless a stored decision has it."""
    source_id = draft.source_id
    db.session.delete(draft)
    delete_unused_sources(source_id)


def delete_unused_sources(source_id: int | None = None) -> None:
    """Delete the sources that neither a draft nor a decision has any more: this one, or all."""
    db.session.flush()
    unused = [~exists().where(model.source_id == BudgetSource.id) for model in (BudgetDraft, StoredDecision)]
    statement = delete(BudgetSource).where(*unused)
    if source_id is not None:
        statement = statement.where(BudgetSource.id == source_id)
    db.session.execute(statement, execution_options={"synchronize_session": "fetch"})


def require_editable(viewer: Viewer, years: Iterable[int], body_id: int, today: date | None, exclusive: bool = False) -> None:
    """Lock years of a body in their order, and check that they take changes. Raises Forbidden, DecisionRejected, Locked."""
    viewer.require(Action.EDIT, body_id)
    for year in sorted(set(years)):
        if reporting_year(year) is None:
            raise DecisionRejected(errors.YEAR_NOT_OPEN, field="year", year=year)
        if exclusive:
            advisory_lock(body_id, year, exclusive=True)
        if (reason := lock(viewer, year, body_id, today)) is not None:
            raise Locked(reason)
