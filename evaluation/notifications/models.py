"""The table of messages."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from evaluation.accounts.models import Account
from evaluation.clock import now
from evaluation.database import Base

KINDS = ("submitted", "returned", "accepted", "reopened", "remark", "deadline")
MAIL_STATES = ("none", "waiting", "sent", "failed")
"""No mail goes: none is set up, or it leads nowhere; it waits to be sent; the server has it; it is given up."""

UNREAD = text("read_at IS NULL")


class Message(Base):
    """One thing that one person is told of, once; its words are made of it in the reader's language.

    It may point to a cell: `organisation_id` and `code`. `once` names what must be told a single time, such as a reminder.
    `tries` counts the attempts to send it; while `claimed_at` is fresh, a process is sending it and no other one may.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("account_id", "once"),
        Index("ix_message_account", "account_id", "id"),
        # The head of every page counts by it.
        Index("ix_message_unread", "account_id", sqlite_where=UNREAD, postgresql_where=UNREAD),
        Index("ix_message_mail", "mail"),
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint(f"mail IN {MAIL_STATES}", name="mail"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    kind: Mapped[str] = mapped_column(String(16))
    year: Mapped[int] = mapped_column(ForeignKey("reporting_year.year"))
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    code: Mapped[str | None] = mapped_column(String(64))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    once: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(default=now)
    read_at: Mapped[datetime | None]
    mail: Mapped[str] = mapped_column(String(16), default="none", server_default="none")
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    claimed_at: Mapped[datetime | None]
