"""The form of one organisation's report, built from the criteria: a field for every indicator and item of evidence of its kind.

Every field takes text, as a cell of the grid or of a workbook does, and is read by the same readers
(:mod:`evaluation.answers.values`). Beside each stands what the person had before them, so that a page that was open for long
cannot overwrite what somebody else stored meanwhile.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import orjson
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, StringField, TextAreaField
from wtforms.validators import ValidationError

from evaluation.answers import values
from evaluation.answers.issues import Problem
from evaluation.answers.save import equal
from evaluation.answers.values import Wrong
from evaluation.criteria.model import Indicator, Order
from evaluation.language import Language

MINE, THEIRS = "mine", "theirs"
"""What a person chooses between where somebody else changed an answer meanwhile."""


def token(order: Order, item: Indicator, value: Any, language: Language) -> str:
    """A stored value as its field holds it: the value of a radio button, or text as it is typed; empty for None."""
    if value is None:
        return ""
    match item.type:
        case "yes_no":
            return "yes" if value else "no"
        case "choice":
            return str(value)
    return values.typed(order, item, value, language)


def shown(order: Order, item: Indicator, was: Any, language: Language) -> str:
    """What the field of a page held that gave this value along; empty for what no page of ours gives."""
    try:
        return token(order, item, was, language)
    except (ValueError, TypeError, ArithmeticError):
        return ""


def options(order: Order, item: Indicator, language: Language) -> list[tuple[str, str]]:
    """The radio buttons of a yes/no or a choice: value and label."""
    if item.type == "yes_no":
        return [(token(order, item, each, language), values.typed(order, item, each, language)) for each in (True, False)]
    return [(choice.value, choice.label[language.code]) for choice in order.choices.get(item.choices or "", ())]


class _Reads:
    """A field that reads what was typed; `value` is its stored form, once validated and without errors."""

    order: Order
    item: Indicator
    data: str | None
    value: Any = None

    def pre_validate(self, form: FlaskForm) -> None:
        try:
            self.value = values.read(self.order, self.item, self.data or "")
        except Wrong as wrong:
            raise ValidationError(message(self.item, wrong, form.language)) from wrong


class LineField(_Reads, StringField):  # type: ignore[misc]
    """A number, an amount or a date, as people type them."""


class TextField(_Reads, TextAreaField):  # type: ignore[misc]
    """Text of any length; browsers send its line breaks as two characters."""

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata([each.replace("\r\n", "\n") for each in valuelist])


class ChoiceField(_Reads, RadioField):  # type: ignore[misc]
    """Radio buttons, the last of which empties the answer."""


FIELDS = {"yes_no": ChoiceField, "choice": ChoiceField, "text": TextField}


@dataclass(frozen=True)
class Sent:
    """What was sent for a cell: the text, its stored form and the one it had before the person's eyes, and what is wrong with it.

    `choice` is the person's where somebody else's value (`theirs`, stored form) was shown beside theirs.
    """

    item: Indicator
    text: str
    value: Any
    was: Any
    error: str | None
    choice: str | None
    theirs: Any


class ReportForm(FlaskForm):  # type: ignore[misc]
    """Made by :func:`report_form` for an order and a kind; filled from a report in stored form."""

    order: ClassVar[Order]
    kind: ClassVar[str]

    def __init__(self, stored: Mapping[str, Any], language: Language, **options_: Any):
        self.language = language
        data: dict[str, Any] = {}
        for item in self.items():
            data[answer_name(item)] = token(self.order, item, stored.get(item.code), language)
            data[was_name(item)] = orjson.dumps(stored.get(item.code)).decode()
        super().__init__(data=data, **options_)
        for item in self.items():
            field = self[answer_name(item)]
            field.item, field.order = item, self.order
            if isinstance(field, RadioField):
                field.choices = [*options(self.order, item, language), ("", "")]
                field.validate_choice = False

    @classmethod
    def items(cls) -> tuple[Indicator, ...]:
        """What the form asks, indicators first."""
        return cls.order.asked_of(cls.kind) + cls.order.evidence_of(cls.kind)

    def keep(self, sent: Sent) -> None:
        """Show what was sent for a cell instead of what is stored, with what it was typed over."""
        field = self[answer_name(sent.item)]
        field.data = sent.text
        field.errors = [sent.error] if sent.error else []
        self[was_name(sent.item)].data = orjson.dumps(sent.was).decode()

    def sent(self) -> Iterator[Sent]:
        """The cells that the person changed, or chose for. Validate first."""
        for item in self.items():
            field, choice = self[answer_name(item)], self[choice_name(item)].data or None
            was, theirs = given_along(self[was_name(item)].data), given_along(self[theirs_name(item)].data)
            text = field.data or ""
            untouched = text.strip() == shown(self.order, item, was, self.language).replace("\r\n", "\n").strip()
            if choice is None and (untouched or (not field.errors and equal(field.value, was))):
                continue
            yield Sent(item, text, field.value, was, next(iter(field.errors), None), choice, theirs)


@cache
def report_form(order: Order, kind: str) -> type[ReportForm]:
    """The class of the form for a kind of organisation."""
    members: dict[str, Any] = {"order": order, "kind": kind, "__doc__": f"The form of {kind} under {order.code}."}
    for item in order.asked_of(kind) + order.evidence_of(kind):
        members[answer_name(item)] = FIELDS.get(item.type, LineField)()
        for name in (was_name, choice_name, theirs_name):
            members[name(item)] = HiddenField()
    return type("ReportForm", (ReportForm,), members)


def message(item: Indicator, wrong: Wrong, language: Language) -> str:
    """What is wrong with a value, and what to do."""
    return Problem(wrong.problem, code=item.code, values=wrong.values).message(language)


def answer_name(item: Indicator) -> str:
    return f"answer-{item.code}"


def was_name(item: Indicator) -> str:
    return f"was-{item.code}"


def choice_name(item: Indicator) -> str:
    return f"choice-{item.code}"


def theirs_name(item: Indicator) -> str:
    return f"theirs-{item.code}"


def given_along(text: str | None) -> Any:
    """A stored value that the page gave along; None where it was tampered with, which then meets whatever is stored."""
    try:
        return orjson.loads(text or "null")
    except orjson.JSONDecodeError:
        return None
