"""Tables of the workflow of a body and year: submissions, accepted sheet revisions and extensions."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from evaluation.accounts.models import Account
from evaluation.clock import now
from evaluation.database import Base

DRAFT, SUBMITTED, RETURNED, ACCEPTED, REOPENED = "draft", "submitted", "returned", "accepted", "reopened"
STATUSES = (DRAFT, SUBMITTED, RETURNED, ACCEPTED, REOPENED)
"""The statuses of a submission. The audit action of a step has the name of the status that the step leads to."""
OPEN_STATUSES = (DRAFT, RETURNED, REOPENED)
"""The statuses in which the body can change its answers."""


class Submission(Base):
    """One body's year in the workflow: draft → submitted → returned → submitted → accepted → reopened → submitted.

    A year without a row is a draft. The columns:

    - `nil_return`: the body has no organisations to report on.
    - `version`: grows by one with every step; `round` counts submissions, `revision` counts acceptances.
    - `submitted_id`, `submitted_by`, `submitted_at`: the latest submission; they stay when the year is returned.
    - `first_submitted_on`: the day (Asia/Almaty) of the first submission; timeliness is measured by it.
    - `accepted_id`, `revision_id`: the reviewer and the sheet revision in force; set only in the status "accepted".
    - `reason`: why the year was returned or reopened.
    - `correct_by`: the last day (Asia/Almaty) to correct it, if the reviewer set one; nothing locks after it.

    Accounts are stored by id and by the name that they had at that moment.
    """

    __tablename__ = "submission"
    __table_args__ = (
        UniqueConstraint("year", "body_id"),
        CheckConstraint(f"status IN {STATUSES}", name="status"),
        CheckConstraint("(status = 'accepted') = (revision_id IS NOT NULL)", name="accepted_has_revision"),
        CheckConstraint("(status = 'accepted') = (accepted_id IS NOT NULL)", name="accepted_by"),
        CheckConstraint(
            "status = 'draft' OR (submitted_id IS NOT NULL AND submitted_at IS NOT NULL AND first_submitted_on IS NOT NULL)",
            name="submitted",
        ),
        CheckConstraint("status <> 'accepted' OR accepted_id <> submitted_id", name="not_self_accepted"),
        CheckConstraint("status <> 'reopened' OR reason <> ''", name="reopened_with_reason"),
        CheckConstraint("status IN ('returned', 'reopened') OR correct_by IS NULL", name="correct_by"),
        CheckConstraint("status NOT IN ('accepted', 'reopened') OR revision >= 1", name="revision"),
        CheckConstraint("status = 'draft' OR round >= 1", name="round"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(ForeignKey("reporting_year.year"))
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id"), index=True)
    status: Mapped[str] = mapped_column(String(16))
    nil_return: Mapped[bool] = mapped_column(server_default=false())
    version: Mapped[int] = mapped_column(default=1)
    round: Mapped[int] = mapped_column(default=0, server_default="0")
    revision: Mapped[int] = mapped_column(default=0, server_default="0")
    changed_by: Mapped[str] = mapped_column(String(320))
    changed_at: Mapped[datetime] = mapped_column(default=now)
    reason: Mapped[str] = mapped_column(Text, default="")
    correct_by: Mapped[date | None]
    submitted_id: Mapped[int | None] = mapped_column(ForeignKey(Account.id))
    submitted_by: Mapped[str | None] = mapped_column(String(320))
    submitted_at: Mapped[datetime | None]
    first_submitted_on: Mapped[date | None]
    accepted_id: Mapped[int | None] = mapped_column(ForeignKey(Account.id))
    revision_id: Mapped[int | None] = mapped_column(ForeignKey("sheet_revision.id"))


class SheetRevision(Base):
    """An accepted sheet of a body and year.

    `content` is its canonical JSON, `sha256` the hash of that text, `code` the verification code printed on its files. Each
    acceptance adds a revision, numbered from 1. The table is append-only: triggers reject updates and deletions.
    """

    __tablename__ = "sheet_revision"
    __table_args__ = (
        UniqueConstraint("body_id", "year", "revision"),
        UniqueConstraint("sha256"),
        UniqueConstraint("code"),
        CheckConstraint("revision >= 1", name="revision"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id"))
    year: Mapped[int] = mapped_column(ForeignKey("reporting_year.year"))
    revision: Mapped[int]
    content: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(16))
    accepted_by: Mapped[str] = mapped_column(String(320))
    accepted_at: Mapped[datetime]


class Extension(Base):
    """A later last day (`until`, Asia/Almaty) for one body and year, with its reason.

    The extension with the highest id is in force, so that an extension can be shortened. It only moves the day on which the
    draft locks: timeliness is still measured from the year's deadline.
    """

    __tablename__ = "extension"
    __table_args__ = (Index("ix_extension_body", "body_id", "year", "id"), CheckConstraint("reason <> ''", name="reason"))

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(ForeignKey("reporting_year.year"))
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id"))
    until: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    granted_by: Mapped[str] = mapped_column(String(320))
    granted_at: Mapped[datetime] = mapped_column(default=now)
