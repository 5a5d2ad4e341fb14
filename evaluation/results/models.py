"""Tables of results: the points of a body's year, of its tables and of its rows, as scored last.

They are derived data: :mod:`evaluation.results.invalidation` marks a body's year as stale whenever an audit event may change its
points, and :mod:`evaluation.results.operations` scores stale years anew.
"""

from sqlalchemy import CheckConstraint, Double, ForeignKey, ForeignKeyConstraint, Index, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from evaluation.database import Base

KIND_SEPARATOR = "."
"""Between kinds; no code of a kind contains it."""
NEVER = -1
"""The `scored_generation` of a result that was never scored."""
STALE = text("scored_generation <> generation")
BOUNDS = "low <= high AND high <= max"
CLUSTERED = {"sqlite_with_rowid": False}
"""SQLite stores the rows in the primary key's own tree, which halves the cost of inserting."""
STATE_DIGITS = "0123456789abcdef"
"""The digits of states: `int(digit, 16)` has the bits of :data:`evaluation.scoring.score.States`."""


class BodyResult(Base):
    """The points of a body's year: the sums of its tables.

    `generation` grows with every change that may alter the result; `scored_generation` is the generation that was scored, or
    NEVER. The result is stale while they differ. `accepted` says that the points are those of the sheet revision in force.
    Every body has a line in every reporting year, from the audit event by which either was entered.

    `share_low` and `share_high` are `low / max` and `high / max`, to sort by: equal shares are equal floats, because division
    rounds the exact quotient, and different shares are different floats for maxima below 2²⁶. They are empty where `max` is 0,
    which means that no table applies. `kinds` are the kinds of the tables that apply, ascending, joined by `KIND_SEPARATOR`, so
    bodies with the same tables have the same text. `organisations` are those of 31 December, `begun` those with any answer;
    `breaches` and `undecided` are sums over the scored rows. `digest` names the lines of the body's tables and rows: most
    changes alter none of them, and then none is written.
    """

    __tablename__ = "body_result"
    __table_args__ = (
        CheckConstraint(BOUNDS, name="bounds"),
        CheckConstraint("(max = 0) = (share_low IS NULL) AND (max = 0) = (share_high IS NULL)", name="shares"),
        Index("ix_body_result_body_id", "body_id"),
        # Almost always empty, so that every reader can ask what is stale.
        Index("ix_body_result_stale", "year", "body_id", sqlite_where=STALE, postgresql_where=STALE),
        CLUSTERED,
    )

    year: Mapped[int] = mapped_column(ForeignKey("reporting_year.year", ondelete="CASCADE"), primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id", ondelete="CASCADE"), primary_key=True)
    generation: Mapped[int] = mapped_column(server_default="0")
    scored_generation: Mapped[int] = mapped_column(server_default=str(NEVER))
    accepted: Mapped[bool] = mapped_column(server_default=false())
    low: Mapped[int] = mapped_column(server_default="0")
    high: Mapped[int] = mapped_column(server_default="0")
    max: Mapped[int] = mapped_column(server_default="0")
    share_low: Mapped[float | None] = mapped_column(Double)
    share_high: Mapped[float | None] = mapped_column(Double)
    kinds: Mapped[str] = mapped_column(Text, server_default="")
    organisations: Mapped[int] = mapped_column(server_default="0")
    begun: Mapped[int] = mapped_column(server_default="0")
    breaches: Mapped[int] = mapped_column(server_default="0")
    undecided: Mapped[int] = mapped_column(server_default="0")
    digest: Mapped[str] = mapped_column(String(32), server_default="")


class ResultYear(Base):
    """The orders and the version of scoring by which the results of a year were scored, as `queries.fingerprint` names them."""

    __tablename__ = "result_year"

    year: Mapped[int] = mapped_column(
        ForeignKey("reporting_year.year", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    fingerprint: Mapped[str] = mapped_column(String(64))


class TableResult(Base):
    """The points of one applicable table of a body's year.

    `organisation_ids` is a JSON list: the ids of the body's organisations of the kind, in the order of their BINs.
    """

    __tablename__ = "table_result"
    __table_args__ = (
        ForeignKeyConstraint(["year", "body_id"], ["body_result.year", "body_result.body_id"], ondelete="CASCADE"),
        CheckConstraint(BOUNDS, name="bounds"),
        CLUSTERED,
    )

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(64), primary_key=True)
    low: Mapped[int]
    high: Mapped[int]
    max: Mapped[int]
    organisations: Mapped[int]
    organisation_ids: Mapped[str] = mapped_column(Text)


class RowResult(Base):
    """The points of one scored row of an applicable table of a body's year, with the counts that decide them.

    `previous` is the prior-year count, empty where it is unknown or not needed; `worst` and `best` are outcomes of the criterion.
    `states` has one of `STATE_DIGITS` for each organisation of the table's `organisation_ids`.
    """

    __tablename__ = "row_result"
    __table_args__ = (
        ForeignKeyConstraint(["year", "body_id"], ["body_result.year", "body_result.body_id"], ondelete="CASCADE"),
        CheckConstraint(BOUNDS, name="bounds"),
        CLUSTERED,
    )

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(64), primary_key=True)
    row: Mapped[str] = mapped_column(String(16), primary_key=True)
    criterion: Mapped[str] = mapped_column(String(16))
    low: Mapped[int]
    high: Mapped[int]
    max: Mapped[int]
    organisations: Mapped[int]
    in_breach: Mapped[int]
    undecided: Mapped[int]
    audited: Mapped[int]
    unaudited: Mapped[int]
    previous: Mapped[int | None]
    worst: Mapped[str] = mapped_column(String(64))
    best: Mapped[str] = mapped_column(String(64))
    states: Mapped[str] = mapped_column(Text)
