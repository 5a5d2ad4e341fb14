"""The forms by which an administrator keeps the registry."""

from abc import ABC, abstractmethod
from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, Field, HiddenField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Optional, ValidationError
from wtforms.widgets import TextInput

from evaluation.answers import values
from evaluation.answers.issues import MESSAGES
from evaluation.registry.admin.labels import percent
from evaluation.registry.admin.rules import Refusal
from evaluation.registry.models import NAME_LENGTH
from evaluation.submissions.extensions.operations import MOST


class ReadField(Field, ABC):  # type: ignore[misc]
    """A text field read by one of the collection's readers; what cannot be read stays as it was typed."""

    widget = TextInput()
    typed = ""

    def _value(self) -> str:
        return self.typed if self.raw_data else self.written(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        self.typed, self.data = (valuelist[0] if valuelist else ""), None
        if self.typed.strip():
            try:
                self.data = self.read(self.typed)
            except values.Wrong as wrong:
                raise ValueError(self.said(wrong)) from wrong

    def written(self, value: Any) -> str:
        return "" if value is None else str(value)

    @abstractmethod
    def read(self, typed: str) -> Any:
        """What was typed, as it is kept. Raises Wrong."""

    def said(self, wrong: values.Wrong) -> str:
        return str(gettext(MESSAGES[wrong.problem], **wrong.values))


class DayField(ReadField):
    """A day, typed as 31.05.2025 or 2025-05-31."""

    def written(self, value: date | None) -> str:
        return f"{value:%d.%m.%Y}" if value else ""

    def read(self, typed: str) -> date:
        return date.fromisoformat(values.day(typed))


class BinField(ReadField):
    """A BIN whose check digit agrees."""

    def read(self, typed: str) -> str:
        return values.bin_number(typed)


class ShareField(ReadField):
    """A share in percent with at most two decimals, kept in hundredths."""

    def written(self, value: int | None) -> str:
        return percent(value)

    def read(self, typed: str) -> int:
        return values.money(typed.replace("%", ""))

    def said(self, wrong: values.Wrong) -> str:
        return str(gettext(Refusal("not_share").template))


class ChoiceOfBody(StringField):  # type: ignore[misc]
    """A body by its BIN or words of its name; `matches` are offered where several fit, and `found` is the one meant."""

    matches: tuple[Any, ...] = ()
    found: Any = None


def needed(message: str) -> list[Any]:
    return [InputRequired(message)]


def read_rightly(form: FlaskForm, field: Field) -> None:
    """Required, unless what was typed is told to be wrong already."""
    if field.data is None and not field.process_errors:
        raise ValidationError(_("Enter a date such as 31.05.2025."))


class Seen(FlaskForm):  # type: ignore[misc]
    """A change of what its sender saw: `seen` is that state, so that a change made meanwhile is noticed."""

    seen = HiddenField()

    def refuse(self, at: str, message: str) -> None:
        """Say a refusal at its field, or of the whole form."""
        if at in self:
            self[at].errors = [*self[at].errors, message]
        else:
            self.form_errors.append(message)


def _name(label: str) -> StringField:
    # What is blank or too long is told by the registry's own rules.
    return StringField(label, filters=[tidy], render_kw={"maxlength": NAME_LENGTH})


def tidy(text: str | None) -> str:
    """Text as it is kept: nothing invisible, no spaces around or doubled."""
    return values.SPACES.sub(" ", values.INVISIBLE.sub("", text or "")).strip()


class NamesForm(Seen):
    name_kk = _name(_("Name in Kazakh"))
    name_ru = _name(_("Name in Russian"))


class BodyForm(NamesForm):
    level = SelectField(_("Level"), validate_choice=False, filters=[lambda value: value or None])
    parent = ChoiceOfBody(_("Higher body"))
    kato = StringField(_("KATO"), filters=[lambda value: values.SPACES.sub("", value or "") or None])
    since = DayField(_("First day"))


class NewBodyForm(BodyForm):
    bin = BinField(_("BIN"), validators=[])

    def validate_bin(self, field: Field) -> None:
        """Required."""
        _bin_given(field)


class OrganisationForm(NamesForm):
    kind = SelectField(_("Kind of organisation"))
    state_share = ShareField(_("State share, percent"))
    state_body = BooleanField(_("State body"))
    national_company = BooleanField(_("National company"))


class NewOrganisationForm(OrganisationForm):
    bin = BinField(_("BIN"))
    body = ChoiceOfBody(_("Body"))
    since = DayField(_("Under it from"))

    def validate_bin(self, field: Field) -> None:
        """Required."""
        _bin_given(field)


def _bin_given(field: Field) -> None:
    if field.data is None and not field.process_errors:
        raise ValidationError(_("Enter the BIN."))


class RenameForm(NamesForm):
    since = DayField(_("First day of the new name"), validators=[read_rightly])


class CloseForm(Seen):
    closed_on = DayField(_("Last day"), validators=[read_rightly])


class PlainForm(Seen):
    """A change that needs nothing told but that it is wanted."""


class MoveForm(Seen):
    body = ChoiceOfBody(_("New body"))
    year = IntegerField(_("From 1 January of"), validators=needed(_("Enter the year.")))


class StatusForm(Seen):
    status = SelectField(_("Status"))
    since = DayField(_("From"), validators=[read_rightly])


class YearForm(FlaskForm):  # type: ignore[misc]
    year = IntegerField(_("Reporting year"), validators=needed(_("Enter the year.")))
    order_code = RadioField(_("Order"))
    starts_on = DayField(_("Entry begins"))
    deadline = DayField(_("Deadline"))


class YearTermForm(FlaskForm):  # type: ignore[misc]
    """A year's first day and deadline; `was_…` are those that its sender saw."""

    starts_on = DayField(_("Entry begins"))
    deadline = DayField(_("Deadline"))
    was_starts_on = DayField()
    was_deadline = DayField()


class ExtensionForm(FlaskForm):  # type: ignore[misc]
    """More time for a body, until a day, and why. What is blank or not sensible is told by the extensions' own rules."""

    body = ChoiceOfBody(_("Body"))
    until = DayField(_("Extension until"), validators=[read_rightly])
    reason = TextAreaField(_("Reason for the extension"), render_kw={"rows": 3, "maxlength": MOST})


class RegistryWorkbookForm(FlaskForm):  # type: ignore[misc]
    """A registry workbook to be looked at, and how its changes take effect."""

    file = FileField(_("Registry workbook (.xlsx)"), validators=[FileRequired(_("Choose the workbook to send."))])
    year = IntegerField(_("Moves take effect from 1 January of"), validators=needed(_("Enter the year.")))
    names = RadioField(
        _("Names that differ"),
        choices=[
            ("new", _("are new names from 1 January of that year: earlier sheets keep the old ones")),
            ("corrected", _("correct mistakes: sheets of every year get them")),
        ],
        default="new",
    )


class ApplyForm(FlaskForm):  # type: ignore[misc]
    """What was looked at, to be stored: the file by its hash, how it takes effect, and what it came to then."""

    sha256 = HiddenField(validators=[Optional()])
    year = IntegerField(validators=needed(""))
    names = HiddenField()
    digest = HiddenField()
