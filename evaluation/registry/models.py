"""Tables of the registry."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from evaluation.database import Base

LEVELS = ("central", "region", "district", "rural")
"""A central sector body; a region's (or a city of republican significance's) akimat; a district's; an akim's office of a
town, village or rural district."""

OPEN = text("until IS NULL")
NAME_LENGTH = 1000
"""The longest name, in characters."""


class ReportingYear(Base):
    """A year that is assessed, and the order it is assessed by. `invented` marks demonstration data on every page and sheet."""

    __tablename__ = "reporting_year"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    order_code: Mapped[str] = mapped_column(String(64))
    invented: Mapped[bool] = mapped_column(default=False)


class Body(Base):
    """An authorised body. What a workbook cannot tell (level, parent, KATO, Russian name) may be empty."""

    __tablename__ = "body"
    __table_args__ = (
        CheckConstraint(f"level IN {LEVELS}", name="level"),
        CheckConstraint("length(bin) = 12", name="bin"),
        CheckConstraint("kato IS NULL OR length(kato) = 9", name="kato"),
        CheckConstraint("parent_id IS NULL OR parent_id <> id", name="parent"),
        UniqueConstraint("bin"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    bin: Mapped[str] = mapped_column(String(12))
    name_kk: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    name_ru: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    level: Mapped[str | None] = mapped_column(String(16))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("body.id"), index=True)
    kato: Mapped[str | None] = mapped_column(String(9), index=True)

    parent: Mapped["Body | None"] = relationship(remote_side=[id])


class Organisation(Base):
    """A state institution, enterprise, JSC or LLP. Its kind is a code of the order's."""

    __tablename__ = "organisation"
    __table_args__ = (CheckConstraint("length(bin) = 12", name="bin"), UniqueConstraint("bin"))

    id: Mapped[int] = mapped_column(primary_key=True)
    bin: Mapped[str] = mapped_column(String(12))
    kind: Mapped[str] = mapped_column(String(64))
    name_kk: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    name_ru: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")


class Supervision(Base):
    """An organisation is supervised by a body from `since` to `until`, both days included; open while `until` is empty.

    Membership of a year is as of its 31 December, so last year's sheet keeps last year's organisations (reading R12).
    """

    __tablename__ = "supervision"
    __table_args__ = (
        CheckConstraint("until IS NULL OR until >= since", name="period"),
        Index("ix_supervision_body", "body_id", "since"),
        Index("ix_supervision_organisation", "organisation_id", "since"),
        Index("uq_supervision_open", "organisation_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    since: Mapped[date]
    until: Mapped[date | None]
