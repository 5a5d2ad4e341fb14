"""Tables of answers: reports, prior-year counts, justifications and evidence files."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from evaluation.clock import now
from evaluation.database import Base


class Report(Base):
    """One organisation's answers for one year.

    `answers` maps indicator codes to values in stored form: money in whole tiyn, dates as YYYY-MM-DD, yes/no as true and false. A
    blank is an absent key. `evidence` has the same form and is never scored. `version` grows by one with every change.
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
    """The number of organisations of a kind that were in breach of a criterion in the year before, as the body declares."""

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


class Justification(Base):
    """The reason for keeping an answer that causes a warning.

    It applies to `value` only: when the answer changes, the warning is open again.
    """

    __tablename__ = "justification"
    __table_args__ = (UniqueConstraint("year", "organisation_id", "rule", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(ForeignKey("reporting_year.year"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    rule: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(64))
    value: Mapped[Any] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(320))
    justified_at: Mapped[datetime] = mapped_column(default=now)


class EvidenceFile(Base):
    """A scanned act or decision that supports an organisation's answers to a criterion; its bytes are stored by their hash."""

    __tablename__ = "evidence_file"
    __table_args__ = (
        Index("ix_evidence_file_report", "organisation_id", "year"),
        Index("ix_evidence_file_sha256", "sha256"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    year: Mapped[int] = mapped_column(ForeignKey("reporting_year.year"))
    criterion: Mapped[str] = mapped_column(String(16))
    sha256: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    uploaded_by: Mapped[str] = mapped_column(String(320))
    uploaded_at: Mapped[datetime] = mapped_column(default=now)
