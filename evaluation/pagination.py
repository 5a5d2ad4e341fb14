"""Pages of long lists: a list or a query divided into numbered pages of a fixed size."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Generic, TypeVar

from sqlalchemy import func

from evaluation.database import Statement, db

PAGE_SIZE = 50
"""Items on one page, where a list sets no size of its own."""

Item = TypeVar("Item")
Converted = TypeVar("Converted")


@dataclass(frozen=True)
class Page(Generic[Item]):
    """One page of a list: its items, the length of the whole list, its number from 1 and its size in items.

    The constructors below move a requested number that is out of range to the nearest existing page.
    """

    items: Sequence[Item]
    total: int
    number: int = 1
    size: int = PAGE_SIZE

    @property
    def last(self) -> int:
        """The number of the last page; an empty list has one page."""
        return last_page(self.total, self.size)

    @classmethod
    def single(cls, items: Sequence[Item]) -> "Page[Item]":
        """Put a whole list on one page."""
        return cls(items, len(items), 1, max(1, len(items)))

    @classmethod
    def from_list(cls, items: Sequence[Item], number: int, size: int = PAGE_SIZE) -> "Page[Item]":
        """Cut one page out of a list in memory."""
        return cls.from_iterable(items, len(items), number, size)

    @classmethod
    def from_iterable(cls, items: Iterable[Item], total: int, number: int, size: int = PAGE_SIZE) -> "Page[Item]":
        """Cut one page out of `total` items without building the list of all of them."""
        number = nearest_page(number, total, size)
        return cls(list(islice(items, (number - 1) * size, number * size)), total, number, size)

    @classmethod
    def from_rows(cls, statement: Statement, number: int, size: int = PAGE_SIZE) -> "Page[Any]":
        """Read one page of a statement's rows.

        Args:
            statement: An ordered SELECT without DISTINCT, GROUP BY and LIMIT.
            number: The requested page, from 1.
            size: Rows on one page.
        """
        counting = statement.order_by(None).with_only_columns(func.count(), maintain_column_froms=True)
        total = db.session.scalar(counting) or 0
        number = nearest_page(number, total, size)
        rows = db.session.execute(statement.limit(size).offset((number - 1) * size)).all()
        return Page(rows, total, number, size)

    @classmethod
    def from_scalars(cls, statement: Statement, number: int, size: int = PAGE_SIZE) -> "Page[Any]":
        """Read one page of a statement's first column, such as the objects of one model; see :meth:`from_rows`."""
        return cls.from_rows(statement, number, size).map(lambda row: row[0])

    def map(self, convert: Callable[[Item], Converted]) -> "Page[Converted]":
        """Convert each item of the page."""
        return self.with_items([convert(item) for item in self.items])

    def with_items(self, items: Sequence[Converted]) -> "Page[Converted]":
        """Put other items on the same page of the same list."""
        return replace(self, items=items)  # type: ignore[arg-type, return-value]


def last_page(total: int, size: int) -> int:
    """Return the number of the last page of a list; an empty list has one page."""
    return max(1, -(-total // size))


def nearest_page(number: int, total: int, size: int) -> int:
    """Return the requested page number, or the nearest existing one."""
    return min(max(number, 1), last_page(total, size))
