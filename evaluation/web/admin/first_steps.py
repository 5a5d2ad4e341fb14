"""The administrator's first steps in an empty database, each with whether it is done."""

from dataclasses import dataclass

from flask import url_for

from evaluation.accounts import queries as accounts
from evaluation.language import N_
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.admin import queries


@dataclass(frozen=True)
class FirstStep:
    """A step: its label and explanation (message ids), the address of its page, and whether it is done."""

    label: str
    explanation: str
    url: str
    is_done: bool


def first_steps(viewer: Viewer) -> list[FirstStep]:
    """Return the steps from an empty database to the first answers, in their order. Raises Forbidden."""
    return [
        FirstStep(
            N_("Open a reporting year"),
            N_("With the redaction of the Order that applies to it, the first day of data entry and the deadline."),
            url_for("registry.years"),
            bool(registry.years()),
        ),
        FirstStep(
            N_("Bring in the registry"),
            N_(
                "The bodies and their organisations: download the registry workbook, fill it in and send it, or enter them one "
                "by one."
            ),
            url_for("registry.workbook"),
            queries.has_organisations(viewer),
        ),
        FirstStep(
            N_("Add people"),
            N_("Clerks and heads of the bodies, and reviewers: one by one, or all at once from a table."),
            url_for("people.people"),
            accounts.has_accounts(viewer),
        ),
    ]
