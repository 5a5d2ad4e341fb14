"""The forms by which a body's year is handed over and given back."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, SubmitField, TextAreaField
from wtforms.widgets import HiddenInput

from evaluation.collection.submission.operations import MAX_REASON


class HandOverForm(FlaskForm):  # type: ignore[misc]
    """`version` is that of the state the page shows; `nil` is set where there are no organisations to report on."""

    version = IntegerField(widget=HiddenInput())
    nil = HiddenField(default="")
    send = SubmitField(_("Hand the year over"))


class GiveBackForm(FlaskForm):  # type: ignore[misc]
    """Why a year is given back, for its body to read."""

    version = IntegerField(widget=HiddenInput())
    reason = TextAreaField(_("What is to be mended"), render_kw={"rows": 4, "maxlength": MAX_REASON})
    send = SubmitField(_("Give the year back"))
