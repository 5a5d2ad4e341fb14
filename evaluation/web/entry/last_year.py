"""Last year's answers as text, beside the answers of this year."""

from collections.abc import Mapping
from typing import Any

from evaluation.answers import values
from evaluation.criteria.model import Indicator, Order
from evaluation.language import Language


def last_year_text(last_order: Order | None, item: Indicator, answers: Mapping[str, Any] | None, language: Language) -> str:
    """Return last year's answer to the same question, by last year's order; empty if there is none."""
    last_year_item = last_order.by_code.get(item.code) if last_order else None
    if last_order is None or last_year_item is None or last_year_item.type != item.type:
        return ""
    return values.format_value(last_order, last_year_item, (answers or {}).get(item.code), language)
