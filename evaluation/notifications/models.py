"""The table of notifications."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from evaluation.accounts.models import Account
from evaluation.clock import now
from evaluation.database import Base

KINDS = (
    "submitted",
    "returned",
    "accepted",
    "reopened",
    "remark",
    "deadline",
    "opened",
    "rescheduled",
    "extended",
    "ready",
    "job",
    "account",
)
NO_MAIL = "none"
MAIL_STATUSES = (NO_MAIL, "waiting", "sent", "failed")
"""No mail is sent (no server is configured, or the address does not exist); it waits; the server has accepted it; it failed."""

UNREAD = text("read_at IS NULL")
SUBJECT = (
    "CASE WHEN kind = 'account' THEN job_id IS NULL AND body_id IS NULL AND year IS NULL "
    "ELSE (job_id IS NULL) = (body_id IS NOT NULL AND year IS NOT NULL) END"
)
"""A notification concerns a body's year or a job, or the person's own account."""


class Notification(Base):
    """A notification of one person, with the state of its mail; its text is made in the reader's language.

    It concerns a body's year, a background job (`job_id`) or, with the kind `account`, the person's own account.
    `organisation_id` and `code` name the answer that it concerns, if any. A person has one notification of each `dedup_key`, such
    as a reminder. `attempts` counts the attempts to send the mail. While `claimed_at` is recent, a process is sending it.
    """

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("account_id", "dedup_key"),
        Index("ix_notification_account", "account_id", "id"),
        # The header of every page counts the unread notifications.
        Index("ix_notification_unread", "account_id", sqlite_where=UNREAD, postgresql_where=UNREAD),
        Index("ix_notification_mail_status", "mail_status"),
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint(SUBJECT, name="subject"),
        CheckConstraint(f"mail_status IN {MAIL_STATUSES}", name="mail_status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    kind: Mapped[str] = mapped_column(String(16))
    # A year that was opened by mistake is removed with its notifications.
    year: Mapped[int | None] = mapped_column(ForeignKey("reporting_year.year", ondelete="CASCADE"))
    body_id: Mapped[int | None] = mapped_column(ForeignKey("body.id"))
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    code: Mapped[str | None] = mapped_column(String(64))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    dedup_key: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(default=now)
    read_at: Mapped[datetime | None]
    mail_status: Mapped[str] = mapped_column(String(16), default=NO_MAIL, server_default=NO_MAIL)
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    claimed_at: Mapped[datetime | None]
