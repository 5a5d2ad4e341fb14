"""The form with a file to verify."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import SubmitField


class VerifyFileForm(FlaskForm):  # type: ignore[misc]
    """A file of an assessment sheet."""

    file = FileField(_("File of the sheet"), validators=[FileRequired(_("Choose the file to verify."))])
    send = SubmitField(_("Verify the file"))
