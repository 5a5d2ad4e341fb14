"""Tables of budget decisions: their sources, drafts before confirmation, stored decisions with their lines, explanations."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from evaluation.accounts.models import Account
from evaluation.budgets.model import Section
from evaluation.clock import now
from evaluation.database import Base

READ, CORRECTED, ENTERED, REMOVED = ORIGINS = ("read", "corrected", "entered", "removed")
"""A line as it was read, as a person corrected it, as a person entered it, or one that was read and that a person took out."""
SECTIONS = tuple(section.value for section in Section)
NUMBER_LENGTH, NAME_LENGTH, CODE_LENGTH = 100, 1000, 64
MAX_TIYN = 2**53
"""Amounts stay below it, so that every program reads them exactly."""


class BudgetSource(Base):
    """The file or pasted text that decisions were read from. Its bytes are stored by their hash, a pasted text as UTF-8.

    `lines` is the extracted text that source lines are numbered by, joined by line feeds.
    """

    __tablename__ = "budget_source"
    __table_args__ = (CheckConstraint("size > 0", name="size"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(100))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]
    is_pasted: Mapped[bool]
    lines: Mapped[str] = mapped_column(Text, deferred=True)
    sent_by: Mapped[str] = mapped_column(String(320))
    sent_at: Mapped[datetime] = mapped_column(default=now)


class BudgetDraft(Base):
    """Decisions that were read and that their sender has not confirmed yet; nothing of them counts.

    `entries` are the decisions as read, so that another version of the reader does not change what the person looks at;
    `corrections` is what the pages store of the person's corrections.
    """

    __tablename__ = "budget_draft"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), index=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id", ondelete="CASCADE"), index=True)
    year: Mapped[int] = mapped_column(ForeignKey("reporting_year.year", ondelete="CASCADE"))
    source_id: Mapped[int] = mapped_column(ForeignKey(BudgetSource.id), index=True)
    entries: Mapped[list[Any]] = mapped_column(JSON)
    corrections: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(default=now)
    source: Mapped[BudgetSource] = relationship(lazy="joined", innerjoin=True)


class StoredDecision(Base):
    """A budget decision of a body for one year, as a person confirmed it. The latest of a year counts in comparisons.

    - `body_name`: whose budget, as printed.
    - `totals`, `inconsistencies`: as :mod:`evaluation.budgets.model` has them, amounts as text in thousand tenge.
    - `printed`: head and totals as they were read.
    - `settlements`: the lines that could not be read, and what the person did with each.
    - `planned`: group of the classification → sum of its lines in tiyn.
    - `corrections`: how many lines, totals and values of the head differ from what was read.
    - `digest`: SHA-256 of what was confirmed, lines included.
    """

    __tablename__ = "budget_decision"
    __table_args__ = (
        UniqueConstraint("body_id", "year", "number", "date"),
        CheckConstraint("number <> ''", name="number"),
        CheckConstraint("corrections >= 0", name="corrections"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id"))
    year: Mapped[int] = mapped_column(ForeignKey("reporting_year.year"), index=True)
    number: Mapped[str] = mapped_column(String(NUMBER_LENGTH))
    date: Mapped[date]
    body_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    source_id: Mapped[int] = mapped_column(ForeignKey(BudgetSource.id), index=True)
    totals: Mapped[dict[str, Any]] = mapped_column(JSON)
    printed: Mapped[dict[str, Any]] = mapped_column(JSON)
    settlements: Mapped[list[Any]] = mapped_column(JSON, deferred=True)
    inconsistencies: Mapped[list[Any]] = mapped_column(JSON)
    planned: Mapped[dict[str, int]] = mapped_column(JSON)
    corrections: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    stored_by: Mapped[str] = mapped_column(String(320))
    stored_at: Mapped[datetime] = mapped_column(default=now)
    source: Mapped[BudgetSource] = relationship(lazy="joined", innerjoin=True)


class StoredLine(Base):
    """A line of a stored decision. `printed` is the line as it was read, where a person corrected it; `amount` is in tiyn."""

    __tablename__ = "budget_line"
    __table_args__ = (
        CheckConstraint(f"section IN {SECTIONS}", name="section"),
        CheckConstraint(f"origin IN {ORIGINS}", name="origin"),
        CheckConstraint("(origin = 'corrected') = (printed IS NOT NULL)", name="printed"),
        CheckConstraint("code <> ''", name="code"),
        CheckConstraint(f"amount BETWEEN {-MAX_TIYN} AND {MAX_TIYN}", name="amount"),
        CheckConstraint("source_line >= 1", name="source_line"),
    )

    decision_id: Mapped[int] = mapped_column(ForeignKey(StoredDecision.id, ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    section: Mapped[str] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(CODE_LENGTH))
    name: Mapped[str] = mapped_column(Text)
    amount: Mapped[int] = mapped_column(BigInteger)
    source_line: Mapped[int]
    origin: Mapped[str] = mapped_column(String(16))
    printed: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class BudgetExplanation(Base):
    """Why what was planned differs from what the organisations report, in a group of the body's year.

    It holds for these sums only, in tiyn: when one of them changes, the warning is open again.
    """

    __tablename__ = "budget_explanation"
    __table_args__ = (
        UniqueConstraint("body_id", "year", "group_key"),
        CheckConstraint("reason <> ''", name="reason"),
        Index("ix_budget_explanation_year", "year"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id"))
    year: Mapped[int] = mapped_column(ForeignKey("reporting_year.year"))
    group_key: Mapped[str] = mapped_column(String(64))
    planned: Mapped[int] = mapped_column(BigInteger)
    paid: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(320))
    explained_at: Mapped[datetime] = mapped_column(default=now)
