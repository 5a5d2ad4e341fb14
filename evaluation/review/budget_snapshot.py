"""The budget decisions of an accepted sheet: as canonical JSON, and as the audit log has them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from evaluation.answers.checks import WarningReason
from evaluation.audit.actions import AuditAction
from evaluation.audit.queries import AuditEntry
from evaluation.budgets import queries
from evaluation.budgets.comparison import BudgetEvidence, DecisionFacts, Explanation, GroupComparison
from evaluation.budgets.records import digest_of
from evaluation.criteria.model import Order
from evaluation.policy import Viewer
from evaluation.sheets.input import OrganisationInput

STORED, REMOVED = AuditAction.BUDGET_DECISION_STORED, AuditAction.BUDGET_DECISION_REMOVED
EXPLAINED, WITHDRAWN = AuditAction.BUDGET_DIFFERENCE_EXPLAINED, AuditAction.BUDGET_EXPLANATION_WITHDRAWN
BUDGET_ACTIONS = (STORED, REMOVED, EXPLAINED, WITHDRAWN)


def budget_to_json(order: Order, budget: BudgetEvidence, organisations: Sequence[OrganisationInput]) -> dict[str, Any]:
    """Return the decisions of the year, the one that counts last, and its income beside the reported payments.

    Amounts are text in tenge with two decimals, as everywhere in canonical JSON.
    """
    comparisons = budget.comparisons(order, [(organisation.kind, organisation.answers) for organisation in organisations])
    return {
        "decisions": [
            {
                "number": item.number,
                "date": item.date.isoformat(),
                "body": item.body_name,
                "sha256": item.sha256,
                "digest": item.digest,
                "planned": {group: money(amount) for group, amount in item.planned.items()},
            }
            for item in budget.decisions
        ],
        "comparisons": [_comparison_to_json(item) for item in comparisons if item.is_compared],
    }


def _comparison_to_json(item: GroupComparison) -> dict[str, Any]:
    return {
        "group": item.group,
        "criterion": item.criterion,
        "planned": money(item.planned),
        "due": money(item.due or 0),
        "paid": money(item.paid or 0),
        "reason": item.explanation.reason if item.explanation else "",
        "author": item.explanation.author if item.explanation else "",
    }


def money(tiyn: int) -> str:
    """Return an amount of tiyn in tenge with two decimals."""
    return f"{'-' if tiyn < 0 else ''}{abs(tiyn) // 100}.{abs(tiyn) % 100:02d}"


def budget_evidence(entries: Iterable[AuditEntry], year: int) -> BudgetEvidence:
    """Return the decisions and explanations of a body's year after these events of its chain, the oldest first."""
    decisions: dict[int, DecisionFacts] = {}
    explanations: dict[str, Explanation] = {}
    for entry in entries:
        data = entry.data
        if entry.year != year:
            continue
        if entry.action == STORED:
            decisions[data["decision"]] = facts_of(data)
        elif entry.action == REMOVED:
            decisions.pop(data["decision"], None)
        elif entry.action == EXPLAINED:
            reason = WarningReason(data["reason"], entry.actor, entry.at)
            explanations[data["budget_group"]] = Explanation(data["planned"], data["paid"], reason)
        elif entry.action == WITHDRAWN:
            explanations.pop(data["budget_group"], None)
    return BudgetEvidence(tuple(sorted(decisions.values(), key=lambda item: item.order_key)), explanations)


def facts_of(data: dict[str, Any]) -> DecisionFacts:
    """Return the facts of a decision from the data of its event."""
    day = date.fromisoformat(data["date"])
    names = ("body_name", "sha256", "digest", "planned")
    return DecisionFacts(data["decision"], data["number"], day, *(data[name] for name in names))


def altered_years(viewer: Viewer, body_id: int, entries: Mapping[int, Sequence[AuditEntry]]) -> list[int]:
    """Return the years whose decisions, lines or explanations are not those of the events of the body's chain.

    Args:
        viewer: The reader.
        body_id: The body.
        entries: Year → its events, the oldest first.
    """
    stored = queries.evidence_by_year(viewer, body_id)
    altered = {
        row.year
        for row in queries.decisions(viewer, body_id)
        if digest_of(row, row.source.sha256, queries.line_rows(viewer, row)) != row.digest
    }
    for year in stored.keys() | entries.keys():
        if _plain(stored.get(year, BudgetEvidence())) != _plain(budget_evidence(entries.get(year, ()), year)):
            altered.add(year)
    return sorted(altered)


def _plain(budget: BudgetEvidence) -> Any:
    explanations = budget.explanations.items()
    return budget.decisions, {
        group: (item.planned, item.paid, item.reason.reason, item.reason.author) for group, item in explanations
    }
