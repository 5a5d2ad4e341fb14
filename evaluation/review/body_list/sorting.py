"""The sort order of the list of bodies."""

from collections.abc import Callable, Sequence
from typing import Any

from evaluation.language import sort_text
from evaluation.registry.models import LEVELS, Body
from evaluation.review.body_list.model import LOCATION, NO_POINTS, TABLE_PREFIX, BodyRow, Sort, TotalPoints
from evaluation.submissions.models import STATUSES

CENTRAL, WITHOUT_LOCATION = "", "99"
"""Where central bodies and bodies without a location sort among KATO codes."""


def location_key(body: Body, higher_kato: str | None, language: str) -> tuple[str, bool, str, str]:
    """Return the key of the order by location.

    Central bodies come first, then bodies by KATO code; a body without a code follows its higher body.
    """
    location = CENTRAL if body.level == LEVELS[0] else body.kato or higher_kato or WITHOUT_LOCATION
    return location, body.kato is None, _name_key(body, language), body.bin


def sorted_rows(rows: Sequence[BodyRow], sort: Sort, language: str) -> list[BodyRow]:
    """Sort rows that are ordered by location.

    Equal rows stay in the order by location; rows without a value come last in both directions.
    """
    if sort.key == LOCATION:
        return list(reversed(rows)) if sort.is_descending else list(rows)
    value_of = _value_function(sort.key, language)
    pairs = [(value_of(row), row) for row in rows]
    with_value = sorted((pair for pair in pairs if pair[0] is not None), key=lambda pair: pair[0], reverse=sort.is_descending)
    return [row for _, row in with_value] + [row for value, row in pairs if value is None]


def _name_key(body: Body, language: str) -> str:
    first, second = (body.name_ru, body.name_kk) if language == "ru" else (body.name_kk, body.name_ru)
    return sort_text(first or second or body.bin)


def _value_function(key: str, language: str) -> Callable[[BodyRow], Any]:
    functions: dict[str, Callable[[BodyRow], Any]] = {
        "name": lambda row: _name_key(row.body, language),
        "level": lambda row: LEVELS.index(row.body.level) if row.body.level else None,
        "parent": lambda row: _name_key(row.parent, language) if row.parent else None,
        "status": lambda row: STATUSES.index(row.status),
        "late": lambda row: row.days_late,
        "remarks": lambda row: row.remarks,
        "organisations": lambda row: row.organisations,
        "begun": lambda row: row.begun,
        "points": lambda row: _rank(row.total),
        "share": lambda row: _rank(row.total, as_share=True),
        "previous_year": lambda row: _rank(row.previous_year),
        "previous_year_share": lambda row: _rank(row.previous_year, as_share=True),
    }
    kind = key.removeprefix(TABLE_PREFIX)
    return functions.get(key) or (lambda row: _rank(row.points.get(kind, NO_POINTS)))


def _rank(points: TotalPoints, as_share: bool = False) -> tuple[float, float] | None:
    """Return the lowest points, then the highest; None when nothing is assessed."""
    if not points.max:
        return None
    # Equal shares of different maxima are equal floats: division rounds the one exact quotient.
    divisor = points.max if as_share else 1
    return points.low / divisor, points.high / divisor
