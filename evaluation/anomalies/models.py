"""Tables of the register of anomalies: what looks wrong in the answers of a year, and when it was last searched for."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from evaluation.clock import now
from evaluation.database import Base

OPEN, EXPLAINED, SET_ASIDE = "open", "explained", "set_aside"
STATES = (OPEN, EXPLAINED, SET_ASIDE)
"""Open; explained by the body or by documents; set aside because it is of no importance. The last two have a reason."""


class Anomaly(Base):
    """One thing that looks wrong in a body's year.

    `code` is a kind of anomaly of the year's order. `subject` says what exactly was seen, such as the equal amounts, so that
    other amounts are another anomaly: a reason holds for what it was written about. `facts` are the values for the reader.
    `stake` are the points that the body's low bound loses if the answers in doubt count as blank.

    `other_body_id` and `other_organisation_id` are the counterpart; whoever cannot see that body does not learn its name.
    `vanished_at` is set by a search that did not see the anomaly again. `reply` is the body's explanation. `version` grows with
    every change by a person.
    """

    __tablename__ = "anomaly"
    __table_args__ = (
        UniqueConstraint("year", "code", "body_id", "subject"),
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("state = 'open' OR reason <> ''", name="reason"),
        CheckConstraint("(reply = '') = (reply_at IS NULL)", name="reply"),
        CheckConstraint("stake >= 0", name="stake"),
        Index("ix_anomaly_body", "body_id", "year"),
        Index("ix_anomaly_queue", "year", "state", "stake"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(ForeignKey("reporting_year.year", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(64))
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id", ondelete="CASCADE"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    other_body_id: Mapped[int | None] = mapped_column(ForeignKey("body.id", ondelete="SET NULL"))
    other_organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id", ondelete="SET NULL"))
    subject: Mapped[str] = mapped_column(String(64))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    stake: Mapped[int]
    detected_at: Mapped[datetime] = mapped_column(default=now)
    vanished_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(16), server_default=OPEN)
    reason: Mapped[str] = mapped_column(Text, server_default="")
    decided_by: Mapped[str] = mapped_column(String(320), server_default="")
    decided_at: Mapped[datetime | None]
    reply: Mapped[str] = mapped_column(Text, server_default="")
    reply_by: Mapped[str] = mapped_column(String(320), server_default="")
    reply_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default="1")


class AnomalySearch(Base):
    """The last search for anomalies of a year: when it began to read, and the last audit event before that.

    `recent_changes` is the number of changes shortly before it: see :func:`evaluation.anomalies.queries.recent_changes`.
    """

    __tablename__ = "anomaly_search"

    year: Mapped[int] = mapped_column(ForeignKey("reporting_year.year", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime]
    event_id: Mapped[int]
    recent_changes: Mapped[int]
