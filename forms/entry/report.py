"""The form of one organisation's report, built from the criteria: a field for every indicator and evidence item of its kind.

Every field takes text, as a cell of the grid or of a workbook does, and is parsed by the same parsers
(:mod:`evaluation.answers.values`). A hidden field beside it holds the expected value, so that a page that was open for long does
not overwrite what someone else stored meanwhile.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import orjson
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectChoice, StringField, TextAreaField
from wtforms.validators import ValidationError

from evaluation.answers import values
from evaluation.answers.issues import CellIssue
from evaluation.answers.model import same_value
from evaluation.answers.values import InvalidValue
from evaluation.criteria.model import Indicator, Order
from evaluation.language import Language

TYPED, STORED = "typed", "stored"
"""The choices of a person when someone else changed an answer meanwhile."""


def token(order: Order, item: Indicator, value: Any, language: Language) -> str:
    """Return a stored value as its field holds it: the value of a radio button, or text; empty for None."""
    if value is None:
        return ""
    match item.type:
        case "yes_no":
            return "yes" if value else "no"
        case "choice":
            return str(value)
    return values.format_value(order, item, value, language)


def expected_text(order: Order, item: Indicator, expected: Any, language: Language) -> str:
    """Return the text that a page's field had for its expected value; empty for a value that no page contains."""
    try:
        return token(order, item, expected, language)
    except (ValueError, TypeError, ArithmeticError):
        return ""


def options(order: Order, item: Indicator, language: Language) -> list[tuple[str, str]]:
    """Return the radio buttons of a yes/no or a choice: value and label."""
    if item.type == "yes_no":
        return [
            (token(order, item, value, language), values.format_value(order, item, value, language)) for value in (True, False)
        ]
    return [(choice.value, choice.label[language.code]) for choice in order.choices.get(item.choices or "", ())]


class _ParsedField:
    """A field that parses what was typed; `value` is the stored form of a field that is validated and has no errors."""

    order: Order
    item: Indicator
    year: int
    data: str | None
    value: Any = None

    def pre_validate(self, form: FlaskForm) -> None:
        """Parse the text."""
        try:
            self.value = values.parse(self.order, self.item, self.year, self.data or "")
        except InvalidValue as error:
            raise ValidationError(issue_text(self.item, error, form.language)) from error


class SingleLineField(_ParsedField, StringField):  # type: ignore[misc]
    """A number, an amount or a date, as people type them."""


class TextField(_ParsedField, TextAreaField):  # type: ignore[misc]
    """Text of any length."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Store the text with line breaks of one character; browsers send two."""
        super().process_formdata([text.replace("\r\n", "\n") for text in valuelist])


class ChoiceField(_ParsedField, RadioField):  # type: ignore[misc]
    """Radio buttons, the last of which empties the answer."""


FIELDS = {"yes_no": ChoiceField, "choice": ChoiceField, "text": TextField}


@dataclass(frozen=True)
class SubmittedCell:
    """A cell of a submitted form: the text, its value and the expected value in stored form, and the error of its text.

    `choice` is TYPED or STORED when the page had shown the value (`shown_stored`, stored form) that someone else stored.
    """

    item: Indicator
    text: str
    value: Any
    expected: Any
    error: str | None
    choice: str | None
    shown_stored: Any


class ReportForm(FlaskForm):  # type: ignore[misc]
    """The form that :func:`report_form` builds for an order and a kind, filled from a report in stored form."""

    order: ClassVar[Order]
    kind: ClassVar[str]

    def __init__(self, stored: Mapping[str, Any], year: int, language: Language, **form_options: Any):
        self.language = language
        data: dict[str, Any] = {}
        for item in self.items():
            data[answer_name(item)] = token(self.order, item, stored.get(item.code), language)
            data[expected_name(item)] = orjson.dumps(stored.get(item.code)).decode()
        super().__init__(data=data, **form_options)
        for item in self.items():
            field = self[answer_name(item)]
            field.item, field.order, field.year = item, self.order, year
            if isinstance(field, RadioField):
                field.choices = [SelectChoice(*option) for option in (*options(self.order, item, language), ("", ""))]
                field.validate_choice = False

    @classmethod
    def items(cls) -> tuple[Indicator, ...]:
        """Return the indicators and then the evidence items of the form."""
        return cls.order.indicators_of(cls.kind) + cls.order.evidence_of(cls.kind)

    def show_submitted(self, cell: SubmittedCell) -> None:
        """Show what was submitted for a cell instead of what is stored, with its expected value."""
        field = self[answer_name(cell.item)]
        field.data = cell.text
        field.errors = [cell.error] if cell.error else []
        self[expected_name(cell.item)].data = orjson.dumps(cell.expected).decode()

    def submitted_cells(self) -> Iterator[SubmittedCell]:
        """Yield the cells that the person changed or made a choice for; the form must be validated."""
        for item in self.items():
            field, choice = self[answer_name(item)], self[choice_name(item)].data or None
            expected = parse_expected(self[expected_name(item)].data)
            shown_stored = parse_expected(self[stored_name(item)].data)
            text = field.data or ""
            page_text = expected_text(self.order, item, expected, self.language).replace("\r\n", "\n")
            is_untouched = text.strip() == page_text.strip()
            if choice is None and (is_untouched or (not field.errors and same_value(field.value, expected))):
                continue
            yield SubmittedCell(item, text, field.value, expected, next(iter(field.errors), None), choice, shown_stored)


@cache
def report_form(order: Order, kind: str) -> type[ReportForm]:
    """Build the class of the form for a kind of organisation."""
    members: dict[str, Any] = {"order": order, "kind": kind, "__doc__": f"The form of {kind} under {order.code}."}
    for item in order.indicators_of(kind) + order.evidence_of(kind):
        members[answer_name(item)] = FIELDS.get(item.type, SingleLineField)()
        for name in (expected_name, choice_name, stored_name):
            members[name(item)] = HiddenField()
    return type("ReportForm", (ReportForm,), members)


def issue_text(item: Indicator, error: InvalidValue, language: Language) -> str:
    """Return what is wrong with a value and what to do."""
    return CellIssue(error.issue_code, code=item.code, values=error.values).message(language)


def answer_name(item: Indicator) -> str:
    """Return the name of an indicator's field."""
    return f"answer-{item.code}"


def expected_name(item: Indicator) -> str:
    """Return the name of the hidden field with the expected value."""
    return f"expected-{item.code}"


def choice_name(item: Indicator) -> str:
    """Return the name of the field with the choice between the typed and the stored value."""
    return f"choice-{item.code}"


def stored_name(item: Indicator) -> str:
    """Return the name of the hidden field with the stored value that the page showed in a conflict."""
    return f"stored-{item.code}"


def parse_expected(text: str | None) -> Any:
    """Return a stored value from a hidden field; None when it is no JSON, which then conflicts with any stored value."""
    try:
        return orjson.loads(text or "null")
    except orjson.JSONDecodeError:
        return None
