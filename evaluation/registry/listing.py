"""How lists of bodies and organisations are searched and ordered; parts of statements, for modules of queries."""

import sys
from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import and_, case, exists, func, or_, true

from evaluation import database
from evaluation.database import Statement
from evaluation.language import alphabetical
from evaluation.registry.models import Body, FormerName, Organisation


def there_in(year: int) -> Any:
    """A body that is there on 31 December of the year."""
    return and_(begun(year), or_(Body.closed_on.is_(None), Body.closed_on >= date(year, 12, 31)))


def begun(year: int | None) -> Any:
    """A body whose first day is not later than 31 December of the year; without a year, every one."""
    return true() if year is None else or_(Body.since.is_(None), Body.since <= date(year, 12, 31))


def in_words(statement: Statement, search: str, model: type[Body] | type[Organisation]) -> Statement:
    """Kept to those with every word in a name, former or present, or in the BIN."""
    owner = FormerName.body_id if model is Body else FormerName.organisation_id
    now, once = (model.name_kk, model.name_ru, model.bin), (FormerName.name_kk, FormerName.name_ru)
    for word in search.split():
        statement = statement.where(or_(_has(word, now), exists().where(owner == model.id, _has(word, once))))
    return statement


def in_columns(statement: Statement, search: str, columns: Collection[Any]) -> Statement:
    """Kept to those with every word in one of the columns."""
    return statement.where(*(_has(word, columns) for word in search.split()))


def _has(word: str, columns: Collection[Any]) -> Any:
    # SQLite folds only Latin letters, so the letters' cases are tried apart.
    forms = {word, word.lower(), word.capitalize(), word.upper()}
    return or_(*(column.contains(form, autoescape=True) for column in columns for form in forms))


def by_place(higher: Any, language: str) -> tuple[Any, ...]:
    """Central bodies first, then places by KATO code, those without one with their higher body."""
    place = case((Body.level == "central", ""), else_=func.coalesce(Body.kato, higher.kato, "99"))
    return place, Body.kato.is_(None), named(Body, language), Body.bin


class _Places(dict[int, str | None]):
    """Letter → a character that stands where readers of Kazakh and Russian expect the letter; None for what is passed over."""

    def __missing__(self, code: int) -> str | None:
        place = alphabetical(chr(code))
        self[code] = found = chr(min(place[0], sys.maxunicode)) if place else None
        return found


PLACES = _Places()


def sort_key(name: str) -> str:
    """A key that sorts names as the collation of :func:`named` does, for when there are many of them."""
    return name.upper().translate(PLACES)


def named(model: type[Body] | type[Organisation], language: str) -> Any:
    """A name in the language, or the other one where it is not known, to order by."""
    first, second = (model.name_ru, model.name_kk) if language == "ru" else (model.name_kk, model.name_ru)
    return database.alphabetical(func.coalesce(func.nullif(first, ""), second), language)
