"""The form of the clerk's home: the counts of the year before that a body declares itself."""

from collections.abc import Iterable
from typing import Any

from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, SubmitField
from wtforms.validators import ValidationError

from evaluation.answers.issues import issue_message
from evaluation.answers.prior_year_counts import CountConflict, CountInput
from evaluation.answers.readiness.model import PriorYearCountEntry
from evaluation.answers.values import InvalidValue, is_blank, parse_whole_number
from evaluation.language import language

MAX_COUNT = 1_000_000


def _parse_count(typed: str) -> int | None:
    """Return a count as it was typed; None for a blank. Raises InvalidValue."""
    return None if is_blank(typed) else parse_whole_number(typed, 0)


class PriorYearCountsForm(FlaskForm):  # type: ignore[misc]
    """A field for each count, and a hidden field with the count that was stored when the page was rendered."""

    entries: tuple[PriorYearCountEntry, ...] = ()
    save = SubmitField(_("Save the figures"))

    @classmethod
    def of(cls, entries: Iterable[PriorYearCountEntry], **options: Any) -> "PriorYearCountsForm":
        """Return the form of those counts that last year's reports do not give, filled with the declared counts."""
        declarable = tuple(entry for entry in entries if entry.counted is None)
        fields: dict[str, Any] = {"entries": declarable}
        for entry in declarable:
            stored = "" if entry.declared is None else str(entry.declared)
            fields[cls.name(entry)] = StringField(default=stored, validators=[_validate_count])
            fields[cls.expected_name(entry)] = HiddenField(default=stored)
        return type("PriorYearCountsFormOfBody", (cls,), fields)(**options)  # type: ignore[no-any-return]

    @staticmethod
    def name(entry: PriorYearCountEntry) -> str:
        """Return the name of a count's field."""
        return f"count-{entry.kind}-{entry.criterion.code}"

    @staticmethod
    def expected_name(entry: PriorYearCountEntry) -> str:
        """Return the name of the hidden field with the expected count."""
        return f"expected-{entry.kind}-{entry.criterion.code}"

    def inputs(self) -> list[CountInput]:
        """Return the counts of a valid form."""
        return [
            CountInput(*entry.key, _parse_count(self[self.name(entry)].data or ""), self._expected(entry))
            for entry in self.entries
        ]

    def _expected(self, entry: PriorYearCountEntry) -> int | None:
        try:
            return _parse_count(self[self.expected_name(entry)].data or "")
        except InvalidValue:
            return None

    def show_conflict(self, entry: PriorYearCountEntry, conflict: CountConflict, message: str) -> None:
        """Show beside a field that someone else changed the count; saving again replaces the other person's count."""
        self[self.name(entry)].errors = [message]
        self[self.expected_name(entry)].data = "" if conflict.stored_count is None else str(conflict.stored_count)


def _validate_count(form: PriorYearCountsForm, field: StringField) -> None:
    """Validate a count's field."""
    try:
        count = _parse_count(field.data or "")
    except InvalidValue as error:
        raise ValidationError(issue_message(error.issue_code, error.values, language(str(get_locale())))) from error
    if count is not None and count > MAX_COUNT:
        raise ValidationError(gettext("Enter a whole number, 0 or more."))
