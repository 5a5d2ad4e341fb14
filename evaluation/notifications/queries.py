"""Reads notifications, each scoped by its viewer, their recipients, and the mail that waits."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from evaluation.accounts.models import Account, AccountBody
from evaluation.criteria.model import Order
from evaluation.database import Statement, db, fetch_rows
from evaluation.notifications.models import Notification
from evaluation.pagination import Page
from evaluation.policy import BODY_ROLES, Action, Role, Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Body, Organisation, ReportingYear
from evaluation.registry.queries import visible
from evaluation.submissions.models import OPEN_STATUSES, Submission

REGION_DIGITS = 2
"""Digits of a KATO code that name the region."""


@dataclass(frozen=True)
class NotificationView:
    """A notification with what it concerns. `order` is None if the criteria file of its year is missing.

    `body` is None for a notification of a background job.
    """

    notification: Notification
    body: Body | None
    organisation: Organisation | None
    order: Order | None


def body_recipients(viewer: Viewer, body_id: int, roles: Collection[Role] = BODY_ROLES) -> dict[int, str]:
    """Return account id → e-mail address of the active clerks and heads of a body, or of these roles. Raises Forbidden."""
    viewer.require(Action.VIEW, body_id)
    statement = select(Account.id, Account.email).join(AccountBody, AccountBody.account_id == Account.id)
    return dict(fetch_rows(statement.where(AccountBody.body_id == body_id, Account.role.in_(roles), Account.active.is_(True))))


def recipients_of_bodies(viewer: Viewer, body_ids: Collection[int]) -> list[tuple[int, int, str]]:
    """Return (body id, account id, e-mail address) of the active clerks and heads of these bodies that the viewer can see."""
    statement = (
        select(Body.id, Account.id, Account.email)
        .join(AccountBody, AccountBody.body_id == Body.id)
        .join(Account, Account.id == AccountBody.account_id)
        .where(Account.role.in_(BODY_ROLES), Account.active.is_(True))
    )
    return [tuple(row) for row in fetch_rows(visible(statement, viewer)) if row[0] in body_ids]


def reviewer_recipients(viewer: Viewer, body_id: int) -> dict[int, str]:
    """Return account id → e-mail address of the active reviewers of a body's region, of the country if the region has none.

    Raises Forbidden.
    """
    viewer.require(Action.VIEW, body_id)
    higher = aliased(Body)
    # A body without a KATO code belongs to the region of its higher body, as in the list of bodies.
    kato = select(func.coalesce(Body.kato, higher.kato)).outerjoin(higher, higher.id == Body.parent_id).where(Body.id == body_id)
    region = (db.session.scalar(kato) or "")[:REGION_DIGITS]
    reviewers = select(Account.id, Account.email).where(Account.role == Role.REVIEWER, Account.active.is_(True))
    of_region = dict(fetch_rows(reviewers.where(Account.region == region))) if region else {}
    return of_region or dict(fetch_rows(reviewers.where(Account.region.is_(None))))


def unread_count(viewer: Viewer) -> int:
    """Return the number of the viewer's unread notifications. Raises Forbidden."""
    viewer.require(Action.ACCOUNT)
    parameters = {"account": viewer.account_id}
    if viewer.bodies is None:
        return db.session.scalar(_unread_count(), parameters) or 0
    is_visible = or_(Notification.body_id.in_(viewer.bodies), Notification.body_id.is_(None))
    return db.session.scalar(_unread_count().where(is_visible), parameters) or 0


@cache
def _unread_count() -> Select[int]:
    """Return the statement of :func:`unread_count`, built once: the header of every page executes it."""
    unread = (Notification.account_id == bindparam("account"), Notification.read_at.is_(None))
    return select(func.count()).where(*unread)


def inbox(viewer: Viewer, unread_only: bool = False, page: int = 1) -> Page[NotificationView]:
    """Return a page of the viewer's notifications, the newest first. Raises Forbidden."""
    viewer.require(Action.ACCOUNT)
    statement = _visible(_notifications(), viewer).where(Notification.account_id == viewer.account_id)
    if unread_only:
        statement = statement.where(Notification.read_at.is_(None))
    return Page.from_rows(statement.order_by(Notification.id.desc()), page).map(_view)


def notification(viewer: Viewer, notification_id: int) -> NotificationView | None:
    """Return one of the viewer's notifications; None for another person's or one of a body that the viewer can no longer see."""
    viewer.require(Action.ACCOUNT)
    statement = _visible(_notifications(), viewer).where(
        Notification.account_id == viewer.account_id, Notification.id == notification_id
    )
    row = db.session.execute(statement).first()
    return _view(row) if row else None


def _notifications() -> Statement:
    return (
        select(Notification, Body, Organisation, ReportingYear.order_code)
        .outerjoin(Body, Body.id == Notification.body_id)
        .outerjoin(ReportingYear, ReportingYear.year == Notification.year)
        .outerjoin(Organisation, Organisation.id == Notification.organisation_id)
    )


def _visible(statement: Statement, viewer: Viewer) -> Statement:
    """Restrict notifications to those of bodies that the viewer can see, and those that concern no body."""
    if viewer.bodies is None:
        return statement
    return statement.where(or_(Body.id.in_(viewer.bodies), Notification.body_id.is_(None)))


def _view(row: Any) -> NotificationView:
    return NotificationView(row[0], row[1], row[2], registry.orders().get(row[3]) if row[3] else None)


def waiting_mail(viewer: Viewer, claimed_before: datetime, only_new: bool = False) -> list[int]:
    """Return the ids of the notifications whose mail waits and is not claimed, or was claimed before a time.

    The ones with the fewest attempts come first, so that a failing mail delays no other one. Raises Forbidden.
    """
    viewer.require(Action.MANAGE_ACCOUNTS)
    is_unclaimed = or_(Notification.claimed_at.is_(None), Notification.claimed_at < claimed_before)
    statement = (
        select(Notification.id)
        .where(Notification.mail_status == "waiting", is_unclaimed)
        .order_by(Notification.attempts, Notification.id)
    )
    return list(db.session.scalars(statement.where(Notification.attempts == 0) if only_new else statement))


def with_recipients(viewer: Viewer, notification_ids: Collection[int]) -> list[tuple[NotificationView, Account]]:
    """Return these notifications with their recipients' accounts, in the order of the ids. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    statement = _visible(_notifications().add_columns(Account).join(Account, Account.id == Notification.account_id), viewer)
    views = {
        row[0].id: (_view(row), row[4]) for row in db.session.execute(statement.where(Notification.id.in_(notification_ids)))
    }
    return [views[id_] for id_ in notification_ids if id_ in views]


def workflow_of_bodies(viewer: Viewer, year: int) -> dict[int, tuple[bool, date | None]]:
    """Return body id → whether its year is open, and the day to correct it by; bodies that never submitted are left out."""
    statement = select(Body.id, Submission.status, Submission.correct_by).join(Submission, Submission.body_id == Body.id)
    rows = db.session.execute(visible(statement.where(Submission.year == year), viewer))
    return {body_id: (status in OPEN_STATUSES, correct_by) for body_id, status, correct_by in rows}
