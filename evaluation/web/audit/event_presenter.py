"""What an event holds, as people read it: for saved answers each cell, old and new; for all else each fact by its name."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from evaluation.accounts.roles import ROLE_NAMES
from evaluation.answers import values
from evaluation.answers.prior_year_counts import figure_of
from evaluation.audit.models import Event
from evaluation.criteria.model import Order
from evaluation.database import dumps
from evaluation.errors import EvaluationError
from evaluation.language import Language
from evaluation.registry import queries as registry
from evaluation.registry.admin.labels import LEVEL_NAMES, STATUS_NAMES, percent
from evaluation.review.snapshot import CODE_LENGTH, spelled
from evaluation.web.audit.filter_labels import LISTS, filters
from evaluation.web.audit.labels import FACTORS, FACTS, HIDDEN

DAY = re.compile(r"\d{4}-\d\d-\d\d")
PAIR = 2
LONG = 300
"""Characters of a text that is folded."""
SHOWN = 3
"""Lines that are not folded."""
BETTER = {("name", "upload"): "file", ("reason", ""): "why"}
"""What a fact is called beside another one, or without it."""


@dataclass(frozen=True)
class Line:
    """A fact of an event: what it is called, what it was before, where it was changed, and what it is."""

    label: str
    new: str
    old: str = ""
    changed: bool = False
    cell: bool = False
    """Whether it is an answer or an item of evidence."""


class Reader:
    """Reads events in one language; what it looks up, it looks up once."""

    def __init__(self, spoken: Language):
        self.spoken = spoken
        self.order = cache(_order)
        self._names: Mapping[str, Callable[[Any], str]] = {
            "level": lambda value: self._named(LEVEL_NAMES, value),
            "status": lambda value: self._named(STATUS_NAMES, value),
            "role": lambda value: self._named(ROLE_NAMES, value),
            "factor": lambda value: self._named(FACTORS, value),
            "what": lambda value: self._named(LISTS, value),
            "filters": lambda value: filters(value, self.spoken, self._kind),
            "kind": self._kind,
            "state_share": lambda value: f"{percent(value)}\xa0%",
            "statuses": self._statuses,
            "periods": self._periods,
            "former": self._former,
            "code": lambda value: spelled(value) if len(value) == CODE_LENGTH else value,
        }

    def lines(self, event: Event) -> tuple[Line, ...]:
        """What the event holds, in the order in which it was recorded."""
        return tuple(self._lines(event))

    def said(self, data: Mapping[str, Any]) -> tuple[Line, ...]:
        """What was said with something that concerns an answer: a reason, a remark."""
        return tuple(Line(self._words(key), self._text(key, data[key])) for key in ("reason", "text") if data.get(key))

    def answer(self, year: int | None, code: str, value: Any) -> str:
        """A stored answer as people read it; empty for none."""
        order = self.order(year)
        item = order.by_code.get(code) if order else None
        try:
            return values.typed(order, item, value, self.spoken) if order and item else self._text("", value)
        except (TypeError, ValueError):
            # An order of that year asked something else by this code.
            return self._text("", value)

    def label(self, year: int | None, code: str) -> str:
        """What an answer is asked by; its code where no order knows it."""
        order = self.order(year)
        item = order.by_code.get(code) if order else None
        return item.label[self.spoken.code] if item else code

    def _lines(self, event: Event) -> Iterator[Line]:
        data, of_answer = dict(event.data), event.organisation_id is not None and isinstance(event.data.get("code"), str)
        code = data.pop("code") if of_answer else ""
        if code and "value" in data:
            yield Line(self.label(event.year, code), self.answer(event.year, code, data["value"]))
        elif code:
            yield Line(self._words("answer"), self.label(event.year, code))
        changes = data.pop("changes", None)
        for key, value in (*data.items(), *(changes.items() if isinstance(changes, dict) else ())):
            if key in HIDDEN or (of_answer and key == "kind"):
                continue
            yield from self._line(event, key, value)

    def _line(self, event: Event, key: str, value: Any) -> Iterator[Line]:
        if value is False:
            # What is not so needs no line: a hand-over that is not of a nil year.
            return
        changed = isinstance(value, list) and len(value) == PAIR
        old, new = value if changed else (None, value)
        order = self.order(event.year) if event.year else None
        if order and key in order.by_code:
            is_, was = self.answer(event.year, key, new), self.answer(event.year, key, old)
            yield Line(self.label(event.year, key), is_, was, changed, cell=True)
        elif order and (figure := self._figure(order, key)):
            yield Line(figure, self._text("", new), self._text("", old), changed, cell=True)
        elif new not in (None, "", [], {}) or (changed and old not in (None, "", [], {})):
            label = BETTER.get((key, next((each for each in ("upload", "rule") if each in event.data), "")), key)
            # What is entered for the first time was nothing before.
            yield Line(self._words(label), self._text(key, new), self._text(key, old), changed and old not in (None, "", []))

    def _figure(self, order: Order, key: str) -> str:
        """What a declared figure of the year before is called; empty for what is none."""
        kind, number = figure_of(key)
        declared = next((each for criterion, each in order.declared() if criterion.code == number), None)
        if declared is None or kind not in order.kind:
            return ""
        return f"{declared.label[self.spoken.code]} ({order.kind[kind].plural[self.spoken.code]})"

    def _words(self, key: str) -> str:
        return self.spoken.gettext(FACTS[key]) if key in FACTS else key

    def _text(self, key: str, value: Any) -> str:
        if value is None or value == "":
            return ""
        try:
            if key in self._names:
                return self._names[key](value)
        except (AttributeError, KeyError, TypeError, ValueError):
            # It was recorded in another form; it is shown as it is.
            pass
        if isinstance(value, bool):
            return values.WORDS[self.spoken.code][0 if value else 1]
        if isinstance(value, int):
            return self.spoken.number(value)
        if isinstance(value, str):
            return self._day(value) if DAY.fullmatch(value) else value
        if isinstance(value, list) and all(isinstance(each, str | int) for each in value):
            return ", ".join(map(str, value))
        return dumps(value)

    def _day(self, value: str | None) -> str:
        try:
            return self.spoken.short_date(date.fromisoformat(value)) if value else ""
        except ValueError:
            return value or ""

    def _named(self, names: Mapping[Any, str], value: str) -> str:
        return self.spoken.gettext(names[value])

    def _kind(self, value: str) -> str:
        found = next((order.kind[value] for order in reversed(registry.orders().all) if value in order.kind), None)
        return found.name[self.spoken.code] if found else value

    def _statuses(self, value: list[dict[str, str]]) -> str:
        return "; ".join(f"{self._named(STATUS_NAMES, each['status'])}, {self._day(each['since'])}" for each in value)

    def _periods(self, value: list[dict[str, str]]) -> str:
        return "; ".join(
            f"{each['body']}: {self._day(each['since'])} – {self._day(each.get('until'))}".rstrip() for each in value
        )

    def _former(self, value: list[dict[str, str]]) -> str:
        return "; ".join(f"{each['name_kk'] or each['name_ru']} (– {self._day(each['until'])})" for each in value)


def _order(year: int | None) -> Order | None:
    """The year's order; the latest for no year and where the year's is not at hand."""
    try:
        found = registry.order_of(year) if year else None
    except EvaluationError:
        found = None
    return found or registry.orders().latest
