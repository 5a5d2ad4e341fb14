"""An independent implementation of the scores of Order No. 47, written from docs/data-dictionary.md, to compare with the product.

It shares nothing with the product: criteria, rows and points are constants, it scores one organisation at a time, and None is
unknown.
"""

from collections.abc import Mapping
from typing import Any

Answers = Mapping[str, Any]

ROWS = {
    "institution": [("1", "1"), ("2.1", "3.1"), ("2.2", "3.2"), ("2.3", "3.3"), ("3", "4")],
    "enterprise": [
        ("1", "1"),
        ("2", "2"),
        ("3.1", "3.4"),
        ("3.2", "3.2"),
        ("3.3", "3.5"),
        ("4", "4"),
        ("5.1", "5.1"),
        ("5.2", "5.2"),
        ("6", "6"),
        ("7.1", "7.1"),
        ("7.2", "7.2"),
    ],
    "jsc": [
        ("1", "1"),
        ("2", "2"),
        ("3.1", "3.4"),
        ("3.2", "3.2"),
        ("4.1", "5.1"),
        ("4.2", "5.2"),
        ("5", "6"),
        ("6.1", "7.1"),
        ("6.2", "7.2"),
    ],
}
ROWS["llp"] = ROWS["jsc"]
AUDITS = {
    "3.1": "area_audit",
    "3.2": "cars_audit",
    "3.3": "phone_furniture_audit",
    "3.4": "area_audit",
    "3.5": "special_vehicles_audit",
}
MAX_POINTS = {"5.1": 1, "5.2": 1}
"""Criteria whose maximum is not 2."""


def with_implications(answers: Answers) -> dict[str, Any]:
    """The answers with the blanks that the implications fill."""
    filled = dict(answers)
    if filled.get("key_indicators_defined") is False:
        filled.setdefault("key_indicators_planned", 0)
    if filled.get("key_indicators_planned") == 0:
        filled.setdefault("key_indicators_met", 0)
    if (filled.get("key_indicators_planned") or 0) > 0 or (filled.get("key_indicators_met") or 0) > 0:
        filled.setdefault("key_indicators_defined", True)
    return filled


def all_of(*operands: bool | None) -> bool | None:
    return False if False in operands else None if None in operands else True


def any_of(*operands: bool | None) -> bool | None:
    return True if True in operands else None if None in operands else False


def is_less(left: Any, right: Any) -> bool | None:
    return None if left is None or right is None else left < right


def is_in_breach(criterion: str, answers: Answers) -> bool | None:
    """Whether one organisation is in breach; None if blanks decide it."""
    value_of = with_implications(answers).get
    match criterion:
        case "1":
            return is_less(value_of("financial_result"), 0)
        case "2":
            return all_of(
                is_less(0, value_of("budget_due")),
                any_of(
                    is_less(value_of("budget_paid"), value_of("budget_due")),
                    is_less(value_of("budget_due_on"), value_of("budget_paid_on")),
                ),
            )
        case "4":
            return is_less(0, value_of("unpassported_objects"))
        case "5.1" | "5.2" | "6":
            answer = value_of({"5.1": "plan_submitted", "5.2": "report_submitted", "6": "key_indicators_defined"}[criterion])
            return None if answer is None else not answer
        case "7.1":
            return is_less(value_of("key_indicators_met"), value_of("key_indicators_planned"))
        case "7.2":
            return value_of("insolvent")
    answer = value_of(AUDITS[criterion])
    return None if answer is None else answer == "violated"


def row(number: str, criterion: str, organisations: Mapping[str, Answers], previous: int | None) -> dict[str, Any]:
    """A row of the JSON of scores; `previous` is the prior-year count."""
    breaches = {bin_: is_in_breach(criterion, answers) for bin_, answers in organisations.items()}
    in_breach = [bin_ for bin_ in sorted(breaches) if breaches[bin_] is True]
    undecided = [bin_ for bin_ in sorted(breaches) if breaches[bin_] is None]
    max_points = MAX_POINTS.get(criterion, 2)
    if criterion == "1":
        counts = range(len(in_breach), len(in_breach) + len(undecided) + 1)
        previous_counts = range(len(organisations) + 3) if previous is None else [previous]
        possible = {2 if count == 0 else 1 if count < last else 0 for count in counts for last in previous_counts}
    elif criterion in AUDITS:
        audit_answers = [answers.get(AUDITS[criterion]) for answers in organisations.values()]
        is_any_audited = any(answer not in (None, "not_audited") for answer in audit_answers)
        without_blanks = 0 if in_breach else 2 if is_any_audited else 1
        possible = {without_blanks} | ({0, 2} if undecided and not in_breach else set())
    else:
        possible = {0} if in_breach else {0, max_points} if undecided else {max_points}
    low, high = min(possible), max(possible)
    return {
        "row": number,
        "criterion": criterion,
        "points": low if low == high else None,
        "low": low,
        "high": high,
        "max": max_points,
        "in_breach": in_breach,
        "unanswered": undecided,
    }


def sums(items: list[dict[str, Any]]) -> dict[str, Any]:
    low, high, max_points = (sum(item[name] for item in items) for name in ("low", "high", "max"))
    return {"points": low if low == high else None, "low": low, "high": high, "max": max_points}


def table(kind: str, organisations: Mapping[str, Answers], previous: int | None) -> dict[str, Any]:
    if not organisations:
        return {"applicable": False, "points": None, "low": None, "high": None, "max": None, "rows": []}
    rows = [row(number, criterion, organisations, previous) for number, criterion in ROWS[kind]]
    return {"applicable": True, **sums(rows), "rows": rows}


def body(bin_: str, name: str, organisations: Mapping[str, Mapping[str, Answers]], previous: Mapping[str, int]) -> dict[str, Any]:
    """The scores of one body: `organisations` by kind and BIN, `previous` by kind."""
    tables = {kind: table(kind, organisations.get(kind, {}), previous.get(kind)) for kind in ROWS}
    return {"bin": bin_, "name": name, **sums([table for table in tables.values() if table["applicable"]]), "tables": tables}
