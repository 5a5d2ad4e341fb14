"""Notifies people and marks notifications as read."""

from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy import update

from evaluation.accounts.queries import DEMONSTRATION_DOMAIN
from evaluation.clock import now
from evaluation.configuration import configuration
from evaluation.database import after_commit, db, insert_if_absent, table_of
from evaluation.notifications.models import Notification
from evaluation.notifications.queries import body_recipients, reviewer_recipients
from evaluation.policy import Action, Forbidden, Viewer


def notify(
    viewer: Viewer,
    kind: str,
    year: int,
    body_id: int,
    organisation_id: int | None = None,
    code: str | None = None,
    data: Mapping[str, Any] | None = None,
    dedup_key: str | None = None,
    recipients: Literal["body", "reviewers"] = "body",
    excluded_account_id: int | None = None,
    send_mail: bool = True,
) -> list[int]:
    """Notify people of what happened to a body's year, in the transaction in which it happens.

    Args:
        viewer: Who acts; the notification has their name.
        kind: One of :data:`evaluation.notifications.models.KINDS`.
        year: The reporting year.
        body_id: The body.
        organisation_id: With `code`, the answer that the notification concerns.
        code: The answer's code.
        data: The values of the text (:mod:`evaluation.notifications.content`): none for `submitted`, "reason" for `returned` and
            `reopened`, "revision" for `accepted`, "text" for a `remark` and "reply": true if it is a reply.
        dedup_key: Nobody is notified twice with the same key.
        recipients: `body`: the body's active clerks and heads; `reviewers`: the active reviewers of its region, or of the country
            if the region has none.
        excluded_account_id: The account of the person who acts.
        send_mail: Start sending the mail after the commit; without it the mail waits for the caller to send it.

    Returns:
        The ids of the notified accounts.

    Raises:
        Forbidden: The viewer may not see the body.
    """
    accounts = body_recipients(viewer, body_id) if recipients == "body" else reviewer_recipients(viewer, body_id)
    has_mail, notified = bool(configuration().settings.smtp_url), []
    for account_id, email in sorted(accounts.items()):
        if account_id == excluded_account_id:
            continue
        row = {
            "account_id": account_id,
            "kind": kind,
            "year": year,
            "body_id": body_id,
            "organisation_id": organisation_id,
            "code": code,
            "data": {"by": viewer.name} | dict(data or {}),
            "dedup_key": dedup_key,
            "at": now(),
            # The addresses of the demonstration's accounts do not exist.
            "mail_status": "waiting" if has_mail and not email.endswith(DEMONSTRATION_DOMAIN) else "none",
        }
        if insert_if_absent(db.session.connection(), table_of(Notification), row):
            notified.append(account_id)
    if notified and has_mail and send_mail:
        after_commit(configuration().wake_mail_worker)
    return notified


def mark_as_read(viewer: Viewer, notification: Notification) -> None:
    """Mark a notification of the viewer as read.

    Raises:
        Forbidden: It is not the viewer's.
    """
    viewer.require(Action.ACCOUNT)
    if notification.account_id != viewer.account_id:
        raise Forbidden(f"{viewer.name!r} may not read the notification {notification.id}")
    if notification.read_at is None:
        notification.read_at = now()
        db.session.flush()


def mark_all_as_read(viewer: Viewer) -> None:
    """Mark all notifications of the viewer as read. Raises Forbidden."""
    viewer.require(Action.ACCOUNT)
    unread = update(Notification).where(Notification.account_id == viewer.account_id, Notification.read_at.is_(None))
    db.session.execute(unread.values(read_at=now()))
