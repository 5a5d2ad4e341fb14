"""Tables of what is collected."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from evaluation.accounts.models import Account
from evaluation.clock import now
from evaluation.database import Base

DRAFT, SUBMITTED = "draft", "submitted"
STATES = (DRAFT, SUBMITTED)
"""Of a body's year; see :class:`Submission`."""
UPLOAD_STATES = ("seen", "applied", "undone")
MODES = ("blanks", "overwrite")
"""An upload fills blanks only, or also overwrites what is stored; an empty cell never erases."""


class Report(Base):
    """One organisation's answers for one year.

    `answers` is keyed by indicator code: money in whole tiyn, dates as YYYY-MM-DD, yes/no as true and false. A blank is an
    absent key. `evidence` has the same form and is never scored. `version` grows by one with every change.
    """

    __tablename__ = "report"
    __table_args__ = (UniqueConstraint("year", "organisation_id"), CheckConstraint("version >= 1", name="version"))

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    year: Mapped[int] = mapped_column(ForeignKey("reporting_year.year"))
    answers: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime] = mapped_column(default=now)


class DeclaredCount(Base):
    """How many organisations of a kind a body declares to have been in breach of a criterion in the year before `year`."""

    __tablename__ = "declared_count"
    __table_args__ = (
        UniqueConstraint("year", "body_id", "kind", "criterion"),
        CheckConstraint("count >= 0", name="count"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(ForeignKey("reporting_year.year"))
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id"), index=True)
    kind: Mapped[str] = mapped_column(String(64))
    criterion: Mapped[str] = mapped_column(String(16))
    count: Mapped[int]


class Submission(Base):
    """One body's year on its way from draft to handed over; `nil` says that the body has no organisations to report on.

    A body's year without a line is a draft.
    """

    __tablename__ = "submission"
    __table_args__ = (UniqueConstraint("year", "body_id"), CheckConstraint(f"state IN {STATES}", name="state"))

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(ForeignKey("reporting_year.year"))
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    nil: Mapped[bool] = mapped_column(server_default=false())
    version: Mapped[int] = mapped_column(default=1)
    changed_by: Mapped[str] = mapped_column(String(320))
    changed_at: Mapped[datetime] = mapped_column(default=now)
    reason: Mapped[str] = mapped_column(Text, default="")


class Justification(Base):
    """Why an answer stands although it looks odd. It holds for the value it was given for: a changed answer asks anew."""

    __tablename__ = "justification"
    __table_args__ = (UniqueConstraint("year", "organisation_id", "rule", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(ForeignKey("reporting_year.year"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    rule: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(64))
    value: Mapped[Any] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(Text)
    given_by: Mapped[str] = mapped_column(String(320))
    given_at: Mapped[datetime] = mapped_column(default=now)


class EvidenceFile(Base):
    """A scanned act or decision that stands behind an organisation's answers to a criterion; its bytes are kept by their hash."""

    __tablename__ = "evidence_file"
    __table_args__ = (Index("ix_evidence_file_report", "organisation_id", "year"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    year: Mapped[int] = mapped_column(ForeignKey("reporting_year.year"))
    criterion: Mapped[str] = mapped_column(String(16))
    sha256: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    given_by: Mapped[str] = mapped_column(String(320))
    given_at: Mapped[datetime] = mapped_column(default=now)


class Upload(Base):
    """A workbook that was sent: looked at, then perhaps applied, then perhaps undone. Its bytes are kept by their hash.

    `batch` is the batch of events that applying it wrote.
    """

    __tablename__ = "upload"
    __table_args__ = (
        CheckConstraint(f"state IN {UPLOAD_STATES}", name="state"),
        CheckConstraint(f"mode IN {MODES}", name="mode"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey(Account.id), index=True)
    year: Mapped[int | None]
    name: Mapped[str] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    mode: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    batch: Mapped[str | None] = mapped_column(String(32))
    sent_at: Mapped[datetime] = mapped_column(default=now)
