"""Parts of SQL statements over stored results that the pages of the comparison share."""

from typing import Any

from sqlalchemy import and_, case, func
from sqlalchemy.orm import aliased

from evaluation.comparison.pictures.model import CENTRAL, ELSEWHERE
from evaluation.database import Statement
from evaluation.registry.clauses import exists_in_year, region_of
from evaluation.registry.models import LEVELS, Body
from evaluation.results.models import RowResult

Higher = aliased(Body, name="higher")
"""The higher body, for statements that join it."""
GROUP = case((Body.level == LEVELS[0], CENTRAL), else_=func.coalesce(region_of(Higher), ELSEWHERE)).label("area_group")
"""The group of a body as a column. Statements group by its name: PostgreSQL does not compare expressions with parameters."""


def from_rows(statement: Statement, year: int) -> Statement:
    """Select from the stored rows of a year, with the bodies that exist in it and their higher bodies."""
    statement = statement.select_from(RowResult).join(Body, and_(Body.id == RowResult.body_id, RowResult.year == year))
    return statement.outerjoin(Higher, Higher.id == Body.parent_id).where(exists_in_year(year))


def count_where(condition: Any) -> Any:
    """Return the number of rows for which a condition holds, 0 without rows, as a column."""
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
