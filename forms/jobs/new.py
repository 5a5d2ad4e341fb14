"""The forms that start the ZIP of sheets and the national workbook."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SubmitField


class SheetsForm(FlaskForm):  # type: ignore[misc]
    """The choices for a ZIP of sheets; the view gives formats and languages their values."""

    format = RadioField(_("Format"), default="pdf")
    languages = RadioField(_("Language"))
    form_only = BooleanField(_("The form alone, without the annex"))
    draft = BooleanField(_("As the answers are now, also where the year is accepted"))
    start = SubmitField(_("Create the ZIP"))


class WorkbookForm(FlaskForm):  # type: ignore[misc]
    """The language of the national workbook."""

    language = RadioField(_("Language of the drop-down lists"))
    start = SubmitField(_("Create the workbook"))
