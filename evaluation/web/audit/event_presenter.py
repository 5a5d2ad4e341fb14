"""Presents an audit event's data as facts: each changed answer with its old and new value, everything else by its label."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from evaluation.accounts.roles import ROLE_NAMES
from evaluation.anomalies.labels import STATE_LABELS
from evaluation.answers import values
from evaluation.answers.prior_year_counts import count_key
from evaluation.audit.models import AuditEvent
from evaluation.budgets.classification import classification
from evaluation.criteria.model import Order
from evaluation.database import to_json
from evaluation.errors import EvaluationError
from evaluation.language import Language
from evaluation.registry import queries as registry
from evaluation.registry.admin.labels import LEVEL_NAMES, STATUS_NAMES, format_share
from evaluation.review.snapshot import CODE_LENGTH, format_code
from evaluation.web.audit.labels import FACT_LABELS, FACTOR_LABELS, HIDDEN_KEYS
from evaluation.web.audit.list_filter_labels import LIST_LABELS, format_filters

ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
PAIR_LENGTH = 2
SPECIFIC_KEYS = {("name", "upload"): "file", ("reason", ""): "why"}
"""(key, another key of the same data) → the key whose label is more precise; the other key is empty if neither is present."""


class Fact(NamedTuple):
    """One value of an event's data: its label, new value and, if it was changed, its old value, as text.

    `is_cell` says whether it is an answer, an item of evidence or a prior-year count.
    """

    label: str
    new: str
    old: str = ""
    is_changed: bool = False
    is_cell: bool = False


class EventPresenter:
    """Presents events in one language. It reads each year's order once."""

    def __init__(self, language: Language):
        self.language = language
        self.order = cache(_order_or_latest)
        self._formatters: Mapping[str, Callable[[Any], str]] = {
            "level": lambda value: self._label(LEVEL_NAMES, value),
            "status": lambda value: self._label(STATUS_NAMES, value),
            "role": lambda value: self._label(ROLE_NAMES, value),
            "factor": lambda value: self._label(FACTOR_LABELS, value),
            "what": lambda value: self._label(LIST_LABELS, value),
            "filters": lambda value: format_filters(value, self.language, self._kind_name),
            "kind": self._kind_name,
            "anomaly_kind": self._anomaly_name,
            "budget_group": lambda value: classification().groups[value].names[self.language.code],
            "anomaly_state": lambda value: self._label(STATE_LABELS, value),
            "state_share": lambda value: f"{format_share(value)}\xa0%",
            "statuses": self._statuses,
            "periods": self._periods,
            "former_names": self._former_names,
            "code": lambda value: format_code(value) if len(value) == CODE_LENGTH else value,
        }

    def facts(self, event: AuditEvent, kind: str = "") -> tuple[Fact, ...]:
        """Return the facts of an event in the order of its data; `kind` is that of the event's organisation.

        A criterion is shown as the row of the form that it scores in the kind's table.
        """
        order, data = self.order(event.year), dict(event.data)
        row = order.row_number(kind, str(data["criterion"])) if order and "criterion" in data else ""
        if row:
            data = {"row" if key == "criterion" else key: row if key == "criterion" else value for key, value in data.items()}
        return tuple(self._facts(event, data))

    def comment_facts(self, data: Mapping[str, Any]) -> tuple[Fact, ...]:
        """Return the reason and the remark of an event that concerns an answer."""
        return tuple(Fact(self._key_label(key), self._text(key, data[key])) for key in ("reason", "text") if data.get(key))

    def answer(self, year: int | None, code: str, value: Any) -> str:
        """Return a stored answer as text; an empty text for no answer."""
        order = self.order(year)
        item = order.by_code.get(code) if order else None
        try:
            return values.format_value(order, item, value, self.language) if order and item else self._text("", value)
        except (TypeError, ValueError):
            # The year's order has another indicator by this code.
            return self._text("", value)

    def label(self, year: int | None, code: str) -> str:
        """Return the label of an indicator or item of evidence; its code if no order has it."""
        order = self.order(year)
        item = order.by_code.get(code) if order else None
        return item.label[self.language.code] if item else code

    def _facts(self, event: AuditEvent, data: dict[str, Any]) -> Iterator[Fact]:
        concerns_answer = event.organisation_id is not None and isinstance(data.get("code"), str)
        code = data.pop("code") if concerns_answer else ""
        if code and "value" in data:
            yield Fact(self.label(event.year, code), self.answer(event.year, code, data["value"]))
        elif code:
            yield Fact(self._key_label("answer"), self.label(event.year, code))
        changes = data.pop("changes", None)
        for key, value in (*data.items(), *(changes.items() if isinstance(changes, dict) else ())):
            if key in HIDDEN_KEYS or (concerns_answer and key == "kind"):
                continue
            yield from self._fact(event, key, value)

    def _fact(self, event: AuditEvent, key: str, value: Any) -> Iterator[Fact]:
        if value is False:
            # A flag that is not set is not shown, such as "nil return" of an ordinary submission.
            return
        is_changed = isinstance(value, list) and len(value) == PAIR_LENGTH
        old, new = value if is_changed else (None, value)
        order = self.order(event.year) if event.year else None
        if order and key in order.by_code:
            new_text, old_text = self.answer(event.year, key, new), self.answer(event.year, key, old)
            yield Fact(self.label(event.year, key), new_text, old_text, is_changed, is_cell=True)
        elif order and (label := self._count_label(order, key)):
            yield Fact(label, self._text("", new), self._text("", old), is_changed, is_cell=True)
        elif new not in (None, "", [], {}) or (is_changed and old not in (None, "", [], {})):
            other_key = next((name for name in ("upload", "rule") if name in event.data), "")
            label = self._key_label(SPECIFIC_KEYS.get((key, other_key), key))
            # A value that is set for the first time is shown without an arrow.
            yield Fact(label, self._text(key, new), self._text(key, old), is_changed and old not in (None, "", []))

    def _count_label(self, order: Order, key: str) -> str:
        """Return the label of a declared prior-year count; empty for another key."""
        kind, number = count_key(key)
        counts = order.prior_year_counts()
        declared = next((item for criterion, item in counts if criterion.code == number), None)
        if declared is None or kind not in order.kind:
            return ""
        return f"{declared.label[self.language.code]} ({order.kind[kind].plural[self.language.code]})"

    def _key_label(self, key: str) -> str:
        return self.language.gettext(FACT_LABELS[key]) if key in FACT_LABELS else key

    def _text(self, key: str, value: Any) -> str:
        if value is None or value == "":
            return ""
        try:
            if key in self._formatters:
                return self._formatters[key](value)
        except (AttributeError, KeyError, TypeError, ValueError):
            # The value has another shape than the formatter expects; show it as it is.
            pass
        if isinstance(value, bool):
            return values.YES_NO_LABELS[self.language.code][0 if value else 1]
        if isinstance(value, int):
            return self.language.number(value)
        if isinstance(value, str):
            return self._day(value) if ISO_DAY.fullmatch(value) else value
        if isinstance(value, list) and all(isinstance(item, str | int) for item in value):
            return ", ".join(map(str, value))
        return to_json(value)

    def _day(self, value: str | None) -> str:
        try:
            return self.language.short_date(date.fromisoformat(value)) if value else ""
        except ValueError:
            return value or ""

    def _label(self, labels: Mapping[Any, str], value: str) -> str:
        return self.language.gettext(labels[value])

    def _kind_name(self, value: str) -> str:
        kind = next((order.kind[value] for order in reversed(registry.orders().all) if value in order.kind), None)
        return kind.name[self.language.code] if kind else value

    def _anomaly_name(self, value: str) -> str:
        kinds = (order.anomaly[value] for order in reversed(registry.orders().all) if value in order.anomaly)
        return next((kind.name[self.language.code] for kind in kinds), value)

    def _statuses(self, value: list[dict[str, str]]) -> str:
        return "; ".join(f"{self._label(STATUS_NAMES, item['status'])}, {self._day(item['since'])}" for item in value)

    def _periods(self, value: list[dict[str, str]]) -> str:
        return "; ".join(
            f"{period['body']}: {self._day(period['since'])} – {self._day(period.get('until'))}".rstrip() for period in value
        )

    def _former_names(self, value: list[dict[str, str]]) -> str:
        return "; ".join(f"{names['name_kk'] or names['name_ru']} (– {self._day(names['until'])})" for names in value)


def _order_or_latest(year: int | None) -> Order | None:
    """Return the year's order; the latest one without a year and if the year's criteria file is missing."""
    try:
        order = registry.order_of(year) if year else None
    except EvaluationError:
        order = None
    return order or registry.orders().latest
