"""Budget decisions as JSON: what `flask --app app budget read FILE --json` prints (docs/budgets.md)."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import orjson

from evaluation.budgets.model import UNIT, BudgetDecision, Section
from evaluation.language import Language


def decisions_as_json(decisions: Iterable[BudgetDecision], language: Language) -> dict[str, Any]:
    """Return decisions for orjson: exact amounts, whole ones without a decimal point; reasons in the language."""
    return {"decisions": [_decision(decision, language) for decision in decisions]}


def _decision(decision: BudgetDecision, language: Language) -> dict[str, Any]:
    totals = {section: decision.totals.get(section) for section in Section}
    return {
        "body": decision.body,
        "year": decision.year,
        "number": decision.number,
        "date": decision.date,
        "unit": UNIT,
        "totals": {section.value: None if total is None else _number(total.amount) for section, total in totals.items()},
        "lines": [
            {
                "section": line.section.value,
                "code": line.code,
                "name": line.name,
                "amount": _number(line.amount),
                "source_line": line.source_line,
            }
            for line in decision.lines
        ],
        "inconsistencies": [
            {
                "where": item.where,
                "printed": _number(item.printed),
                "computed": _number(item.computed),
                "source_lines": item.source_lines,
            }
            for item in decision.inconsistencies
        ],
        "unread": [
            {"source_line": item.source_line, "text": item.text, "why": language.gettext(item.why)} for item in decision.unread
        ],
    }


def _number(amount: Decimal) -> orjson.Fragment:
    """Return an amount as JSON text: orjson's own numbers are neither exact nor unlimited."""
    text = f"{amount:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return orjson.Fragment("0" if text == "-0" else text)
