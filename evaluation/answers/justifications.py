"""Keeping an answer that looks odd by a typed reason, which the reviewer sees; and taking the reason back."""

from datetime import date
from typing import Any

from evaluation.answers import queries, values
from evaluation.answers.models import Justification
from evaluation.answers.progress.queries import body_state, justifications
from evaluation.answers.save import UnknownCell
from evaluation.audit import operations as record
from evaluation.audit.operations import NewEvent
from evaluation.clock import now
from evaluation.criteria.model import Order
from evaluation.database import db, hold, insert_unless_there, table_of
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.policy import Action, Viewer
from evaluation.submissions.locks import require_open

LEAST, MOST = 10, 2000
"""Characters of a reason: a word such as "so" says nothing, and pages of text are not read."""
JUSTIFIED, WITHDRAWN = "justified", "justification_withdrawn"

GONE = N_("This warning no longer stands: the answer was changed meanwhile.")
ERROR = N_("This is an error, and a reason does not mend it. Correct the answers.")
SHORT = N_("Write the reason in at least %(least)s characters: the reviewer reads it.")
LONG = N_("The reason is longer than %(limit)s characters. Shorten it.")


class Unjustifiable(EvaluationError):
    """There is nothing here to give a reason for, or the reason is no reason."""


def justify(
    viewer: Viewer,
    order: Order,
    year: int,
    body_id: int,
    organisation_id: int,
    rule: str,
    code: str | None,
    reason: str,
    today: date,
) -> None:
    """Keep a warning by a reason; another reason replaces it; the caller commits.

    `code` is the warning's cell, None or empty for one of the organisation as a whole. Raises Forbidden; Locked where the year
    takes no changes on the day; UnknownCell where the body has no such organisation; Unjustifiable where no such warning stands,
    where it is an error, and where the reason is too short or too long.
    """
    _may_change(viewer, year, body_id, organisation_id, today)
    typed = _reason(reason)
    value = _value(viewer, order, year, body_id, organisation_id, rule, code or None, today)
    key = {"year": year, "organisation_id": organisation_id, "rule": rule, "code": code or ""}
    given = {"value": value, "reason": typed, "given_by": viewer.name, "given_at": now()}
    if not insert_unless_there(db.session.connection(), table_of(Justification), key | given):
        stored = justifications(viewer, year, body_id)[organisation_id, rule, code or ""]
        if (stored.value, stored.reason) == (value, typed):
            return
        for name, new in given.items():
            setattr(stored, name, new)
        db.session.flush()
    _record(viewer, JUSTIFIED, key, body_id, value, typed)


def withdraw(
    viewer: Viewer, year: int, body_id: int, organisation_id: int, rule: str, code: str | None, today: date | None = None
) -> None:
    """Take a reason back; nothing happens where none was given; the caller commits. Raises Forbidden, Locked, UnknownCell.

    `today` is as of :func:`evaluation.answers.save.save`.
    """
    _may_change(viewer, year, body_id, organisation_id, today)
    stored = justifications(viewer, year, body_id).get((organisation_id, rule, code or ""))
    if stored is None:
        return
    key = {"year": year, "organisation_id": organisation_id, "rule": rule, "code": code or ""}
    _record(viewer, WITHDRAWN, key, body_id, stored.value, stored.reason)
    db.session.delete(stored)
    db.session.flush()


def _may_change(viewer: Viewer, year: int, body_id: int, organisation_id: int, today: date | None) -> None:
    viewer.require(Action.EDIT, body_id)
    hold(body_id, year)
    report = queries.held(viewer, year, [organisation_id]).get(organisation_id)
    if report is None or report.body_id != body_id:
        raise UnknownCell(f"organisation {organisation_id} in {year}")
    require_open(report.state, year, report.term, today)


def _reason(given: str) -> str:
    typed = values.INVISIBLE.sub("", given).strip()
    if len(values.SPACES.sub(" ", typed)) < LEAST:
        raise Unjustifiable(SHORT, least=LEAST)
    if len(typed) > MOST:
        raise Unjustifiable(LONG, limit=MOST)
    return typed


def _value(
    viewer: Viewer, order: Order, year: int, body_id: int, organisation_id: int, rule: str, code: str | None, today: date
) -> Any:
    """What stands in the cell of a warning that there is. Raises Unjustifiable."""
    state = body_state(viewer, order, year, body_id, today, [organisation_id])
    found = state.organisations.get(organisation_id)
    finding = next((each for each in found.findings if (each.rule, each.code) == (rule, code)), None) if found else None
    if finding is None:
        raise Unjustifiable(GONE)
    if finding.severity == "error":
        raise Unjustifiable(ERROR)
    return finding.value


def _record(viewer: Viewer, action: str, key: dict[str, Any], body_id: int, value: Any, reason: str) -> None:
    data = {"rule": key["rule"], "code": key["code"], "value": value, "reason": reason}
    record.write(viewer, [NewEvent(action, key["year"], body_id, key["organisation_id"], data)])
