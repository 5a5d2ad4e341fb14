"""Notifies people and marks notifications as read."""

from collections.abc import Collection, Mapping
from typing import Any, Literal

from sqlalchemy import insert, update

from evaluation.accounts.models import Account
from evaluation.accounts.queries import DEMONSTRATION_DOMAIN
from evaluation.clock import now
from evaluation.configuration import configuration
from evaluation.database import db, insert_if_absent, table_of
from evaluation.jobs.models import Job
from evaluation.jobs.operations import start_after_commit
from evaluation.notifications.models import Notification
from evaluation.notifications.outbox import KIND as MAIL
from evaluation.notifications.queries import body_recipients, recipients_of_bodies, reviewer_recipients
from evaluation.policy import BODY_ROLES, Action, Forbidden, Role, Viewer


def notify(
    viewer: Viewer,
    kind: str,
    year: int,
    body_id: int,
    organisation_id: int | None = None,
    code: str | None = None,
    data: Mapping[str, Any] | None = None,
    dedup_key: str | None = None,
    recipients: Literal["body", "heads", "reviewers"] = "body",
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
        data: The values of the text (:mod:`evaluation.notifications.content`): none for `submitted` and `ready`, "reason" and a
            day "correct_by" for `returned` and `reopened`, "revision" for `accepted`, "text" for a `remark` and "reply": true if
            it is a reply.
        dedup_key: Nobody is notified twice with the same key.
        recipients: `body`: the body's active clerks and heads; `heads`: its active heads; `reviewers`: the active reviewers of
            its region, or of the country if the region has none.
        excluded_account_id: The account of the person who acts.
        send_mail: Start sending the mail after the commit; without it the mail waits for the caller to send it.

    Returns:
        The ids of the notified accounts.

    Raises:
        Forbidden: The viewer may not see the body.
    """
    if recipients == "reviewers":
        accounts = reviewer_recipients(viewer, body_id)
    else:
        accounts = body_recipients(viewer, body_id, BODY_ROLES if recipients == "body" else (Role.HEAD,))
    notified = []
    for account_id, email in sorted(accounts.items()):
        if account_id == excluded_account_id:
            continue
        row = _row(viewer, kind, year, body_id, account_id, email, data)
        row |= {"organisation_id": organisation_id, "code": code, "dedup_key": dedup_key}
        if insert_if_absent(db.session.connection(), table_of(Notification), row):
            notified.append(account_id)
    if notified and send_mail:
        _send_mail()
    return notified


def notify_of_job(viewer: Viewer, job: Job) -> None:
    """Notify the person who started a background job that it has ended; nobody, if it is the product's own. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    account = db.session.get(Account, job.account_id) if job.account_id is not None else None
    if account is not None and account.active:
        data = {"job_kind": job.kind, "status": job.status, "parameters": job.parameters}
        row = _row(viewer, "job", None, None, account.id, account.email, data) | {"job_id": job.id}
        if insert_if_absent(db.session.connection(), table_of(Notification), row | {"dedup_key": f"job:{job.id}"}):
            _send_mail()


def notify_owner(viewer: Viewer, account: Account, event: str, data: Mapping[str, str] | None = None) -> None:
    """Notify a person of what happened to their account.

    Args:
        viewer: Who acts: the owner or an administrator.
        account: The account.
        event: A key of :data:`evaluation.notifications.content.ACCOUNT_TITLES`.
        data: Facts by keys of :data:`evaluation.notifications.content.ACCOUNT_LABELS`; nothing secret.

    Raises:
        Forbidden: The viewer is neither.
    """
    is_owner = viewer.account_id == account.id
    viewer.require(Action.ACCOUNT if is_owner else Action.MANAGE_ACCOUNTS)
    facts = {"event": event, **{key: value for key, value in (data or {}).items() if value}}
    row = _row(viewer, "account", None, None, account.id, account.email, facts | ({"by": ""} if is_owner else {}))
    db.session.execute(insert(table_of(Notification)).values(row))
    if row["mail_status"] == "waiting":
        _send_mail()


def notify_bodies(viewer: Viewer, kind: str, year: int, body_ids: Collection[int], data: Mapping[str, Any]) -> int:
    """Notify the active clerks and heads of many bodies of one event of a year; return the number of notifications.

    The arguments are those of :func:`notify`.
    """
    recipients = recipients_of_bodies(viewer, body_ids)
    if recipients:
        rows = [_row(viewer, kind, year, *recipient, data) for recipient in recipients]
        db.session.execute(insert(table_of(Notification)), rows)
        _send_mail()
    return len(recipients)


def _row(
    viewer: Viewer,
    kind: str,
    year: int | None,
    body_id: int | None,
    account_id: int,
    email: str,
    data: Mapping[str, Any] | None,
) -> dict[str, Any]:
    has_mail = bool(configuration().settings.smtp_url)
    return {
        "account_id": account_id,
        "kind": kind,
        "year": year,
        "body_id": body_id,
        "data": {"by": viewer.name} | dict(data or {}),
        "at": now(),
        # The addresses of the demonstration's accounts do not exist.
        "mail_status": "waiting" if has_mail and not email.endswith(DEMONSTRATION_DOMAIN) else "none",
    }


def _send_mail() -> None:
    """Send the mail after the commit, if a mail server is configured."""
    if configuration().settings.smtp_url:
        start_after_commit(MAIL)


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
