"""Tables of the workflow state of a body and year."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from evaluation.accounts.models import Account
from evaluation.clock import now
from evaluation.database import Base

DRAFT, SUBMITTED, RETURNED, ACCEPTED, REOPENED = "draft", "submitted", "returned", "accepted", "reopened"
STATES = (DRAFT, SUBMITTED, RETURNED, ACCEPTED, REOPENED)
"""Of a body's year; see :class:`Submission`. The record's events of its steps are named as the state that each leads to."""
OPEN_STATES = (DRAFT, RETURNED, REOPENED)
"""Those in which the body may change its answers."""


class Submission(Base):
    """One body's year on its way: draft → submitted → returned → submitted … → accepted → reopened → submitted …

    A body's year without a line is a draft. `nil` says that the body has no organisations to report on. `version` grows with
    every step; `round` counts the hand-overs, `revision` the acceptances. `submitted_*` tell of the latest hand-over and stay
    when the year is returned; `first_submitted_on` is the day (Asia/Almaty) of the first one, by which lateness is counted.
    `accepted_id` and `frozen_id` are of the sheet in force, and of no other state than accepted. `reason` says why the year was
    returned or reopened. Accounts are named by id and by the name they bore then.
    """

    __tablename__ = "submission"
    __table_args__ = (
        UniqueConstraint("year", "body_id"),
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("(state = 'accepted') = (frozen_id IS NOT NULL)", name="accepted_is_frozen"),
        CheckConstraint("(state = 'accepted') = (accepted_id IS NOT NULL)", name="accepted_by"),
        CheckConstraint(
            "state = 'draft' OR (submitted_id IS NOT NULL AND submitted_at IS NOT NULL AND first_submitted_on IS NOT NULL)",
            name="submitted",
        ),
        CheckConstraint("state <> 'accepted' OR accepted_id <> submitted_id", name="not_self_accepted"),
        CheckConstraint("state <> 'reopened' OR reason <> ''", name="reopened_with_reason"),
        CheckConstraint("state NOT IN ('accepted', 'reopened') OR revision >= 1", name="revision"),
        CheckConstraint("state = 'draft' OR round >= 1", name="round"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(ForeignKey("reporting_year.year"))
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    nil: Mapped[bool] = mapped_column(server_default=false())
    version: Mapped[int] = mapped_column(default=1)
    round: Mapped[int] = mapped_column(default=0, server_default="0")
    revision: Mapped[int] = mapped_column(default=0, server_default="0")
    changed_by: Mapped[str] = mapped_column(String(320))
    changed_at: Mapped[datetime] = mapped_column(default=now)
    reason: Mapped[str] = mapped_column(Text, default="")
    submitted_id: Mapped[int | None] = mapped_column(ForeignKey(Account.id))
    submitted_by: Mapped[str | None] = mapped_column(String(320))
    submitted_at: Mapped[datetime | None]
    first_submitted_on: Mapped[date | None]
    accepted_id: Mapped[int | None] = mapped_column(ForeignKey(Account.id))
    frozen_id: Mapped[int | None] = mapped_column(ForeignKey("frozen_sheet.id"))


class Extension(Base):
    """A body's own last day (Asia/Almaty) for a year, and why; of several the latest given counts, so that one can be shortened.

    It moves only when the drafts lock: whoever hands over after the year's deadline is late all the same.
    """

    __tablename__ = "extension"
    __table_args__ = (Index("ix_extension_body", "body_id", "year", "id"), CheckConstraint("reason <> ''", name="reason"))

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(ForeignKey("reporting_year.year"))
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id"))
    until: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    given_by: Mapped[str] = mapped_column(String(320))
    given_at: Mapped[datetime] = mapped_column(default=now)
