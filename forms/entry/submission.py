"""The forms by which a body's year is handed over, given back, accepted and reopened."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, SubmitField, TextAreaField
from wtforms.widgets import HiddenInput

from evaluation.review.operations import MAX_REASON


class StepForm(FlaskForm):  # type: ignore[misc]
    """A step of a body's year: `version` is that of the state the page shows."""

    version = IntegerField(widget=HiddenInput())

    @property
    def seen(self) -> int:
        """The version the person saw; -1, which is no state's, where the form does not say."""
        return -1 if self.version.data is None else int(self.version.data)


class HandOverForm(StepForm):
    """`nil` is set where there are no organisations to report on."""

    nil = HiddenField(default="")
    send = SubmitField(_("Hand the year over"))


class GiveBackForm(StepForm):
    """Why a year is given back, for its body to read; may be empty where there are remarks."""

    reason = TextAreaField(_("What is to be mended"), render_kw={"rows": 4, "maxlength": MAX_REASON})
    send = SubmitField(_("Give the year back"))


class AcceptForm(StepForm):
    """A year is accepted."""

    send = SubmitField(_("Accept the year"))


class ReopenForm(StepForm):
    """Why an accepted year is reopened, for its body to read."""

    reason = TextAreaField(_("Why the year is reopened"), render_kw={"rows": 4, "maxlength": MAX_REASON})
    send = SubmitField(_("Reopen the year"))
