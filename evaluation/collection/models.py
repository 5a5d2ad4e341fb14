"""Tables of what is collected."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from evaluation.database import Base


def now() -> datetime:
    """The time of a change, in UTC without an offset, as both databases keep it."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


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
