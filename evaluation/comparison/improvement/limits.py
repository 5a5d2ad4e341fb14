"""Why a breach can no longer be undone: its last day has passed, or an audit found it. A wrong answer can still be corrected."""

from collections.abc import Iterator
from datetime import date

from evaluation.criteria.criterion import Criterion
from evaluation.criteria.expressions import Compare, Condition, leaves
from evaluation.criteria.model import Order
from evaluation.language import N_, Language
from evaluation.sheets.model import LegalEntity

LAST_DAY_PASSED = N_("The last day, %(day)s, has passed: only a wrong answer can still be corrected.")
AUDIT_VIOLATION = N_("The audit of the year has found it: only a wrong answer can still be corrected.")


def limit_text(order: Order, criterion: Criterion, organisation: LegalEntity, today: date, language: Language) -> str:
    """Return why the breach of an organisation can no longer be undone; empty if it can.

    Args:
        order: The order.
        criterion: The criterion that the organisation is in breach of.
        organisation: The organisation with the answers that put it in breach.
        today: The current day (Asia/Almaty).
        language: The language of the text.
    """
    if criterion.audited is not None:
        return language.gettext(AUDIT_VIOLATION)
    answers = dict(organisation.breach_facts)
    days = [day for code in _limiting_days(order, criterion.breach) if isinstance(day := answers.get(code), date) and day < today]
    return language.gettext(LAST_DAY_PASSED, day=language.short_date(min(days))) if days else ""


def _limiting_days(order: Order, condition: Condition) -> Iterator[str]:
    """The codes of the days that another day must not be after: the later side of each comparison of two dates."""
    for leaf in leaves(condition):
        if isinstance(leaf, Compare) and leaf.right_is_column and order.in_conditions[leaf.left].type == "date":
            yield str(leaf.right) if leaf.operator in (">", ">=") else leaf.left
