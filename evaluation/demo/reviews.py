"""Submits, returns, accepts and reopens years of the demonstration, as `reviews.toml` lists."""

from datetime import date
from typing import Any

from evaluation.answers.justifications import justify
from evaluation.answers.readiness.queries import readiness
from evaluation.criteria.model import Order
from evaluation.demo.people import person
from evaluation.demo.recipes import data
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Body
from evaluation.review import operations
from evaluation.review.remarks.model import RemarkTarget
from evaluation.review.remarks.operations import WHOLE_SHEET, add_remark
from evaluation.submissions import queries as submissions

SYSTEM = Viewer.system()


def store_reviews(order: Order, today: date) -> None:
    """Take every step as the person whose role it needs; the caller commits."""
    script = data("reviews")
    bodies = {body.kato: body for body in registry.all_bodies(SYSTEM) if body.kato}
    reviewer = person(script["reviewer"])
    for step in script["steps"]:
        body = bodies[step["body"]]
        head = person(script["heads"][step["body"]])
        _take(order, step, body, head, reviewer, script["reason"], today)


def _take(order: Order, step: dict[str, Any], body: Body, head: Viewer, reviewer: Viewer, reason: str, today: date) -> None:
    year, text = step["year"], step.get("text", "")
    current = submissions.submission(SYSTEM, year, body.id)
    version = current.version if current else 0
    match step["step"]:
        case "submit":
            _explain(head, order, year, body, reason, today)
            operations.submit(head, order, year, body, version, today)
        case "return":
            operations.return_submission(reviewer, year, body.id, version, text)
        case "accept":
            operations.accept(reviewer, year, body, version, today)
        case "reopen":
            operations.reopen(reviewer, year, body.id, version, text)
        case "remark":
            target = RemarkTarget(*_first_justified(order, year, body, today)) if step.get("kept") else WHOLE_SHEET
            add_remark(reviewer, order, year, body.id, text, target)
        case other:
            raise ValueError(other)


def _explain(head: Viewer, order: Order, year: int, body: Body, reason: str, today: date) -> None:
    """Add the justification to every open warning."""
    for state in readiness(head, order, year, body, today).unfinished:
        for issue in state.issues:
            if issue.is_open and issue.severity == "warning":
                justify(head, order, year, body.id, state.organisation_id, issue.rule, issue.code, reason, today)


def _first_justified(order: Order, year: int, body: Body, today: date) -> tuple[int, str | None]:
    """Return the organisation's id and the code of the first answer with a justified warning."""
    states = readiness(SYSTEM, order, year, body, today).progress.organisations.values()
    return next((state.organisation_id, issue.code) for state in states for issue in state.issues if issue.justification)
