"""The forms by which a filled workbook is sent, applied and taken back."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField, IntegerField, RadioField, SelectChoice, SubmitField
from wtforms.validators import AnyOf, InputRequired, Length
from wtforms.widgets import HiddenInput

from evaluation.workbooks.upload.model import BLANKS, OVERWRITE

MODES = (
    SelectChoice(OVERWRITE, _("The workbook's answers replace those stored before")),
    SelectChoice(BLANKS, _("Only blanks are filled; stored answers stay")),
)


class WorkbookForm(FlaskForm):  # type: ignore[misc]
    """A workbook, and what becomes of stored answers where it says something else."""

    file = FileField(_("Workbook (.xlsx)"), validators=[FileRequired(_("Choose the workbook to send."))])
    mode = RadioField(_("Where an answer is stored already"), choices=MODES, default=OVERWRITE)
    send = SubmitField(_("Check the workbook"))


class ApplyForm(FlaskForm):  # type: ignore[misc]
    """What was shown, so that nothing else is applied: a plan's mode and digest, and the record's last event then."""

    mode = HiddenField(validators=[AnyOf((OVERWRITE, BLANKS))])
    shown = HiddenField(validators=[InputRequired(), Length(max=64)])
    event = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
