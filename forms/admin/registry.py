"""The forms of the administration of the registry."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Optional, ValidationError

from evaluation.answers import values
from evaluation.registry.admin.labels import format_share
from evaluation.registry.admin.rules import RegistryError
from evaluation.registry.models import NAME_LENGTH, Body
from evaluation.submissions.extensions.operations import MAX_REASON_CHARACTERS
from evaluation.text import normalise_line
from forms.fields import ConfirmationField, DayField, ParsedField


class BinField(ParsedField):
    """A BIN with a valid check digit."""

    def parse(self, text: str) -> str:
        """Return the BIN. Raises InvalidValue."""
        return values.parse_bin(text)


class ShareField(ParsedField):
    """A share in percent with at most two decimals; its data are hundredths of a percent."""

    def format(self, value: int | None) -> str:
        """Return a share as percent."""
        return format_share(value)

    def parse(self, text: str) -> int:
        """Return the share in hundredths of a percent. Raises InvalidValue."""
        return values.parse_share(text)

    def message(self, error: values.InvalidValue) -> str:
        """Return the registry's own message."""
        return str(gettext(RegistryError("not_share").template))


def _yes_no(value: Any) -> Any:
    return {"": None, "yes": True, "no": False}.get(value, value)


class YesNoField(SelectField):  # type: ignore[misc]
    """Yes, no, or nothing entered: True, False or None."""

    CHOICES = (SelectChoice("", _("Not entered")), SelectChoice("yes", _("Yes")), SelectChoice("no", _("No")))

    def __init__(self, label: str, **options: Any):
        super().__init__(label, choices=list(self.CHOICES), coerce=_yes_no, **options)


class BodyField(StringField):  # type: ignore[misc]
    """A body by its BIN or by words of its name.

    `body` is the body that the text means; `matches` are the bodies to choose from where several fit.
    """

    matches: tuple[Body, ...] = ()
    body: Body | None = None


def require_day(form: FlaskForm, field: Field) -> None:
    """Require a day, unless the text has an error already."""
    if field.data is None and not field.process_errors:
        raise ValidationError(_("Enter a date such as 31.05.2025."))


def require_bin(form: FlaskForm, field: Field) -> None:
    """Require a BIN, unless the text has an error already."""
    if field.data is None and not field.process_errors:
        raise ValidationError(_("Enter the BIN."))


def _name_field(label: str) -> StringField:
    # The registry's rules report an empty or too long name.
    return StringField(label, filters=[lambda name: normalise_line(name or "")], render_kw={"maxlength": NAME_LENGTH})


class ChangeForm(FlaskForm):  # type: ignore[misc]
    """A change of a state; `expected` is that state as JSON, so that a concurrent change is noticed."""

    expected = HiddenField()


class NamesForm(ChangeForm):
    """The names of a body or an organisation."""

    name_kk = _name_field(_("Name in Kazakh"))
    name_ru = _name_field(_("Name in Russian"))


class BodyForm(NamesForm):
    """The facts of a body."""

    level = SelectField(_("Level"), validate_choice=False, filters=[lambda value: value or None])
    parent = BodyField(_("Higher body"))
    kato = StringField(_("KATO"), filters=[lambda value: "".join((value or "").split()) or None])
    since = DayField(_("First day"))


class NewBodyForm(BodyForm):
    """A new body."""

    bin = BinField(_("BIN"), validators=[require_bin])


class OrganisationForm(NamesForm):
    """The facts of an organisation."""

    kind = SelectField(_("Kind of organisation"))
    state_share = ShareField(_("State share, percent"))
    state_body = YesNoField(_("State body"))
    national_company = BooleanField(_("National company"))


class NewOrganisationForm(OrganisationForm):
    """A new organisation, under a body from a day on."""

    bin = BinField(_("BIN"), validators=[require_bin])
    body = BodyField(_("Body"))
    since = DayField(_("Under it from"))
    confirmed = ConfirmationField(_("The date is correct: store it"))


class FirstDayForm(ChangeForm):
    """The first day under the latest body."""

    since = DayField(_("Under it from"), validators=[require_day])


class RenameForm(NamesForm):
    """New names from a day on."""

    since = DayField(_("First day of the new name"), validators=[require_day])


class CloseForm(ChangeForm):
    """The last day of a body."""

    closed_on = DayField(_("Last day"), validators=[require_day])


class ConfirmForm(ChangeForm):
    """A change without values of its own."""


class MoveForm(ChangeForm):
    """Another body from 1 January of a year on."""

    body = BodyField(_("New body"))
    year = IntegerField(_("From 1 January of"), validators=[InputRequired(_("Enter the year."))])


class StatusForm(ChangeForm):
    """A status from a day on."""

    status = SelectField(_("Status"))
    since = DayField(_("From"), validators=[require_day])


class YearForm(FlaskForm):  # type: ignore[misc]
    """A reporting year to open."""

    year = IntegerField(_("Reporting year"), validators=[InputRequired(_("Enter the year."))])
    order_code = RadioField(_("Order"))
    starts_on = DayField(_("Entry begins"))
    deadline = DayField(_("Deadline"))
    confirmed = ConfirmationField(_("The date is correct: store it"))


class YearOrderForm(FlaskForm):  # type: ignore[misc]
    """The order to move a year to; `expected` is the code of the order that the administrator saw."""

    order_code = HiddenField()
    expected = HiddenField()


class YearDatesForm(FlaskForm):  # type: ignore[misc]
    """The first day and the deadline of a year; `expected_…` are the days that the administrator saw."""

    starts_on = DayField(_("Entry begins"))
    deadline = DayField(_("Deadline"))
    expected_starts_on = DayField()
    expected_deadline = DayField()
    confirmed = ConfirmationField(_("The date is correct: store it"))


class ExtensionForm(FlaskForm):  # type: ignore[misc]
    """A later deadline for a body, and the reason. The operation reports an empty or implausible value."""

    body = BodyField(_("Body"))
    until = DayField(_("Extended until"), validators=[require_day])
    reason = TextAreaField(_("Reason for the extension"), render_kw={"rows": 3, "maxlength": MAX_REASON_CHARACTERS})


class RegistryWorkbookForm(FlaskForm):  # type: ignore[misc]
    """A registry workbook to preview, and how its changes take effect."""

    file = FileField(_("Registry workbook (.xlsx)"), validators=[FileRequired(_("Choose the workbook to send."))])
    year = IntegerField(_("Moves take effect from 1 January of"), validators=[InputRequired(_("Enter the year."))])
    names = RadioField(
        _("Names that differ"),
        choices=[
            SelectChoice("new", _("are new names from 1 January of that year: earlier sheets keep the old ones")),
            SelectChoice("corrected", _("correct errors: sheets of every year change")),
        ],
        default="new",
    )


class UndoLoadForm(FlaskForm):  # type: ignore[misc]
    """A stored registry workbook to undo, by the batch of its audit events."""

    batch = HiddenField(validators=[InputRequired()])


class ApplyForm(FlaskForm):  # type: ignore[misc]
    """A previewed workbook to store: the SHA-256 of the file, how it takes effect, and the digest of the previewed changes."""

    sha256 = HiddenField(validators=[Optional()])
    year = IntegerField(validators=[InputRequired()])
    names = HiddenField()
    digest = HiddenField()
