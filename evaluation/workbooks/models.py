"""Tables of uploaded workbooks."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from evaluation.accounts.models import Account
from evaluation.clock import now
from evaluation.database import Base

UPLOAD_STATUSES = ("previewed", "applied", "undone")
PREVIEWED, APPLIED, UNDONE = UPLOAD_STATUSES
MODES = ("blanks", "overwrite", "clear")
"""An upload fills blanks only, also replaces stored answers, or moreover clears those whose cell is blank."""


class Upload(Base):
    """An uploaded workbook; its file is stored under its SHA-256. `batch` is the batch of the audit events of its application."""

    __tablename__ = "upload"
    __table_args__ = (
        CheckConstraint(f"status IN {UPLOAD_STATUSES}", name="status"),
        CheckConstraint(f"mode IN {MODES}", name="mode"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey(Account.id), index=True)
    year: Mapped[int | None]
    name: Mapped[str] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]
    mode: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16))
    batch: Mapped[str | None] = mapped_column(String(32))
    sent_at: Mapped[datetime] = mapped_column(default=now)
