"""Plays the record's lines again: each says what was before and what came after, and the last word counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from evaluation.answers.justifications import JUSTIFIED, WITHDRAWN
from evaluation.answers.prior_year_counts import figure_of
from evaluation.criteria.model import Order
from evaluation.review.history.queries import Told
from evaluation.sheets.input import Given, Kept
from evaluation.sheets.model import Named

Fields = dict[str, Any]
"""A body's or an organisation's registry entry: field → its value as the record has it."""


@dataclass
class Answers:
    """One organisation's year: every answer and item of evidence by its code, and the reasons given for what is odd."""

    values: dict[str, Any] = field(default_factory=dict)
    kept: dict[tuple[str, str], Kept] = field(default_factory=dict)


def entries(lines: Iterable[Told]) -> dict[int | None, Fields]:
    """The registry's entries by organisation id, the body's own under None."""
    found: dict[int | None, Fields] = {}
    for told in lines:
        changes = {name: pair[1] for name, pair in told.data.items() if _is_change(pair)}
        found.setdefault(told.organisation_id, {}).update(changes)
    return found


def named_in(fields: Fields, year: int) -> Named:
    """The names that an entry bore on 31 December of the year."""
    last_day = date(year, 12, 31).isoformat()
    former = [each for each in fields.get("former") or () if each["until"] >= last_day]
    names = min(former, key=lambda each: each["until"]) if former else fields
    return Named(fields["bin"], names.get("name_kk") or "", names.get("name_ru") or "")


def under(fields: Fields, body: str, year: int) -> bool:
    """Whether an organisation was under the body on 31 December of the year (reading R12)."""
    last_day = date(year, 12, 31).isoformat()
    return any(
        each["body"] == body and each["since"] <= last_day and (not each["until"] or each["until"] >= last_day)
        for each in fields.get("periods") or ()
    )


def answers(lines: Iterable[Told], codes: Mapping[int, frozenset[str]], year: int) -> dict[tuple[int, int], Answers]:
    """(organisation id, year) → what it gave; `codes` are all that each year's order knows, reasons are those of `year` alone."""
    found: dict[tuple[int, int], Answers] = {}
    for told in lines:
        if told.organisation_id is None or told.year is None:
            continue
        own = found.setdefault((told.organisation_id, told.year), Answers())
        if told.action in (JUSTIFIED, WITHDRAWN):
            if told.year == year:
                _keep(own, told)
            continue
        for code, pair in told.data.items():
            if code in codes[told.year] and _is_change(pair):
                own.values.pop(code, None)
                if pair[1] is not None:
                    own.values[code] = pair[1]
    return found


def _keep(own: Answers, told: Told) -> None:
    key = told.data["rule"], told.data["code"]
    if told.action == JUSTIFIED:
        own.kept[key] = Kept(*key, told.data["reason"], told.actor)
    else:
        own.kept.pop(key, None)


def declared(lines: Iterable[Told], year: int) -> dict[tuple[str, str], int]:
    """The figures of the year before that a body declares for the year, by kind and criterion."""
    found: dict[tuple[str, str], int] = {}
    for told in lines:
        if told.year != year or told.organisation_id is not None:
            continue
        for key, pair in told.data.items():
            if "/" in key and _is_change(pair):
                found.pop(figure_of(key), None)
                if pair[1] is not None:
                    found[figure_of(key)] = pair[1]
    return found


def given(order: Order, fields: Fields, year: int, own: Answers) -> Given:
    """An organisation with what it gave in a year."""
    asked = {item.code for item in order.asked_of(fields["kind"])} if fields["kind"] in order.kind else set()
    kept = tuple(own.kept[key] for key in sorted(own.kept))
    answered = {code: value for code, value in own.values.items() if code in asked}
    evidence = {code: value for code, value in own.values.items() if code not in asked}
    return Given(named_in(fields, year), fields["kind"], answered, evidence, kept)


def _is_change(pair: Any) -> bool:
    """Whether a value of a line's data is [old, new]."""
    return isinstance(pair, list) and len(pair) == 2
