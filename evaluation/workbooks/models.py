"""Tables of uploaded workbooks."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from evaluation.accounts.models import Account
from evaluation.clock import now
from evaluation.database import Base

UPLOAD_STATES = ("seen", "applied", "undone")
MODES = ("blanks", "overwrite")
"""An upload fills blanks only, or also overwrites what is stored; an empty cell never erases."""


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
