"""The condition that a search text has a part, which a database answers by an index of groups of three letters.

An index of whole texts is of no use for a part of a word. On SQLite the virtual tables `search_body` and `search_organisation`
(FTS5, tokenizer "trigram") follow the columns by triggers; on PostgreSQL a GIN index of pg_trgm serves LIKE, where the extension
may be created. Measured with 25,000 organisations on SQLite: LIKE over all rows takes 18 ms, over a covering index 15 ms; by
trigrams it takes 0.3 ms for a rare part and 2 ms for one that 2,700 names have.
"""

from typing import Any

from sqlalchemy import Boolean, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from evaluation.registry.models import Body, Organisation

MIN_LETTERS = 3
"""The shortest part that an index of groups of three letters can find."""


Searched = type[Body] | type[Organisation]


class has_part(FunctionElement[bool]):
    """Whether the search text of a body or organisation contains a part of at least `MIN_LETTERS` characters."""

    name = "has_part"
    inherit_cache = True
    type = Boolean()

    def __init__(self, model: Searched, part: str):
        like = model.search_text.contains(part, autoescape=True)
        # A part consists of letters, digits and spaces, so the quotation marks make it one phrase.
        super().__init__(like, model.id, bindparam(None, f'"{part}"', unique=True))

    def self_group(self, against: Any = None) -> Any:
        """Return the condition itself: SQLAlchemy would compare it with 1, which keeps SQLite from the index."""
        return self


@compiles(has_part)
def _by_like(element: has_part, compiler: Any, **options: Any) -> str:
    return str(compiler.process(next(iter(element.clauses)), **options))


@compiles(has_part, "sqlite")
def _by_trigrams(element: has_part, compiler: Any, **options: Any) -> str:
    _, id_, phrase = element.clauses
    index = f"search_{id_.table.name}"
    column, value = (compiler.process(item, **options) for item in (id_, phrase))
    return f"{column} IN (SELECT rowid FROM {index} WHERE {index} MATCH {value})"  # noqa: S608 (a table's name)


def contains_part(model: Searched, part: str) -> Any:
    """Return the condition that the search text of a body or organisation contains a part."""
    if len(part) < MIN_LETTERS:
        return model.search_text.contains(part, autoescape=True)
    return has_part(model, part)
