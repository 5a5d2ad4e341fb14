"""Parts of SQL statements over bodies and organisations: filters and orders, for modules of queries."""

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import and_, case, false, func, not_, or_, true

from evaluation.database import Statement
from evaluation.registry.models import LEVELS, Body, Organisation
from evaluation.registry.search_index import contains_part
from evaluation.text import SearchWord, parse_search


def exists_in_year(year: int) -> Any:
    """Return the condition that a body exists on 31 December of the year."""
    return and_(began_by(year), or_(Body.closed_on.is_(None), Body.closed_on >= date(year, 12, 31)))


def began_by(year: int | None) -> Any:
    """Return the condition that a body's first day is 31 December of the year or earlier; always true without a year."""
    return true() if year is None else or_(Body.since.is_(None), Body.since <= date(year, 12, 31))


def filter_by_search(statement: Statement, typed: str, text: Any) -> Statement:
    """Filter a statement to rows that match a search; see :func:`evaluation.text.parse_search`.

    Args:
        statement: The statement.
        typed: The search as a person typed it.
        text: The column of search texts.
    """
    return _filter_by_words(statement, typed, lambda word: text.contains(word.text, autoescape=True))


def filter_by_name(statement: Statement, typed: str, model: type[Body] | type[Organisation]) -> Statement:
    """Filter a statement to rows whose current or former name, or BIN, matches a search."""

    def matches(word: SearchWord) -> Any:
        condition = contains_part(model, word.text)
        return or_(condition, model.bin.startswith(word.bin_start, autoescape=True)) if word.bin_start else condition

    return _filter_by_words(statement, typed, matches)


def _filter_by_words(statement: Statement, typed: str, matches: Callable[[SearchWord], Any]) -> Statement:
    search = parse_search(typed)
    if not search.words:
        return statement if search.is_empty else statement.where(false())
    return statement.where(*map(matches, search.words))


def region_of(higher: Any) -> Any:
    """Return a body's region as a column: the first two digits of its KATO code or else of its higher body's; NULL if central.

    Args:
        higher: The alias of `Body` that the statement joins as the higher body.
    """
    return case((Body.level == "central", None), else_=func.substr(func.coalesce(Body.kato, higher.kato), 1, 2))


def is_region_body() -> Any:
    """Return the condition that a body is the akimat of a whole region, after which the region is named."""
    return and_(func.coalesce(Body.level, "") == LEVELS[1], Body.kato.is_not(None))


def counts_in_region() -> Any:
    """Return the condition that a body counts in the figures of its region.

    The akimat of the region does not: its own sheet stands beside them and is not mixed with them.
    """
    return not_(is_region_body())


def location_order(higher: Any, language: str) -> tuple[Any, ...]:
    """Return the order of bodies by location.

    Central bodies come first, then bodies by KATO code; a body without a code follows its higher body.

    Args:
        higher: The alias of `Body` that the statement joins as the higher body.
        language: The language of the names that order bodies of one location.
    """
    location = case((Body.level == "central", ""), else_=func.coalesce(Body.kato, higher.kato, "99"))
    return location, Body.kato.is_(None), name_order(Body, language), Body.bin


def name_order(model: type[Body] | type[Organisation], language: str) -> Any:
    """Return the column that orders by the name in the language, or by the other name where that one is empty."""
    return model.sort_ru if language == "ru" else model.sort_kk
