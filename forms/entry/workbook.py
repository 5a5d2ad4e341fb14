"""Forms that upload a workbook and apply it."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, HiddenField, IntegerField, RadioField, SelectChoice, SubmitField
from wtforms.validators import AnyOf, InputRequired, Length
from wtforms.widgets import HiddenInput

from evaluation.workbooks.upload.model import BLANKS, CLEAR, OVERWRITE

MODE_CHOICES = (
    SelectChoice(OVERWRITE, _("The workbook's answers replace those stored before")),
    SelectChoice(BLANKS, _("Only blanks are filled; stored answers stay")),
    SelectChoice(CLEAR, _("The workbook's answers replace those stored before, and its empty cells clear them")),
)
DIGEST_CHARACTERS = 64


class WorkbookForm(FlaskForm):  # type: ignore[misc]
    """The form that uploads a workbook and says whether it replaces stored answers."""

    file = FileField(_("Workbook (.xlsx)"), validators=[FileRequired(_("Choose the workbook to send."))])
    mode = RadioField(_("Where an answer is stored already"), choices=MODE_CHOICES, default=OVERWRITE)
    send = SubmitField(_("Check the workbook"))


class ApplyForm(FlaskForm):  # type: ignore[misc]
    """The form that applies an upload: mode and digest of the plan that was shown, and the last audit event at that time.

    `clear` confirms that stored answers are cleared.
    """

    mode = HiddenField(validators=[AnyOf((OVERWRITE, BLANKS, CLEAR))])
    clear = BooleanField()
    digest = HiddenField(validators=[InputRequired(), Length(max=DIGEST_CHARACTERS)])
    last_event_id = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
