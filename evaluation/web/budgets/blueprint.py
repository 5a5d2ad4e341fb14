"""The blueprint of budget decisions and the lookups that its pages share."""

from typing import Any

from flask import Blueprint, abort

from evaluation.budgets import queries
from evaluation.budgets.labels import SECTION_NAMES, amount_text, where_text
from evaluation.budgets.models import BudgetDraft
from evaluation.budgets.records import DecisionDetails, to_thousands
from evaluation.registry.models import Body
from evaluation.web.budgets.source import line_url
from evaluation.web.core.request_context import YEAR, current_language, current_viewer, find_body, find_year

ADDRESS = f"/bodies/<bin_>/{YEAR}/budgets"
DECISION = f"{ADDRESS}/<int:decision_id>"
DRAFT = f"{ADDRESS}/drafts/<int:draft_id>"


blueprint = Blueprint("budgets", __name__)


def find_decision(bin_: str, year: int, decision_id: int) -> tuple[Body, DecisionDetails]:
    """Return a body and its decision of a year; 404 where there is none that the viewer may know of. Raises Forbidden."""
    find_year(year)
    body = find_body(bin_)
    details = queries.decision(current_viewer(), body.id, decision_id)
    if details is None or details.row.year != year:
        abort(404)
    return body, details


def find_draft(bin_: str, year: int, draft_id: int) -> tuple[Body, BudgetDraft]:
    """Return a body and the viewer's draft for its year; 404 for another person's draft and one that has expired."""
    find_year(year)
    body = find_body(bin_)
    draft = queries.draft(current_viewer(), draft_id)
    if draft is None or draft.body_id != body.id or draft.year != year:
        abort(404)
    return body, draft


@blueprint.app_context_processor
def _app_context() -> dict[str, Any]:
    language = current_language()
    return {"budget_amount": lambda tiyn: amount_text(to_thousands(tiyn), language)}


@blueprint.context_processor
def _context() -> dict[str, Any]:
    language = current_language()
    return {
        "section_names": SECTION_NAMES,
        "amount": lambda value: amount_text(value, language),
        "signed": lambda value: ("+" if value > 0 else "") + amount_text(value, language),
        "where_name": lambda where: where_text(where, language),
        "line_url": line_url,
    }
