"""The forms by which a body's year is submitted, returned, accepted and reopened."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, SubmitField, TextAreaField
from wtforms.widgets import HiddenInput

from evaluation.review.operations import MAX_REASON_CHARACTERS
from forms.fields import DayField


class StepForm(FlaskForm):  # type: ignore[misc]
    """A step of a body's year; `version` is the version of the submission that the page shows."""

    version = IntegerField(widget=HiddenInput())

    @property
    def expected_version(self) -> int:
        """The version that the person saw; -1, which no submission has, when the form does not say."""
        return -1 if self.version.data is None else int(self.version.data)

    def show_version(self, version: int) -> None:
        """Render this version instead of the submitted one."""
        self.version.data, self.version.raw_data = version, None


class SubmitForm(StepForm):
    """Submitting; `nil` is set when the body has no organisations to report on."""

    nil = HiddenField(default="")
    send = SubmitField(_("Submit the year"))


class CorrectionForm(StepForm):
    """A step after which the body corrects the year, with the last day to do so, if the reviewer sets one."""

    correct_by = DayField(_("Correct by"))


class ReturnForm(CorrectionForm):
    """Returning, with a reason for the body to read; it can be empty when there are remarks."""

    reason = TextAreaField(_("What must be corrected"), render_kw={"rows": 4, "maxlength": MAX_REASON_CHARACTERS})
    send = SubmitField(_("Return for correction"))


class AcceptForm(StepForm):
    """Accepting."""

    send = SubmitField(_("Accept the year"))


class ReopenForm(CorrectionForm):
    """Reopening, with a reason for the body to read."""

    reason = TextAreaField(_("Why the year is reopened"), render_kw={"rows": 4, "maxlength": MAX_REASON_CHARACTERS})
    send = SubmitField(_("Reopen the year"))
