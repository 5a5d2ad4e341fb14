"""The table of receipts of files."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from evaluation.clock import now
from evaluation.database import Base


class FileReceipt(Base):
    """A file that somebody sent, whatever became of it later; receipts older than a day are removed.

    The ids are no foreign keys: a receipt must not hinder the removal of a body.
    """

    __tablename__ = "file_receipt"
    __table_args__ = (
        Index("ix_file_receipt_account", "account_id", "at"),
        Index("ix_file_receipt_body", "body_id", "at"),
        Index("ix_file_receipt_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int | None]
    body_id: Mapped[int | None]
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=now)
