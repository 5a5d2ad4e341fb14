"""The order of the list of bodies."""

from collections.abc import Callable, Sequence
from typing import Any

from evaluation.registry.listing import sort_key
from evaluation.registry.models import LEVELS, Body
from evaluation.review.body_list.model import NOTHING, PLACE, TABLE, Line, Sort, Total
from evaluation.submissions.models import STATES

CENTRAL, UNKNOWN = "", "99"
"""Where central bodies and bodies of no place stand among KATO codes."""


def place_of(body: Body, higher_kato: str | None, language: str) -> tuple[str, bool, str, str]:
    """What a list by place is sorted by: central bodies, then KATO codes; a body without one stands with its higher body."""
    place = CENTRAL if body.level == LEVELS[0] else body.kato or higher_kato or UNKNOWN
    return place, body.kato is None, _name(body, language), body.bin


def sorted_by(lines: Sequence[Line], sort: Sort, language: str) -> list[Line]:
    """Lines that stand by place, sorted anew; what is equal stays by place, what has no value comes last either way."""
    if sort.key == PLACE:
        return list(reversed(lines)) if sort.falling else list(lines)
    value = _value_of(sort.key, language)
    valued = [(value(line), line) for line in lines]
    there = sorted((each for each in valued if each[0] is not None), key=lambda each: each[0], reverse=sort.falling)
    return [line for _, line in there] + [line for found, line in valued if found is None]


def _name(body: Body, language: str) -> str:
    first, second = (body.name_ru, body.name_kk) if language == "ru" else (body.name_kk, body.name_ru)
    return sort_key(first or second or body.bin)


def _value_of(key: str, language: str) -> Callable[[Line], Any]:
    values: dict[str, Callable[[Line], Any]] = {
        "name": lambda line: _name(line.body, language),
        "level": lambda line: LEVELS.index(line.body.level) if line.body.level else None,
        "parent": lambda line: _name(line.parent, language) if line.parent else None,
        "state": lambda line: STATES.index(line.state),
        "late": lambda line: line.days_late,
        "remarks": lambda line: line.remarks,
        "organisations": lambda line: line.organisations,
        "begun": lambda line: line.begun,
        "points": lambda line: _rank(line.total),
        "share": lambda line: _rank(line.total, share=True),
        "last": lambda line: _rank(line.last),
        "last_share": lambda line: _rank(line.last, share=True),
    }
    kind = key.removeprefix(TABLE)
    return values.get(key) or (lambda line: _rank(line.tables.get(kind, NOTHING)))


def _rank(points: Total, share: bool = False) -> tuple[float, float] | None:
    """The least that is sure, then the most that is possible; None where nothing is assessed."""
    if not points.max:
        return None
    # Equal shares of different maxima are the same float: division rounds the one true quotient.
    whole = points.max if share else 1
    return points.low / whole, points.high / whole
