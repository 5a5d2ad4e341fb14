"""Reads of messages, each kept to what its viewer is told of and may still see; who is to be told; what is to be mailed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from evaluation.accounts.models import Account, AccountBody
from evaluation.criteria.model import Order
from evaluation.database import Statement, db, tuples
from evaluation.notifications.models import Message
from evaluation.pagination import Page
from evaluation.policy import BODY_ROLES, Action, Role, Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Body, Organisation, ReportingYear
from evaluation.registry.queries import visible
from evaluation.submissions.models import OPEN_STATUSES, Submission

REGION_DIGITS = 2
"""Of a KATO code: they name the region."""


@dataclass(frozen=True)
class Told:
    """A message with what it is about. `order` is None where the criteria file of its year is missing."""

    message: Message
    body: Body
    organisation: Organisation | None
    order: Order | None


def people_of(viewer: Viewer, body_id: int) -> dict[int, str]:
    """Account id → e-mail address of the active clerks and heads of a body. Raises Forbidden."""
    viewer.require(Action.VIEW, body_id)
    statement = select(Account.id, Account.email).join(AccountBody, AccountBody.account_id == Account.id)
    return dict(tuples(statement.where(AccountBody.body_id == body_id, Account.role.in_(BODY_ROLES), Account.active.is_(True))))


def reviewers_of(viewer: Viewer, body_id: int) -> dict[int, str]:
    """Account id → e-mail address of the active reviewers of a body: those of its region, else those of the country.

    Raises Forbidden.
    """
    viewer.require(Action.VIEW, body_id)
    higher = aliased(Body)
    # A body without a code of its own stands in the region of its higher body, as in the list of bodies.
    place = select(func.coalesce(Body.kato, higher.kato)).outerjoin(higher, higher.id == Body.parent_id).where(Body.id == body_id)
    region = (db.session.scalar(place) or "")[:REGION_DIGITS]
    everyone = select(Account.id, Account.email).where(Account.role == Role.REVIEWER, Account.active.is_(True))
    near = dict(tuples(everyone.where(Account.region == region))) if region else {}
    return near or dict(tuples(everyone.where(Account.region.is_(None))))


def unread(viewer: Viewer) -> int:
    """How many messages the viewer has not read. Raises Forbidden."""
    viewer.require(Action.ACCOUNT)
    statement = select(func.count()).where(Message.account_id == viewer.account_id, Message.read_at.is_(None))
    if viewer.bodies is not None:
        statement = statement.where(Message.body_id.in_(viewer.bodies))
    return db.session.scalar(statement) or 0


def inbox(viewer: Viewer, unread_only: bool = False, page: int = 1) -> Page[Told]:
    """The viewer's messages, the newest first. Raises Forbidden."""
    viewer.require(Action.ACCOUNT)
    statement = visible(_told(), viewer).where(Message.account_id == viewer.account_id)
    if unread_only:
        statement = statement.where(Message.read_at.is_(None))
    return Page.from_rows(statement.order_by(Message.id.desc()), page).map(_made)


def message(viewer: Viewer, message_id: int) -> Told | None:
    """One of the viewer's messages; None where it is another's, or about a body that the viewer may no longer know of."""
    viewer.require(Action.ACCOUNT)
    statement = visible(_told(), viewer).where(Message.account_id == viewer.account_id, Message.id == message_id)
    found = db.session.execute(statement).first()
    return _made(found) if found else None


def _told() -> Statement:
    return (
        select(Message, Body, Organisation, ReportingYear.order_code)
        .join(Body, Body.id == Message.body_id)
        .join(ReportingYear, ReportingYear.year == Message.year)
        .outerjoin(Organisation, Organisation.id == Message.organisation_id)
    )


def _made(row: Any) -> Told:
    return Told(row[0], row[1], row[2], registry.orders().get(row[3]))


def waiting(viewer: Viewer, claimed_before: datetime, untried: bool = False) -> list[int]:
    """The messages whose mail waits and that nobody is sending: claimed by nobody, or so long ago that they died over it.

    Those that were tried least often come first, so that none holds up the others. Raises Forbidden.
    """
    viewer.require(Action.MANAGE_ACCOUNTS)
    free = or_(Message.claimed_at.is_(None), Message.claimed_at < claimed_before)
    statement = select(Message.id).where(Message.mail == "waiting", free).order_by(Message.tries, Message.id)
    return list(db.session.scalars(statement.where(Message.tries == 0) if untried else statement))


def addressed(viewer: Viewer, message_ids: Collection[int]) -> list[tuple[Told, Account]]:
    """Of these messages each with whom it is for, in their order. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    statement = visible(_told().add_columns(Account).join(Account, Account.id == Message.account_id), viewer)
    found = {row[0].id: (_made(row), row[4]) for row in db.session.execute(statement.where(Message.id.in_(message_ids)))}
    return [found[id_] for id_ in message_ids if id_ in found]


def handed_over(viewer: Viewer, year: int) -> frozenset[int]:
    """The ids of the bodies that can change nothing of the year: it is handed over or accepted."""
    statement = select(Body.id).join(Submission, Submission.body_id == Body.id)
    statement = visible(statement.where(Submission.year == year, Submission.status.not_in(OPEN_STATUSES)), viewer)
    return frozenset(db.session.scalars(statement))
