"""Tables of the comparison."""

from sqlalchemy import CheckConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from evaluation.database import Base


class RankingSetting(Base):
    """The administrator's setting of the ranking: one row, which the migration inserts."""

    __tablename__ = "ranking_setting"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    is_open: Mapped[bool] = mapped_column(server_default=false())
