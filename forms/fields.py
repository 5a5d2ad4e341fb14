"""Fields whose text the parsers of answers read."""

from abc import ABC, abstractmethod
from datetime import date
from typing import Any

from flask_babel import get_locale
from wtforms import Field, StringField
from wtforms.widgets import CheckboxInput, TextInput

from evaluation.answers import values
from evaluation.answers.issues import issue_message
from evaluation.language import language


class ParsedField(Field, ABC):  # type: ignore[misc]
    """A text field whose text one of the answer parsers reads; an invalid text stays in the field as it was typed."""

    widget = TextInput()
    text = ""

    def _value(self) -> str:
        return self.text if self.raw_data else self.format(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Parse the text. Raises ValueError with the message."""
        self.text, self.data = (valuelist[0] if valuelist else ""), None
        if self.text.strip():
            try:
                self.data = self.parse(self.text)
            except values.InvalidValue as error:
                raise ValueError(self.message(error)) from error

    def format(self, value: Any) -> str:
        """Return a stored value as text."""
        return "" if value is None else str(value)

    @abstractmethod
    def parse(self, text: str) -> Any:
        """Return the value to store. Raises InvalidValue."""

    def message(self, error: values.InvalidValue) -> str:
        """Return the message of an invalid text."""
        return issue_message(error.issue_code, error.values, language(str(get_locale())))


class ConfirmationField(StringField):  # type: ignore[misc]
    """A check box that confirms a doubtful value; it is shown once an error asks for it, and counts for that value only.

    `requested` is the confirmation that the error asks for (:attr:`evaluation.errors.EvaluationError.confirmation`).
    """

    widget = CheckboxInput()
    checked = False
    requested = ""

    def _value(self) -> str:
        return self.requested


class DayField(ParsedField):
    """A day, typed as 31.05.2025 or 2025-05-31."""

    def format(self, value: date | None) -> str:
        """Return a day as 31.05.2025."""
        return f"{value:%d.%m.%Y}" if value else ""

    def parse(self, text: str) -> date:
        """Return the day. Raises InvalidValue."""
        return date.fromisoformat(values.parse_date(text))
