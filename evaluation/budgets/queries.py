"""Reads of budget decisions for people who can see a body's evidence: its people and its reviewers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager

from evaluation.answers.checks import WarningReason
from evaluation.answers.year_data import YearData
from evaluation.audit.actions import AuditAction
from evaluation.audit.models import AuditEvent
from evaluation.audit.queries import entries
from evaluation.budgets.comparison import BudgetEvidence, DecisionFacts, Explanation, GroupComparison
from evaluation.budgets.model import SourceLine
from evaluation.budgets.models import BudgetDraft, BudgetExplanation, BudgetSource, StoredDecision, StoredLine
from evaluation.budgets.records import DecisionDetails, details_of
from evaluation.clock import now, precise_now
from evaluation.database import db
from evaluation.policy import Action, Role, Viewer

DRAFT_LIFE = timedelta(days=7)
"""How long what was read waits for its confirmation."""
DOWNLOAD_INTERVAL = timedelta(days=1)
"""How long a person's downloads of one file are written as one event."""
AMENDED, LAST_YEAR = "amended", "last_year"
"""What a decision is compared with: the one before it in the same year, or the one that counts in the year before."""


@dataclass(frozen=True)
class YearComparison:
    """The decision that counts for a body's year, and its groups beside what the organisations report.

    `decisions` are all decisions of the year, the one that counts first.
    """

    decisions: tuple[StoredDecision, ...]
    groups: tuple[GroupComparison, ...]

    @property
    def decision(self) -> StoredDecision:
        """The decision that counts."""
        return self.decisions[0]

    @property
    def warnings(self) -> tuple[GroupComparison, ...]:
        """The groups whose sums differ, explained or not."""
        return tuple(group for group in self.groups if group.is_warning)


@dataclass(frozen=True)
class PlannedYear:
    """What the decision that counts for a year plans: group of the classification → sum in tiyn."""

    year: int
    decision: StoredDecision
    planned: Mapping[str, int]


# ---- drafts ----


def draft(viewer: Viewer, draft_id: int) -> BudgetDraft | None:
    """Return a draft of the viewer; None if there is none, it has expired, or its body is no longer the viewer's."""
    item: BudgetDraft | None = db.session.scalar(_drafts(viewer).where(BudgetDraft.id == draft_id))
    return item if item is not None and viewer.can_see(item.body_id) else None


def drafts(viewer: Viewer, body_id: int) -> list[BudgetDraft]:
    """Return the viewer's drafts of a body, the newest first. Raises Forbidden."""
    viewer.require(Action.EDIT, body_id)
    statement = _drafts(viewer).where(BudgetDraft.body_id == body_id)
    return list(db.session.scalars(statement.order_by(BudgetDraft.id.desc())))


def lock_draft(viewer: Viewer, draft_id: int) -> BudgetDraft | None:
    """Lock the row of a draft of the viewer until the transaction ends, and return it; None as :func:`draft` does."""
    is_there = db.session.scalar(select(BudgetDraft.id).where(BudgetDraft.id == draft_id).with_for_update()) is not None
    return draft(viewer, draft_id) if is_there else None


def expired_drafts(viewer: Viewer) -> list[BudgetDraft]:
    """Return the drafts that nobody confirmed in time: the viewer's own, or all for the system."""
    statement = select(BudgetDraft).where(BudgetDraft.created_at <= now() - DRAFT_LIFE)
    if viewer.role != Role.SYSTEM:
        statement = statement.where(BudgetDraft.account_id == viewer.account_id)
    return list(db.session.scalars(statement))


def _drafts(viewer: Viewer) -> Select[BudgetDraft]:
    statement = select(BudgetDraft).where(BudgetDraft.created_at > now() - DRAFT_LIFE)
    is_allowed = viewer.may(Action.EDIT) and viewer.account_id is not None
    return statement.where(BudgetDraft.account_id == viewer.account_id if is_allowed else BudgetDraft.id < 0)


# ---- sources ----


def source_lines(viewer: Viewer, source: BudgetSource) -> tuple[SourceLine, ...]:
    """Return the lines of a source, numbered from 1. Raises Forbidden."""
    viewer.require(Action.VIEW_FILES, source.body_id)
    return tuple(SourceLine(number, text) for number, text in enumerate(source.lines.split("\n"), 1))


def has_download(viewer: Viewer, decision: StoredDecision, data: Mapping[str, Any]) -> bool:
    """Return whether the audit log has a download of a decision's file by the viewer within a day."""
    viewer.require(Action.VIEW_FILES, decision.body_id)
    conditions = (
        AuditEvent.chain == decision.body_id,
        AuditEvent.year == decision.year,
        AuditEvent.action == AuditAction.BUDGET_DECISION_DOWNLOADED,
        AuditEvent.account_id == viewer.account_id,
        AuditEvent.at >= precise_now() - DOWNLOAD_INTERVAL,
    )
    return any(entry.data == data for entry in entries(Viewer.system(), *conditions))


# ---- decisions ----


def decisions(viewer: Viewer, body_id: int, year: int | None = None) -> list[StoredDecision]:
    """Return the decisions of a body, or of one of its years, by year and date, the newest first. Raises Forbidden."""
    statement = _decisions(viewer, body_id)
    if year is not None:
        statement = statement.where(StoredDecision.year == year)
    newest_first = (StoredDecision.year.desc(), StoredDecision.date.desc(), StoredDecision.id.desc())
    return list(db.session.scalars(statement.order_by(*newest_first)))


