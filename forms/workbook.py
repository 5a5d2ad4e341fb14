"""The form by which a filled workbook is sent."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, SubmitField


class WorkbookForm(FlaskForm):  # type: ignore[misc]
    """`check` stands first: a press of Enter changes nothing."""

    file = FileField(_("Workbook (.xlsx)"), validators=[FileRequired(_("Choose the workbook to send."))])
    register = BooleanField(_("Register what the registry lacks: the year, bodies and organisations"))
    check = SubmitField(_("Check only"))
    store = SubmitField(_("Store"))
