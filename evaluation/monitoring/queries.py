"""Reads of what an operator watches. They count; they return no data of people or bodies."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import exists, func, literal, or_, select

from evaluation.audit.verification.queries import head_rows
from evaluation.clock import MAX_CLOCK_SKEW, now
from evaluation.database import db, fetch_rows
from evaluation.jobs.models import ACTIVE_STATUSES, RUNNING, WAITING, Job, JobPart, JobWorker
from evaluation.notifications.models import MAIL_STATUSES, NO_MAIL, Notification
from evaluation.policy import Action, Viewer
from evaluation.results.models import STALE, BodyResult

SIGN_OF_LIFE = timedelta(minutes=3)
"""How old the last sign of life of a worker may be; workers give one each minute, unless all of them are busy."""


def is_database_reachable(viewer: Viewer) -> bool:
    """Return whether the database answers; raises its error if it does not. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    return db.session.scalar(select(literal(1))) == 1


def has_live_worker(viewer: Viewer) -> bool:
    """Return whether workers of any computer live: they looked for jobs lately, or extend the lease of one. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    at = now()
    is_looking = exists().where(JobWorker.seen_at.between(at - SIGN_OF_LIFE, at + MAX_CLOCK_SKEW))
    is_working = exists().where(JobPart.status == RUNNING, JobPart.leased_until >= at)
    return bool(db.session.scalar(select(or_(is_looking, is_working))))


def active_jobs(viewer: Viewer) -> dict[str, int]:
    """Return the number of background jobs by status, of those that have not ended. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    counts = select(Job.status, func.count()).where(Job.status.in_(ACTIVE_STATUSES)).group_by(Job.status)
    return dict.fromkeys(ACTIVE_STATUSES, 0) | dict(fetch_rows(counts))


def oldest_waiting_job(viewer: Viewer) -> datetime | None:
    """Return when the job that waits longest was started. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    return db.session.scalar(select(func.min(Job.created_at)).where(Job.status == WAITING))


def mail_counts(viewer: Viewer) -> Mapping[str, int]:
    """Return the number of mails by status: waiting, sent, failed. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    counts = select(Notification.mail_status, func.count()).group_by(Notification.mail_status)
    stored = dict(fetch_rows(counts))
    return {status: stored.get(status, 0) for status in MAIL_STATUSES if status != NO_MAIL}


def stale_results(viewer: Viewer) -> int:
    """Return the number of stored results that are stale. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    return db.session.scalar(select(func.count()).select_from(BodyResult).where(STALE)) or 0


def chain_heads(viewer: Viewer) -> list[tuple[int, int, str, str, str]]:
    """Return chain, number, hash, seal and time of the head of each chain of the audit log. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    return [tuple(row) for row in head_rows(viewer, db.session.connection())]