def current_decision(viewer: Viewer, year: int, body_id: int) -> StoredDecision | None:
    """Return the decision that counts for a body's year, the latest one; None if none is stored. Raises Forbidden."""
    return next(iter(decisions(viewer, body_id, year)), None)


def decision_row(viewer: Viewer, body_id: int, decision_id: int) -> StoredDecision | None:
    """Return a decision of a body; None if it does not exist. Raises Forbidden."""
    row: StoredDecision | None = db.session.scalar(_decisions(viewer, body_id).where(StoredDecision.id == decision_id))
    return row


def decision(viewer: Viewer, body_id: int, decision_id: int) -> DecisionDetails | None:
    """Return a decision of a body with its lines; None if it does not exist. Raises Forbidden."""
    row = decision_row(viewer, body_id, decision_id)
    return None if row is None else details_of(row, line_rows(viewer, row))


def line_rows(viewer: Viewer, row: StoredDecision) -> Sequence[StoredLine]:
    """Return the rows of a decision's lines in their order. Raises Forbidden."""
    viewer.require(Action.VIEW_FILES, row.body_id)
    statement = select(StoredLine).where(StoredLine.decision_id == row.id)
    return list(db.session.scalars(statement.order_by(StoredLine.position)))


def predecessor(viewer: Viewer, row: StoredDecision, kind: str) -> StoredDecision | None:
    """Return what a decision is compared with, of the kind `AMENDED` or `LAST_YEAR`; None if none is stored. Raises Forbidden."""
    if kind == LAST_YEAR:
        return current_decision(viewer, row.year - 1, row.body_id)
    of_year = decisions(viewer, row.body_id, row.year)
    earlier = of_year[[item.id for item in of_year].index(row.id) + 1 :]
    return next(iter(earlier), None)


def _decisions(viewer: Viewer, body_id: int) -> Select[StoredDecision]:
    viewer.require(Action.VIEW_FILES, body_id)
    statement = select(StoredDecision).join(StoredDecision.source).options(contains_eager(StoredDecision.source))
    return statement.where(StoredDecision.body_id == body_id)


# ---- beside the answers ----


def comparison(viewer: Viewer, data: YearData) -> YearComparison | None:
    """Return the planned income of a body's year beside what its organisations report.

    Returns:
        None where no decision is stored for the year, or the viewer may not see the body's evidence.
    """
    if not viewer.may(Action.VIEW_FILES, data.body_id):
        return None
    rows = decisions(viewer, data.body_id, data.year)
    if not rows:
        return None
    answers = [(report.kind, report.answers) for report in data.reports]
    groups = _evidence(rows, _explanations(viewer, data.year, data.body_id)).comparisons(data.order, answers)
    return YearComparison(tuple(rows), groups)


def series(viewer: Viewer, body_id: int) -> list[PlannedYear]:
    """Return what the decisions that count plan, year by year, the first year first. Raises Forbidden."""
    current = {row.year: row for row in reversed(decisions(viewer, body_id))}
    return [PlannedYear(year, row, row.planned) for year, row in current.items()]


def evidence(viewer: Viewer, year: int, body_id: int) -> BudgetEvidence:
    """Return the decisions and explanations of a body's year, as an accepted sheet states them. Raises Forbidden."""
    return _evidence(decisions(viewer, body_id, year), _explanations(viewer, year, body_id))


def evidence_by_year(viewer: Viewer, body_id: int) -> dict[int, BudgetEvidence]:
    """Return year → the decisions and explanations of a body, of the years that have any. Raises Forbidden."""
    rows, explained = decisions(viewer, body_id), _explanation_rows(viewer, body_id)
    years = {row.year for row in rows} | {row.year for row in explained}
    return {
        year: _evidence([row for row in rows if row.year == year], _by_group(row for row in explained if row.year == year))
        for year in years
    }


def explanation(viewer: Viewer, year: int, body_id: int, group: str) -> BudgetExplanation | None:
    """Return the explanation of a group of a body's year; None if there is none. Raises Forbidden."""
    return next((row for row in _explanation_rows(viewer, body_id, year) if row.group_key == group), None)


def _explanation_rows(viewer: Viewer, body_id: int, year: int | None = None) -> list[BudgetExplanation]:
    viewer.require(Action.VIEW_FILES, body_id)
    statement = select(BudgetExplanation).where(BudgetExplanation.body_id == body_id)
    if year is not None:
        statement = statement.where(BudgetExplanation.year == year)
    return list(db.session.scalars(statement.order_by(BudgetExplanation.group_key)))


def _explanations(viewer: Viewer, year: int, body_id: int) -> dict[str, Explanation]:
    return _by_group(_explanation_rows(viewer, body_id, year))


def _by_group(rows: Iterable[BudgetExplanation]) -> dict[str, Explanation]:
    return {
        row.group_key: Explanation(row.planned, row.paid, WarningReason(row.reason, row.author, row.explained_at)) for row in rows
    }


def _evidence(rows: Sequence[StoredDecision], explanations: Mapping[str, Explanation]) -> BudgetEvidence:
    facts = (
        DecisionFacts(row.id, row.number, row.date, row.body_name, row.source.sha256, row.digest, row.planned) for row in rows
    )
    return BudgetEvidence(tuple(sorted(facts, key=lambda item: item.order_key)), explanations)
