"""Tables of the registry: reporting years, bodies, organisations, and their dated relations."""

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from evaluation.database import SORT_TEXT, Base
from evaluation.language import sort_text

LEVELS = ("central", "region", "district", "rural")
"""A central sector body; the akimat of a region or of a city of republican significance; the akimat of a district; the akim's
office of a town, village or rural district."""

STATUSES = ("active", "liquidation", "bankrupt", "closed")
"""Active, in liquidation, bankrupt, closed (struck off the register)."""

OPEN = text("until IS NULL")
NAME_LENGTH = 1000
"""The maximum length of a name, in characters."""


def _sort_text(first: str, second: str) -> Callable[[Any], str]:
    """Return the default of a column of sort texts: that of the first name which a new row has, or of its BIN."""

    def default(context: Any) -> str:
        values = context.get_current_parameters()
        return sort_text(values.get(first) or values.get(second) or values.get("bin") or "")

    return default


class ReportingYear(Base):
    """A reporting year and the code of the order that assesses it.

    `invented` marks demonstration data on every page and sheet. `starts_on` is the first day of data entry and `deadline` the
    last day to submit the year, both in Asia/Almaty; an empty one sets no limit.
    """

    __tablename__ = "reporting_year"
    __table_args__ = (CheckConstraint("starts_on IS NULL OR deadline IS NULL OR starts_on <= deadline", name="period"),)

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    order_code: Mapped[str] = mapped_column(String(64))
    invented: Mapped[bool] = mapped_column(default=False)
    starts_on: Mapped[date | None]
    deadline: Mapped[date | None]


class Body(Base):
    """An authorised body.

    Level, parent, KATO code and Russian name may be empty, because a workbook of answers does not contain them. `since` is the
    first day, empty where the body has always existed; `closed_on` is the last day. `search_text` are the current and former
    names as :func:`evaluation.text.search_text` returns them; `sort_kk` and `sort_ru` are the names by which pages in Kazakh and
    in Russian are sorted, as :func:`evaluation.language.sort_text` returns them.
    """

    __tablename__ = "body"
    __table_args__ = (
        CheckConstraint(f"level IN {LEVELS}", name="level"),
        CheckConstraint("length(bin) = 12", name="bin"),
        CheckConstraint("kato IS NULL OR length(kato) = 9", name="kato"),
        CheckConstraint("parent_id IS NULL OR parent_id <> id", name="parent"),
        UniqueConstraint("bin"),
        # The id of a removed entry is not used again: audit events name it.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    bin: Mapped[str] = mapped_column(String(12))
    name_kk: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    name_ru: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    level: Mapped[str | None] = mapped_column(String(16), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("body.id"), index=True)
    kato: Mapped[str | None] = mapped_column(String(9), index=True)
    since: Mapped[date | None]
    closed_on: Mapped[date | None]
    search_text: Mapped[str] = mapped_column(Text, default="")
    sort_kk: Mapped[str] = mapped_column(SORT_TEXT, default=_sort_text("name_kk", "name_ru"))
    sort_ru: Mapped[str] = mapped_column(SORT_TEXT, default=_sort_text("name_ru", "name_kk"))

    parent: Mapped["Body | None"] = relationship(remote_side=[id])

    def has_begun_by(self, year: int) -> bool:
        """Return whether the body's first day is 31 December of the year or earlier; earlier years need no submission."""
        return self.since is None or self.since <= date(year, 12, 31)


class Organisation(Base):
    """A state institution, state enterprise, joint-stock company or LLP.

    `kind` is a code of the order. `state_share` is in hundredths of a percent: 10000 is 100 percent; `state_body` is empty where
    nobody has entered whether the organisation is a state body. `search_text`, `sort_kk` and
    `sort_ru` are as in `Body`.
    """

    __tablename__ = "organisation"
    __table_args__ = (
        CheckConstraint("length(bin) = 12", name="bin"),
        CheckConstraint("state_share BETWEEN 0 AND 10000", name="state_share"),
        UniqueConstraint("bin"),
        Index("ix_organisation_sort_kk", "sort_kk", "bin"),
        Index("ix_organisation_sort_ru", "sort_ru", "bin"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    bin: Mapped[str] = mapped_column(String(12))
    kind: Mapped[str] = mapped_column(String(64))
    name_kk: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    name_ru: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    state_share: Mapped[int | None]
    state_body: Mapped[bool | None]
    national_company: Mapped[bool] = mapped_column(server_default=false())
    search_text: Mapped[str] = mapped_column(Text, default="")
    sort_kk: Mapped[str] = mapped_column(SORT_TEXT, default=_sort_text("name_kk", "name_ru"))
    sort_ru: Mapped[str] = mapped_column(SORT_TEXT, default=_sort_text("name_ru", "name_kk"))


class Status(Base):
    """The status of an organisation from a day until its next status begins; before the first entry it is active."""

    __tablename__ = "organisation_status"
    __table_args__ = (CheckConstraint(f"status IN {STATUSES}", name="status"), UniqueConstraint("organisation_id", "since"))

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    status: Mapped[str] = mapped_column(String(16))
    since: Mapped[date]


class FormerName(Base):
    """The names of a body or an organisation until a day; the sheets of those years show them. They sort as in `Body`."""

    __tablename__ = "former_name"
    __table_args__ = (
        CheckConstraint("(body_id IS NULL) <> (organisation_id IS NULL)", name="owner"),
        UniqueConstraint("body_id", "until"),
        UniqueConstraint("organisation_id", "until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int | None] = mapped_column(ForeignKey("body.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    until: Mapped[date]
    name_kk: Mapped[str] = mapped_column(String(NAME_LENGTH))
    name_ru: Mapped[str] = mapped_column(String(NAME_LENGTH))
    sort_kk: Mapped[str] = mapped_column(SORT_TEXT, default=_sort_text("name_kk", "name_ru"))
    sort_ru: Mapped[str] = mapped_column(SORT_TEXT, default=_sort_text("name_ru", "name_kk"))


class Supervision(Base):
    """The period in which a body supervises an organisation: from `since` to `until`, both included; open without `until`.

    Membership in a year is as of its 31 December, so that a later move does not change the sheets of earlier years.
    Source: reading R12.
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
