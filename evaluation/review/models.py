"""Tables of the review."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from evaluation.accounts.models import Account
from evaluation.clock import now
from evaluation.database import Base


class FrozenSheet(Base):
    """An accepted sheet, for good: `content` is its canonical JSON, `sha256` that text's hash, `code` the short name printed on
    its files. A new acceptance adds a revision; the database refuses to change or remove any.
    """

    __tablename__ = "frozen_sheet"
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


class Export(Base):
    """A file that was made of a frozen sheet and handed out: its own SHA-256, so that it can be verified after any upgrade.

    The database refuses to change or remove any.
    """

    __tablename__ = "export"
    __table_args__ = (UniqueConstraint("frozen_id", "sha256"), Index("ix_export_sha256", "sha256"))

    id: Mapped[int] = mapped_column(primary_key=True)
    frozen_id: Mapped[int] = mapped_column(ForeignKey(FrozenSheet.id))
    format: Mapped[str] = mapped_column(String(16))
    languages: Mapped[str] = mapped_column(String(16))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=now)
    actor: Mapped[str] = mapped_column(String(320))


class Remark(Base):
    """A reviewer's note pinned to an answer (organisation and code), to a row of the sheet (kind and row), or to the sheet.

    `round` is the hand-over it was made in. It is resolved when the reviewer says so.
    """

    __tablename__ = "remark"
    __table_args__ = (
        Index("ix_remark_body", "body_id", "year"),
        CheckConstraint("(organisation_id IS NULL) = (code IS NULL)", name="answer"),
        CheckConstraint('(kind IS NULL) = ("row" IS NULL)', name="place"),
        CheckConstraint("organisation_id IS NULL OR kind IS NULL", name="one_place"),
        CheckConstraint("(resolved_at IS NULL) = (resolved_by IS NULL)", name="resolved"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(ForeignKey("reporting_year.year"))
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    code: Mapped[str | None] = mapped_column(String(64))
    kind: Mapped[str | None] = mapped_column(String(64))
    row: Mapped[str | None] = mapped_column(String(16))
    round: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    author_id: Mapped[int | None] = mapped_column(ForeignKey(Account.id))
    author: Mapped[str] = mapped_column(String(320))
    at: Mapped[datetime] = mapped_column(default=now)
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None] = mapped_column(String(320))

    replies: Mapped[list["Reply"]] = relationship(order_by="Reply.id")


class Reply(Base):
    """An answer under a remark, the body's or the reviewer's."""

    __tablename__ = "reply"

    id: Mapped[int] = mapped_column(primary_key=True)
    remark_id: Mapped[int] = mapped_column(ForeignKey(Remark.id), index=True)
    text: Mapped[str] = mapped_column(Text)
    author_id: Mapped[int | None] = mapped_column(ForeignKey(Account.id))
    author: Mapped[str] = mapped_column(String(320))
    at: Mapped[datetime] = mapped_column(default=now)
