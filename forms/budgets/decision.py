"""Forms that receive a budget decision, correct its head, and explain a difference."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, DateField, IntegerField, StringField, SubmitField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from evaluation.answers.justifications import MAX_REASON_CHARACTERS

MAX_NUMBER_CHARACTERS = 40


class ReceiveForm(FlaskForm):  # type: ignore[misc]
    """The decision as a file, or its text."""

    file = FileField(_("File (PDF, DOCX, HTML or TXT)"))
    text = TextAreaField(_("or its text"), render_kw={"rows": 10})
    send = SubmitField(_("Read the decision"))


class HeadForm(FlaskForm):  # type: ignore[misc]
    """The head of a decision."""

    year = IntegerField(_("Year of the budget"), validators=[InputRequired(_("Enter the year.")), NumberRange(1000, 9999)])
    number = StringField(
        _("Number of the decision"), validators=[InputRequired(_("Enter the number.")), Length(max=MAX_NUMBER_CHARACTERS)]
    )
    date = DateField(_("Date of the decision"), validators=[InputRequired(_("Enter the date."))])
    replace = BooleanField(_("Replace the stored decision of this number and date"))
    save = SubmitField(_("Save number and date only"))
    store = SubmitField(_("Store the decision"))


class ReasonForm(FlaskForm):  # type: ignore[misc]
    """Why the budget and the organisations' reports differ; an empty reason withdraws the explanation."""

    reason = TextAreaField(_("Explanation"), render_kw={"rows": 3, "maxlength": MAX_REASON_CHARACTERS}, validators=[Optional()])
    send = SubmitField(_("Save the explanation"))
