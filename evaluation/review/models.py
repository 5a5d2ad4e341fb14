"""Tables of the review: exported files, remarks and replies."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from evaluation.accounts.models import Account
from evaluation.clock import now
from evaluation.database import Base
from evaluation.submissions.models import SheetRevision


class Export(Base):
    """A file of a sheet revision that a person downloaded.

    `sha256` is the hash of the file itself, so that the file can be verified after any upgrade; `size` is in bytes. The table is
    append-only: triggers reject updates and deletions.
    """

    __tablename__ = "export"
    __table_args__ = (UniqueConstraint("revision_id", "sha256"), Index("ix_export_sha256", "sha256"))

    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey(SheetRevision.id))
    format: Mapped[str] = mapped_column(String(16))
    languages: Mapped[str] = mapped_column(String(16))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=now)
    actor: Mapped[str] = mapped_column(String(320))


class Remark(Base):
    """A reviewer's comment on an answer (organisation and code), on a row of the sheet (kind and row) or on the whole sheet.

    `round` is the submission round in which it was written.
    """

    __tablename__ = "remark"
    __table_args__ = (
        Index("ix_remark_body", "body_id", "year"),
        CheckConstraint("(organisation_id IS NULL) = (code IS NULL)", name="answer"),
        CheckConstraint('(kind IS NULL) = ("row" IS NULL)', name="row"),
        CheckConstraint("organisation_id IS NULL OR kind IS NULL", name="one_target"),
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
    """A reply to a remark, by a person of the body or by a reviewer."""

    __tablename__ = "reply"

    id: Mapped[int] = mapped_column(primary_key=True)
    remark_id: Mapped[int] = mapped_column(ForeignKey(Remark.id), index=True)
    text: Mapped[str] = mapped_column(Text)
    author_id: Mapped[int | None] = mapped_column(ForeignKey(Account.id))
    author: Mapped[str] = mapped_column(String(320))
    at: Mapped[datetime] = mapped_column(default=now)
