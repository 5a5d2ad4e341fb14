"""Tables of changes: the difference of a body's lowest points to last year, and its parts.

They are derived from the results of both years; :mod:`evaluation.comparison.changes.operations` computes what is stale.
"""

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from evaluation.database import Base


class BodyChange(Base):
    """The lowest and the maximum points of a body in a year and in the year before.

    `generation` and `previous_generation` are the scored generations of the two results that the parts were computed from, empty
    where the body has no result of that year; its points are 0 then. The change is stale while they differ from those of the
    results, or while `fingerprint` does not name the orders and the method in use.
    """

    __tablename__ = "body_change"

    year: Mapped[int] = mapped_column(ForeignKey("reporting_year.year", ondelete="CASCADE"), primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id", ondelete="CASCADE"), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), server_default="")
    generation: Mapped[int | None]
    previous_generation: Mapped[int | None]
    low: Mapped[int] = mapped_column(server_default="0")
    max: Mapped[int] = mapped_column(server_default="0")
    previous_low: Mapped[int] = mapped_column(server_default="0")
    previous_max: Mapped[int] = mapped_column(server_default="0")


class ChangePart(Base):
    """The part of a source in the change of one row, in units of 1 / DENOMINATOR points; parts of 0 are not stored.

    `source` is a :class:`evaluation.comparison.changes.sources.Source`. The parts of a body sum to the difference of its points.
    """

    __tablename__ = "change_part"
    __table_args__ = (ForeignKeyConstraint(["year", "body_id"], ["body_change.year", "body_change.body_id"], ondelete="CASCADE"),)

    year: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    body_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(64), primary_key=True)
    row: Mapped[str] = mapped_column(String(16), primary_key=True)
    source: Mapped[str] = mapped_column(String(16), primary_key=True)
    numerator: Mapped[int]
