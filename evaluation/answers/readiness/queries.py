"""Reads of where a body's year stands, each within what its viewer may see."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import select

from evaluation.accounts.models import Account, AccountBody
from evaluation.answers import queries as collection
from evaluation.answers.progress.model import BodyState
from evaluation.answers.progress.queries import body_state
from evaluation.answers.readiness.model import LastYear, Readiness
from evaluation.criteria.expressions import codes
from evaluation.criteria.model import Order
from evaluation.database import db
from evaluation.policy import Role, Viewer
from evaluation.registry.models import Body, ReportingYear
from evaluation.registry.queries import visible
from evaluation.scoring.conditions import certain, evaluate, imply
from evaluation.submissions.models import Submission
from evaluation.submissions.status import Standing, standing_at


def submission(viewer: Viewer, year: int, body_id: int) -> Submission | None:
    """Where a body's year stands, as the database has it now; None for a draft that was never handed over."""
    statement = select(Submission).join(Body, Body.id == Submission.body_id)
    statement = visible(statement.where(Submission.year == year, Body.id == body_id), viewer)
    found: Submission | None = db.session.scalar(statement.execution_options(populate_existing=True))
    return found


def standings(viewer: Viewer, bodies: Iterable[Body], years: Iterable[ReportingYear]) -> list[Standing]:
    """Where each of these years of each of these bodies stands; those on whose last day the body was not there are left out."""
    given, found = list(years), [each for each in bodies if viewer.sees(each.id)]
    statement = select(Submission).where(Submission.year.in_([each.year for each in given]))
    statement = statement.where(Submission.body_id.in_([each.id for each in found]))
    stored = {(each.year, each.body_id): each for each in db.session.scalars(statement)}
    return [
        standing_at(year, body.id, stored.get((year.year, body.id)))
        for body in found
        for year in given
        if body.had_begun(year.year) and (body.closed_on is None or body.closed_on >= date(year.year, 12, 31))
    ]


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
    declared = collection.declared_by(viewer, year, body.id)
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
