"""The table of events."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from evaluation.clock import now
from evaluation.database import Base


class Event(Base):
    """One line of the record. `data` holds, for a saved report, indicator code → [old, new] in stored form.

    What was done in one go (a workbook, a paste) shares a `batch`. The ids point to what may be gone one day, so they are no
    foreign keys: the record outlives what it tells of.
    """

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_organisation", "organisation_id", "year", "id"),
        Index("ix_event_body", "body_id", "id"),
        Index("ix_event_account", "account_id", "id"),
        Index("ix_event_batch", "batch"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
    actor: Mapped[str] = mapped_column(String(320))
    account_id: Mapped[int | None]
    action: Mapped[str] = mapped_column(String(32))
    year: Mapped[int | None]
    body_id: Mapped[int | None]
    organisation_id: Mapped[int | None]
    batch: Mapped[str | None] = mapped_column(String(32))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
