"""Reads of where a body's year stands, each within what its viewer may see."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import select

from evaluation.accounts.models import Account, AccountBody
from evaluation.collection import queries as collection
from evaluation.collection.models import DeclaredCount, Submission
from evaluation.collection.state.model import BodyState
from evaluation.collection.state.queries import body_state
from evaluation.collection.submission.model import LastYear, Readiness
from evaluation.criteria.expressions import codes
from evaluation.criteria.model import Order
from evaluation.database import db, tuples
from evaluation.policy import Role, Viewer
from evaluation.record.models import Event
from evaluation.registry.models import Body
from evaluation.registry.queries import visible
from evaluation.scoring.conditions import certain, evaluate, imply

DECLARED = "declared"
RECENT = 200


def submission(viewer: Viewer, year: int, body_id: int) -> Submission | None:
    """Where a body's year stands, as the database has it now; None for a draft that was never handed over."""
    statement = select(Submission).join(Body, Body.id == Submission.body_id)
    statement = visible(statement.where(Submission.year == year, Body.id == body_id), viewer)
    found: Submission | None = db.session.scalar(statement.execution_options(populate_existing=True))
    return found


def states(viewer: Viewer, year: int, body_ids: Iterable[int]) -> dict[int, str]:
    """Body id → state of the year, of those of these bodies that are no plain drafts."""
    statement = select(Submission.body_id, Submission.state).join(Body, Body.id == Submission.body_id)
    return dict(tuples(visible(statement.where(Submission.year == year, Body.id.in_(list(body_ids))), viewer)))


def heads(viewer: Viewer, body_id: int) -> list[str]:
    """The names of those who may hand the body's year over."""
    statement = (
        select(Account.name)
        .join(AccountBody, AccountBody.account_id == Account.id)
        .join(Body, Body.id == AccountBody.body_id)
        .where(Body.id == body_id, Account.role == Role.HEAD.value, Account.active.is_(True))
    )
    return list(db.session.scalars(visible(statement, viewer).order_by(Account.name)))


def readiness(viewer: Viewer, order: Order, year: int, body: Body, today: date) -> Readiness:
    """What remains to be done before the body's year can be handed over."""
    state = body_state(viewer, order, year, body.id, today)
    return Readiness(state, tuple(last_year(viewer, order, year, body, state)))


def last_year(viewer: Viewer, order: Order, year: int, body: Body, state: BodyState) -> list[LastYear]:
    """The counts of the year before that the kinds of the body's organisations are scored by, in the form's order."""
    scored = [
        (table.kind, criterion, field)
        for table in order.form.tables
        for criterion, field in order.declared()
        if table.kind in state.totals and criterion.code in {row.criterion for row in table.scored_rows}
    ]
    if not scored:
        return []
    counted = collection.counted(viewer, year - 1, [body.id])
    declared = declared_by(viewer, year, body.id)
    breaches = _breaches(viewer, order, year, body.id, [criterion.code for _, criterion, _ in scored])
    return [
        LastYear(
            kind,
            criterion,
            field,
            counted.get((body.bin, kind, criterion.code)),
            declared.get((kind, criterion.code)),
            (kind, criterion.code) in breaches,
        )
        for kind, criterion, field in scored
    ]


def declared_by(viewer: Viewer, year: int, body_id: int) -> dict[tuple[str, str], int]:
    """What a body declares of the year before `year`, by kind and criterion."""
    statement = select(DeclaredCount.kind, DeclaredCount.criterion, DeclaredCount.count)
    statement = statement.join(Body, Body.id == DeclaredCount.body_id).where(DeclaredCount.year == year, Body.id == body_id)
    return {(kind, criterion): count for kind, criterion, count in tuples(visible(statement, viewer))}


def last_declaration(viewer: Viewer, year: int, body_id: int, key: str) -> tuple[str, datetime] | None:
    """Who declared a figure last, and when; `key` as the record has it."""
    statement = select(Event).where(Event.body_id == body_id, Event.year == year, Event.action == DECLARED)
    if viewer.bodies is not None:
        statement = statement.where(Event.body_id.in_(viewer.bodies))
    for event in db.session.scalars(statement.order_by(Event.id.desc()).limit(RECENT)):
        if key in event.data:
            return event.actor, event.at
    return None


def _breaches(viewer: Viewer, order: Order, year: int, body_id: int, criteria: Iterable[str]) -> set[tuple[str, str]]:
    """(kind, criterion) of those of these criteria that an organisation of the body is surely in breach of."""
    wanted = [order.criterion[code] for code in dict.fromkeys(criteria)]
    only = order.needed_for(frozenset().union(*(codes(criterion.breach) for criterion in wanted)))
    found = set()
    for kind, frame in collection.reports(viewer, order, year, [body_id], only).items():
        filled = imply(order, kind, frame)
        for criterion in wanted:
            if codes(criterion.breach) <= set(filled.columns) and certain(evaluate(order, criterion.breach, filled)).any():
                found.add((kind, criterion.code))
    return found
