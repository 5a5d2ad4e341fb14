"""The scores once more, written plainly from the contract on Order No. 47: a second opinion for the tests.

Nothing here is shared with the product: criteria, rows and points are written out, one organisation at a time, None for unknown.
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
MOST = {"5.1": 1, "5.2": 1}


def implied(given: Answers) -> dict[str, Any]:
    answers = dict(given)
    if answers.get("key_indicators_defined") is False:
        answers.setdefault("key_indicators_planned", 0)
    if answers.get("key_indicators_planned") == 0:
        answers.setdefault("key_indicators_met", 0)
    if (answers.get("key_indicators_planned") or 0) > 0 or (answers.get("key_indicators_met") or 0) > 0:
        answers.setdefault("key_indicators_defined", True)
    return answers


def both(*parts: bool | None) -> bool | None:
    return False if False in parts else None if None in parts else True


def either(*parts: bool | None) -> bool | None:
    return True if True in parts else None if None in parts else False


def less(left: Any, right: Any) -> bool | None:
    return None if left is None or right is None else left < right


def breach(criterion: str, given: Answers) -> bool | None:
    """Whether one organisation is in breach; None where blanks decide."""
    a = implied(given).get
    match criterion:
        case "1":
            return less(a("financial_result"), 0)
        case "2":
            return both(
                less(0, a("budget_due")),
                either(less(a("budget_paid"), a("budget_due")), less(a("budget_due_on"), a("budget_paid_on"))),
            )
        case "4":
            return less(0, a("unpassported_objects"))
        case "5.1" | "5.2" | "6":
            answer = a({"5.1": "plan_submitted", "5.2": "report_submitted", "6": "key_indicators_defined"}[criterion])
            return None if answer is None else not answer
        case "7.1":
            return less(a("key_indicators_met"), a("key_indicators_planned"))
        case "7.2":
            return a("insolvent")
    answer = a(AUDITS[criterion])
    return None if answer is None else answer == "violated"


def row(number: str, criterion: str, organisations: Mapping[str, Answers], previous: int | None) -> dict[str, Any]:
    states = {own: breach(criterion, answers) for own, answers in organisations.items()}
    sure = [own for own in sorted(states) if states[own] is True]
    unknown = [own for own in sorted(states) if states[own] is None]
    if criterion == "1":
        counts = range(len(sure), len(sure) + len(unknown) + 1)
        lasts = range(len(organisations) + 3) if previous is None else [previous]
        possible = {2 if v == 0 else 1 if v < last else 0 for v in counts for last in lasts}
    elif criterion in AUDITS:
        audited = [own for own, answers in organisations.items() if answers.get(AUDITS[criterion]) not in (None, "not_audited")]
        settled = 0 if sure else 2 if audited else 1
        possible = {settled} | ({0, 2} if unknown and not sure else set())
    else:
        most = MOST.get(criterion, 2)
        possible = {0} if sure else {0, most} if unknown else {most}
    low, high = min(possible), max(possible)
    return {
        "row": number,
        "criterion": criterion,
        "points": low if low == high else None,
        "low": low,
        "high": high,
        "max": MOST.get(criterion, 2),
        "in_breach": sure,
        "unanswered": unknown,
    }


def sums(parts: list[dict[str, Any]]) -> dict[str, Any]:
    low, high, most = (sum(part[name] for part in parts) for name in ("low", "high", "max"))
    return {"points": low if low == high else None, "low": low, "high": high, "max": most}


def table(kind: str, organisations: Mapping[str, Answers], previous: int | None) -> dict[str, Any]:
    if not organisations:
        return {"applicable": False, "points": None, "low": None, "high": None, "max": None, "rows": []}
    rows = [row(number, criterion, organisations, previous) for number, criterion in ROWS[kind]]
    return {"applicable": True, **sums(rows), "rows": rows}


def body(bin_: str, name: str, organisations: Mapping[str, Mapping[str, Answers]], previous: Mapping[str, int]) -> dict[str, Any]:
    """One body's scores: `organisations` by kind and BIN, `previous` by kind."""
    tables = {kind: table(kind, organisations.get(kind, {}), previous.get(kind)) for kind in ROWS}
    return {"bin": bin_, "name": name, **sums([each for each in tables.values() if each["applicable"]]), "tables": tables}
