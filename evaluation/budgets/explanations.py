"""Stores why planned income differs from what the organisations report, and withdraws it. The reviewer sees the reason."""

from datetime import date

from evaluation.answers.justifications import GONE, JustificationRejected, clean_reason
from evaluation.answers.year_data import read_year_data
from evaluation.audit.actions import AuditAction
from evaluation.audit.operations import NewEvent, append_events
from evaluation.budgets import queries
from evaluation.budgets.drafts import require_editable
from evaluation.budgets.models import BudgetExplanation
from evaluation.clock import now
from evaluation.criteria.model import Order
from evaluation.database import db
from evaluation.policy import Viewer


def explain(viewer: Viewer, order: Order, year: int, body_id: int, group: str, reason: str, today: date | None = None) -> None:
    """Store the reason for a difference; another reason replaces it. The caller commits.

    Args:
        viewer: A person of the body.
        order: The order of the year.
        year: The reporting year.
        body_id: The body.
        group: The group of the classification.
        reason: The reason.
        today: The day (Asia/Almaty) by which the year may be locked, by default the current one.

    Raises:
        Forbidden: The viewer cannot edit the body's data.
        Locked: The year takes no changes.
        JustificationRejected: The group has no difference, or the reason is refused.
    """
    require_editable(viewer, [year], body_id, today, exclusive=True)
    reason = clean_reason(reason)
    comparison = queries.comparison(viewer, read_year_data(viewer, order, year, body_id))
    warning = next((item for item in comparison.warnings if item.group == group), None) if comparison else None
    if warning is None or warning.paid is None:
        raise JustificationRejected(GONE)
    row = queries.explanation(viewer, year, body_id, group)
    if row is not None and (row.planned, row.paid, row.reason) == (warning.planned, warning.paid, reason):
        return
    if row is None:
        row = BudgetExplanation(body_id=body_id, year=year, group_key=group)
        db.session.add(row)
    row.planned, row.paid, row.reason = warning.planned, warning.paid, reason
    row.author, row.explained_at = viewer.name, now()
    db.session.flush()
    append_events(viewer, [_event(AuditAction.BUDGET_DIFFERENCE_EXPLAINED, row)])


def withdraw(viewer: Viewer, year: int, body_id: int, group: str, today: date | None = None) -> None:
    """Remove the reason for a difference; nothing happens when there is none. The caller commits.

    `today` is the day (Asia/Almaty) by which the year may be locked, by default the current one.

    Raises:
        Forbidden: The viewer cannot edit the body's data.
        Locked: The year takes no changes.
    """
    require_editable(viewer, [year], body_id, today, exclusive=True)
    row = queries.explanation(viewer, year, body_id, group)
    if row is not None:
        append_events(viewer, [_event(AuditAction.BUDGET_EXPLANATION_WITHDRAWN, row)])
        db.session.delete(row)
        db.session.flush()


def _event(action: AuditAction, row: BudgetExplanation) -> NewEvent:
    data = {"budget_group": row.group_key, "planned": row.planned, "paid": row.paid, "reason": row.reason}
    return NewEvent(action, row.year, row.body_id, data=data)
