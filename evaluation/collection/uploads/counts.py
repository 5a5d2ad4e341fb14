"""Stores last year's counts as bodies declare them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, update

from evaluation.collection.models import DeclaredCount
from evaluation.database import db, insert_columns, table_of


@dataclass(frozen=True, slots=True)
class CountEdit:
    """A body's count of a kind and criterion: what stands there, and what shall; None for nothing."""

    body_id: int
    kind: str
    criterion: str
    was: int | None
    value: int | None


def store(year: int, edits: Sequence[CountEdit]) -> bool:
    """Change the year's counts; False where one of them is not any more what it was, and then nothing may be kept.

    Raises IntegrityError where someone else has just declared one of them.
    """
    table, connection = table_of(DeclaredCount), db.session.connection()
    fresh = [each for each in edits if each.was is None and each.value is not None]
    if fresh:
        names = ("body_id", "kind", "criterion")
        values = {name: [getattr(each, name) for each in fresh] for name in names}
        values["count"] = [each.value for each in fresh]
        insert_columns(connection, table, {**values, "year": (year,) * len(fresh)})
    this = (
        (table.c.year == year)
        & (table.c.body_id == bindparam("body"))
        & (table.c.kind == bindparam("of"))
        & (table.c.criterion == bindparam("by"))
        & (table.c.count == bindparam("was"))
    )
    for statement, part in (
        (
            update(table).where(this).values(count=bindparam("now")),
            [each for each in edits if None not in (each.was, each.value)],
        ),
        (delete(table).where(this), [each for each in edits if each.was is not None and each.value is None]),
    ):
        rows = [
            {"body": each.body_id, "of": each.kind, "by": each.criterion, "was": each.was, "now": each.value} for each in part
        ]
        if rows and connection.execute(statement, rows).rowcount != len(rows):
            return False
    return True
